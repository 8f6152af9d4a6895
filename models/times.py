"""Instants with an explicit offset, held in UTC; local days belong to a protocol's zone (rule T1)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""From which Kafka, and what we store, count time."""

EARLIEST = datetime.min.replace(tzinfo=UTC)
"""Before any time of an event."""

ONE_DAY = timedelta(days=1)

_DAY_AND_TIME = r"\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):\d{2}(?::\d{2}(?:\.\d{1,9})?)?"
_OFFSET = r"(?:Z|(?!-00:00)[+-](?:0\d|1[0-4]):[0-5]\d)"
_INSTANT = re.compile(_DAY_AND_TIME + _OFFSET, re.ASCII)
_UNKNOWN_OFFSET = re.compile(r".*T.*-00:00", re.ASCII)
_HOUR_24 = re.compile(r".*T24:.*", re.ASCII)
_NO_TIME = "not an ISO 8601 time with an offset, for example 2025-01-31T08:00:00+08:00"
_LOCAL = re.compile(_DAY_AND_TIME, re.ASCII)


def parse_instant(text: str) -> datetime:
    """An ISO 8601 time with an offset, as an instant in UTC, to the microsecond (finer digits are cut off).

    Raises `ValueError` when the offset is missing: a time zone is never guessed.
    """
    if not _INSTANT.fullmatch(text):
        if _LOCAL.fullmatch(text):
            raise ValueError("time without an offset: add Z or, for example, +08:00")
        if _UNKNOWN_OFFSET.fullmatch(text):
            raise ValueError("-00:00 says that the offset is unknown: send Z or the offset itself")
        if _HOUR_24.fullmatch(text):
            raise ValueError("the hour 24: send 00:00 of the next day")
        raise ValueError(_NO_TIME)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("no such moment in the calendar") from None
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # an empty date east of Greenwich, the last one west of it
        return (datetime.min if moment.year == 1 else datetime.max).replace(tzinfo=UTC)


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("time without an offset")
        return value.astimezone(UTC)
    if not isinstance(value, str):
        raise ValueError(_NO_TIME)
    return parse_instant(value)


Instant = Annotated[
    datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"}, mode="validation")
]
"""A moment, given as ISO 8601 text with an offset."""
