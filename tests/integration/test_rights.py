"""Each user of docs/deploying.md does what it is there for, and is refused the rest in the right words.

Users and rights are read from the page and made on a real Kafka with an authorizer and a real Redis.
"""

import json
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import NoPermissionError

from picustream.board.pipeline import Behind, Pipeline
from picustream.commands.main import main
from picustream.models.desk import DESK
from picustream.models.event import ADT, INPUT_TOPICS, LAB, TRIAL, VENTILATOR, VITAL
from picustream.models.feeds import SourceMap
from picustream.models.record import ALERT, DEAD_LETTER, DEAD_LETTER_TRIAL, DEAD_LETTERS
from picustream.readmodel.audience import Audience
from picustream.readmodel.reading import ReadModel
from picustream.runtime.clock import Clock
from picustream.runtime.settings import Settings
from picustream.scoring.dead_letters import dead_letter_topic
from picustream.scoring.presence.record import STAY as PRESENCE
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.scores.registry import OUTPUT_TOPICS
from picustream.scoring.trial.records import ELIGIBILITY, OUTCOME
from picustream.streams.kafka import clients as kafka_clients
from picustream.streams.kafka import topics
from tests.integration.secured import PASSWORD, Secured, kafka_rights, redis_users
from tests.integration.workers import Bench

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("secured")]

STAY = "S-1"
ARM = "trial-arm-of-the-test"
"""Is in a refused trial event alone, in place of an arm."""
WORKER = "picustream worker"
SENDERS = {
    "feed-lab": LAB,
    "feed-vital": VITAL,
    "feed-ventilator": VENTILATOR,
    "feed-adt": ADT,
    "trial-office": TRIAL,
}


def event(topic: str, name: str, stay: str = STAY, **fields: Any) -> str:
    """A line of an event file: an admission unless `fields` say otherwise."""
    common = {"event_id": name, "source": "test", "patient_id": "P", "stay_id": stay}
    return json.dumps({"topic": topic, "value": common | fields})


def observed(topic: str, name: str) -> str:
    """A heart rate: of all topics of observations, of no consequence, and refused by none."""
    one = {"system": "urn:picustream:variable", "code": "heart_rate", "value": 120, "unit": "/min"}
    return event(topic, name, observed_at="2025-01-01T08:00:00Z", observations=[one])


SENT = {
    LAB: observed(LAB, "l-1"),
    VITAL: observed(VITAL, "v-1"),
    VENTILATOR: observed(VENTILATOR, "n-1"),
    ADT: event(ADT, "a-1", type="admitted", occurred_at="2025-01-01T07:00:00Z", birth_date="2023-01-01"),
    TRIAL: event(TRIAL, "c-1", type="consent", decision="given", occurred_at="2025-01-01T09:00:00Z"),
}
"""What each sender sends."""
REFUSED = {
    LAB: event(LAB, "l-9", observed_at="no-time", observations=[]),
    TRIAL: event(TRIAL, "t-9", type="treatment_started", arm=ARM, occurred_at="2025-01-01T10:00:00Z"),
}
"""What validation refuses."""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(secured_servers: Secured, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command as a user of Kafka; lines given are its event file. Status, standard output, standard error."""

    def ran(user: str, *arguments: str, lines: tuple[str, ...] = (), **settings: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = as_user(secured_servers.env(user) | settings, tmp_path, arguments, lines)
        return status, *capsys.readouterr()

    return ran


def as_user(env: dict[str, str], folder: Path, arguments: Sequence[str], lines: Sequence[str]) -> int:
    """Run a command with these settings and no others."""
    file = folder / "events.ndjson"
    file.write_text("\n".join(lines))
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("PICUSTREAM_")]:
            patch.delenv(name)
        for name, value in env.items():
            patch.setenv(name, value)
        return main([*arguments, *([str(file)] if lines else [])])


@pytest.fixture(scope="session")
def ward(secured_servers: Secured, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """What every feed and the trial office sent as users of their own, and a worker with just its rights has drained.

    Among it an event of the laboratory and one of the trial under another stay's key, which can be sent again.
    """
    folder = tmp_path_factory.mktemp("ward")
    for user, topic in SENDERS.items():
        lines = [SENT[topic], *filter(None, [REFUSED.get(topic)])]
        assert as_user(secured_servers.env(user), folder, ["publish", "--as-is"], lines) == 0
        if topic in REFUSED:
            with kafka_clients.producer(secured_servers.settings(user)) as producer:
                value = json.dumps(json.loads(SENT[topic])["value"] | {"event_id": "m-1"})
                producer.send(topic, value.encode(), key=b"S-2").get(30)
    bench = Bench(secured_servers.env("picustream", "picustream"), folder, secured_servers.ruler.partitions)
    bench.drain_with(WORKER, 60)
    return bench


def lacks(answer: tuple[int, str, str], user: str, right: str, *names: str) -> bool:
    """Whether a command ended with status 3 and the words for a missing right, and said nothing of missing topics."""
    status, out, err = answer
    words = f"Not allowed: user {user} lacks the right {right} on {', '.join(names)} in Kafka"
    return status == 3 and words in err and "Not on the broker" not in err and "bug" not in err and out == ""


def test_the_page_gives_rights_to_every_kind_of_user() -> None:
    """And the parser of these tests reads all of them."""
    users = {right.principal.removeprefix("User:") for right in kafka_rights()}
    others = {"picustream", "ward", "statistics", "operations", "deployer", "board", "store-operations"}
    assert users == {*SENDERS, *others} and set(redis_users()) == {"picustream", "operations", "board"}


@pytest.mark.usefixtures("ward")
def test_every_user_of_the_page_can_do_what_it_is_there_for_and_nothing_else(run: Run) -> None:
    """All that may be read is read, and the rest refused by the name of the right: never empty, never 'not there'."""
    outputs = OUTPUT_TOPICS
    readers = {
        "ward": {MODS, APPS, PRESENCE},
        "statistics": {MODS, APPS, PRESENCE, ELIGIBILITY, OUTCOME},
        "trial-office": {*outputs, TRIAL, DESK} - {DEAD_LETTER},
        "operations": {ALERT, DEAD_LETTER, *INPUT_TOPICS} - {TRIAL},
        "picustream": set(topics.OF_WORKERS),
        "store-operations": {ALERT, DEAD_LETTER, DESK},
        "board": set(),
        "feed-lab": set(),
    }
    for user, readable in readers.items():
        for topic in topics.ALL:
            answer = run(user, "consume", topic)
            assert answer[0] == 0 if topic in readable else lacks(answer, user, "Read", topic), (user, topic, answer)
    assert json.loads(run("ward", "explain", STAY, "--json")[1])["stay_id"] == STAY
    assert lacks(run("feed-lab", "explain", STAY), "feed-lab", "Read", MODS, APPS)
    assert run("operations", "alerts")[0] in (0, 1)
    assert lacks(run("ward", "alerts"), "ward", "Read", ALERT)


@pytest.mark.usefixtures("ward")
def test_each_read_model_is_filled_by_a_user_of_its_own_and_by_nobody_who_may_not(run: Run, tmp_path: Path) -> None:
    """A topic that may not be read would be an empty one, with no error: the follower does not begin."""
    followers = {
        "ward": Audience.WARD,
        "statistics": Audience.STATISTICIAN,
        "trial-office": Audience.TRIAL_OFFICE,
        "store-operations": Audience.OPS,
    }
    for user, own in followers.items():
        for audience in (own, Audience.EVERYTHING):
            store = str(tmp_path / f"{user}-{audience}.sqlite")
            answer = run(user, "store", "follow", "--drain", "--for", audience, "--store", store)
            if audience is own:
                assert answer[0] == 0 and ReadModel.open(store).progress().lag == 0
            else:
                status, _, err = answer
                assert status == 3 and f"user {user} lacks the right Read on " in err and not Path(store).exists()
    assert ReadModel.open(str(tmp_path / "ward-ward.sqlite")).present()


@pytest.mark.usefixtures("ward")
def test_a_feed_publishes_to_its_own_topic_and_to_no_other(run: Run) -> None:
    for feed, own in SENDERS.items():
        assert run(feed, "publish", lines=(SENT[own],))[0] == 0
        for topic, line in SENT.items():
            assert topic == own or lacks(run(feed, "publish", lines=(line,)), feed, "Write", topic), (feed, topic)
    _, _, err = answer = run("feed-lab", "publish", lines=(SENT[LAB], SENT[VITAL]))
    assert lacks(answer, "feed-lab", "Write", VITAL) and "sent before: 1" in err


@pytest.mark.usefixtures("ward")
def test_topics_are_made_and_checked_by_those_who_may(run: Run, secured_servers: Secured) -> None:
    assert run("operations", "topics", "--check")[0] == run("deployer", "topics")[0] == 0
    assert run("picustream", "topics", "--check")[0] == 0
    hidden = [topic for topic in topics.ALL if topic not in (MODS, APPS, PRESENCE)]
    assert lacks(run("ward", "topics", "--check"), "ward", "Describe", *hidden)
    # A topic that is not there is called missing by those who may see it, and by nobody else.
    with secured_servers.admin() as admin:
        admin.delete_topics([OUTCOME])
        try:
            status, _, err = run("operations", "topics", "--check")
            assert status == 1 and f"topic is missing, must be there: {OUTCOME}" in err
            assert lacks(run("ward", "consume", "outcome"), "ward", "Read", OUTCOME)
            assert lacks(run("operations", "topics"), "operations", "Create", OUTCOME)
            assert "Not on the broker: picu.outcome.v1" in run("deployer", "consume", "outcome")[2]
        finally:
            assert run("deployer", "topics")[0] == 0


@pytest.mark.proves("I10")
def test_a_refused_trial_event_shows_its_arm_to_the_trial_office_alone(
    ward: Bench, run: Run, secured_servers: Secured
) -> None:
    """Nothing of it is on the general topic, in value, key or headers; each user sees its own dead letters."""
    ruler = Bench({"PICUSTREAM_KAFKA": secured_servers.kafka.address, "PICUSTREAM_REDIS": ""}, ward.folder, 2)
    general, trial = (repr(ruler.records([name])) for name in DEAD_LETTERS)
    assert general.count("key-mismatch") == trial.count("key-mismatch") == 1
    assert TRIAL in trial and TRIAL not in general and LAB not in trial
    for user, own, other in (("trial-office", 1, 0), ("operations", 0, 1)):
        status, out, err = run(user, "deadletters", "list", "--all-lines", "--json")
        letters = [json.loads(line) for line in out.splitlines()]
        wanted, hidden = (DEAD_LETTERS[number] for number in (own, other))
        assert (
            status == 0 and {dead_letter_topic(letter["topic"]) for letter in letters} == {wanted} and len(letters) == 2
        )
        assert f"Without {hidden}: user {user} lacks the right Read on {hidden}" in err
        shown = [run(user, "deadletters", "show", letter["event_id"])[1] for letter in letters]
        assert (ARM in "".join(shown)) is (user == "trial-office")
    of_trial = run("operations", "deadletters", "show", "dead/picu.trial.v1/0/0/0")
    assert lacks(of_trial, "operations", "Read", DEAD_LETTER_TRIAL)
    assert lacks(run("ward", "deadletters", "list"), "ward", "Read", *DEAD_LETTERS)


@pytest.mark.usefixtures("ward")
def test_dead_letters_are_sent_again_with_the_rights_of_their_own_topics(run: Run) -> None:
    """Dead letters of the trial need the rights of the trial office alone, the others none of the trial."""
    for user, topic in (("trial-office", TRIAL), ("operations", LAB)):
        status, out, _ = run(user, "deadletters", "resubmit", "--all", "--reason", "key-mismatch", "--rekey", "--json")
        assert (status, json.loads(out)["events_sent_by_topic"]) == (0, {topic: 1}), user
        status, out, _ = run(user, "deadletters", "list", "--reason", "key-mismatch", "--json")
        assert json.loads(out)["sent_again"] == 1
    assert lacks(run("feed-lab", "deadletters", "resubmit", "--all"), "feed-lab", "Read", *DEAD_LETTERS)


def test_doctor_says_of_each_user_what_it_could_not_see(ward: Bench, run: Run) -> None:
    """As the worker's own user, as operations, and as somebody who may see next to nothing: no bug, nothing wrong."""
    ward.drain_with(WORKER, 60)

    def skipped(user: str, redis_user: str = "operations") -> list[tuple[str, str]]:
        redis = {"PICUSTREAM_REDIS_USERNAME": redis_user}
        status, out, err = run(user, "doctor", "--json", **redis)
        assert status in (0, 1) and "this is a bug" not in err, err
        found = json.loads(out)["findings"]
        wrong = [one for one in found if one["level"] in ("finding", "missing") and one["check"] != "dead-letters"]
        assert wrong == []
        return [(one["check"], one["message"]) for one in found if one["level"] == "skipped"]

    assert [check for check, _ in skipped("picustream", "picustream")] == ["clock"]
    [(check, message)] = skipped("operations")
    assert check == "dead-letters" and f"the right Read on {DEAD_LETTER_TRIAL} in" in message
    assert {one for one, _ in skipped("ward")} == {"topics", "partitions", "dead-letters"}
    [(check, message)] = skipped("board", "board")
    assert check == "dead-letters" and f"the right Read on {DEAD_LETTER}, {DEAD_LETTER_TRIAL} in" in message


@pytest.mark.parametrize("user", ["operations", "board"])
def test_who_looks_after_redis_sees_no_state_of_a_stay(secured_servers: Secured, ward: Bench, user: str) -> None:
    """Nor that of a stay whose name looks like one of the keys that it may read."""
    feeds = "picustream:{picustream.1}:partition"
    with Redis.from_url(ward.env["PICUSTREAM_REDIS"], username=user, password=PASSWORD) as redis:
        assert redis.hgetall("picustream:{picustream.1}:control")
        assert redis.zrange("picustream:{picustream.11}:due", 0, 0) == []
        with secured_servers.redis_client() as ruler:
            keys = [key.decode() for key in ruler.keys("picustream:*:stay:*")]
        assert keys
        hidden = (*keys, "picustream:{picustream.1}:stay:S:control", *([feeds] if user == "operations" else []))
        for key in hidden:
            with pytest.raises(NoPermissionError):
                redis.hgetall(key)


def test_the_board_sees_partitions_and_feeds_and_others_say_which_right_they_lack(
    secured_servers: Secured, ward: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def seen(user: str, redis_user: str) -> Behind:
        for name, value in secured_servers.env(user, redis_user).items():
            monkeypatch.setenv(name, value)
        pipeline = Pipeline(Settings(), SourceMap(), Clock())
        found = pipeline.ask()
        pipeline.close()
        return found

    board = seen("board", "board")
    assert board.unknown == () and board.owners is not None
    assert board.waiting is not None and None not in board.waiting.values()  # how much waits: test_board_behind
    assert board.newest is not None and board.newest.keys() == set(INPUT_TOPICS)
    assert "test" in [feed.source for feed in board.feeds or ()]
    blind = seen("feed-lab", "operations")
    assert (blind.owners, blind.waiting, blind.newest, blind.feeds) == (None, None, None, None)
    assert [why for why in blind.unknown if "Not allowed by Kafka" in why]
    assert "Redis refuses us: NoPermissionError." in blind.unknown


def test_a_wrong_password_is_reported_as_that_and_at_once(ward: Bench, run: Run) -> None:
    """In Kafka and in Redis: it is not tried again until a time is up, as one that is away would be."""
    status, _, err = run("ward", "consume", "mods", PICUSTREAM_KAFKA_PASSWORD="wrong")
    assert status == 3 and "refuses the user or the password (user ward, SCRAM-SHA-512)" in err
    for server in ("Kafka", "Redis"):
        worker = ward.worker("w", command=WORKER, **{f"{server.lower()}_password": "wrong"})
        assert worker.end() == 3
        said = worker.log.read_text()
        assert re.match(f"picustream: {server} at .* refuses the user or the password", said) and PASSWORD not in said
