"""Refused, fixed, sent again: the record says so, and the scores catch up; and alerts, on a real Kafka."""

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from picustream.commands.main import main
from picustream.models.event import LAB
from picustream.models.record import ALERT, DEAD_LETTER
from picustream.scoring.scores.mods.record import MODS
from picustream.streams.kafka import clients as kafka_clients
from picustream.streams.kafka import topics
from picustream.streams.kafka.resubmission import RESUBMITTED_HEADER
from tests.commands.test_alerts_command import alert
from tests.integration.workers import PATIENCE, Bench, interruptible, next_line
from tests.scoring.build import Stay, obs

pytestmark = pytest.mark.servers

PARTITIONS = 2
WARD_CLOCK = datetime(2025, 1, 1, 10, tzinfo=UTC)
WARD = (
    Stay()
    .admitted("day 1 08:00", birth_date="2020-05-01")
    .lab("day 1 09:00", obs("creatinine", 1.50, "MG/DL"), obs("platelets", 60), event_id="mendable")
    .lab("day 1 09:30", obs("bilirubin_total", 9000), event_id="hopeless")
)
"""Creatinine in a unit that no code map has (2 points once it has), and a bilirubin that nothing fixes."""


@pytest.fixture
def bench(
    fresh_servers: Any, settings_env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    env = settings_env | {
        "PICUSTREAM_PARTITIONS": str(PARTITIONS),
        "PICUSTREAM_CLOCK_START": WARD_CLOCK.isoformat(),
        "PICUSTREAM_CLOCK_AT": datetime.now(UTC).isoformat(),
    }
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    bench = Bench(env, tmp_path, PARTITIONS)
    with kafka_clients.admin(bench.settings) as admin:
        topics.create(admin, bench.settings, topics.ALL)
    yield bench
    bench.close()


def drained(bench: Bench, **env: str) -> None:
    worker = bench.worker("w", "--drain", command="picustream worker", **env)
    assert worker.end() == 0, worker.log.read_text()


def asked(capsys: pytest.CaptureFixture[str], *arguments: Any) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    status = main([*map(str, arguments), "--json"])
    return status, json.loads(capsys.readouterr().out)


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    """What has become of the dead letters that a code map can fix."""
    _, answer = asked(capsys, "deadletters", "list", "--reason", "unit-unknown")
    return {name: answer[name] for name in ("open", "refused_again", "sent_again", "superseded")}


def renal(bench: Bench) -> dict[str, Any]:
    """The organ in the latest record of the stay's only day."""
    last = max((json.loads(one.value) for one in bench.records([MODS])), key=lambda body: body["revision"])
    return next(part for part in last["components"] if part["organ"] == "renal")


@pytest.mark.proves("I2")
def test_what_a_code_map_fixes_is_sent_again_and_the_scores_catch_up(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By a worker that does not have the code map yet, whose dead letter says `resubmitted`, and one that has it."""
    events = tmp_path / "events.ndjson"
    events.write_text("".join(json.dumps({"topic": topic, "value": value}) + "\n" for topic, value in WARD.events))
    assert main(["publish", str(events)]) == 0
    drained(bench)
    assert renal(bench)["basis"] == "assumed-normal"

    status, answer = asked(capsys, "deadletters", "list")
    assert (status, answer["letters"]) == (0, 2)
    assert {one["reason"] for one in answer["groups"]} == {"unit-unknown", "implausible"}
    status, answer = asked(capsys, "deadletters", "resubmit", "--all")
    assert (status, answer["events_sent"], answer["letters_still_refused"]) == (1, 0, 2)

    codemap = tmp_path / "site.toml"
    codemap.write_text('[spellings]\n"mg/dL" = ["MG/DL"]\n')
    mended = ("deadletters", "resubmit", "--all", "--fixed-by", codemap)
    status, answer = asked(capsys, *mended, "--dry-run")
    assert (status, answer["events_sent"], answer["letters_mended"]) == (1, 1, 1)
    assert sum(one.topic == LAB for one in bench.records([LAB])) == 2
    assert asked(capsys, *mended)[1]["events_sent"] == 1
    first, _, again = sorted(bench.records([LAB]), key=lambda one: one.offset)
    assert (again.key, again.value, again.partition) == (first.key, first.value, first.partition)
    assert dict(again.headers)[RESUBMITTED_HEADER].startswith(b"dead/picu.lab.v1/")

    assert listed(capsys) == {"open": 0, "refused_again": 0, "sent_again": 1, "superseded": 0}
    status, answer = asked(capsys, *mended)
    assert (status, answer["events_sent"], answer["letters_skipped_by_reason"]) == (1, 0, {"sent-again": 1})

    drained(bench)
    assert listed(capsys) == {"open": 1, "refused_again": 1, "sent_again": 0, "superseded": 1}

    ours = (*mended, "--reason", "unit-unknown")
    status, answer = asked(capsys, *ours)
    assert (status, answer["events_sent"], answer["letters_mended"]) == (0, 1, 1)
    drained(bench, codemap=str(codemap))
    organ = renal(bench)
    assert (organ["basis"], organ["points"], organ["value"]) == ("measured", 1, 132.6)
    assert len(bench.records([DEAD_LETTER])) == 3, "the fixed event makes no letter any more"

    assert listed(capsys) == {"open": 0, "refused_again": 0, "sent_again": 1, "superseded": 1}
    status, answer = asked(capsys, *ours)
    assert (status, answer["events_sent"]) == (0, 0)
    assert answer["letters_skipped_by_reason"] == {"sent-again": 1, "superseded": 1}
    assert sum(one.topic == LAB for one in bench.records([LAB])) == 4, "two events, one of them thrice"
    [doctor] = [one for one in asked(capsys, "doctor")[1]["findings"] if one["check"] == "dead-letters"]
    assert "1 of 5 input records of the last 24 h have an open dead letter" in doctor["message"]

    status, answer = asked(capsys, "alerts", "--audience", "operations")
    assert status == 1
    assert [(one["name"], one["subject"]) for one in answer["alerts"]] == [("stay-silent", "S")]


@pytest.mark.proves("T6")
def test_a_wrong_event_does_not_beat_the_one_that_its_feed_sent_since(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two events a day ahead; of one the feed has sent the right time. Days later neither is in the future."""

    def lab(value: float, at: str, **said: str) -> Stay:
        return Stay().lab(at, obs("creatinine", value), recorded_at=at, **said)

    wrong = lab(9.0, "day 2 14:00", event_id="e-1"), lab(9.0, "day 2 14:00", event_id="e-2")
    for number, stay in enumerate([*wrong, lab(1.0, "day 1 09:00", event_id="e-1")]):
        path = tmp_path / f"{number}.ndjson"
        path.write_text("".join(json.dumps({"topic": topic, "value": said}) + "\n" for topic, said in stay.events))
        assert main(["publish", str(path)]) == 0
    drained(bench)
    monkeypatch.setenv("PICUSTREAM_CLOCK_START", "2025-01-05T10:00:00+00:00")
    every = ("deadletters", "resubmit", "--all")
    status, answer = asked(capsys, *every)
    assert (status, answer["events_sent"]) == (0, 0)
    assert answer["letters_skipped_by_reason"] == {"in-the-future": 1, "overtaken": 1}
    capsys.readouterr()
    assert main([*every, "--reason", "in-the-future"]) == 0
    out, err = capsys.readouterr()
    assert "sent: 1 events" in out and "1 whose feed has sent the event since" in out
    assert "still has the time of its wrong clock" in err
    [again] = [one for one in bench.records([LAB]) if RESUBMITTED_HEADER in dict(one.headers)]
    assert json.loads(again.value)["event_id"] == "e-2"


def test_alerts_are_followed_as_they_fire_and_resolve(bench: Bench) -> None:
    """First what is there, then each change, once; Ctrl-C ends it quietly."""
    sent = [alert(), alert(revision=2, state="resolved"), alert(revision=2, state="resolved"), alert(revision=3)]
    with kafka_clients.producer(bench.settings) as producer:
        producer.send(ALERT, json.dumps(sent[0]).encode(), key=b"S-1").get(PATIENCE)
        with interruptible("alerts", "--follow", "--json") as follower:
            assert json.loads(next_line(follower))["firing"] == 1
            for record in sent[1:]:
                producer.send(ALERT, json.dumps(record).encode(), key=b"S-1").get(PATIENCE)
            seen = [json.loads(next_line(follower)) for _ in range(2)]
            follower.send_signal(signal.SIGINT)
            rest, err = follower.communicate(timeout=PATIENCE)
    assert [(one["revision"], one["state"]) for one in seen] == [(2, "resolved"), (3, "firing")]
    assert (follower.returncode, rest, err) == (130, b"", b"")
