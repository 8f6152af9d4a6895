"""Finding the record at which the program fails, without a server: halved until one fails by itself."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.models.event import LAB
from picustream.runtime.errors import BUG
from picustream.streams.partition.suspects import (
    LASTS,
    MOST_SET_ASIDE,
    STUMBLES,
    WITHIN,
    Place,
    QuarantineCount,
    Suspects,
    TooManySetAside,
)


class Wall:
    """A clock that goes on when it is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def worked_off(bad: set[int], total: int, usual: int, fails: Callable[[Suspects, list[Place]], None]) -> list[int]:
    """What is set aside by a partition of `total` records that takes itself over after each failure."""
    suspects, position, quarantined, rounds = Suspects(), 0, [], 0
    while position < total:
        rounds += 1
        assert rounds < 40 * (len(bad) + 1) + total
        size = suspects.bounded(usual)
        places = [(LAB, offset) for offset in range(position, min(total, position + size))]
        if suspects.condemned in places:
            assert places == [suspects.condemned]
            quarantined.append(position)
            suspects.acquit()
        elif bad.intersection(offset for _, offset in places):
            fails(suspects, places)
            continue
        suspects.passed(len(places))
        position += len(places)
    return quarantined


@given(st.integers(1, 200), st.integers(1, 60), st.data())
def test_exactly_those_are_set_aside_at_which_it_fails(total: int, usual: int, data: st.DataObject) -> None:
    bad = data.draw(st.sets(st.integers(0, total - 1), max_size=6))

    def fails(suspects: Suspects, places: list[Place]) -> None:
        assert suspects.failed(places)

    assert worked_off(bad, total, usual, fails) == sorted(bad)


def test_afterwards_batches_are_as_large_as_ever() -> None:
    suspects = Suspects()
    suspects.failed([(LAB, offset) for offset in range(8)])
    assert (suspects.active, suspects.bounded(500)) == (True, 4)
    suspects.passed(4)
    assert suspects.bounded(500) == 4
    suspects.passed(4)
    assert (suspects.active, suspects.bounded(500)) == (False, 500)


def test_without_a_record_there_is_nothing_to_look_for() -> None:
    assert not Suspects().failed([])


def test_if_setting_it_aside_fails_too_it_is_not_the_record() -> None:
    suspects = Suspects()
    assert suspects.failed([(LAB, 7)])
    assert not suspects.failed([(LAB, 7)])


def test_a_server_that_stumbles_over_one_batch_and_answers_otherwise_is_not_waited_for_for_ever() -> None:
    """Redis closes the connection at a call that is too long, and that looks like a Redis that is away."""
    wall = Wall()
    suspects, places = Suspects(wall), [(LAB, 1), (LAB, 2)]
    for _ in range(STUMBLES - 1):
        suspects.stumbled(places)
    assert not suspects.active
    suspects.stumbled(places)
    assert suspects.bounded(500) == 1


def test_one_record_alone_is_taken_for_the_cause_only_after_a_while() -> None:
    wall = Wall()
    suspects = Suspects(wall)
    for _ in range(STUMBLES * 10):
        suspects.stumbled([(LAB, 1)])
    assert suspects.condemned is None
    wall.now = LASTS
    suspects.stumbled([(LAB, 1)])
    assert suspects.condemned == (LAB, 1)


def test_a_server_that_is_back_leaves_nothing_under_suspicion() -> None:
    wall = Wall()
    suspects = Suspects(wall)
    for _ in range(STUMBLES - 1):
        suspects.stumbled([(LAB, 1), (LAB, 2)])
    suspects.passed(2)
    suspects.stumbled([(LAB, 3), (LAB, 4)])
    assert not suspects.active


def test_more_than_a_few_in_a_short_time_end_the_worker() -> None:
    """Counted before they are set aside, for partitions do so side by side; one that is tried again counts once."""
    wall = Wall()
    quarantined = QuarantineCount(wall)
    for number in range(MOST_SET_ASIDE):
        quarantined.claim(number % 4, (LAB, 7 + number))
        quarantined.claim(number % 4, (LAB, 7 + number))
    with pytest.raises(TooManySetAside) as raised:
        quarantined.claim(0, (LAB, 99))
    assert raised.value.status == BUG
    wall.now = WITHIN + 1
    quarantined.claim(0, (LAB, 99))
