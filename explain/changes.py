"""What one revision of a record changed in the one before (docs/topics.md)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from picustream.explain import words
from picustream.explain.chains import WITHDRAWN, ScoreRecord
from picustream.scoring.scores.apps.record import AppsComponent, AppsRecord
from picustream.scoring.scores.mods.record import ModsComponent, ModsRecord

Component = ModsComponent | AppsComponent

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
"""Fields of a record beside its components, in the order they are told."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed, before and after; `what` is an organ, a component or a field of the record."""

    what: str
    before: Any
    after: Any
    words: str

    def __str__(self) -> str:
        return self.words


def changes(before: ScoreRecord | None, after: ScoreRecord) -> list[Change]:
    """What `after` changed; of a first revision, what it tells."""
    if after.status == WITHDRAWN:
        return [Change("status", before and before.status, after.status, f"withdrawn{_stood(before)}")]
    if before is None or before.status == WITHDRAWN:
        return [*_first(after)]
    found = [*_components(before, after), *_fields(before, after)]
    if found:
        return found
    return [Change("status", before.status, after.status, "no value changed")]


def _stood(before: ScoreRecord | None) -> str:
    return "" if before is None else f"; its total was {_said(before.total)}"


def _first(after: ScoreRecord) -> Iterator[Change]:
    yield Change("total", None, after.total, f"total {_said(after.total)}")
    for name, part in _parts(after).items():
        if _speaks(part):
            yield Change(name, None, _key(part), f"{_name(name)}: {_told(part)}")


def _speaks(part: Component) -> bool:
    return bool(part.inputs)


def _components(before: ScoreRecord, after: ScoreRecord) -> Iterator[Change]:
    old, new = _parts(before), _parts(after)
    for name, part in new.items():
        if name not in old or old[name] == part:
            continue
        earlier = old[name]
        yield Change(name, _key(earlier), _key(part), f"{_name(name)}: {_difference(earlier, part)}")


def _difference(earlier: Component, later: Component) -> str:
    if _told(earlier) != _told(later):
        return f"{_told(earlier)} → {_told(later)}"
    if earlier.inputs != later.inputs and _ids(earlier) == _ids(later):
        return f"{_told(later)} as before, from another version of {_ids(later)}"
    if earlier.inputs != later.inputs:
        return f"{_told(later)} as before, from {_ids(earlier)} → {_ids(later)}"
    if isinstance(earlier, ModsComponent) and isinstance(later, ModsComponent):
        if earlier.candidates_rejected != later.candidates_rejected:
            return f"{_told(later)} as before, other values passed over"
        if earlier.age_hours != later.age_hours:
            return f"{_told(later)} as before, age {_said(earlier.age_hours)} → {_said(later.age_hours)} h"
    return f"{_told(later)} as before, reason {_said(earlier.reason)} → {_said(later.reason)}"


def _ids(part: Component) -> str:
    return ", ".join(one.id for one in part.inputs) or "nothing"


def _fields(before: ScoreRecord, after: ScoreRecord) -> Iterator[Change]:
    for name, label in _FIELDS.items():
        old, new = getattr(before, name, None), getattr(after, name, None)
        if old != new:
            yield Change(name, _value(old), _value(new), f"{label}: {_said(old)} → {_said(new)}")


def _parts(record: ScoreRecord) -> dict[str, Component]:
    if isinstance(record, ModsRecord):
        return {component.organ: component for component in record.components}
    return _apps_parts(record)


def _apps_parts(record: AppsRecord) -> dict[str, Component]:
    return {} if record.components is None else dict(record.components)


def _name(part: str) -> str:
    return words.APPS_NAMES.get(part, part)


def _key(part: Component) -> dict[str, Any]:
    """Points, value and, for an organ, basis: what a change is told by as data."""
    told = {"points": part.points, "value": part.value, "unit": part.unit}
    more = {"basis": part.basis, "comparator": part.comparator} if isinstance(part, ModsComponent) else {}
    return told | more


def _told(part: Component) -> str:
    """`1 point (132 µmol/L) measured`, `not measured`."""
    if isinstance(part, ModsComponent) and part.basis.startswith("assumed-normal"):
        return "not measured" if part.basis == "assumed-normal" else "sedated"
    if part.points is None:
        return "no points"
    comparator = part.comparator if isinstance(part, ModsComponent) else None
    value = f" ({words.quantity(part.value, part.unit, comparator)})" if part.value is not None else ""
    basis = f" {_BASES[part.basis]}" if isinstance(part, ModsComponent) else ""
    return f"{words.points(part.points)}{value}{basis}"


_BASES = {"measured": "measured", "carried-forward": "carried"}


def _value(value: Any) -> Any:
    return value.model_dump() if hasattr(value, "model_dump") else value


def _said(value: Any) -> str:
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
