"""Times of FHIR: `YYYY-MM-DDThh:mm[:ss[.s...]][zone]`, by the same rules as those of HL7 v2."""

import re
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from picustream.gateways.hl7.times import Reckoning, day, instant
from picustream.scoring.faults import Fault

_FORM = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[Tt](\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)?)?)?)?", re.ASCII
)


def moment(value: Any, path: str, zone: ZoneInfo | None) -> datetime | Fault | None:
    """A moment in UTC; None where there is none; a fault where it cannot be known."""
    if value is None or value == "":
        return None
    digits = _digits(value)
    if digits is None:
        return _unreadable(path)
    found = instant(digits, path, Reckoning(zone))
    if isinstance(found, Fault) and found.reason == "time-unreadable":
        return _unreadable(path)
    return found


def moment_or_day(value: Any, path: str, zone: ZoneInfo | None) -> datetime | date | Fault | None:
    """A moment, or the day alone where no more is said."""
    found = moment(value, path, zone)
    if isinstance(found, Fault) and found.reason == "time-too-coarse":
        return day(_digits(value) or "") or found
    return found


def _digits(value: Any) -> str | None:
    """A time as HL7 v2 writes it."""
    form = _FORM.fullmatch(value.strip()) if isinstance(value, str) else None
    if form is None:
        return None
    *parts, zone = form.groups(default="")
    return "".join(parts) + zone.upper()


def _unreadable(path: str) -> Fault:
    return Fault("time-unreadable", path, "not a time of the form YYYY-MM-DDThh:mm:ss[.s]+hh:mm")
