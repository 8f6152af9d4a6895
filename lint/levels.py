"""Values of a source that as a whole look like another unit than the one they are labelled with.

One value proves nothing: a creatinine of 5 mg/dL is a sick child. But no source has children of whom half have a
creatinine that nobody ever had, and whose values are quite usual in another unit. Values are counted by size, in memory
that does not grow with them; none is shown.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from picustream.models.variable import Variable
from picustream.scoring.chart.units import QUANTITIES

FEWEST = 3
"""So many values there must be."""
_STEP = 1.02
_FURTHEST = 1_000
"""Sizes on either side of one; beyond them a size is no measurement's."""


@dataclass(slots=True)
class Levels:
    """How many values of which size, within 1 %."""

    count: int = 0
    _sizes: Counter[int] = field(default_factory=Counter)

    def add(self, value: Decimal) -> None:
        """Take note of a value as it is labelled; none that is not above zero has a size."""
        if value <= 0:
            return
        self.count += 1
        size = round((value.adjusted() * math.log(10) + math.log(value.scaleb(-value.adjusted()))) / math.log(_STEP))
        self._sizes[max(-_FURTHEST, min(size, _FURTHEST))] += 1

    @property
    def median(self) -> float | None:
        """The lower median, within 1 %; None of none."""
        seen = 0
        for size in sorted(self._sizes):
            seen += self._sizes[size]
            if 2 * seen >= self.count:
                return float(_STEP**size)
        return None

    def beyond(self, low: float, high: float) -> Iterator["Levels"]:
        """Those below a range, and those above it."""
        for least, most in ((-math.inf, low), (high, math.inf)):
            inside = {size: count for size, count in self._sizes.items() if least < _STEP**size < most}
            part = Levels(_sizes=Counter(inside))
            part.count = part._sizes.total()
            yield part

    def share_within(self, low: float, high: float) -> float:
        """Which share of all lies in a range, its ends included within 1 %."""
        inside = sum(
            count for size, count in self._sizes.items() if low <= _STEP**size * 1.01 and _STEP**size <= high * 1.01
        )
        return inside / self.count if self.count else 0.0


@dataclass(frozen=True, slots=True)
class Range:
    """Where the median of a source can lie, in the canonical unit: generous, for it may be one very sick child."""

    low: float
    high: float
    units: dict[str, float]
    """Units in which such values come -> factor to the canonical one; units that no variable accepts among them."""


_KPA, _KPA_TO_CMH2O = 7.50062, 10.1972
_PRESSURE = {"mm[Hg]": 1.0, "kPa": _KPA}
_AIRWAY = {"cm[H2O]": 1.0, "kPa": _KPA_TO_CMH2O}

RANGES: dict[Variable, Range] = {
    Variable.CREATININE: Range(8.8, 1_500, {"umol/L": 1.0, "mg/dL": 88.4, "mmol/L": 1_000.0}),
    Variable.BILIRUBIN_TOTAL: Range(1.7, 700, {"umol/L": 1.0, "mg/dL": 17.104}),
    Variable.PLATELETS: Range(3, 1_500, {"10*9/L": 1.0, "10*3/uL": 1.0, "/uL": 0.001, "10*12/L": 1_000.0}),
    Variable.PAO2: Range(22, 500, _PRESSURE),
    Variable.FIO2: Range(0.21, 1.0, {"1": 1.0, "%": 0.01}),
    Variable.MAP_INVASIVE: Range(20, 160, _PRESSURE),
    Variable.MAP_NONINVASIVE: Range(20, 160, _PRESSURE),
    Variable.SPO2: Range(30, 100, {"%": 1.0, "1": 100.0}),
    Variable.HEART_RATE: Range(30, 280, {"/min": 1.0, "/s": 60.0}),
    Variable.PLATEAU_PRESSURE: Range(4, 70, _AIRWAY),
    Variable.PEAK_PRESSURE: Range(4, 90, _AIRWAY),
    Variable.MEAN_AIRWAY_PRESSURE: Range(2.5, 50, _AIRWAY),
}
"""The units of the others do not show in their values: a central venous pressure in cm[H2O] is possible in mm[Hg], too,
and a PEEP may be zero."""


def units_of_values(variable: Variable, unit: str | None, levels: Levels) -> list[str]:
    """UCUM units that the values look like and that their label is not: of the units of `RANGES` those in which the
    median is possible, where in the labelled one it is not. `unit`: the label, in UCUM."""
    possible, median = RANGES.get(variable), levels.median
    if possible is None or median is None or levels.count < FEWEST or unit not in possible.units:
        return []
    if _within(possible, median * possible.units[unit]):
        return []
    return [one for one in _alternatives(possible, unit) if _fits(possible, variable, one, levels, median)]


def part_in_another_unit(variable: Variable, unit: str, levels: Levels) -> tuple[int, list[str]]:
    """How many values are far from possible in their labelled unit and usual in another, and which: a tenth of all at
    least. Nine in ten of them must be, for artefacts lie anywhere."""
    possible = RANGES.get(variable)
    if possible is None or unit not in possible.units:
        return 0, []
    factor = possible.units[unit]
    for part in levels.beyond(possible.low / factor / _FAR, possible.high / factor * _FAR):
        if part.count < FEWEST or part.count * 10 < levels.count:
            continue
        units = [one for one in _alternatives(possible, unit) if _is_usual(possible, one, part)]
        if units:
            return part.count, units
    return 0, []


_FAR = 1.6
"""So many times beyond a range nobody's value lies, and so many times within it values are usual."""


def _is_usual(possible: Range, unit: str, part: Levels) -> bool:
    factor = possible.units[unit]
    return part.share_within(possible.low * _FAR / factor, possible.high / _FAR / factor) >= 0.9


def _alternatives(possible: Range, labelled: str) -> Iterator[str]:
    for unit, factor in possible.units.items():
        if factor != possible.units[labelled]:
            yield unit


def _fits(possible: Range, variable: Variable, unit: str, levels: Levels, median: float) -> bool:
    """The median is possible in it, and nine in ten values would be used."""
    factor, quantity = possible.units[unit], QUANTITIES[variable]
    used = levels.share_within(float(quantity.low) / factor, float(quantity.high) / factor)
    return _within(possible, median * factor) and used >= 0.9


def _within(possible: Range, value: float) -> bool:
    return possible.low / 1.005 <= value <= possible.high * 1.005


def possible_in_both(variable: Variable, label: str, other: Variable, unit: str) -> bool:
    """Whether a variable comes in the unit, too, that values of another one with the same label look like."""
    possible = RANGES.get(variable)
    return variable is not other and possible is not None and {label, unit} <= possible.units.keys()
