"""JSON in and out with every number exactly as it was written.

Binary floating point would decide bands (rule V2), so numbers are decimals from the first byte to the last, and the
text of a number is kept: two versions of an event that tie in everything else differ by their canonical text.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from json.encoder import encode_basestring
from types import NoneType
from typing import Any, NoReturn

quote = encode_basestring
"""A string in JSON, with the quotes around it; what is not ASCII stays as it is."""


BYTE_ORDER_MARK = "\ufeff"


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


def _number(text: str) -> Decimal:
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
    parse_float=_number, parse_int=_number, parse_constant=_refuse_constant, object_pairs_hook=_without_repeats
)


def parse(raw: bytes | str) -> Any:
    """One JSON value, numbers as decimals that are written as they were read.

    A byte order mark at the head is passed over. Raises `NotJson` for anything else: broken UTF-8, NaN, a field given
    twice, nesting too deep for the machine.
    """
    written = raw if isinstance(raw, str) else decoded(raw)
    try:
        value = _decoder.decode(written)
    except NotJson:
        raise
    except RecursionError:
        raise NotJson("nested too deeply") from None
    except ArithmeticError:
        raise NotJson("a number beyond all magnitude") from None
    except json.JSONDecodeError as error:
        raise NotJson(f"not JSON at line {error.lineno} column {error.colno}") from None
    if written.count("[") + written.count("{") > DEEPEST and _is_deeper(value, DEEPEST):
        raise NotJson("nested too deeply")
    return value


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


@dataclass(frozen=True, slots=True)
class _Style:
    sorted: bool
    zone: tzinfo | None = None


_CANONICAL = _Style(sorted=True)
_NO_OFFSET = timedelta(0)


def encode(value: Any, zone: tzinfo | None = None) -> str:
    """Compact JSON of dictionaries (in their own order), lists, strings, decimals, times, dates, booleans and None.

    Times are written with the offset of `zone`, by default their own.
    """
    return _write(value, _Style(sorted=False, zone=zone))


def canonical(value: Any) -> str:
    """Compact JSON with keys sorted and characters unescaped: equal facts give equal text."""
    return _write(value, _CANONICAL)


def _write(value: Any, style: _Style) -> str:
    write = _WRITERS.get(type(value))
    if write is not None:
        return write(value, style)
    for kind, write in _WRITERS.items():  # a subclass: an enumerated word, a tuple of some kind
        if isinstance(value, kind):
            return write(value, style)
    raise TypeError(f"{type(value).__name__} has no JSON form here")


def _write_object(value: Any, style: _Style) -> str:
    items = sorted(value.items()) if style.sorted else value.items()
    return "{" + ",".join([f"{quote(name)}:{_write(part, style)}" for name, part in items]) + "}"


def _write_array(value: Any, style: _Style) -> str:
    return "[" + ",".join([_write(part, style) for part in value]) + "]"


def _write_instant(value: datetime, style: _Style) -> str:
    local = value.astimezone(style.zone) if style.zone else value
    if (local.utcoffset() or _NO_OFFSET).seconds % 60:  # local mean time: ISO 8601 has no seconds in an offset
        local = local.astimezone(UTC)
    return f'"{local.isoformat()}"'


_WRITERS: dict[type, Callable[[Any, _Style], str]] = {
    str: lambda value, _: quote(value),
    NoneType: lambda _, __: "null",
    dict: _write_object,
    list: _write_array,
    tuple: _write_array,
    datetime: _write_instant,
    Number: lambda value, _: value.text,
    Decimal: lambda value, _: plain(value),
    bool: lambda value, _: "true" if value else "false",
    int: lambda value, _: str(value),
    date: lambda value, _: f'"{value.isoformat()}"',
}
"""How each kind is written; the more special kind goes before the more general one."""


def plain(value: Decimal) -> str:
    """A decimal as a JSON number without an exponent."""
    return format(value, "f")


PRINTED_PLACES = Decimal("0.000001")


def printed(value: Decimal) -> Decimal:
    """What is shown of a computed value: rounded half-even to 6 decimals, no trailing zeros (rule V2).

    Only ever called after banding.
    """
    rounded = value.quantize(PRINTED_PLACES) if value.as_tuple().exponent < -6 else value  # type: ignore[operator]
    trimmed = rounded.normalize()
    if trimmed.as_tuple().exponent > 0:  # type: ignore[operator]
        return trimmed.quantize(Decimal(1))
    return trimmed if trimmed else Decimal(0)
