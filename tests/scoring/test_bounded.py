"""Which engines prune what no record depends on, and what they keep in memory and in the store (I9)."""

import gc
from collections.abc import Collection, Sequence
from datetime import timedelta

import pytest

from picustream.models.event import LAB, VITAL
from picustream.scoring.batch import Batch, Effects
from picustream.scoring.chart.entries import Filed
from picustream.scoring.engine import Engine
from picustream.scoring.event_packs import stored_events
from picustream.scoring.memory import Memory
from picustream.scoring.rebuild import Rebuild
from picustream.scoring.validation import LATEST, InputRecord
from tests.scoring.feeding import firing
from tests.scoring.histories import SHIPPED, input_records, replayed
from tests.scoring.monitor import monitored
from tests.scoring.running import Worker


def of_stay(name: str) -> list[InputRecord]:
    """A stay with more values of a kind than a day may have."""
    return input_records([(topic, body | {"stay_id": name}) for topic, body in monitored(8, timedelta(minutes=1))])


DENSE = of_stay("S")


def take(one: Engine, some: Sequence[InputRecord], behind: Collection[str] = ()) -> Effects:
    """What follows from some input records in one batch, behind which more of some topics waits."""
    batch = one.read_until(some, LATEST)
    for stay in one.missing(batch, LATEST, advance_clock=False):
        one.install(stay, {})
    return one.process(batch, LATEST, advance_clock=False, behind=behind)


def taken(one: Engine) -> Effects:
    """What follows from all of it in one batch."""
    return take(one, DENSE)


def taken_behind(one: Engine) -> Engine:
    """The engine with all of it, and a backlog behind that."""
    take(one, DENSE, behind=[LAB])
    return one


def in_memory(one: Engine) -> int:
    """Bytes that its stays take in memory."""
    return one.cache.size


def missing(one: Engine, some: Sequence[InputRecord]) -> list[str]:
    """Stays of some input records that are not in memory."""
    return one.missing(one.read_until(some, LATEST), LATEST, advance_clock=False)


def rebuilt(*, bounded: bool, memory: int | None = None) -> tuple[Engine, Effects]:
    """The engine after its state was lost, and what it writes."""
    rebuild = Rebuild(SHIPPED, bounded=bounded, memory=Memory(memory))
    moment = max(one.recorded_at or one.happened_at for one in filed())
    for one in DENSE:
        rebuild.take(one, moment)
    return rebuild.finish(moment, "partition-0+0")


def filed() -> list[Filed]:
    return [one.accepted.filed for one in Engine(SHIPPED).read_until(DENSE, LATEST).inputs if one.accepted]


def events_kept(effects: Effects) -> int:
    fields = effects.writes["S"]
    return len(list(stored_events({name: value for name, value in fields.items() if value is not None})))


@pytest.mark.proves("I9")
def test_i9_only_a_bounded_engine_prunes() -> None:
    """A replay keeps everything, and so does whoever does not ask for less."""
    plain, bounded = Engine(SHIPPED), Engine(SHIPPED, bounded=True)
    assert events_kept(taken(plain)) == len(DENSE)
    taken(bounded)
    assert (plain.pruned_stays(), bounded.pruned_stays()) == (set(), {"S"})


@pytest.mark.proves("I9", "I5")
def test_i9_a_rebuilt_stay_is_as_small_as_it_was() -> None:
    """What was pruned before the loss is not written to the store again."""
    (plain, everything), (bounded, little) = rebuilt(bounded=False), rebuilt(bounded=True)
    assert (plain.pruned_stays(), bounded.pruned_stays()) == (set(), {"S"})
    assert events_kept(everything) == len(DENSE)
    assert events_kept(little) < len(DENSE) * 2 // 3
    assert None not in little.writes["S"].values()


@pytest.mark.proves("I9", "I5")
def test_i9_after_a_rebuild_an_engine_holds_no_more_than_it_may() -> None:
    """The rest is in the store, and asked for when it is needed."""
    (plain, _), (small, _) = rebuilt(bounded=False), rebuilt(bounded=True, memory=10)
    touched = Batch(plain.read_until(DENSE[:1], LATEST).inputs)
    assert (plain.missing(touched, LATEST), small.missing(touched, LATEST)) == ([], ["S"])


@pytest.mark.proves("I9")
def test_i9_what_just_fits_is_held_whole_while_there_is_a_backlog() -> None:
    """Nothing is pruned in a backlog before the memory is full."""
    whole = in_memory(taken_behind(Engine(SHIPPED)))
    roomy, small = (taken_behind(Engine(SHIPPED, bounded=True, memory=Memory(most))) for most in (whole, whole - 1))
    assert (roomy.pruned_stays(), missing(roomy, DENSE)) == (set(), [])
    assert (small.pruned_stays(), missing(small, DENSE)) == ({"S"}, [])


@pytest.mark.proves("I9")
def test_i9_after_a_backlog_every_stay_is_made_small() -> None:
    """Also those that nothing more is said of; the worker asks `pruning_deferred` whether it has to."""
    bounded = Engine(SHIPPED, bounded=True)
    assert not bounded.pruning_deferred
    taken_behind(bounded)
    assert (bounded.pruning_deferred, bounded.pruned_stays()) == (True, set())
    take(bounded, of_stay("T")[:1])
    assert (bounded.pruning_deferred, bounded.pruned_stays()) == (False, {"S"})


@pytest.mark.proves("I9", "I1")
def test_i9_another_patient_is_still_named_by_what_was_pruned() -> None:
    """The first event of the other child is withdrawn; the other sixty are not in memory, and still in force."""
    events = monitored(8, timedelta(minutes=1))
    rates = [place for place, (topic, body) in enumerate(events) if topic == VITAL and len(body["observations"]) == 3]
    signs = rates[40:101]
    for place in signs:
        events[place][1]["patient_id"] = "Q"
    topic, first = events[signs[0]]
    late = {"recorded_at": events[-1][1]["observed_at"], "status": "entered-in-error"}
    story = [*events, (topic, first | late)]
    worker = Worker(SHIPPED, bounded=True)
    for event in story:
        worker.take([event])
    assert worker.reloads == 1
    assert "S/alert/patient-mismatch/Q" in firing(worker.outputs)
    assert firing(worker.end()) == firing(replayed(story, SHIPPED))


@pytest.mark.proves("I9")
def test_i9_a_stay_that_is_unloaded_leaves_no_cycle_behind() -> None:
    """What takes long to walk is not walked again (`runtime/collector.py`), so it has to go by its reference count."""
    engine = Engine(SHIPPED, bounded=True)
    taken(engine)
    gc.collect()
    gc.disable()
    try:
        engine.cache.stays.clear()
        assert gc.collect() == 0
    finally:
        gc.enable()
