"""The pace of a demo: the ward fills the time that is left."""

import pytest

from picustream.demo.plan import CLEAN_UP, CLOSING, FASTEST, LEAD, WARD_SECONDS, Plan, lead


def test_the_ward_fills_the_time_that_is_left() -> None:
    assert Plan(90).pace(60_000, 63) == 60_000 / (63 - CLOSING)
    assert Plan().pace(60_000, None) == 60_000 / WARD_SECONDS


def test_the_ward_is_never_faster_than_the_worker_can_follow() -> None:
    assert Plan(20).pace(700_000, -4) == FASTEST


def test_a_speed_that_is_asked_for_holds() -> None:
    assert Plan(90, speed=500).pace(700_000, 60) == 500


def test_some_of_the_time_is_kept_for_cleaning_up() -> None:
    assert Plan(90).showing == 90 - CLEAN_UP
    assert Plan().showing is None


@pytest.mark.parametrize(("start", "given"), [(2, LEAD[0]), (7, 7), (60, LEAD[1])])
def test_the_worker_is_given_as_long_as_the_servers_took_within_bounds(start: float, given: float) -> None:
    assert lead(start) == given
