"""JSON in and out with every number exactly as it was written.

Binary floating point would decide bands (rule V2), so numbers are decimals from the first byte to the last, and the
text of a number is kept: two versions of an event that tie in everything else are told apart by their canonical text.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from json.encoder import encode_basestring as quote
from typing import Any, NoReturn


class NotJson(ValueError):
    """The bytes are not one JSON value in UTF-8."""


class Number(Decimal):
    """A JSON number with the text it was written as."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> "Number":
        number = super().__new__(cls, text)
        number.text = text
        return number


def _refuse_constant(name: str) -> NoReturn:
    raise NotJson(f"{name} is not a JSON number")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJson("a field is given twice")
    return found


_decoder = json.JSONDecoder(
    parse_float=Number, parse_int=Number, parse_constant=_refuse_constant, object_pairs_hook=_without_repeats
)


def parse(raw: bytes | str) -> Any:
    """One JSON value, numbers as `Number`.

    Raises `NotJson` for anything else: broken UTF-8, NaN, a field given twice, nesting too deep for the machine.
    """
    try:
        return _decoder.decode(raw if isinstance(raw, str) else raw.decode("utf-8"))
    except NotJson:
        raise
    except UnicodeDecodeError:
        raise NotJson("not UTF-8") from None
    except RecursionError:
        raise NotJson("nested too deeply") from None
    except json.JSONDecodeError as error:
        raise NotJson(f"not JSON at line {error.lineno} column {error.colno}") from None


@dataclass(frozen=True, slots=True)
class _Style:
    sorted: bool
    zone: tzinfo | None = None


_CANONICAL = _Style(sorted=True)


def encode(value: Any, zone: tzinfo | None = None) -> str:
    """Compact JSON of dictionaries (in their own order), lists, strings, decimals, times, dates, booleans and None.

    Times are written with the offset of `zone`, by default their own.
    """
    return _write(value, _Style(sorted=False, zone=zone))


def canonical(value: Any) -> str:
    """Compact JSON with keys sorted and characters unescaped: equal facts give equal text."""
    return _write(value, _CANONICAL)


def _write(value: Any, style: _Style) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, Number):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return f'"{(value.astimezone(style.zone) if style.zone else value).isoformat()}"'
    if isinstance(value, date):
        return f'"{value.isoformat()}"'
    if isinstance(value, Mapping):
        items = sorted(value.items()) if style.sorted else value.items()
        return "{" + ",".join(f"{quote(name)}:{_write(part, style)}" for name, part in items) + "}"
    if isinstance(value, Sequence):
        return "[" + ",".join(_write(part, style) for part in value) + "]"
    raise TypeError(f"{type(value).__name__} has no JSON form here")


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
