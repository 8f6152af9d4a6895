"""Times of HL7 v2: `YYYYMMDDHHMM[SS[.S...]][+ZZZZ]`, with the zone of the source where they have no offset."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from picustream.gateways.hl7.message import DELETED
from picustream.scoring.faults import Fault

_FORM = re.compile(r"(\d{4,23})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:?\d{2})?", re.ASCII)
_COARSE = {4, 6, 8, 10}
"""Digits of a year, month, day or hour."""
_MINUTES, _SECONDS = 12, 14
_LONGEST = 60
"""Characters of a time, with blanks around it."""
_FARTHEST = 14
"""Hours by which a clock may differ from UTC."""
_TOO_COARSE, _UNREADABLE = "time-too-coarse", "time-unreadable"
_WHY = {
    _TOO_COARSE: "a time to the minute is needed",
    _UNREADABLE: "not a time of the form YYYYMMDDHHMM[SS[.S]][+ZZZZ]",
}


@dataclass(frozen=True, slots=True)
class Reckoning:
    """By what the times of a message are read."""

    zone: tzinfo | None
    """Of times without an offset."""
    sent: datetime | None = None
    """When the message was sent, where that is known: nothing in it happened later."""


@dataclass(frozen=True, slots=True)
class _Written:
    local: datetime
    offset: timezone | None
    moment: datetime | None
    """In UTC, where there is an offset; None where that is before the first year or after the last."""


def instant(
    text: str, path: str, reckoning: Reckoning, siblings: Callable[[], Iterable[str]] = tuple
) -> datetime | Fault | None:
    """A moment in UTC; None where there is none; a fault where it cannot be known.

    `siblings` gives other times of the same thing: one of the same reading on the clock, with an offset, settles which
    of two hours is meant when clocks are put back.
    """
    if is_absent(text):
        return None
    written = _written(text)
    if isinstance(written, str):
        return Fault(written, path, _WHY[written])
    if written.offset is not None:
        return written.moment or Fault(_UNREADABLE, path, _WHY[_UNREADABLE])
    try:
        return _in_zone(written.local, path, reckoning, siblings)
    except OverflowError:
        return Fault(_UNREADABLE, path, _WHY[_UNREADABLE])


def offset_of(text: str) -> timezone | None:
    """The offset that a time is written with."""
    written = _written(text)
    return None if isinstance(written, str) else written.offset


def day(text: str) -> date | None:
    """The day that a time names, on the clock it was written by."""
    digits = re.match(r"\d{8}", text.strip(), re.ASCII)
    return _day(digits.group()) if digits else None


def is_absent(text: str) -> bool:
    """Whether there is no time: nothing, `""`, or zeros."""
    return not text or text == DELETED or not text.strip().strip("0")


def _written(text: str) -> "_Written | str":
    """What is written, or the reason why it cannot be read."""
    return _parsed(text.strip()) if len(text) <= _LONGEST else _UNREADABLE


@lru_cache(maxsize=4096)  # the values of a message have the same few times
def _parsed(text: str) -> "_Written | str":
    form = _FORM.fullmatch(text)
    if form is None:
        return _UNREADABLE
    digits, fraction, offset = form.groups()
    if len(digits) in _COARSE and not fraction:
        return _TOO_COARSE
    if (len(digits) < _SECONDS and (len(digits) != _MINUTES or fraction)) or (len(digits) > _SECONDS and fraction):
        return _UNREADABLE
    fraction = fraction or digits[_SECONDS:]  # some senders leave out the point
    on = _day(digits[:8])
    hour, minute, second = (int(digits[at : at + 2] or 0) for at in (8, 10, 12))
    zone = _offset(offset) if offset else None
    if on is None or hour > 23 or minute > 59 or second > 59 or (offset and zone is None):
        return _UNREADABLE
    local = datetime(on.year, on.month, on.day, hour, minute, second, int(f"{fraction:0<6}"[:6]))
    return _Written(local, zone, _in_utc(local, zone) if zone else None)


def _in_utc(local: datetime, zone: timezone) -> datetime | None:
    try:
        return local.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return None


def _day(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def _offset(text: str) -> timezone | None:
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > _FARTHEST or minutes > 59:
        return None
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if text[0] == "-" else span)


@lru_cache(maxsize=4096)
def _readings(local: datetime, zone: tzinfo) -> tuple[datetime, datetime, bool]:
    """The first and the second moment that a clock may mean, and whether it ever showed that. Raises OverflowError."""
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second, first == second or first.astimezone(zone).replace(tzinfo=None) == local


def _in_zone(
    local: datetime, path: str, reckoning: Reckoning, siblings: Callable[[], Iterable[str]]
) -> datetime | Fault:
    zone = reckoning.zone
    if zone is None:
        return Fault(
            "time-without-zone", path, "it has no offset and the source has no zone: set the zone of the source"
        )
    first, second, is_there = _readings(local, zone)
    if first == second:
        return first
    if not is_there:
        return Fault("time-skipped", path, "no such time in the zone of the source: the clocks were put forward")
    for sibling in siblings():
        other = _written(sibling)
        if (
            isinstance(other, _Written)
            and other.offset
            and other.local.replace(second=0, microsecond=0) == (local.replace(second=0, microsecond=0))
        ):
            settled = local.replace(tzinfo=other.offset).astimezone(UTC)
            if settled in (first, second):
                return settled
    if reckoning.sent is not None and first <= reckoning.sent < second:
        return first
    return Fault("time-twice", path, "the clocks were put back and that time came twice: send the offset")
