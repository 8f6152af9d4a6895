"""OBX-5 as one number: the digits as they were written, or why it is none."""

import re
from decimal import Decimal
from typing import NamedTuple

from picustream.gateways.hl7.message import Segment
from picustream.models.text import SHORT, Number
from picustream.scoring.faults import Fault

_NUMBER = re.compile(r"([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?([eE][+-]?\d{1,4})?", re.ASCII)
_WITH_COMMAS = re.compile(r"[+-]?\d+(?:,\d+)+(?:\.\d+)?", re.ASCII)
_COMPARED = re.compile(r"(<=|>=|[<>=≤≥])?\s*(.*)", re.DOTALL)
_COMPARATORS = {"≤": "<=", "≥": ">=", "=": None, "": None, "<": "<", ">": ">", "<=": "<=", ">=": ">="}
_LONGEST = 100
"""Characters that a number may have; a document has more."""
_AS_NUMBER = {"NM", "ST", "TX", ""}
"""Value types that may hold a plain number."""


class Reading(NamedTuple):
    """What OBX-5 states."""

    value: Decimal | Fault | None
    comparator: str | None = None


def number(text: str) -> Decimal | None:
    """A number as JSON writes it, with the digits as sent: `.5` is 0.5, `5.` 5, `+5` 5, `065.88` 65.88."""
    form = _NUMBER.fullmatch(text) if len(text) <= _LONGEST else None
    if form is None:
        return None
    sign, whole, fraction, exponent = form.groups()
    written = (
        f"{'-' if sign == '-' else ''}{whole.lstrip('0') or '0'}{f'.{fraction}' if fraction else ''}{exponent or ''}"
    )
    return Number(written) if exponent or len(written) > SHORT else Decimal(written)


def reading(obx: Segment, path: str) -> Reading:
    """The number of an OBX; None where it has no value."""
    if not obx.raw(5).strip():
        return Reading(None)
    if obx.repetitions(5) > 1:
        return Reading(Fault("repeated-value", path, "more than one value in one OBX"))
    kind = obx.text(2).strip().upper()
    if kind == "SN" and obx.components(5) > 1:
        return _structured(obx, path)
    if kind not in _AS_NUMBER and kind != "SN":
        return Reading(_not_numeric(path))
    return Reading(_not_numeric(path)) if obx.has_parts(5) else _compared(obx.text(5), path)


def _structured(obx: Segment, path: str) -> Reading:
    comparator, first, separator, second = (obx.text(5, 1, component).strip() for component in (1, 2, 3, 4))
    if separator == "-" and second:
        return Reading(Fault("value-range", path, "a range is not one number"))
    if separator in (":", "/"):
        return Reading(Fault("value-ratio", path, "a ratio is not one number"))
    if separator or second or comparator not in _COMPARATORS:
        return Reading(_not_numeric(path))
    if not first:
        return _compared(comparator, path) if comparator else Reading(None)
    found = _compared(first, path)
    if found.comparator and comparator and _COMPARATORS[comparator] != found.comparator:
        return Reading(_not_numeric(path))
    return Reading(found.value, found.comparator or _COMPARATORS[comparator])


def _compared(text: str, path: str) -> Reading:
    form = _COMPARED.fullmatch(text.strip())
    assert form is not None  # it takes any text
    comparator, rest = form[1] or "", form[2].strip()
    value = number(rest)
    if value is not None:
        return Reading(value, _COMPARATORS[comparator])
    if _WITH_COMMAS.fullmatch(rest):
        return Reading(Fault("decimal-comma", path, "a comma: whether it parts decimals or thousands is not guessed"))
    return Reading(_not_numeric(path))


def _not_numeric(path: str) -> Fault:
    return Fault("value-not-numeric", path, "not one number")
