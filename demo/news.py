"""What is new about a record, in words: what changed against the revision before, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

Record = dict[str, Any]

BASIS = {
    "measured": "measured",
    "carried-forward": "carried",
    "assumed-normal": "assumed",
    "assumed-normal-sedated": "sedated",
}


@dataclass(frozen=True)
class News:
    """One line of news: ward time, stay, what, and the cause as the record states it (reason and event)."""

    at: datetime | None
    stay_id: str
    what: str
    reason: str
    event_id: str
    kind: str
    surprising: bool
    """Changes what had been measured or closed, or could not be used; the rest is a day filling up."""


def of_mods(record: Record, before: Record | None, at: datetime | None) -> News:
    """News of a MODS record, compared with the revision `before` it."""
    day = record["picu_day"] or (before or record)["picu_day"]
    head = f"MODS of day {day}" if day else f"MODS of {record['day']}"
    if record["status"] == "entered-in-error":
        return _news(record, at, f"{head} withdrawn", "withdrawn", surprising=True)
    total = f"{head}: {record['total']} [{record['range']['min']}-{record['range']['max']}] {record['status']}"
    if before is None or before["status"] == "entered-in-error":
        return _news(record, at, total, "first", surprising=False)
    pairs = [(old, new) for old, new in zip(before["components"], record["components"], strict=True) if old != new]
    changed = [text for old, new in pairs if (text := _change(old, new))]
    disturbed = any(_disturbs(old, new) for old, new in pairs)
    what = f"{total}, {', '.join(changed)}" if changed else total
    closing = record["status"] == "final" != before["status"]
    surprising = disturbed or record["status"] == "amended"
    return _news(record, at, what, "final" if closing and not surprising else record["status"], surprising)


def _change(old: Record, new: Record) -> str:
    points = f"{old['points']}→{new['points']}" if old["points"] != new["points"] else f"{new['points']}"
    if old["basis"] != new["basis"]:
        return f"{new['organ']} {points} ({BASIS[old['basis']]}→{BASIS[new['basis']]})"
    if old["points"] != new["points"] or old["value"] != new["value"]:
        return f"{new['organ']} {points}" + (f" ({spoken(old)}→{spoken(new)})" if old["value"] != new["value"] else "")
    return ""


def _disturbs(old: Record, new: Record) -> bool:
    return bool(old["basis"] == "measured" and (new["basis"] != "measured" or new["value"] != old["value"]))


def of_apps(record: Record, before: Record | None, at: datetime | None) -> News:
    """News of an APPS record, compared with the revision `before` it."""
    head = "APPS 24 h after onset" if record["basis"] == "at-24h" else f"APPS of {record['day']}"
    if record["status"] == "entered-in-error":
        return _news(record, at, f"{head} withdrawn", "withdrawn", surprising=True)
    total = "incomplete" if record["total"] is None else str(record["total"])
    if before is not None and before["total"] is not None and before["total"] != record["total"]:
        return _news(record, at, f"{head} {before['total']}→{total} {record['status']}", "apps", surprising=True)
    return _news(record, at, f"{head} {total} {record['ards']}, {record['status']}", "apps", surprising=False)


def of_alert(record: Record, at: datetime | None) -> News:
    """News of an alert; the trial's and the operations' alike."""
    what = f"alert {record['name']} {record['state']}"
    return _news(record, at, what, "alert", surprising=record["state"] == "firing")


def of_dead_letter(record: Record, at: datetime | None) -> News:
    """News of a message that could not be used."""
    what = f"dead letter: {record['path'] or 'the whole message'}"
    where = f"{record['topic']} offset {record['offset']}"
    return News(at, record.get("key") or "-", what, record["reason"], where, "dead-letter", True)


def _news(record: Record, at: datetime | None, what: str, kind: str, surprising: bool) -> News:
    cause = record.get("cause") or {}
    reason, event_id = cause.get("reason") or "", cause.get("event_id") or ""
    return News(at, record.get("stay_id") or "-", what, reason, event_id, kind, surprising)


def spoken(component: Record) -> str:
    """A component's value as short as it can be read; `?` where there is none."""
    value = component["value"]
    if value is None:
        return "?"
    return f"{float(value):.3g}" if abs(float(value)) < 100 else f"{float(value):.0f}"
