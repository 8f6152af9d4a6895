"""Every point once more, from nothing but what its receipt names (invariant I7).

From the value as the feed sent it, through the unit's factor and the formula, to the points. Exact decimals as in the
scoring itself (V2): a value that was rounded for the record would not always fall into the same band.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from picustream.models.record import Comparator, Input
from picustream.models.text import plain, printed
from picustream.models.variable import Variable
from picustream.scoring.chart.units import (
    ALMOST_ROOM_AIR,
    EXACT_DIGITS,
    ONE,
    PERCENT,
    PERCENT_FROM,
    QUANTITIES,
    ROOM_AIR,
)
from picustream.scoring.clinical.pairing import RATIO_DIGITS, ratio

_FULL_VERBAL = Decimal(5)


@dataclass(frozen=True, slots=True)
class Conversion:
    """An input on its way from the value as sent to the canonical unit."""

    factor: Decimal
    """Canonical = sent x factor; 1 where only the spelling of the unit differs."""
    exact: Decimal
    """In the canonical unit, not rounded."""
    counts_as: bool
    """Whether a rule put another value in its place: an FiO2 from 0.20 up to 0.21 is 0.21, and a protocol may have the
    verbal 1 of an intubated child count as 5 (M10)."""
    follows: bool
    """Whether the value in the receipt is what comes out."""


def conversion(one: Input) -> Conversion | None:
    """How an input came to its canonical value; None for words (support, birth date) and values without an original."""
    if not isinstance(one.value, Decimal) or one.original is None or one.original.value is None:
        return None
    if one.variable not in QUANTITIES:
        return None
    variable = Variable(one.variable)
    tried = [_converted(variable, one, factor) for factor in _factors(variable, one)]
    return next((found for found in tried if found.follows), tried[0])


def _factors(variable: Variable, one: Input) -> list[Decimal]:
    """Factors the unit may have. A site's own spelling is known to its code map alone: then the one that fits."""
    assert one.original is not None and one.original.value is not None
    factors = QUANTITIES[variable].factors
    if one.original.unit is None:
        return [PERCENT if one.original.value >= PERCENT_FROM else ONE]
    if one.original.unit in factors:
        return [factors[one.original.unit]]
    return list(factors.values())


def _converted(variable: Variable, one: Input, factor: Decimal) -> Conversion:
    assert one.original is not None and one.original.value is not None
    with localcontext() as context:
        context.prec = EXACT_DIGITS
        exact = one.original.value * factor
    instead = _instead(variable, exact, one.value)
    if instead is not None:
        exact = instead
    return Conversion(factor, exact, instead is not None, printed(exact) == one.value)


def _instead(variable: Variable, exact: Decimal, value: object) -> Decimal | None:
    """The value that a rule puts in the place of this one. Of M10 the value in the record is the only sign."""
    if variable is Variable.FIO2 and ALMOST_ROOM_AIR <= exact < ROOM_AIR:
        return ROOM_AIR
    if variable is Variable.GCS_VERBAL and exact == 1 and value == _FULL_VERBAL:
        return _FULL_VERBAL
    return None


def exact_of(one: Input) -> Decimal:
    """An input in its canonical unit, not rounded; room air, stated as support, is an FiO2 of 0.21 (P1)."""
    if one.variable == "support":
        return ROOM_AIR
    found = conversion(one)
    if found is not None and found.follows:
        return found.exact
    if not isinstance(one.value, Decimal):
        raise ValueError(f"{one.variable} is no number")
    return one.value


@dataclass(frozen=True, slots=True)
class Working:
    """How a value follows from its inputs."""

    formula: str
    """`PaO2 / FiO2`; empty where the value is the input itself."""
    numbers: str
    """`78 / 0.6`; empty likewise."""
    exact: Decimal
    comparator: Comparator | None = None
    """Of a value that is the input itself (V4)."""

    @property
    def sentence(self) -> str:
        """`PaO2 / FiO2 = 78 / 0.6 = 130`, for a value that has a formula."""
        value = printed(self.exact)
        return f"{self.formula} = {self.numbers} {'=' if value == self.exact else '≈'} {plain(value)}"


def working(inputs: Sequence[Input]) -> Working | None:
    """How the inputs of an organ or component make its value; None for an age, and for inputs that make none."""
    try:
        return _made(inputs)
    except (ValueError, ArithmeticError):
        return None  # inputs that no rule would put together: `audit` reports that the value does not follow


def _made(inputs: Sequence[Input]) -> Working | None:
    named = {one.variable: one for one in inputs}
    if "pao2" in named:
        return _ratio(inputs)
    if "cvp" in named:
        return _rate(inputs)
    if "gcs_eye" in named:
        return _gcs(inputs)
    if len(inputs) != 1 or not isinstance(inputs[0].value, Decimal):
        return None
    return Working("", "", exact_of(inputs[0]), inputs[0].comparator)


def _ratio(inputs: Sequence[Input]) -> Working:
    """P3."""
    oxygen, fraction = (exact_of(one) for one in inputs)
    return Working("PaO2 / FiO2", f"{shown(oxygen)} / {shown(fraction)}", ratio(oxygen, fraction))


def _rate(inputs: Sequence[Input]) -> Working:
    """M5, P4; the inputs are CVP, heart rate, arterial pressure."""
    cvp, rate, pressure = (exact_of(one) for one in inputs)
    with localcontext() as context:
        context.prec = RATIO_DIGITS
        exact = rate * cvp / pressure
    return Working("heart rate × CVP / MAP", f"{shown(rate)} × {shown(cvp)} / {shown(pressure)}", exact)


def _gcs(inputs: Sequence[Input]) -> Working:
    """M6."""
    parts = [exact_of(one) for one in inputs]
    return Working("eye + verbal + motor", " + ".join(map(shown, parts)), sum(parts, Decimal(0)))


def shown(value: Decimal) -> str:
    """A number to read; one that has more than 6 decimals ends in three dots."""
    rounded = printed(value)
    return plain(rounded) if rounded == value else f"{plain(rounded)}…"
