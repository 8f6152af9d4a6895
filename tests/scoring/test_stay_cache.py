"""What an engine holds in memory: how much it takes, and who leaves first (I9)."""

import gc
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.models.event import VENTILATOR
from picustream.scoring.batch import Effects
from picustream.scoring.engine import Engine
from picustream.scoring.memory import Memory
from picustream.scoring.stay_cache import StayCache
from picustream.scoring.validation import LATEST
from tests.reference.generate import case
from tests.scoring.build import Stay
from tests.scoring.histories import SEEDS, SHIPPED, Events, input_records, rules_for
from tests.scoring.monitor import monitored


def fed(engine: Engine, events: Events) -> Engine:
    """The engine with some events, one by one; what leaves its memory does not come back."""
    for record in input_records(events):
        engine.process(engine.read_until([record], LATEST), LATEST, advance_clock=False)
    return engine


def named(name: str, stay: Stay) -> Events:
    return [(topic, body | {"stay_id": name}) for topic, body in stay.events]


def here(name: str) -> Events:
    return named(name, Stay().admitted("day 1 08:00").vital("day 1 09:00", heart_rate=100))


def left(name: str) -> Events:
    return named(name, Stay().admitted("day 1 08:00").discharged("day 1 20:00"))


def withdrawn(name: str) -> Events:
    """Nothing is known of it, and nothing awaited."""
    stay = Stay().vital("day 1 09:00", heart_rate=100, event_id="v", source="monitor")
    return named(name, stay.vital("day 1 09:00", event_id="v", source="monitor", status="entered-in-error"))


def room_for(events: Events) -> int:
    return fed(Engine(SHIPPED), events).cache.size


@pytest.mark.proves("I9")
def test_i9_finished_stays_leave_first_then_children_who_left() -> None:
    """Of a ward that has room for one stay, the child who is here is the last to go, though touched longest ago."""
    events = [*here("S"), *left("T"), *withdrawn("U")]
    gone: list[str] = []
    memory = Memory(room_for(here("S")) * 11 // 10)
    engine = Engine(SHIPPED, memory=memory, unloaded=lambda stay: gone.append(stay.stay_id))
    memory.budget, most = None, memory.budget
    fed(engine, events)
    memory.budget = most
    engine.process(engine.read_until([], LATEST), LATEST, advance_clock=False)
    assert gone == ["U", "T"]
    assert list(engine.cache.stays) == ["S"]


@pytest.mark.proves("I9")
def test_i9_a_few_stays_too_many_do_not_drive_each_other_out() -> None:
    """Events of 12 children come round and round, and there is room for 10: most are in memory when they are needed."""
    stays = [here(f"S{number}") for number in range(12)]
    memory = Memory(room_for([event for stay in stays[:10] for event in stay]) * 11 // 10)
    engine, missed = Engine(SHIPPED, memory=memory), 0
    for _ in range(10):
        for stay in stays:
            batch = engine.read_until(input_records(stay[-1:]), LATEST)
            missed += bool(set(engine.missing(batch, LATEST, advance_clock=False)) - {""})
            fed(engine, stay)
    assert missed < 60


@pytest.mark.proves("I9")
@pytest.mark.parametrize("seed", range(SEEDS // 6))
def test_i9_the_size_is_kept_as_it_changes(seed: int) -> None:
    """What is held by then, whatever came and went."""
    made = case(seed)
    engine = Engine(rules_for(made.protocol), memory=Memory(100_000))
    for record in input_records(made.events):
        engine.process(engine.read_until([record], LATEST), LATEST, advance_clock=False)
        assert engine.cache.size == sum(stay.size for stay in engine.cache.stays.values())


def test_several_engines_share_a_budget_and_each_keeps_its_share() -> None:
    """The one that holds more than half gives way, down to half."""
    memory = Memory(1000)
    caches = [StayCache(False, None, memory) for _ in range(2)]
    caches[0].size, caches[1].size = 900, 300
    assert [memory.excess(one) > 0 for one in caches] == [True, False]
    assert 200 <= memory.excess(caches[0]) <= 250
    caches[0].size = 700
    assert [memory.excess(one) for one in caches] == [0, 0]
    del caches[1]
    gc.collect()
    assert memory.used == 700


def bytes_of(events: Events, count: int) -> Iterator[float]:
    """What Python counts for so many stays, and what they say of themselves."""
    engine = Engine(SHIPPED)
    fed(engine, [(topic, body | {"stay_id": "warm"}) for topic, body in events])
    gc.collect()
    before = engine.cache.size
    tracemalloc.start()
    for number in range(count):
        fed(engine, [(topic, body | {"stay_id": f"S{number}", "patient_id": f"P{number}"}) for topic, body in events])
    gc.collect()
    yield tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    yield engine.cache.size - before


@pytest.mark.proves("I9")
@pytest.mark.parametrize(
    "events",
    [
        Stay().admitted("day 1 08:00").vital("day 1 09:00", heart_rate=100).discharged("day 5 08:00").events,
        monitored(8, timedelta(minutes=20)),
        [one for one in monitored(8, timedelta(minutes=4)) if one[0] != VENTILATOR],
    ],
    ids=["sparse", "ventilated", "dense"],
)
def test_i9_a_stay_takes_about_as_much_memory_as_it_says(events: Events) -> None:
    counted, said = bytes_of(events, 4)
    assert 0.6 < said / counted < 1.5


@given(st.lists(st.integers(0, 1500), min_size=1, max_size=6), st.integers(0, 3000))
def test_nobody_unloads_more_than_is_over_and_a_little(sizes: list[int], budget: int) -> None:
    memory = Memory(budget)
    caches = [StayCache(False, None, memory) for _ in sizes]
    for one, size in zip(caches, sizes, strict=True):
        one.size = size
    for one in caches:
        excess = memory.excess(one)
        assert (excess > 0) == (sum(sizes) > budget and one.size > budget // len(sizes))
        assert excess <= max(0, sum(sizes) - budget) + budget // 20


def test_effects_of_room_made_are_those_of_pruning_alone() -> None:
    """An engine that does not prune writes nothing when stays leave: what is to be kept of them `unloaded` got."""
    engine, effects = fed(Engine(SHIPPED), here("S")), Effects()
    engine.cache.make_room((), engine.clock, effects)
    assert effects == Effects()
