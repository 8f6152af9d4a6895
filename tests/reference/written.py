"""Numbers as they were written (V2, docs/topics.md): no binary fraction ever stands between a feed and a band."""

import gzip
import json
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

Event = tuple[str, dict[str, Any]]
"""A topic and the message on it."""


class Number(str):
    """A JSON number, kept as the characters that stood in the message."""

    __slots__ = ()


def loads(text: str | bytes) -> Any:
    """Parse JSON with every number as written; `NaN` and `Infinity`, which JSON does not know, are a ValueError."""
    return json.loads(text, parse_float=Number, parse_int=Number, parse_constant=_no_number)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def read(path: Path) -> Iterator[Event]:
    """The events of an event file (docs/topics.md), in file order; `.gz` is unpacked."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        for line in lines:
            if line.strip():
                message = loads(line)
                yield message["topic"], message["value"]


def is_number(value: object) -> bool:
    """A JSON number: as read by `loads`, or a plain int, float or Decimal of a test."""
    if isinstance(value, float | Decimal):
        return Decimal(value).is_finite()
    return isinstance(value, Number) or (isinstance(value, int) and not isinstance(value, bool))


def is_text(value: object) -> bool:
    """A JSON string, which a number that was read as written is not."""
    return isinstance(value, str) and not isinstance(value, Number)


def as_written(value: Any) -> str:
    """The characters of a number; a float's are those that `json.dumps` writes."""
    return repr(value) if isinstance(value, float | int) else str(value)


def exact(value: Any) -> Fraction:
    """The number itself, exactly (V2)."""
    return Fraction(as_written(value))


def is_absurd(value: Any) -> bool:
    """Beyond 10^30 or below 10^-30, or a zero with more places than that: no value (docs/rules.md)."""
    number = Decimal(as_written(value))
    return not -30 <= (number.adjusted() if number else number.as_tuple().exponent) <= 30


def printed(value: Fraction | None) -> Decimal | None:
    """What is printed: rounded half-even to 6 decimals, after every band was decided (V2)."""
    if value is None:
        return None
    millionths = round(value * 1_000_000)  # round() of a Fraction is half-even
    return Decimal(millionths).scaleb(-6, Context(prec=100, rounding=ROUND_HALF_EVEN))


def canonical(value: Any) -> str:
    """The canonical JSON that breaks the last tie between versions (docs/topics.md)."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{canonical(key)}:{canonical(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    return as_written(value) if is_number(value) else json.dumps(value, ensure_ascii=False)
