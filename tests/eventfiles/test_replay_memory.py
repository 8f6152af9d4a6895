"""A replay with no room in memory makes, byte for byte, what one makes that holds everything (I9)."""

from collections.abc import Iterable, Mapping
from itertools import zip_longest

import pytest

from picustream.commands.worker import MEMORY_MB
from picustream.eventfiles.replay import MEMORY, run
from picustream.eventfiles.scratch import Scratch
from picustream.runtime.settings import Settings
from picustream.scoring.event_packs import PACK, stored_events
from picustream.scoring.memory import Memory
from picustream.scoring.outputs import Output
from picustream.scoring.stay_state import JUST_FILED, StayState
from tests.reference.generate import case
from tests.scoring.histories import SEEDS, SHIPPED, input_records, rules_for
from tests.scoring.running import Worker


def bytes_of(outputs: Iterable[Output]) -> list[tuple[str, bytes, tuple[tuple[str, bytes], ...]]]:
    return [(one.topic, one.value, tuple(one.headers)) for one in outputs]


def without_packs(fields: Mapping[str, bytes]) -> dict[str, bytes]:
    """All but the events, which are in other packs when they are written all at once."""
    return {name: value for name, value in fields.items() if not name.startswith(PACK)}


@pytest.mark.proves("I9")
@pytest.mark.parametrize("seed", range(SEEDS))
def test_i9_a_replay_that_holds_no_stay_makes_the_same_bytes(seed: int) -> None:
    """Every stay leaves memory after every event, and after every moment at which time makes something of it."""
    made = case(seed)
    rules, records = rules_for(made.protocol), input_records(made.events)
    whole, none = (bytes_of(run(rules, records, made.until, Memory(budget))) for budget in (None, 1))
    assert none == whole


@pytest.mark.proves("I9")
@pytest.mark.parametrize("seed", range(SEEDS // 10))
def test_i9_a_ward_that_has_room_for_one_or_two_stays_makes_the_same_bytes(seed: int) -> None:
    """Random histories beside one another, each of a stay of its own."""
    made = [case(seed * 3 + number) for number in range(3)]
    named = [
        [(topic, body | {"stay_id": f"S-{number}"} if "stay_id" in body else body) for topic, body in one.events]
        for number, one in enumerate(made)
    ]
    events = [event for together in zip_longest(*named) for event in together if event is not None]
    rules, records = rules_for(made[0].protocol), input_records(events)
    until = next((one.until for one in made if one.until), None)
    whole, tight = (bytes_of(run(rules, records, until, Memory(budget))) for budget in (None, 120_000))
    assert tight == whole


@pytest.mark.proves("I9", "I5")
@pytest.mark.parametrize("seed", range(SEEDS // 2))
def test_i9_what_a_stay_hands_over_at_once_is_what_it_wrote_bit_by_bit(seed: int) -> None:
    """So a stay from the scratch file is one from the store."""
    made = case(seed)
    worker = Worker(rules_for(made.protocol), made.until)
    worker.take(made.events)
    worker.end()
    for stay_id, stay in worker.stays.items():
        fields = stay.to_store()
        fields.pop(JUST_FILED, None)
        stored = worker.stored(stay_id)
        assert sorted(stored_events(fields)) == sorted(stored_events(stored))
        assert without_packs(fields) == without_packs(stored)


def test_scratch_gives_back_what_it_was_given_last() -> None:
    scratch = Scratch()
    scratch.put("S", {"p:1": b"\xff\x00", "h:mods/2025-01-01": b'[1,"\xc3\xa4"]'})
    scratch.put("T", {})
    scratch.put("S", {"e:2": b"{ \t}"})
    assert [scratch.take(one) for one in ("S", "T", "U")] == [{"e:2": b"{ \t}"}, {}, {}]


def test_a_stay_of_nothing_has_nothing_to_keep() -> None:
    assert StayState("S", SHIPPED).to_store() == {}


def test_the_setting_says_what_a_worker_and_a_replay_have_without_it() -> None:
    description = Settings.model_fields["memory_mb"].description or ""
    assert f"{MEMORY_MB} of a worker unless set, {MEMORY >> 20} of `replay`" in description
