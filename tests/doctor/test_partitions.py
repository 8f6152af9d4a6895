"""What doctor finds about partitions."""

from datetime import timedelta

import pytest

from picustream.doctor import partitions
from picustream.doctor.broker import Reach
from picustream.doctor.partitions import Partition, StoredState, check_partitions
from picustream.models.event import LAB
from picustream.runtime.settings import Settings
from picustream.streams.store.store import Progress
from tests.doctor.findings import NOW, bad


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


def test_where_something_waits_a_second_look_shows_whether_it_moves(monkeypatch: pytest.MonkeyPatch) -> None:
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
