"""Bands: which values give which points (rules M1, A1), and what a value gives of which one side is known (V4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from picustream.models.record import Comparator


@dataclass(frozen=True, slots=True)
class Interval:
    """Values between two ends; an end belongs to it or not, and None is no end."""

    low: Decimal | None
    high: Decimal | None
    with_low: bool = False
    with_high: bool = True

    def holds(self, value: Decimal) -> bool:
        """Whether a value lies in it."""
        if self.low is not None and not (value >= self.low if self.with_low else value > self.low):
            return False
        return self.high is None or (value <= self.high if self.with_high else value < self.high)

    def meets(self, other: "Interval") -> bool:
        """Whether any value lies in both."""
        lows = [(end.low, not end.with_low) for end in (self, other) if end.low is not None]
        highs = [(end.high, end.with_high) for end in (self, other) if end.high is not None]
        if not lows or not highs:
            return True
        (low, without_low), (high, with_high) = max(lows), min(highs)
        return low < high or (low == high and with_high and not without_low)

    def __str__(self) -> str:
        """`<= 100`, `(100, 200]`, `> 500`."""
        if self.low is None:
            return f"{'<=' if self.with_high else '<'} {self.high}"
        if self.high is None:
            return f"{'>=' if self.with_low else '>'} {self.low}"
        return f"{'[' if self.with_low else '('}{self.low}, {self.high}{']' if self.with_high else ')'}"


@dataclass(frozen=True, slots=True)
class Bands:
    """The band of each number of points; together they hold every value, and no value lies in two."""

    by_points: Mapping[int, Interval]
    unit: str
    """UCUM."""

    def points(self, value: Decimal) -> int:
        """Of a value in `unit`; nothing is rounded first."""
        for points, band in self.by_points.items():
            if band.holds(value):
                return points
        raise AssertionError("the bands hold every value")

    def points_within(self, values: Interval) -> int | None:
        """The points that all of these values give; None where they differ, or there is no such value."""
        met = [points for points, band in self.by_points.items() if band.meets(values)]
        return met[0] if len(met) == 1 else None


def closed_above(edges: tuple[int, ...], unit: str, *, high_is_bad: bool) -> Bands:
    """Bands open below and closed above, from 0 points up: more of them as values rise, or as they fall (M1)."""
    ends = [None, *map(Decimal, sorted(edges)), None]
    intervals = [Interval(low, high) for low, high in pairwise(ends)]
    return Bands(dict(enumerate(intervals if high_is_bad else intervals[::-1])), unit)


def beyond(value: Decimal, comparator: Comparator, low: Decimal, high: Decimal) -> Interval:
    """V4: the values on the side of `value` that a comparator names, within a variable's range from `low` to `high`."""
    if comparator in ("<", "<="):
        return Interval(low, value, with_low=True, with_high=comparator == "<=")
    return Interval(value, high, with_low=comparator == ">=", with_high=True)
