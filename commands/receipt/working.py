"""Every point once more, from nothing but what its receipt names (invariant I7).

From the value as the feed sent it, through the unit's factor and the formula, to the points. Exact decimals as in the
scoring itself (V2): a value that was rounded for the record would not always fall into the same band.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from picustream.models.record import Input
from picustream.models.text import plain, printed
from picustream.models.variable import Variable
from picustream.scoring.pairing import RATIO_DIGITS, ratio
from picustream.scoring.units import EXACT_DIGITS, ONE, QUANTITIES, ROOM_AIR

_PERCENT = Decimal("0.01")
_PERCENT_FROM = Decimal(20)
_FULL_VERBAL = Decimal(5)


@dataclass(frozen=True, slots=True)
class Conversion:
    """An input on its way from the value as sent to the canonical unit."""

    factor: Decimal
    """Canonical = sent x factor; 1 where only the spelling of the unit differs."""
    exact: Decimal
    """In the canonical unit, not rounded."""
    raised: bool
    """An FiO2 from 0.20 up to 0.21, which counts as 0.21."""
    follows: bool
    """Whether the value in the receipt is what comes out."""


def conversion(one: Input) -> Conversion | None:
    """How an input came to its canonical value; None for words (support, birth date) and values without an original."""
    if not isinstance(one.value, Decimal) or one.original is None or one.original.value is None:
        return None
    variable = Variable(one.variable)
    tried = [_converted(variable, one, factor) for factor in _factors(variable, one)]
    return next((found for found in tried if found.follows), tried[0])


def _factors(variable: Variable, one: Input) -> list[Decimal]:
    """Factors the unit may have. A site's own spelling is known to its code map alone: then the one that fits."""
    assert one.original is not None and one.original.value is not None
    factors = QUANTITIES[variable].factors
    if one.original.unit is None:
        return [_PERCENT if one.original.value >= _PERCENT_FROM else ONE]
    if one.original.unit in factors:
        return [factors[one.original.unit]]
    return list(factors.values())


def _converted(variable: Variable, one: Input, factor: Decimal) -> Conversion:
    assert one.original is not None and one.original.value is not None
    with localcontext() as context:
        context.prec = EXACT_DIGITS
        exact = one.original.value * factor
    raised = variable is Variable.FIO2 and Decimal("0.20") <= exact < ROOM_AIR
    if raised:
        exact = ROOM_AIR
    return Conversion(factor, exact, raised, printed(exact) == one.value)


def exact_of(one: Input) -> Decimal:
    """An input in its canonical unit, not rounded; room air, told as support, is an FiO2 of 0.21 (P1)."""
    if one.variable == "support":
        return ROOM_AIR
    found = conversion(one)
    if found is not None and found.follows:
        return found.exact
    assert isinstance(one.value, Decimal)
    return one.value


@dataclass(frozen=True, slots=True)
class Working:
    """How a value follows from its inputs."""

    formula: str
    """`PaO2 / FiO2`; empty where the value is the input itself."""
    numbers: str
    """`78 / 0.6`; empty likewise."""
    exact: Decimal
    verbal_assumed: bool = False
    """A verbal score of 1 of an intubated child counted as 5 (M10)."""

    @property
    def sentence(self) -> str:
        """`PaO2 / FiO2 = 78 / 0.6 = 130`, for a value that has a formula."""
        value = printed(self.exact)
        return f"{self.formula} = {self.numbers} {'=' if value == self.exact else '≈'} {plain(value)}"


def working(inputs: Sequence[Input], value: Decimal | None) -> Working | None:
    """How the inputs of an organ or component make its value; None without inputs or for an age.

    `value` is the record's: only it tells whether a protocol replaced the verbal score (M10).
    """
    named = {one.variable: one for one in inputs}
    if "pao2" in named:
        return _ratio(inputs)
    if "cvp" in named:
        return _rate(inputs)
    if "gcs_eye" in named:
        return _gcs(inputs, value)
    if len(inputs) != 1 or not isinstance(inputs[0].value, Decimal):
        return None
    return Working("", "", exact_of(inputs[0]))


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


def _gcs(inputs: Sequence[Input], value: Decimal | None) -> Working:
    """M6, M10."""
    eye, verbal, motor = (exact_of(one) for one in inputs)
    assumed = verbal == 1 and value == eye + _FULL_VERBAL + motor
    counted = _FULL_VERBAL if assumed else verbal
    numbers = " + ".join(map(shown, (eye, counted, motor)))
    return Working("eye + verbal + motor", numbers, eye + counted + motor, assumed)


def shown(value: Decimal) -> str:
    """A number to read; one that has more than 6 decimals ends in three dots."""
    rounded = printed(value)
    return plain(rounded) if rounded == value else f"{plain(rounded)}…"
