"""The same events in any order, batches and repeats, through any crash, end in the same records (I1)."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.scoring.outputs import Output
from tests import reference
from tests.reference.generate import Case, case
from tests.scoring.compare import current
from tests.scoring.feeding import firing
from tests.scoring.histories import SEEDS, SHIPPED, compared, disagreements, replayed, rules_for, shuffled
from tests.scoring.running import Events, Worker, assert_same, essence
from tests.scoring.stories import histories


@pytest.mark.proves(
    "I1", "T1", "T2", "T3", "T4", "T5", "V1", "V2", "V3", "P1", "P2", "P3", "P4", "M1", "M2", "M3", "M4", "M5", "M6",
    "M7", "M8", "M9", "M10", "M11", "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "E1", "E2", "E3", "E4", "E5",
    "O1", "O2", "O3", "O4", "O5",
)  # fmt: skip
@pytest.mark.parametrize("seed", range(SEEDS))
def test_i1_a_random_history_ends_where_the_reference_does(seed: int) -> None:
    """Every record in force, in every field, equals a computation from the whole history with nothing remembered."""
    made = case(seed)
    lines = disagreements(made.events, made.protocol, made.until)
    assert not lines, "\n".join(lines[:5])


def crashing(made: Case, seed: int) -> list[Output]:
    """The history shuffled and repeated, in batches of any size, with crashes in between."""
    rng = random.Random(seed)
    worker = Worker(rules_for(made.protocol), made.until)
    events: list[Any] = shuffled(made.events, seed)
    while events:
        size = rng.choice([1, 1, 2, 5, 20])
        worker.take(events[:size])
        events = events[size:]
        if rng.random() < 0.2:
            worker.crash()
    return worker.end()


@pytest.mark.proves("I1", "I3", "I5")
@pytest.mark.parametrize("seed", range(SEEDS))
def test_i1_order_repeats_batches_and_crashes_change_nothing(seed: int) -> None:
    """Shuffled, every tenth event twice, cut into batches, memory lost now and then: the same records."""
    made = case(seed)
    plain = replayed(made.events, rules_for(made.protocol), made.until)
    published = crashing(made, seed)
    assert_same(essence(plain), essence(published))
    ids = [output.event_id for output in published]
    assert len(ids) == len(set(ids))


def through(events: Events, cuts: list[int], crashes: set[int]) -> list[Output]:
    """A history in batches that end at `cuts`, with a crash after those of them that are in `crashes`."""
    worker = Worker(SHIPPED)
    last = 0
    for cut in [*sorted(cuts), len(events)]:
        worker.take(events[last:cut])
        last = cut
        if cut in crashes:
            worker.crash()
    return worker.end()


@pytest.mark.proves("I1", "I3")
@given(st.data())
def test_i1_two_ways_to_send_a_small_story_end_alike(data: st.DataObject) -> None:
    """Any permutation with any repeats, any batches, any crashes; equal to the reference as well."""
    events = data.draw(histories(), label="history")
    again = [
        *events,
        *data.draw(st.lists(st.sampled_from(events), max_size=3) if events else st.just([]), label="repeats"),
    ]
    mixed = data.draw(st.permutations(again), label="order")
    cuts = data.draw(st.lists(st.integers(0, len(mixed)), max_size=4), label="batches end after")
    crashes = set(data.draw(st.lists(st.sampled_from(cuts), max_size=2) if cuts else st.just([]), label="crashes"))
    plain = replayed(events, SHIPPED)
    assert_same(essence(plain), essence(through(mixed, cuts, crashes)))
    if events:
        lines = compared(current(plain), reference.current_records(events, reference.replay_clock(events)))
        assert not lines, "\n".join(lines[:5])


@pytest.mark.proves("I1", "I5")
@pytest.mark.parametrize("seed", range(SEEDS))
def test_i1_what_is_firing_at_the_end_depends_on_nothing_but_the_events(seed: int) -> None:
    """The alerts of stays: shuffled, repeated and with memory lost, the same ones hold."""
    made = case(seed)
    plain = replayed(made.events, rules_for(made.protocol), made.until)
    published = firing(crashing(made, seed))
    assert published == firing(plain)
