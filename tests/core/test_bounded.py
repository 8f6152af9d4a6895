"""Which engines let go of what no record rests on, and what they keep in memory and in the store (I9)."""

from datetime import timedelta

import pytest

from picustream.models.event import VITAL
from picustream.scoring import engine
from picustream.scoring.chart.entries import Filed
from picustream.scoring.door import LATEST
from picustream.scoring.engine import Batch, Effects, Engine
from picustream.scoring.rebuild import Rebuild
from picustream.scoring.stayfile import EVENT
from tests.core.feeding import firing
from tests.core.histories import SHIPPED, arrivals, replayed
from tests.core.monitor import monitored
from tests.core.running import Worker

DENSE = arrivals(monitored(8, timedelta(minutes=1)))
"""One stay, more values of a kind than a day may have."""


def taken(one: Engine) -> Effects:
    """What follows from all of it in one batch."""
    batch = one.read_until(DENSE, LATEST)
    for stay in one.missing(batch, LATEST, settle=False):
        one.install(stay, {})
    return one.process(batch, LATEST, settle=False)


def rebuilt(*, bounded: bool) -> tuple[Engine, Effects]:
    """The engine after its state was lost, and what it writes."""
    rebuild = Rebuild(SHIPPED, bounded=bounded)
    moment = max(one.recorded_at or one.happened_at for one in filed())
    for one in DENSE:
        rebuild.take(one, moment)
    return rebuild.finish(moment, "partition-0+0")


def filed() -> list[Filed]:
    return [one.filed for one in Engine(SHIPPED).read_until(DENSE, LATEST).admissions if one.filed is not None]


def events_kept(effects: Effects) -> int:
    return sum(name.startswith(EVENT) for name in effects.writes["S"])


@pytest.mark.proves("I9")
def test_i9_only_a_bounded_engine_lets_go() -> None:
    """A replay keeps everything, and so does whoever does not ask for less."""
    plain, bounded = Engine(SHIPPED), Engine(SHIPPED, bounded=True)
    assert events_kept(taken(plain)) == len(DENSE)
    taken(bounded)
    assert (plain.let_go_of(), bounded.let_go_of()) == (set(), {"S"})


@pytest.mark.proves("I9", "I5")
def test_i9_a_rebuilt_stay_is_as_small_as_it_was() -> None:
    """What was let go of before the loss is not written to the store again."""
    (plain, everything), (bounded, little) = rebuilt(bounded=False), rebuilt(bounded=True)
    assert (plain.let_go_of(), bounded.let_go_of()) == (set(), {"S"})
    assert events_kept(everything) == len(DENSE)
    assert events_kept(little) < len(DENSE) * 2 // 3
    assert None not in little.writes["S"].values()


@pytest.mark.proves("I9", "I5")
def test_i9_after_a_rebuild_a_bounded_engine_holds_no_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest is in the store, and asked for when it is needed."""
    monkeypatch.setattr(engine, "HELD", 10)
    (plain, _), (bounded, _) = rebuilt(bounded=False), rebuilt(bounded=True)
    touched = Batch(plain.read_until(DENSE[:1], LATEST).admissions)
    assert (plain.missing(touched, LATEST), bounded.missing(touched, LATEST)) == ([], ["S"])


@pytest.mark.proves("I9", "I1")
def test_i9_another_patient_is_still_named_by_what_was_let_go_of() -> None:
    """The first event of the stranger is withdrawn; the other sixty are gone from memory, and still stand."""
    told = monitored(8, timedelta(minutes=1))
    rates = [place for place, (topic, body) in enumerate(told) if topic == VITAL and len(body["observations"]) == 3]
    signs = rates[40:101]
    for place in signs:
        told[place][1]["patient_id"] = "Q"
    topic, first = told[signs[0]]
    late = {"recorded_at": told[-1][1]["observed_at"], "status": "entered-in-error"}
    story = [*told, (topic, first | late)]
    worker = Worker(SHIPPED, bounded=True)
    for event in story:
        worker.take([event])
    assert worker.recalls == 1
    assert "S/alert/patient-mismatch" in firing(worker.outputs)
    assert firing(worker.end()) == firing(replayed(story, SHIPPED))
