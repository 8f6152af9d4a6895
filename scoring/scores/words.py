"""Units, times, faults and causes as a person says them, for every score. Words only: no rule is decided here."""

from datetime import datetime, timedelta
from decimal import Decimal

from picustream.models.record import Cause, ScoreRecord
from picustream.models.text import plain
from picustream.scoring.scores.bands import Interval

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

FAULTS = {
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
"""Why a value is not used, by the reason in the record."""

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


def cause(made: Cause) -> str:
    """`an observation, corrected (lis:4711)`."""
    noun = next((noun for noun in _CAUSES if made.reason == noun or made.reason.startswith(f"{noun}-")), None)
    if noun is None:
        words = made.reason
    else:
        status = made.reason.removeprefix(noun).removeprefix("-")
        words = _CAUSES[noun] + (f", {_STATUSES.get(status, status)}" if status else "")
    return f"{words} ({made.event_id})" if made.event_id else words


COUNTED = "counted"
"""The heading of `study_day`, which is left out for whoever may not know it."""


def study_day(record: ScoreRecord) -> str:
    """Where the day lies in the trial (T3)."""
    if record.elapsed_day is None:
        return "no study day, for no start of treatment is known"
    inside = "inside" if record.in_window else "outside"
    return f"study day {record.elapsed_day} (SDTM {record.sdtm_day}), {inside} the analysis window"


def band(measure: str, interval: Interval, unit: str) -> str:
    """`150 < P/F ≤ 225 mmHg`, `P/F > 300 mmHg`."""
    left = right = ""
    if interval.low is not None and interval.high is not None:
        left = f"{interval.low} {'≤' if interval.with_low else '<'} "
    if interval.high is not None:
        right = f"{'≤' if interval.with_high else '<'} {interval.high}"
    elif interval.low is not None:
        right = f"{'≥' if interval.with_low else '>'} {interval.low}"
    return f"{left}{measure} {right} {unit_of(unit)}".rstrip()


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
