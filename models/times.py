"""Instants with an explicit offset, held in UTC; local days belong to a protocol's zone (rule T1)."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)", re.ASCII
)
_LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?", re.ASCII)


def parse_instant(text: str) -> datetime:
    """An ISO 8601 time with an offset, as an instant in UTC, to the microsecond (finer digits are cut off).

    Raises `ValueError` when the offset is missing: a time zone is never guessed.
    """
    if not _INSTANT.fullmatch(text):
        if _LOCAL.fullmatch(text):
            raise ValueError("time without an offset: add Z or, for example, +08:00")
        raise ValueError("not an ISO 8601 time with an offset, for example 2025-01-31T08:00:00+08:00")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("no such moment in the calendar") from None


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("time without an offset")
        return value.astimezone(UTC)
    if not isinstance(value, str):
        raise ValueError("a time is a string")
    return parse_instant(value)


Instant = Annotated[
    datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"}, mode="validation")
]
"""A moment, given as ISO 8601 text with an offset."""
