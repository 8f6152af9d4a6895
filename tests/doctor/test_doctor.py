"""`picustream doctor`: what is a finding, on made-up facts, and what it says when nothing is there."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from picustream.commands.main import main
from picustream.contract import schemas
from picustream.doctor import here, partitions
from picustream.doctor.broker import Reach, check_topics
from picustream.doctor.clocks import check_kafka_clock, check_redis_clock
from picustream.doctor.finding import Finding, ok, skipped, status
from picustream.doctor.partitions import Partition, StoredState, check_partitions
from picustream.doctor.redis_server import RedisFacts, check_redis
from picustream.doctor.refused import Refused, check_refused
from picustream.models.event import ADT, INPUT_TOPICS, LAB
from picustream.runtime.settings import Settings
from picustream.streams.kafka import topics
from picustream.streams.store.store import Progress

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
GOOD = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
NOWHERE = "127.0.0.1:1"


@pytest.fixture(autouse=True)
def nothing_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the settings of whoever runs the tests nor servers."""
    for name in [name for name in os.environ if name.startswith("PICUSTREAM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PICUSTREAM_KAFKA", NOWHERE)
    monkeypatch.setenv("PICUSTREAM_REDIS", f"redis://ward:hunter2@{NOWHERE}/0")


def redis(config: dict[str, str] | None = None, **info: object) -> list[Finding]:
    info = {"redis_version": "7.2.4", "role": "master"} | info
    finding = RedisFacts(info, GOOD if config is None else config, 0.0, frozenset({"+@all", "~*"}))
    return check_redis(finding, Settings())


def bad(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level != "ok"]


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([ok("a", "well")], 0),
        ([ok("a", "well"), skipped("b", "not here")], 0),
        ([skipped("b", "not here"), Finding("c", "finding", "wrong")], 1),
        ([Finding("c", "finding", "wrong"), Finding("d", "missing", "away")], 3),
    ],
)
def test_the_exit_status_is_the_worst_of_all(findings: list[Finding], expected: int) -> None:
    """0 all well, 1 findings, 3 something is not there; what cannot be looked at is no fault."""
    assert status(findings) == expected


def test_a_redis_that_keeps_what_it_acknowledged_is_well() -> None:
    findings = redis()
    assert bad(findings) == []
    assert "7.2.4" in findings[0].message
    assert "hunter2" not in str(findings)


@pytest.mark.parametrize(
    ("name", "found"), [("appendonly", "no"), ("appendfsync", "everysec"), ("maxmemory-policy", "allkeys-lru")]
)
def test_a_redis_that_would_lose_state_is_a_finding(name: str, found: str) -> None:
    """I5: what was acknowledged must be kept; the line to write into redis.conf is told."""
    [finding] = bad(redis(GOOD | {name: found}))
    assert finding.level == "finding"
    assert f"{name} is {found}" in finding.message
    assert f"{name} {GOOD[name]}" in finding.fix


@pytest.mark.parametrize(
    ("info", "word"),
    [
        ({"redis_version": "6.0.16"}, "too old"),
        ({"cluster_enabled": 1}, "Cluster"),
        ({"role": "slave"}, "replica"),
        ({"aof_last_write_status": "err"}, "last write"),
    ],
)
def test_a_redis_that_is_not_fit_is_a_finding(info: dict[str, object], word: str) -> None:
    [finding] = bad(redis(**info))
    assert (finding.level, word in finding.message) == ("finding", True)


def test_without_config_what_info_tells_is_judged_and_the_rest_is_said_to_be_open() -> None:
    """An access list without CONFIG is no fault of the server."""
    findings = redis({}, aof_enabled=0, maxmemory_policy="noeviction")
    assert [(one.level, one.message.split()[0]) for one in bad(findings)] == [
        ("finding", "appendonly"),
        ("skipped", "appendfsync"),
    ]
    assert {one.level for one in check_redis(RedisFacts({}, {}, 0.0), Settings())} == {"ok", "skipped"}


@pytest.mark.parametrize(
    ("ahead", "level"), [(0.0, "ok"), (2.0, "ok"), (-2, "ok"), (2.1, "finding"), (-9, "finding"), (None, "skipped")]
)
def test_clocks_more_than_two_seconds_apart_are_a_finding(ahead: float | None, level: str) -> None:
    """I8: days close by the worker's clock."""
    assert check_redis_clock(ahead).level == level


@pytest.mark.parametrize(("newest", "level"), [(None, "skipped"), (990.0, "ok"), (1001.9, "ok"), (1002.1, "finding")])
def test_a_stamp_from_the_future_shows_that_the_brokers_clock_is_ahead(newest: float | None, level: str) -> None:
    assert check_kafka_clock(newest, 1000.0).level == level


def test_what_several_topics_have_wrong_is_said_once() -> None:
    advice = "Make it: picustream topics."
    found = [topics.TopicProblem(name, "topic", "missing", "there", advice) for name in INPUT_TOPICS]
    [finding] = check_topics(found)
    assert all(name in finding.message for name in INPUT_TOPICS)
    assert finding.fix == advice
    assert [one.level for one in check_topics([])] == ["ok"]


def partition(**facts: object) -> Partition:
    known: dict[str, object] = {"number": 3, "epoch": 2, "lag": {LAB: 0}, "outbox": 0, "due": None}
    return Partition(**(known | facts))  # type: ignore[arg-type]


LATE, SOON = NOW - timedelta(minutes=5), NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"due": SOON},
        {"due": NOW - timedelta(seconds=1)},
        {"lag": {LAB: 9}, "outbox": 4, "due": LATE, "moved": True},
    ],
)
def test_a_partition_that_rests_or_moves_is_well(facts: dict[str, object]) -> None:
    """Work is no fault; work that nobody does is."""
    assert bad(check_partitions([partition(**facts)], NOW)) == []


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"lag": {LAB: 9}}, f"9 records wait on {LAB}, and nothing moves"),
        ({"outbox": 4}, "4 outputs are not published"),
        ({"due": LATE}, "overdue by 300 s"),
        ({"lag": {LAB: 9}, "epoch": 0}, "knows of no worker"),
        ({"rebuilding": True}, "made again from Kafka"),
        ({"cut_off": (LAB,), "moved": True}, "has lost records that were not read"),
        ({"made_anew": (LAB,), "moved": True}, "ends before what was read"),
    ],
)
def test_a_partition_in_trouble_is_a_finding_with_something_to_do(facts: dict[str, object], words: str) -> None:
    """I2, I5, I8: records, outputs and due times that stay where they are; topics that lost what is needed."""
    [finding] = bad(check_partitions([partition(), partition(**facts)], NOW))
    assert "partition 3" in finding.message and words in finding.message
    assert finding.fix


def read(
    monkeypatch: pytest.MonkeyPatch, readings: list[StoredState], reach: Reach, markers: bool = False
) -> Partition:
    """The facts of the one partition, from one reading of Redis after another; the laboratory's topic ends there."""
    monkeypatch.setattr(partitions, "BETWEEN_READINGS", 0.0)
    monkeypatch.setattr(partitions, "ask", lambda *_: [readings.pop(0)])
    monkeypatch.setattr(
        partitions,
        "reaches",
        lambda _, parts: {part: reach if part.topic == LAB else Reach(0, 0) for part in parts},
    )
    monkeypatch.setattr(partitions, "holding", lambda _, since: set() if markers else set(since))
    settings = Settings(partitions=1)
    [facts] = partitions.read_partitions(settings, None, NOW)  # type: ignore[arg-type]
    return facts


def stored(following: int) -> StoredState:
    return StoredState(1, False, Progress({LAB: following}, 0, None))


def test_where_nothing_waits_one_reading_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = read(monkeypatch, [stored(10)], Reach(0, 10))
    assert (sum(facts.lag.values()), facts.moved) == (0, False)


def test_where_something_waits_a_second_look_tells_whether_it_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = read(monkeypatch, [stored(4), stored(7)], Reach(0, 10))
    assert (facts.lag[LAB], facts.moved) == (3, True)
    facts = read(monkeypatch, [stored(4), stored(4)], Reach(0, 10))
    assert (facts.lag[LAB], facts.moved) == (6, False)


def test_markers_of_transactions_are_no_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last offset of a topic may hold no record."""
    facts = read(monkeypatch, [stored(9), stored(9)], Reach(0, 10), markers=True)
    assert facts.lag[LAB] == 0


def test_a_topic_that_lost_its_next_record_or_was_made_anew_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """I5: neither is papered over."""
    assert read(monkeypatch, [stored(4), stored(4)], Reach(6, 10)).cut_off == (LAB,)
    assert read(monkeypatch, [stored(4)], Reach(0, 2)).made_anew == (LAB,)


@pytest.mark.parametrize(
    ("inputs", "refused", "level"), [(0, 0, "ok"), (100, 5, "ok"), (100, 6, "finding"), (1, 1, "finding")]
)
def test_more_than_five_in_a_hundred_refused_is_a_finding(inputs: int, refused: int, level: str) -> None:
    assert check_refused(Refused(inputs, refused)).level == level


def test_what_was_refused_and_sent_again_is_no_finding_any_more() -> None:
    finding = check_refused(Refused(100, 40, settled=38))
    assert finding.level == "ok" and "2 of 100" in finding.message and "38 more were sent again" in finding.message
    assert check_refused(Refused(100, 40, settled=30)).level == "finding"


def test_schemas_that_differ_from_the_models_are_named() -> None:
    made = {topic: schemas.written(schema) for topic, schema in schemas.schemas().items()}
    assert here.check_schemas(made).level == "ok"
    assert here.check_schemas(None).level == "skipped"
    finding = here.check_schemas(made | {LAB: "{}\n"})
    assert finding.level == "finding" and LAB in finding.message and ADT not in finding.message


def test_the_zones_data_are_named_with_their_edition(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """T1: whose days are scored; the system's data come before the package's."""
    (tmp_path / "Asia").mkdir()
    (tmp_path / "Asia" / "Shanghai").touch()
    (tmp_path / "tzdata.zi").write_text("# version 2031z\n# more\n")
    monkeypatch.setattr(here.zoneinfo, "TZPATH", (str(tmp_path),))
    assert "2031z" in here.time_zone("Asia/Shanghai").message
    monkeypatch.setattr(here.zoneinfo, "TZPATH", ())
    assert "the package tzdata (20" in here.time_zone("Asia/Shanghai").message
    assert here.time_zone("Asia/Nowhere").level == "finding"


def doctor(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, list[str]]]:
    """Exit status, and the levels by check."""
    code = main(["doctor", "--json"])
    out = capsys.readouterr().out
    assert "hunter2" not in out
    levels: dict[str, list[str]] = {}
    for finding in json.loads(out)["findings"]:
        levels.setdefault(finding["check"], []).append(finding["level"])
    return code, levels


def test_with_no_server_there_everything_else_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 3; one look tells all that is missing."""
    code, levels = doctor(capsys)
    assert code == 3
    assert levels == {
        "settings": ["ok"],
        "rules": ["ok"],
        "time-zone": ["ok"],
        "schemas": ["ok"],
        "kafka": ["missing"],
        "redis": ["missing"],
        "partitions": ["skipped"],
        "dead-letters": ["skipped"],
    }


def test_for_a_person_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 3
    out = capsys.readouterr().out
    assert "Kafka does not answer" in out and "picustream local up" in out
    assert "hunter2" not in out


def test_a_protocol_that_does_not_load_is_a_finding_and_the_rest_is_checked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PICUSTREAM_PROTOCOL", str(tmp_path / "none.toml"))
    _, levels = doctor(capsys)
    assert (levels["rules"], levels["time-zone"], levels["schemas"]) == (["finding"], ["skipped"], ["ok"])


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PICUSTREAM_PARTITIONS", "many"),
        ("PICUSTREAM_KAFKA_SECURITY", "SASL_SSL"),
        ("PICUSTREAM_CLOCK_AT", "2025-01-01T00:00:00Z"),
    ],
)
def test_wrong_settings_are_wrong_use(
    variable: str, value: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 2 in two lines, as every command has it."""
    monkeypatch.setenv(variable, value)
    assert main(["doctor", "--json"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and len(err.splitlines()) == 2


def test_a_setting_that_is_spelled_wrong_is_a_finding(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody reads it, and the default holds in silence; what is like no setting may be somebody else's."""
    monkeypatch.setenv("PICUSTREAM_LOCAL_JAVA", "/usr/bin/java")
    assert doctor(capsys)[1]["settings"] == ["ok"]
    monkeypatch.setenv("PICUSTREAM_PARTITION", "4")
    main(["doctor", "--json"])
    found = json.loads(capsys.readouterr().out)["findings"][0]
    assert (found["check"], found["level"]) == ("settings", "finding")
    assert "PICUSTREAM_PARTITION " in found["message"]
    assert "PICUSTREAM_PARTITIONS" in found["fix"]


def test_a_redis_that_refuses_a_key_is_a_finding_without_the_keys_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(settings: Settings, question: Callable[[Redis], object]) -> object:
        raise NoPermissionError("this user has no permissions to access hunter2")

    monkeypatch.setattr("picustream.doctor.redis_server.ask", refused)
    _, levels = doctor(capsys)
    assert levels["redis"] == ["finding"]
