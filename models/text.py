"""JSON in and out with every number exactly as it was written.

Binary floating point would decide bands (rule V2), so numbers are decimals from the first byte to the last, and the
text of a number is kept: two versions of an event that tie in everything else differ by their canonical text.
"""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache, lru_cache
from json.encoder import encode_basestring
from typing import Any, NoReturn

import orjson
from pydantic import BaseModel

quote = encode_basestring
"""A string in JSON, with the quotes around it; what is not ASCII stays as it is."""


BYTE_ORDER_MARK = "\ufeff"
_BLANKS = " \t\n\r"


class NotJson(ValueError):
    """The bytes are not one JSON value in UTF-8."""


class Number(Decimal):
    """A JSON number with the text it was written as, where that is more than a plain decimal shows."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> "Number":
        number = super().__new__(cls, text)
        number.text = text
        return number


SHORT = 30
"""Characters of a number up to which it has neither more digits nor another magnitude than a measurement may have."""


def number(text: str) -> Decimal:
    """A plain decimal, which is written as it was read; a `Number` where there is an exponent, or the text is long.

    A fifth of the cost of a `Number`, and a quarter of its memory.
    """
    return Number(text) if "e" in text or "E" in text or len(text) > SHORT else Decimal(text)


def _refuse_constant(name: str) -> NoReturn:
    raise NotJson(f"{name} is not a JSON number")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJson("a field is given twice")
    return found


_decoder = json.JSONDecoder(
    parse_float=number, parse_int=number, parse_constant=_refuse_constant, object_pairs_hook=_without_repeats
)


def parse(raw: bytes | str) -> Any:
    """One JSON value, numbers as decimals that are written as they were read.

    A byte order mark at the head is passed over. Raises `NotJson` for anything else: broken UTF-8, NaN, a field given
    twice, nesting too deep for the machine.
    """
    written = raw if isinstance(raw, str) else decoded(raw)
    start = len(written) - len(written.lstrip(_BLANKS))
    value, end = _read(written, start)
    if rest := written[end:].lstrip(_BLANKS):
        raise _refusal(json.JSONDecodeError("Extra data", written, len(written) - len(rest)))
    _check_depth(value, written, start, end)
    return value


def _read(written: str, start: int) -> tuple[Any, int]:
    try:
        return _decoder.raw_decode(written, start)
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise _refusal(error) from None


def _refusal(error: Exception) -> NotJson:
    if isinstance(error, NotJson):
        return error
    if isinstance(error, json.JSONDecodeError):
        return NotJson(f"not JSON at line {error.lineno} column {error.colno}")
    return NotJson("a number beyond all magnitude" if isinstance(error, ArithmeticError) else "nested too deeply")


def _check_depth(value: Any, written: str, start: int, end: int) -> None:
    if written.count("[", start, end) + written.count("{", start, end) > DEEPEST and _is_deeper(value, DEEPEST):
        raise NotJson("nested too deeply")


def decoded(raw: bytes) -> str:
    """The text of bytes in UTF-8, without a byte order mark at its head. Raises `NotJson`."""
    try:
        return raw.decode().removeprefix(BYTE_ORDER_MARK)
    except UnicodeDecodeError:
        raise NotJson("not UTF-8: set the sender's encoding to UTF-8") from None


def end_of_first(written: str) -> int | None:
    """Where the JSON value ends with which a text begins; None where it begins with none."""
    try:
        return _decoder.raw_decode(written)[1]
    except (NotJson, json.JSONDecodeError, RecursionError, ArithmeticError):
        return None


def ends_too_early(written: str) -> bool:
    """Whether a text is the head of a JSON value and no more."""
    try:
        _decoder.raw_decode(written)
    except json.JSONDecodeError as error:
        return error.pos >= len(written) or error.msg.startswith("Unterminated string")
    except (NotJson, RecursionError, ArithmeticError):
        return False
    return False


DEEPEST = 100
"""Objects and lists in one another: far more than any event has, and few enough for a walk that calls itself."""


def _is_deeper(value: Any, most: int) -> bool:
    level = [value]
    for _ in range(most + 1):
        inside = [part for part in level if isinstance(part, dict | list)]
        level = [part for one in inside for part in (one.values() if isinstance(one, dict) else one)]
    return bool(level)


_NO_OFFSET = timedelta(0)
_PASSED_ON = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def encode(value: Any, zone: tzinfo | None = None) -> str:
    """Compact JSON of models and dictionaries (in their own order), lists, strings, decimals, times, dates, booleans,
    whole numbers and None. Times are written with the offset of `zone`, by default their own.

    A library in C walks the value, four times as fast as Python does, and asks for what it does not know.
    """
    return encoded(value, zone).decode()


def encoded(value: Any, zone: tzinfo | None = None) -> bytes:
    """Likewise in UTF-8."""
    return orjson.dumps(value, _writer(zone), _PASSED_ON)


@cache
def _writer(zone: tzinfo | None) -> Callable[[Any], Any]:
    """What writes numbers, times and models for `encode`."""

    @lru_cache(maxsize=8192)  # a moment is written several times in a record, and again in the next ones
    def instant(moment: datetime) -> Any:
        return orjson.Fragment(f'"{written(moment, zone)}"')

    def write(value: Any) -> Any:
        kind = type(value)  # of nearly all that is asked for: a third of the time that `isinstance` takes, one by one
        if kind is Decimal:
            return orjson.Fragment(format(value, "f"))
        if kind is datetime:
            # times that are equal may have different offsets of their own
            return instant(value) if zone is not None or value.tzinfo is UTC else instant.__wrapped__(value)
        if kind is Number:
            return orjson.Fragment(value.text)
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, BaseModel):
            return value.__dict__
        if isinstance(value, tuple):  # one with names
            return list(value)
        raise TypeError(f"{type(value).__name__} has no JSON form here")

    return write


def written(moment: datetime, zone: tzinfo | None) -> str:
    """A moment in ISO 8601 with the offset of a zone, by default its own."""
    local = moment.astimezone(zone) if zone else moment
    if (local.utcoffset() or _NO_OFFSET).seconds % 60:  # local mean time: ISO 8601 has no seconds in an offset
        local = local.astimezone(UTC)
    return local.isoformat()


def canonical(value: Any) -> str:
    """Compact JSON of what `parse` gives, keys sorted and characters unescaped: equal facts give equal text."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{quote(name)}:{canonical(part)}" for name, part in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, Decimal):
        return value.text if isinstance(value, Number) else plain(value)
    return _WORDS[value]


_WORDS = {None: "null", True: "true", False: "false"}


def plain(value: Decimal) -> str:
    """A decimal as a JSON number without an exponent."""
    return format(value, "f")


PRINTED_PLACES = Decimal("0.000001")


@lru_cache(maxsize=4096)  # the same values come again and again: a GCS of 15, a creatinine carried forward
def printed(value: Decimal) -> Decimal:
    """What is shown of a computed value: rounded half-even to 6 decimals, no trailing zeros (rule V2).

    Only ever called after banding.
    """
    rounded = value.quantize(PRINTED_PLACES) if value.as_tuple().exponent < -6 else value  # type: ignore[operator]
    trimmed = rounded.normalize()
    if trimmed.as_tuple().exponent > 0:  # type: ignore[operator]
        return trimmed.quantize(Decimal(1))
    return trimmed if trimmed else Decimal(0)
