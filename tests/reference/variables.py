"""The variables (docs/topics.md#codes-and-units): the codes that mean them, their units, and what cannot be true."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .written import exact, is_absurd

LOINC = "http://loinc.org"
VARIABLE = "urn:picustream:variable"


@dataclass(frozen=True)
class Variable:
    """One row of the table: LOINC codes, canonical unit, factor of each accepted unit, and the range kept."""

    codes: tuple[str, ...]
    unit: str
    factors: dict[str, str]
    low: str
    high: str
    above_low: bool = False
    integer: bool = False


_MMHG = {"mm[Hg]": "1", "mmHg": "1"}
_MMHG_KPA = {**_MMHG, "kPa": "7.50062"}
_CMH2O = {"cm[H2O]": "1", "cmH2O": "1"}
_SCORE = {"{score}": "1", "score": "1"}
_PERCENT_OR_FRACTION = {"1": "1", "fraction": "1", "%": "0.01"}

VARIABLES = {
    "heart_rate": Variable(("8867-4",), "/min", {"/min": "1", "bpm": "1"}, "0", "300", above_low=True),
    "map_invasive": Variable(("76214-6",), "mm[Hg]", _MMHG_KPA, "1", "250"),
    "map_noninvasive": Variable(("76536-2", "8478-0"), "mm[Hg]", _MMHG_KPA, "1", "250"),
    "cvp": Variable(
        ("60985-9", "8400-4"), "mm[Hg]", {**_MMHG, "cm[H2O]": "0.735559", "cmH2O": "0.735559"}, "-10", "50"
    ),
    "gcs_total": Variable(("9269-2",), "{score}", _SCORE, "3", "15", integer=True),
    "gcs_eye": Variable(("9267-6",), "{score}", _SCORE, "1", "4", integer=True),
    "gcs_verbal": Variable(("9270-0",), "{score}", _SCORE, "1", "5", integer=True),
    "gcs_motor": Variable(("9268-4",), "{score}", _SCORE, "1", "6", integer=True),
    "spo2": Variable(("59408-5",), "%", {"%": "1"}, "0", "100"),
    "creatinine": Variable(("14682-9", "2160-0"), "umol/L", {"umol/L": "1", "mg/dL": "88.40"}, "0", "4420"),
    "bilirubin_total": Variable(("14631-6", "1975-2"), "umol/L", {"umol/L": "1", "mg/dL": "17.104"}, "0", "1710"),
    "platelets": Variable(("777-3", "26515-7"), "10*9/L", {"10*9/L": "1", "10*3/uL": "1", "K/uL": "1"}, "0", "2000"),
    "pao2": Variable(("2703-7", "11556-8"), "mm[Hg]", _MMHG_KPA, "15", "720"),
    "fio2": Variable(("3150-6", "19994-3", "71835-3"), "1", _PERCENT_OR_FRACTION, "0.21", "1.00"),
    "peep": Variable(("20077-4",), "cm[H2O]", _CMH2O, "0", "60"),
    "peep_measured": Variable(("76248-4", "76247-6"), "cm[H2O]", _CMH2O, "0", "60"),
    "plateau_pressure": Variable(("76259-1",), "cm[H2O]", _CMH2O, "0", "100"),
    "peak_pressure": Variable(("76531-3",), "cm[H2O]", _CMH2O, "0", "120"),
    "mean_airway_pressure": Variable(("76530-5", "60949-5"), "cm[H2O]", _CMH2O, "0", "60"),
}

_CODES = {
    LOINC: {code: name for name, variable in VARIABLES.items() for code in variable.codes},
    VARIABLE: {name: name for name in VARIABLES},
}
_LOINC_NAMES = {
    LOINC,
    "http://loinc.org/",
    "https://loinc.org",
    "2.16.840.1.113883.6.1",
    "urn:oid:2.16.840.1.113883.6.1",
}
_LOINC_WORDS = {"ln", "loinc"}
_UNITS = {unit for variable in VARIABLES.values() for unit in variable.factors}
_MICRO_SIGNS = str.maketrans({"\N{MICRO SIGN}": "u", "\N{GREEK SMALL LETTER MU}": "u"})


class UnusableError(ValueError):
    """A number that is no value of the variable; `reason` as a dead letter says it, `field` is where."""

    def __init__(self, reason: str, field: str) -> None:
        super().__init__(reason)
        self.reason, self.field = reason, field


def _meant(observation: dict[str, Any]) -> tuple[str, str]:
    """System and code without white space around them; whatever means LOINC is LOINC."""
    system = observation.get("system", LOINC).strip()
    is_loinc = system in _LOINC_NAMES or system.lower() in _LOINC_WORDS
    return LOINC if is_loinc else system, observation["code"].strip()


def under_another_system(observation: dict[str, Any]) -> bool:
    """A code of the table, or a name of a variable, that is none under the system sent."""
    system, code = _meant(observation)
    return code not in _CODES.get(system, {}) and any(code in codes for codes in _CODES.values())


def variable_of(observation: dict[str, Any], specimen: str) -> str | None:
    """The variable of an observation, or None for an unmapped code.

    A PaO2 is one only if it is arterial: 11556-8 needs the specimen to say so, the others need it not to
    say otherwise.
    """
    system, code = _meant(observation)
    name = _CODES.get(system, {}).get(code)
    if name == "pao2":
        if specimen in ("venous", "capillary", "mixed-venous"):
            return None
        if code == "11556-8" and specimen != "arterial":
            return None
    return name


def canonical_value(name: str, written: Any, unit: str | None) -> Fraction:
    """The value in the canonical unit, exactly (V2); UnusableError where there is none."""
    unit = (unit or "").strip().translate(_MICRO_SIGNS) or None
    if unit is None and name != "fio2":
        raise UnusableError("unit-missing", "unit")
    factor = Fraction(1) if unit is None else _factor(name, unit)
    if is_absurd(written):
        raise UnusableError("implausible", "value")
    value = exact(written) * factor
    if name == "fio2":
        value = _fio2(value, unit)
    variable = VARIABLES[name]
    low, high = Fraction(variable.low), Fraction(variable.high)
    below = value <= low if variable.above_low else value < low
    if below or value > high or (variable.integer and value.denominator != 1):
        raise UnusableError("implausible", "value")
    return value


def _factor(name: str, unit: str) -> Fraction:
    factors = VARIABLES[name].factors
    if unit not in factors:
        raise UnusableError("unit-mismatch" if unit in _UNITS else "unit-unknown", "unit")
    return Fraction(factors[unit])


def _fio2(value: Fraction, unit: str | None) -> Fraction:
    """FiO2 as a fraction; without a unit, its size decides; from 0.20 up to 0.21 it counts as 0.21."""
    if unit is None and 20 <= value <= 100:
        value /= 100
    room_air = Fraction("0.21")
    return room_air if Fraction("0.20") <= value < room_air else value
