"""A stay does not grow with what a feed sends, and what is let go of changes no record (I9)."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from picustream.scoring import engine, thinning
from tests.core.histories import SEEDS, SHIPPED, replayed, rules_for, shuffled
from tests.core.monitor import monitored
from tests.core.running import Worker, assert_same, essence
from tests.reference.generate import Case, case

BOUND = 1_000_000
"""Bytes of a stay in the store on its second day; `docs/architecture.md` names the figure."""


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Everything that may go goes at once, so that small histories show what large ones do."""
    monkeypatch.setattr(thinning, "CROWDED", 0)
    monkeypatch.setattr(thinning, "NEWEST", timedelta(minutes=10))
    monkeypatch.setattr(thinning, "NEWEST_COUNT", 1)
    monkeypatch.setattr(engine, "HELD", 30)
    yield


def crashing(made: Case, seed: int) -> Worker:
    """A bounded worker that takes the history shuffled and repeated, in batches, and loses its memory now and then."""
    rng = random.Random(seed)
    worker = Worker(rules_for(made.protocol), made.until, bounded=True)
    events: list[Any] = shuffled(made.events, seed)
    while events:
        size = rng.choice([1, 1, 2, 5, 20])
        worker.take(events[:size], behind=rng.random() < 0.3)
        events = events[size:]
        if rng.random() < 0.2:
            worker.crash()
    worker.end()
    return worker


@pytest.mark.proves("I9", "I1")
@pytest.mark.parametrize("seed", range(SEEDS))
def test_i9_letting_go_changes_no_record(seed: int, eager: None) -> None:
    """A random nasty history with corrections, shuffled and repeated, equals a run that keeps everything."""
    made = case(seed)
    plain = replayed(made.events, rules_for(made.protocol), made.until)
    assert_same(essence(plain), essence(crashing(made, seed).outputs))


@pytest.mark.proves("I9")
@pytest.mark.parametrize("every", [timedelta(minutes=1), timedelta(seconds=20)], ids=str)
def test_i9_a_dense_feed_is_bounded_and_changes_no_record(every: timedelta) -> None:
    """As large at three times the rate; nothing has to be read again while feeds deliver as they do."""
    told = monitored(16, every)
    worker, largest = Worker(SHIPPED, bounded=True), 0
    for first in range(0, len(told), 50):
        worker.take(told[first : first + 50])
        largest = max(largest, worker.bytes_of("S"))
    assert largest < BOUND
    assert worker.recalls == 0
    assert_same(essence(replayed(told, SHIPPED)), essence(worker.end()))


@pytest.mark.proves("I9", "I1")
def test_i9_stays_not_touched_for_long_are_in_the_store_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many stays side by side in an engine that can hold hardly any: the same records."""
    monkeypatch.setattr(engine, "HELD", 100)
    told = [(topic, value | {"stay_id": f"S-{seed}"}) for seed in range(12) for topic, value in case(seed).events]
    told = shuffled(told, 1)
    worker = Worker(SHIPPED, bounded=True)
    for first in range(0, len(told), 10):
        worker.take(told[first : first + 10])
        assert worker.held <= 100
    assert_same(essence(replayed(told, SHIPPED)), essence(worker.end()))
