"""Bands and intervals: every value lies in one band, and what meets is what shares a value (M1, A1, V4)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.scoring.scores.apps.components import AGE, PF, PLATEAU
from picustream.scoring.scores.bands import Bands, Interval
from picustream.scoring.scores.mods.organs import ORGANS

ENDS = st.one_of(st.none(), st.integers(0, 6).map(Decimal))
INTERVALS = st.builds(Interval, ENDS, ENDS, with_low=st.booleans(), with_high=st.booleans())
VALUES = [Decimal(number) / 4 for number in range(-4, 32)]
"""The ends themselves, and values between any two and beyond all of them."""
ALL = [AGE, PF, PLATEAU, *(organ.bands for organ in ORGANS)]


@pytest.mark.proves("V4")
@given(INTERVALS, INTERVALS)
def test_intervals_meet_where_a_value_lies_in_both(one: Interval, other: Interval) -> None:
    shared = [value for value in VALUES if one.holds(value) and other.holds(value)]
    empty = not any(map(one.holds, VALUES)) or not any(map(other.holds, VALUES))
    assert one.meets(other) is bool(shared) or empty  # an interval without any value is asked by nobody


@pytest.mark.proves("M1", "A1")
@pytest.mark.parametrize("bands", ALL)
@given(value=st.decimals(-50, 700, places=1))
def test_every_value_lies_in_one_band(bands: Bands, value: Decimal) -> None:
    [points] = [points for points, band in bands.by_points.items() if band.holds(value)]
    assert bands.points(value) == points


@pytest.mark.parametrize(
    ("interval", "shown"),
    [
        (Interval(None, Decimal(100)), "<= 100"),
        (Interval(None, Decimal(47), with_high=False), "< 47"),
        (Interval(Decimal(500), None), "> 500"),
        (Interval(Decimal(5), None, with_low=True), ">= 5"),
        (Interval(Decimal(100), Decimal(200)), "(100, 200]"),
        (Interval(Decimal(47), Decimal(66), with_low=True), "[47, 66]"),
        (Interval(Decimal(1), Decimal(2), with_low=True, with_high=False), "[1, 2)"),
    ],
)
def test_an_interval_reads_as_it_holds(interval: Interval, shown: str) -> None:
    assert str(interval) == shown
