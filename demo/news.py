"""What is new about a record, in words: what changed against the revision before, and why."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from picustream.models.record import WITHDRAWN

Record = dict[str, Any]

BASIS = {
    "measured": "measured",
    "carried-forward": "carried",
    "assumed-normal": "assumed",
    "assumed-normal-sedated": "sedated",
}


class Weight(IntEnum):
    """How much a person should care."""

    ROUTINE = 0
    """A day fills up."""
    CLOSING = 1
    """A record became final, or is the first of its kind."""
    SURPRISE = 2
    """What had been measured or closed changed, or something could not be used."""


@dataclass(frozen=True)
class News:
    """One line of news: ward time, stay, what, and the cause as the record states it (reason and event)."""

    at: datetime | None
    stay_id: str
    what: str
    reason: str
    event_id: str
    weight: Weight


def of_mods(record: Record, before: Record | None, at: datetime | None) -> News:
    """News of a MODS record, compared with the revision `before` it."""
    day = record["picu_day"] or (before or record)["picu_day"]
    head = f"day {day} MODS" if day else f"MODS of {record['day']}"
    if record["status"] == WITHDRAWN:
        return _news(record, at, f"{head} withdrawn", Weight.SURPRISE)
    closing = Weight.CLOSING if record["status"] == "final" else Weight.ROUTINE
    whole = f"{head} {record['total']} [{record['range']['min']}-{record['range']['max']}] {record['status']}"
    if before is None or before["status"] == WITHDRAWN:
        return _news(record, at, whole, closing)
    changes = _changes(before, record)
    if not changes:
        return _news(record, at, whole, closing)
    total = _step(before["total"], record["total"])
    disturbed = record["status"] == "amended" and before["components"] != record["components"]
    disturbed |= any(_disturbs(*pair) for pair in _pairs(before, record))
    # That it is preliminary goes without saying, and the line is short.
    status = "" if record["status"] == "preliminary" else f" {record['status']}"
    what = f"{head} {total}{status}: {', '.join(changes)}"
    return _news(record, at, what, Weight.SURPRISE if disturbed else closing)


def _pairs(before: Record, record: Record) -> list[tuple[Record, Record]]:
    return list(zip(before["components"], record["components"], strict=True))


def _changes(before: Record, record: Record) -> list[str]:
    changes = [text for pair in _pairs(before, record) if (text := _change(*pair))]
    if before.get("elapsed_day") != record.get("elapsed_day"):
        changes.append(f"trial day {record.get('elapsed_day')}")
    return changes


def _change(old: Record, new: Record) -> str:
    points = f"{new['organ']} {_step(old['points'], new['points'])}"
    if old["basis"] != new["basis"]:
        return f"{points} {BASIS[old['basis']]}→{BASIS[new['basis']]}"
    return f"{points} ({spoken(old)}→{spoken(new)})" if old["value"] != new["value"] else ""


def _step(old: int, new: int) -> str:
    return str(new) if old == new else f"{old}→{new}"


def _disturbs(old: Record, new: Record) -> bool:
    return bool(old["basis"] == "measured" and (new["basis"] != "measured" or new["value"] != old["value"]))


def of_apps(record: Record, before: Record | None, at: datetime | None) -> News:
    """News of an APPS record, compared with the revision `before` it."""
    head = "APPS 24 h after onset" if record["basis"] == "at-24h" else f"APPS of {record['day']}"
    if record["status"] == WITHDRAWN:
        return _news(record, at, f"{head} withdrawn", Weight.SURPRISE)
    total = "incomplete" if record["total"] is None else str(record["total"])
    state = f"{record['ards']}, {record['status']}"
    if before is None or before["status"] == WITHDRAWN:
        return _news(record, at, f"{head} {total} {state}", Weight.CLOSING)
    if before["total"] not in (None, record["total"]):
        return _news(record, at, f"{head} {before['total']}→{total} {state}", Weight.SURPRISE)
    closing = Weight.CLOSING if record["status"] == "final" else Weight.ROUTINE
    return _news(record, at, f"{head} {total} {state}", closing)


def of_score(record: Record, title: str, at: datetime | None) -> News:
    """News of a record of any other score: its title, total and status."""
    if record["status"] == WITHDRAWN:
        return _news(record, at, f"{title} withdrawn", Weight.SURPRISE)
    total = "incomplete" if record["total"] is None else str(record["total"])
    weight = Weight.SURPRISE if record["status"] == "amended" else Weight.ROUTINE
    return _news(record, at, f"{title} {total} {record['status']}", weight)


def of_alert(record: Record, at: datetime | None) -> News:
    """News of an alert; the trial's and the operations' alike."""
    surprise = record["state"] == "firing" and record["severity"] != "info"
    weight = Weight.SURPRISE if surprise else Weight.CLOSING
    return _news(record, at, f"alert {record['name']} {record['state']}", weight)


def of_dead_letter(record: Record, at: datetime | None) -> News:
    """News of a message that could not be used."""
    what = f"dead letter: {record['path'] or 'the whole message'}"
    where = f"{record['topic']} offset {record['offset']}"
    return News(at, record.get("key") or "-", what, record["reason"], where, Weight.SURPRISE)


def _news(record: Record, at: datetime | None, what: str, weight: Weight) -> News:
    cause = record.get("cause") or {}
    reason, event_id = cause.get("reason") or "", cause.get("event_id") or ""
    return News(at, record.get("stay_id") or "-", what, reason, event_id, weight)


def spoken(component: Record) -> str:
    """A component's value as short as it can be read; `?` where there is none."""
    value = component["value"]
    if value is None:
        return "?"
    return f"{float(value):.3g}" if abs(float(value)) < 100 else f"{float(value):.0f}"
