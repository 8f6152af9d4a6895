"""JSON in and out with every number exactly as it was written.

Binary floating point would decide bands (rule V2), so numbers are decimals from the first byte to the last, and the
text of a number is kept: two versions of an event that tie in everything else are told apart by their canonical text.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
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


def encode(value: Any) -> str:
    """Compact JSON of dictionaries (in their own order), lists, strings, decimals, times, dates, booleans and None."""
    return _write(value, lambda items: items)


def canonical(value: Any) -> str:
    """Compact JSON with keys sorted and characters unescaped: equal facts give equal text."""
    return _write(value, sorted)


def _write(value: Any, order: Any) -> str:
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
    if isinstance(value, datetime | date):
        return f'"{value.isoformat()}"'
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{quote(k)}:{_write(v, order)}" for k, v in order(value.items())) + "}"
    if isinstance(value, Sequence):
        return "[" + ",".join(_write(v, order) for v in value) + "]"
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
