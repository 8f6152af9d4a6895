"""A stay does not grow with what a feed sends, and what is let go of changes no record (I9)."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

import pytest

from picustream.scoring import thinning
from tests.core.build import FIRST_DAY, Stay, obs
from tests.core.histories import SEEDS, SHIPPED, replayed, rules_for, shuffled
from tests.core.running import Worker, assert_same, essence
from tests.core.stories import Event
from tests.reference.generate import Case, case

NOW = timedelta(0)
BOUND = 1_000_000
"""Bytes of a stay in the store on its second day; `docs/architecture.md` names the figure."""


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Everything that may go goes at once, so that small histories show what large ones do."""
    monkeypatch.setattr(thinning, "CROWDED", 0)
    monkeypatch.setattr(thinning, "NEWEST", timedelta(minutes=10))
    monkeypatch.setattr(thinning, "NEWEST_COUNT", 1)
    yield


def crashing(made: Case, seed: int) -> Worker:
    """A bounded worker that takes the history shuffled and repeated, in batches, and loses its memory now and then."""
    rng = random.Random(seed)
    worker = Worker(rules_for(made.protocol), made.until, bounded=True)
    events: list[Any] = shuffled(made.events, seed)
    while events:
        size = rng.choice([1, 1, 2, 5, 20])
        worker.take(events[:size])
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


def monitored(hours: int, every: timedelta) -> list[Event]:
    """A ventilated child on a monitor and a ventilator that speak in intervals; blood is drawn now and then.

    The laboratory tells of it 40 minutes later, and of creatinine the day after.
    """
    end = FIRST_DAY + timedelta(hours=hours)
    told = [(FIRST_DAY, *event) for event in Stay().admitted("day 1", birth_date="2020-05-01", sex="female").events]

    def say(topic: str, at: datetime, later: timedelta, values: dict[str, Any], **fields: Any) -> None:
        said = [obs(name, value) for name, value in values.items()]
        body = {"event_id": f"e{len(told)}", "source": topic, "patient_id": "P", "stay_id": "S", **fields}
        told.append((at + later, topic, {**body, "observed_at": at.isoformat(), "observations": said}))

    for count, at in enumerate(moments(FIRST_DAY, end, every)):
        signs = {"heart_rate": 100 + count % 50, "map_invasive": 50 + count % 30, "spo2": 90 + count % 10}
        say("picu.vital.v1", at, NOW, signs)
        breaths = {"fio2": "0.5", "peep": 8, "peak_pressure": 20 + count % 10}
        say("picu.ventilator.v1", at, NOW, breaths, support="invasive", control="pressure")
    for count, at in enumerate(moments(FIRST_DAY + timedelta(minutes=20), end, timedelta(hours=1))):
        say("picu.vital.v1", at, NOW, {"cvp": 5 + count % 10})
        if count % 4 == 0:
            say("picu.lab.v1", at, timedelta(minutes=40), {"pao2": 60 + count}, specimen="arterial")
            say("picu.lab.v1", at, timedelta(days=1), {"creatinine": 60 + count})
    return [(topic, body) for _, topic, body in sorted(told, key=itemgetter(0))]


def moments(first: datetime, end: datetime, every: timedelta) -> Iterator[datetime]:
    """From `first` to before `end`."""
    while first < end:
        yield first
        first += every


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
