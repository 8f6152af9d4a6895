"""Records as the view of a demo gets them, and what it draws of them."""

import io
from datetime import datetime, timedelta, timezone
from typing import Any

from rich.console import Console

from picustream.demo.picture import Picture
from picustream.demo.tally import Tally
from picustream.demo.timeline import Beat, Bed

ZONE = timezone(timedelta(hours=8))

NOON = datetime(2026, 3, 5, 12, tzinfo=ZONE)

ORGANS = ("respiratory", "renal", "hepatic", "cardiovascular", "haematologic", "neurologic")

BED = Bed(1, "S-1", "septic shock, 4 y", NOON - timedelta(days=3), NOON + timedelta(days=2), "ward")


def component(organ: str, points: int = 0, basis: str = "measured", value: float | None = 50.0) -> dict[str, Any]:
    return {
        "organ": organ,
        "points": points,
        "basis": basis,
        "value": value,
        "unit": "1",
        "observed_at": "2026-03-05T06:00:00+08:00",
        "age_hours": 31.5 if basis == "carried-forward" else None,
        "inputs": [],
        "reason": None if basis == "measured" else "not-measured",
        "candidates_rejected": [],
    }


def mods(day: int = 4, revision: int = 1, status: str = "preliminary", **organs: dict[str, Any]) -> dict[str, Any]:
    """A MODS record of stay S-1: all organs measured with 0 points, except the `organs` given."""
    components = [{**component(organ), **organs.get(organ, {})} for organ in ORGANS]
    known = sum(part["points"] for part in components if part["basis"] == "measured")
    unknown = sum(part["basis"] != "measured" for part in components)
    return {
        "event_id": f"mods/S-1/{day}/{revision}",
        "stay_id": "S-1",
        "patient_id": "P-1",
        "status": status,
        "revision": revision,
        "cause": {"reason": "observation", "event_id": "S-1/chemistry/02"},
        "score": "MODS",
        "day": f"2026-03-{day + 1:02}",
        "picu_day": day,
        "total": sum(part["points"] for part in components),
        "range": {"min": known, "max": known + 4 * unknown},
        "components": components,
    }


def withdrawn(day: int = 4, revision: int = 2) -> dict[str, Any]:
    empty = {"picu_day": None, "total": None, "range": None, "components": []}
    return {**mods(day, revision, "entered-in-error"), **empty}


def apps(total: int | None = 6, status: str = "preliminary", revision: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "stay_id": "S-1",
        "status": status,
        "revision": revision,
        "cause": {"reason": "observation", "event_id": "S-1/gas/09"},
        "basis": "daily",
        "day": "2026-03-05",
        "episode": None,
        "ards": "presumptive",
        "total": total,
        **fields,
    }


DEAD = {
    "topic": "picu.lab.v1",
    "partition": 3,
    "offset": 17,
    "key": "S-1",
    "scope": "observation",
    "reason": "unit-unknown",
    "path": "/observations/0/unit",
}

FIRING = {
    "stay_id": "S-1",
    "name": "amended-after-final",
    "severity": "warning",
    "state": "firing",
    "revision": 1,
    "cause": {"reason": "late", "event_id": "S-1/chemistry/02/late"},
}

LATE = Beat(NOON, "S-1", "a creatinine a day late", "Yesterday's creatinine arrives; yesterday is amended.")


def drawn(tally: Tally, width: int = 80, height: int = 24) -> list[str]:
    console = Console(width=width, height=height, file=io.StringIO(), force_terminal=False)
    console.print(Picture(tally))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def row(tally: Tally, stay_id: str = "S-1", width: int = 80) -> str:
    return next(line for line in drawn(tally, width) if line.startswith(stay_id))
