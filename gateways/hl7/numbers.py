"""OBX-5 as one number: the digits as they were written, or why it is none."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from picustream.gateways.hl7.cells import Cell, alike
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


_NO_VALUE = Reading(None)
_NOT_NUMERIC = Reading(Fault("value-not-numeric", "", "not one number"))


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
    if not obx.raw(5):
        return _NO_VALUE
    found = _reading(obx.cell(5), obx.text(2).strip().upper())
    return Reading(replace(found.value, path=path)) if isinstance(found.value, Fault) else found


@alike  # a child's values come again and again
def _reading(cell: Cell, kind: str) -> Reading:
    if not cell.written.strip():
        return _NO_VALUE
    given = cell.repetitions()
    if len(given) > 1:
        return Reading(Fault("repeated-value", "", "more than one value in one OBX"))
    if kind == "SN" and cell.components > 1:
        return _structured(cell)
    if kind not in _AS_NUMBER and kind != "SN":
        return _NOT_NUMERIC
    return _NOT_NUMERIC if cell.has_parts() else _compared(cell.text())


def _structured(cell: Cell) -> Reading:
    comparator, first, separator, second = (cell.text(component).strip() for component in (1, 2, 3, 4))
    if separator == "-" and second:
        return Reading(Fault("value-range", "", "a range is not one number"))
    if separator in (":", "/"):
        return Reading(Fault("value-ratio", "", "a ratio is not one number"))
    if separator or second or comparator not in _COMPARATORS:
        return _NOT_NUMERIC
    if not first:
        return _compared(comparator) if comparator else _NO_VALUE
    found = _compared(first)
    if found.comparator and comparator and _COMPARATORS[comparator] != found.comparator:
        return _NOT_NUMERIC
    return Reading(found.value, found.comparator or _COMPARATORS[comparator])


def _compared(text: str) -> Reading:
    if (value := number(text.strip())) is not None:
        return Reading(value)
    form = _COMPARED.fullmatch(text.strip())
    assert form is not None  # it takes any text
    comparator, rest = form[1] or "", form[2].strip()
    if (value := number(rest)) is not None:
        return Reading(value, _COMPARATORS[comparator])
    if _WITH_COMMAS.fullmatch(rest):
        return Reading(Fault("decimal-comma", "", "a comma: whether it parts decimals or thousands is not guessed"))
    return _NOT_NUMERIC
