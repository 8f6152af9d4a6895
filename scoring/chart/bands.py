"""The bands of the Marshall MODS (rule M1), and the points of a value of which only a side is known (rule V4)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from picustream.models.record import Comparator
from picustream.models.variable import Variable
from picustream.scoring.chart.units import QUANTITIES

Organ = Literal["respiratory", "renal", "hepatic", "cardiovascular", "haematologic", "neurologic"]


@dataclass(frozen=True, slots=True)
class Bands:
    """Edges at which a point is added: on values above them, or on values at or below them (M1)."""

    edges: tuple[int, int, int, int]
    high_is_bad: bool
    unit: str

    def points(self, value: Decimal) -> int:
        """0-4 points of a value in `unit`."""
        return sum(value > edge if self.high_is_bad else value <= edge for edge in self.edges)

    def points_just_above(self, value: Decimal) -> int:
        """0-4 points of a value that is greater by less than any band is wide."""
        return sum(value >= edge if self.high_is_bad else value < edge for edge in self.edges)

    def points_beyond(self, value: Decimal, comparator: Comparator, low: Decimal, high: Decimal) -> int | None:
        """V4: the points of every value on that side of `value` from `low` to `high`, None where they differ.

        None too where no such value is left, as below a `low` itself. Bands are closed above, so what lies just below
        a value is in its band.
        """
        if comparator in ("<", "<="):
            empty = value <= low if comparator == "<" else value < low
            ends = self.points(low), self.points(value)
        else:
            empty = value >= high if comparator == ">" else value > high
            ends = self.points_just_above(value) if comparator == ">" else self.points(value), self.points(high)
        return None if empty or ends[0] != ends[1] else ends[0]

    def band(self, points: int) -> str:
        """The band that gives these points, to read."""
        edges = self.edges if self.high_is_bad else self.edges[::-1]
        place = points if self.high_is_bad else 4 - points
        if place == 0:
            return f"<= {edges[0]}"
        return f"> {edges[3]}" if place == 4 else f"({edges[place - 1]}, {edges[place]}]"


BANDS: dict[Organ, Bands] = {
    "respiratory": Bands((300, 225, 150, 75), high_is_bad=False, unit="mm[Hg]"),
    "renal": Bands((100, 200, 350, 500), high_is_bad=True, unit="umol/L"),
    "hepatic": Bands((20, 60, 120, 240), high_is_bad=True, unit="umol/L"),
    "cardiovascular": Bands((10, 15, 20, 30), high_is_bad=True, unit="1"),
    "haematologic": Bands((120, 80, 50, 20), high_is_bad=False, unit="10*9/L"),
    "neurologic": Bands((14, 12, 9, 6), high_is_bad=False, unit="{score}"),
}

OF_ONE_VALUE: dict[Organ, Variable] = {
    "renal": Variable.CREATININE,
    "hepatic": Variable.BILIRUBIN_TOTAL,
    "haematologic": Variable.PLATELETS,
}
"""The organs whose points come from one value (M3): of these alone a value with a comparator can be used (V4)."""
_ORGAN_OF = {variable: organ for organ, variable in OF_ONE_VALUE.items()}


def points_of(organ: Organ, value: Decimal, comparator: Comparator | None = None) -> int | None:
    """0-4 points of a value in the organ's unit; of one with a comparator None where they are not certain (V4)."""
    if comparator is None:
        return BANDS[organ].points(value)
    quantity = QUANTITIES[OF_ONE_VALUE[organ]]
    return BANDS[organ].points_beyond(value, comparator, quantity.low, quantity.high)


def is_certain(variable: Variable, value: Decimal, comparator: Comparator) -> bool:
    """V4: whether every value on that side of a canonical value gives the same points."""
    organ = _ORGAN_OF.get(variable)
    return organ is not None and points_of(organ, value, comparator) is not None
