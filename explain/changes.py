"""What one revision of a record changed in the one before (docs/topics.md)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from picustream.models.record import WITHDRAWN, ScorePart, ScoreRecord
from picustream.scoring.scores import words
from picustream.scoring.scores.description import Description

_FIELDS = {
    "total": "total",
    "range": "could be",
    "picu_day": "day in the PICU",
    "elapsed_day": "study day",
    "in_window": "in the analysis window",
    "onset_at": "onset",
    "ards": "ARDS",
    "standard_settings": "standard settings",
    "patient_id": "patient",
    "window": "window of the day",
    "effective_at": "speaks of",
    "caveats": "caveats",
    "protocol": "protocol",
    "software": "picustream",
}
"""Fields of a record beside its components, in the order they are shown."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed, before and after; `what` is an organ, a component or a field of the record."""

    what: str
    before: Any
    after: Any
    words: str

    def __str__(self) -> str:
        return self.words


def changes(description: Description, before: ScoreRecord | None, after: ScoreRecord) -> list[Change]:
    """What `after` changed; of a first revision, what it holds."""
    if after.status == WITHDRAWN:
        return [Change("status", before and before.status, after.status, f"withdrawn{_total_before(before)}")]
    if before is None or before.status == WITHDRAWN:
        return [*_first(description, after)]
    found = [*_parts(description, before, after), *_fields(before, after)]
    if found:
        return found
    return [Change("status", before.status, after.status, "no value changed")]


def _total_before(before: ScoreRecord | None) -> str:
    return "" if before is None else f"; its total was {_in_words(before.total)}"


def _first(description: Description, after: ScoreRecord) -> Iterator[Change]:
    yield Change("total", None, after.total, f"total {_in_words(after.total)}")
    for name, part in description.parts(after).items():
        if part.inputs:
            yield Change(name, None, _as_data(part), f"{description.label(name)}: {_result(part)}")


def _parts(description: Description, before: ScoreRecord, after: ScoreRecord) -> Iterator[Change]:
    old, new = description.parts(before), description.parts(after)
    for name, part in new.items():
        if name not in old or old[name] == part:
            continue
        earlier = old[name]
        difference = f"{description.label(name)}: {_difference(earlier, part)}"
        yield Change(name, _as_data(earlier), _as_data(part), difference)


def _difference(earlier: ScorePart, later: ScorePart) -> str:
    if _result(earlier) != _result(later):
        return f"{_result(earlier)} → {_result(later)}"
    if earlier.inputs != later.inputs and _ids(earlier) == _ids(later):
        return f"{_result(later)} as before, from another version of {_ids(later)}"
    if earlier.inputs != later.inputs:
        return f"{_result(later)} as before, from {_ids(earlier)} → {_ids(later)}"
    old, new = earlier.model_dump(), later.model_dump()
    if old.get("candidates_rejected") != new.get("candidates_rejected"):
        return f"{_result(later)} as before, other values passed over"
    if old.get("age_hours") != new.get("age_hours"):
        return f"{_result(later)} as before, age {_in_words(old['age_hours'])} → {_in_words(new['age_hours'])} h"
    return f"{_result(later)} as before, reason {_in_words(earlier.reason)} → {_in_words(later.reason)}"


def _ids(part: ScorePart) -> str:
    return ", ".join(one.id for one in part.inputs) or "nothing"


def _fields(before: ScoreRecord, after: ScoreRecord) -> Iterator[Change]:
    for name, label in _FIELDS.items():
        old, new = getattr(before, name, None), getattr(after, name, None)
        if old != new:
            yield Change(name, _plain(old), _plain(new), f"{label}: {_in_words(old)} → {_in_words(new)}")


_SHOWN = ("points", "value", "unit", "basis", "comparator")


def _as_data(part: ScorePart) -> dict[str, Any]:
    """What a change shows as data, as far as the part has it."""
    fields = part.model_dump()
    return {name: fields[name] for name in _SHOWN if name in fields}


def _result(part: ScorePart) -> str:
    """`1 point (132 µmol/L) measured`, `not measured`."""
    basis: str = getattr(part, "basis", "")
    if basis.startswith("assumed-normal"):
        return "not measured" if basis == "assumed-normal" else "sedated"
    if part.points is None:
        return "no points"
    comparator = getattr(part, "comparator", None)
    value = f" ({words.quantity(part.value, part.unit, comparator)})" if part.value is not None else ""
    return f"{words.points(part.points)}{value}{_BASES.get(basis, '')}"


_BASES = {"measured": " measured", "carried-forward": " carried"}


def _plain(value: Any) -> Any:
    return value.model_dump() if hasattr(value, "model_dump") else value


def _in_words(value: Any) -> str:
    """A field's value in a line of a revision."""
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    if hasattr(value, "model_dump"):
        return "-".join(str(part) for part in value.model_dump().values())
    return str(value)
