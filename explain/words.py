"""Codes, units, times and reasons as a person says them. Words only: no rule is decided here."""

from datetime import datetime, timedelta
from decimal import Decimal

from picustream.models.record import Cause
from picustream.models.text import plain

MEASURES = {
    "respiratory": "P/F",
    "renal": "creatinine",
    "hepatic": "bilirubin",
    "cardiovascular": "PAR",
    "haematologic": "platelets",
    "neurologic": "GCS",
}
"""What is banded, by organ."""

APPS_NAMES = {"age": "age", "pf": "P/F", "plateau": "plateau"}

RULES = {
    "respiratory": ("M1", "M4", "P1", "P3"),
    "renal": ("M1", "M3"),
    "hepatic": ("M1", "M3"),
    "cardiovascular": ("M1", "M5", "P4"),
    "haematologic": ("M1", "M3"),
    "neurologic": ("M1", "M6"),
    "age": ("A1", "A7"),
    "pf": ("A1", "P1", "P3"),
    "plateau": ("A1", "A6"),
}
"""The rules that make the points, by organ or component (`docs/rules.md`)."""

VARIABLES = {
    "heart_rate": "heart rate",
    "map_invasive": "MAP, invasive",
    "map_noninvasive": "MAP, by cuff",
    "cvp": "CVP",
    "gcs_total": "GCS",
    "gcs_eye": "GCS eye",
    "gcs_verbal": "GCS verbal",
    "gcs_motor": "GCS motor",
    "creatinine": "creatinine",
    "bilirubin_total": "bilirubin",
    "platelets": "platelets",
    "pao2": "PaO2",
    "fio2": "FiO2",
    "support": "support",
    "plateau_pressure": "plateau",
    "peak_pressure": "peak pressure",
    "birth_date": "birth date",
}

_UNITS = {
    "mm[Hg]": "mmHg",
    "cm[H2O]": "cmH2O",
    "umol/L": "µmol/L",
    "10*9/L": "10⁹/L",
    "{score}": "",
    "1": "",
    "a": "years",
}

FIRST_OF_DAY = {
    "respiratory": "the day's first arterial PaO2 that an FiO2 belongs to",
    "renal": "the day's first creatinine",
    "hepatic": "the day's first bilirubin",
    "cardiovascular": "the day's first CVP with a heart rate and an arterial pressure beside it",
    "haematologic": "the day's first platelet count",
    "neurologic": "the day's first GCS",
}

_NOTHING_CAME = {
    "respiratory": "no arterial PaO2 of this day",
    "renal": "no creatinine of this day",
    "hepatic": "no bilirubin of this day",
    "cardiovascular": "no CVP of this day",
    "haematologic": "no platelet count of this day",
    "neurologic": "no GCS of this day",
}
_UNPAIRED = {
    "respiratory": "no FiO2 belongs to it",
    "cardiovascular": "no heart rate or no arterial pressure beside it",
    "neurologic": "an eye score without verbal and motor beside it",
}
_FAULTS = {
    "implausible": "outside the range that can be true",
    "withdrawn": "withdrawn by its source",
    "no-value": "it carries no value yet",
    "unit-missing": "without a unit",
    "unit-unknown": "in a unit nobody knows",
    "unit-mismatch": "in a unit that does not fit",
    "value-not-numeric": "no number",
    "word-unknown": "with a comparator nobody knows",
    "comparator": "known from one side alone, with more than one band on it (V4)",
}

_APPS_MISSING = {
    "birth-date-missing": "no birth date is known",
    "birth-date-implausible": "the birth date that is stated cannot be true",
    "birth-date-imprecise": "the birth date is not precise enough for one band",
    "no-pair": "no arterial PaO2 with an FiO2 in the window",
    "not-measured": "neither a plateau pressure nor a peak under pressure control within reach of the PaO2",
}

_CAVEATS = {
    "adult-derived-score": "The score was made from adults and its bands know no age: in a child it is a number to"
    " compare, not to judge by (M11).",
    "intubated-verbal": "The GCS was charted in an intubated child, whose verbal part cannot be tested (M10).",
    "presumptive-ards": "ARDS is presumed from P/F, PEEP and ventilation; imaging and oedema are unknown here (A3).",
}
_ADULT_APPS = "The score was made from adults: a child always has 1 point for age, so 3 to 7 are possible (A1)."

_CAUSES = {
    "time": "time passed",
    "observation": "an observation",
    "admitted": "the admission",
    "discharged": "the discharge",
    "died": "the death",
    "vital_status": "follow-up",
    "sedation": "sedation",
    "consent": "consent",
    "treatment_started": "the start of treatment",
    "ards_assessed": "the assessment of ARDS",
    "data_collection": "the data manager's verdict",
}
_STATUSES = {
    "amended": "amended",
    "corrected": "corrected",
    "cancelled": "cancelled",
    "entered-in-error": "entered in error",
    "registered": "registered",
    "unknown": "of unknown status",
}


def unit_of(ucum: str | None) -> str:
    """A UCUM unit as it is written on wards; empty for scores and ratios."""
    return _UNITS.get(ucum, ucum) if ucum else ""


def quantity(value: Decimal | str | None, unit: str | None, comparator: str | None = None) -> str:
    """`132 µmol/L`; with a comparator `< 10 10⁹/L`, for no one knows more of it (V4)."""
    number = plain(value) if isinstance(value, Decimal) else str(value)
    written = "year" if unit == "a" and value == 1 else unit_of(unit)
    return f"{_COMPARATORS[comparator]}{number} {written}".rstrip()


_COMPARATORS = {None: "", "<": "< ", "<=": "≤ ", ">=": "≥ ", ">": "> "}


def points(count: int) -> str:
    """`1 point`, `2 points`."""
    return f"{count} point{'' if count == 1 else 's'}"


def organs(count: int) -> str:
    """`1 organ`, `2 organs`."""
    return f"{count} organ{'' if count == 1 else 's'}"


def why_not_measured(organ: str, reason: str | None) -> str:
    """Why a day has no usable value of an organ."""
    if reason == "unpaired":
        return f"{MEASURES[organ]} cannot be made of this day's values: {_UNPAIRED.get(organ, 'unpaired')}"
    if reason in _FAULTS:
        return f"{_NOTHING_CAME[organ]} can be used: {_FAULTS[reason]}"
    if reason == "sedated":
        return "sedation was on when the day's first GCS was charted"
    return _NOTHING_CAME[organ]


def why_passed_over(organ: str, reason: str) -> str:
    """Why another value of the day was not used."""
    return _UNPAIRED.get(organ, reason) if reason == "unpaired" else _FAULTS.get(reason, reason)


def why_no_points(reason: str | None) -> str:
    """Why a component of the APPS has no points."""
    return _APPS_MISSING.get(reason or "", reason or "no reason is told")


def caveat(code: str, score: str) -> str:
    """A caveat as a sentence; an unknown one as its code."""
    if code == "adult-derived-score" and score == "APPS":
        return _ADULT_APPS
    return _CAVEATS.get(code, code)


def cause(made: Cause) -> str:
    """`an observation, corrected (lis:4711)`."""
    noun = next((noun for noun in _CAUSES if made.reason == noun or made.reason.startswith(f"{noun}-")), None)
    if noun is None:
        said = made.reason
    else:
        status = made.reason.removeprefix(noun).removeprefix("-")
        said = _CAUSES[noun] + (f", {_STATUSES.get(status, status)}" if status else "")
    return f"{said} ({made.event_id})" if made.event_id else said


def yes_no(answer: bool | None, unknown: str) -> str:
    """`yes`, `no`, or what it means that nobody knows."""
    return unknown if answer is None else "yes" if answer else "no"


def span(length: timedelta) -> str:
    """A length of time in its two greatest units: `2 h 31 min`, `38 s`; shorter than a second: `0 s`."""
    left = int(abs(length).total_seconds())
    counts = []
    for unit, size in _SIZES:
        count, left = divmod(left, size)
        counts.append((count, unit))
    first = next((place for place, (count, _) in enumerate(counts) if count), len(counts) - 1)
    return " ".join(f"{count} {unit}" for count, unit in counts[first : first + 2] if count) or "0 s"


_SIZES = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def moment(at: datetime, like: datetime | None = None) -> str:
    """A local time, `2025-01-02 03:10`; with its offset where that is not `like`'s (the night clocks change)."""
    precision = "microseconds" if at.microsecond else "seconds" if at.second else "minutes"
    plain_time = at if like is not None and at.utcoffset() != like.utcoffset() else at.replace(tzinfo=None)
    return plain_time.isoformat(" ", precision)
