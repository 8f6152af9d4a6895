"""Events and records of worked examples, for the tests of the reference."""

from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from . import current_records
from .written import Event, canonical

LATE = datetime(2026, 1, 1, tzinfo=UTC)
DAY = "2025-01-01"
AT = f"{DAY}T08:00:00+08:00"


def envelope(**fields: Any) -> dict[str, Any]:
    """An event's common fields, with an id of its own."""
    return {
        "event_id": f"e{crc32(canonical(fields).encode())}",
        "source": "s",
        "patient_id": "P",
        "stay_id": "S",
    } | fields


def adt(kind: str, at: str, **fields: Any) -> Event:
    """An event of `picu.adt.v1`."""
    return "picu.adt.v1", envelope(type=kind, occurred_at=at, **fields)


def trial(kind: str, at: str, **fields: Any) -> Event:
    """An event of `picu.trial.v1`."""
    return "picu.trial.v1", envelope(type=kind, occurred_at=at, **fields)


def charted(topic: str, at: str, values: dict[str, Any], **fields: Any) -> Event:
    """An event with values by variable name, as (value, unit) or a number in `1`."""
    observations = [
        {"system": "urn:picustream:variable", "code": name, "value": value, "unit": unit}
        for name, (value, unit) in values.items()
    ]
    return f"picu.{topic}.v1", envelope(observed_at=at, observations=observations, **fields)


def mods(events: list[Event], day: str, protocol: dict[str, Any] | None = None) -> dict[str, Any]:
    """The MODS record of a day, with its components by organ."""
    record = current_records(events, LATE, protocol)["mods", "S", day]
    return {**record, **{one["organ"]: one for one in record["components"]}}


ADMITTED = adt("admitted", "2025-01-01T00:00:00+08:00", birth_date="2020-02-29", sex="female")
LEFT = adt("discharged", "2025-01-04T00:00:00+08:00", destination="ward")


def lab(*observations: dict[str, Any], **fields: Any) -> Event:
    """A laboratory event of 8 o'clock."""
    return "picu.lab.v1", {**envelope(observed_at=AT, observations=list(observations)), **fields}


def creatinine(value: Any = 250, **fields: Any) -> dict[str, Any]:
    """A creatinine; 250 umol/L are two points."""
    return {"code": "14682-9", "value": value, "unit": "umol/L"} | fields


def renal(*events: Event) -> dict[str, Any]:
    """The renal component of the first day."""
    return mods([ADMITTED, LEFT, *events], DAY)["renal"]
