"""From a value as a feed wrote it to a usable value in the variable's canonical unit (docs/topics.md; V1).

Every conversion is exact in decimal (V2), no unit is guessed, and a value outside its range is unusable. The ranges
are wide on purpose: they stop artefacts such as an arterial pressure of 801, not illness.
"""

from dataclasses import dataclass
from decimal import Context, Decimal

from picustream.models.codemap import CodeMap
from picustream.models.variable import Variable

KPA_TO_MMHG = Decimal("7.50062")
CMH2O_TO_MMHG = Decimal("0.735559")
CREATININE_MG_DL_TO_UMOL_L = Decimal("88.40")
BILIRUBIN_MG_DL_TO_UMOL_L = Decimal("17.104")
ONE = Decimal(1)
PERCENT = Decimal("0.01")

MOST_DIGITS = 80
"""Of a number: more than the exact decimal form of a binary number in any range here has, which some feeds send."""
EXACT_DIGITS = 120
"""More than a value of so many digits times any factor here can have."""
EXACT = Context(prec=EXACT_DIGITS)
GREATEST_MAGNITUDE = 30
"""A power of ten, up or down, beyond any range, and beyond what exact arithmetic should be asked to hold."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """Canonical unit, accepted UCUM units with their factor to it, and the range outside which a value is unusable."""

    unit: str
    factors: dict[str, Decimal]
    low: Decimal
    high: Decimal
    low_included: bool = True
    whole: bool = False

    def plausible(self, value: Decimal) -> bool:
        """Whether a canonical value lies in range."""
        if not self.low <= value <= self.high or (value == self.low and not self.low_included):
            return False
        return not self.whole or value == value.to_integral_value()


def _quantity(unit: str, low: str, high: str, others: dict[str, Decimal] | None = None, **more: bool) -> Quantity:
    return Quantity(unit, {unit: ONE, **(others or {})}, Decimal(low), Decimal(high), **more)


def _score(low: str, high: str) -> Quantity:
    return _quantity("{score}", low, high, whole=True)


_ARTERIAL_PRESSURE = _quantity("mm[Hg]", "1", "250", {"kPa": KPA_TO_MMHG})
_CMH2O_60 = _quantity("cm[H2O]", "0", "60")

QUANTITIES: dict[Variable, Quantity] = {
    Variable.HEART_RATE: _quantity("/min", "0", "300", low_included=False),
    Variable.MAP_INVASIVE: _ARTERIAL_PRESSURE,
    Variable.MAP_NONINVASIVE: _ARTERIAL_PRESSURE,
    Variable.CVP: _quantity("mm[Hg]", "-10", "50", {"cm[H2O]": CMH2O_TO_MMHG}),
    Variable.GCS_TOTAL: _score("3", "15"),
    Variable.GCS_EYE: _score("1", "4"),
    Variable.GCS_VERBAL: _score("1", "5"),
    Variable.GCS_MOTOR: _score("1", "6"),
    Variable.SPO2: _quantity("%", "0", "100"),
    Variable.CREATININE: _quantity("umol/L", "0", "4420", {"mg/dL": CREATININE_MG_DL_TO_UMOL_L}),
    Variable.BILIRUBIN_TOTAL: _quantity("umol/L", "0", "1710", {"mg/dL": BILIRUBIN_MG_DL_TO_UMOL_L}),
    Variable.PLATELETS: _quantity("10*9/L", "0", "2000", {"10*3/uL": ONE}),
    Variable.PAO2: _quantity("mm[Hg]", "15", "720", {"kPa": KPA_TO_MMHG}),
    Variable.FIO2: _quantity("1", "0.21", "1.00", {"%": PERCENT}),
    Variable.PEEP: _CMH2O_60,
    Variable.PEEP_MEASURED: _CMH2O_60,
    Variable.PLATEAU_PRESSURE: _quantity("cm[H2O]", "0", "100"),
    Variable.PEAK_PRESSURE: _quantity("cm[H2O]", "0", "120"),
    Variable.MEAN_AIRWAY_PRESSURE: _CMH2O_60,
}
"""Units and reject ranges (docs/topics.md); LOINC codes and spellings are data (`codemaps/default.toml`)."""

KNOWN_UNITS = frozenset(unit for quantity in QUANTITIES.values() for unit in quantity.factors)

ROOM_AIR = Decimal("0.21")
ALMOST_ROOM_AIR = Decimal("0.20")
"""An FiO2 from here up to that of room air is room air."""
PERCENT_FROM = Decimal(20)
"""An FiO2 without a unit is in percent from here on."""


class Unusable(ValueError):
    """A value that no rule may use; `reason` is a dead-letter code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def canonical_value(
    variable: Variable, value: Decimal, unit: str | None, codemap: CodeMap, factor: Decimal | None = None
) -> Decimal:
    """The value in the variable's canonical unit, exactly. `factor`: of the unit (`factor_of`), where it is known.

    Raises `Unusable` with `unit-missing`, `unit-unknown`, `unit-mismatch` or `implausible`.
    """
    if type(value) is not Decimal:  # a `Number`; what `models/text.py` reads as a plain decimal is short
        if abs(value.adjusted()) > GREATEST_MAGNITUDE or len(value.as_tuple().digits) > MOST_DIGITS:
            raise Unusable("implausible", "a magnitude, or a number of digits, that no measurement has")
        value = Decimal(value)
    if factor is None:
        factor = factor_of(variable, value, unit, codemap)
    quantity = QUANTITIES[variable]
    exact = value if factor is ONE else EXACT.multiply(value, factor)
    if variable is Variable.FIO2 and ALMOST_ROOM_AIR <= exact < ROOM_AIR:
        exact = ROOM_AIR
    if not quantity.plausible(exact):
        raise Unusable("implausible", f"outside the range of {variable} in {quantity.unit}")
    return exact


def factor_of(variable: Variable, value: Decimal, unit: str | None, codemap: CodeMap) -> Decimal:
    """The factor of a unit to the variable's canonical one; of an FiO2 without a unit it depends on the value.

    Raises `Unusable` with `unit-missing`, `unit-unknown` or `unit-mismatch`.
    """
    quantity = QUANTITIES[variable]
    if unit is None:
        if variable is not Variable.FIO2:
            raise Unusable("unit-missing", f"{variable} needs a unit, for example {quantity.unit}")
        return PERCENT if value >= PERCENT_FROM else ONE
    ucum = codemap.ucum(unit)
    if ucum in quantity.factors:
        return quantity.factors[ucum]
    if ucum in KNOWN_UNITS:
        raise Unusable("unit-mismatch", f"this unit does not fit {variable}; accepted: {', '.join(quantity.factors)}")
    accepted = " or ".join(quantity.factors)
    fix = f"only another spelling of {accepted} may go into a code map; the feed must convert any other unit"
    raise Unusable("unit-unknown", f"unknown unit; {fix}")
