"""On which line of a TOML file a field stands, so that an error can name it."""

import re
from collections import Counter
from collections.abc import Iterator

Place = tuple[str | int, ...]
_HEADER = re.compile(r"\s*\[(\[)?\s*(.+?)\s*\]?\]\s*(?:#.*)?")
_KEY = re.compile(
    r"\s*((?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'))*)\s*=(.*)"
)
_PART = re.compile(r"[A-Za-z0-9_-]+|\"([^\"]*)\"|'([^']*)'")
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'|#.*")


def lines_of(text: str) -> dict[Place, int]:
    """The line of each table and each key, by its place: `("source", 1, "kind")`."""
    found: dict[Place, int] = {}
    for place, number in _places(text):
        found.setdefault(place, number)
    return found


def line_of(text: str, place: Place) -> int:
    """The line of the innermost part of a place that is written on a line of its own; 1 where none is."""
    known = lines_of(text)
    return next((known[place[:end]] for end in range(len(place), 0, -1) if place[:end] in known), 1)


def _places(text: str) -> Iterator[tuple[Place, int]]:
    counts: Counter[Place] = Counter()
    table: Place = ()
    depth, quotes = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if quotes:
            quotes = "" if quotes in line else quotes
        elif depth:
            depth += _opened(line)
        elif header := _HEADER.fullmatch(line):
            table = _table(header, counts)
            yield table, number
        elif key := _KEY.match(line):
            for end in range(1, len(parts := _parts(key[1])) + 1):
                yield (*table, *parts[:end]), number
            depth = _opened(key[2])
            quotes = next((mark for mark in ('"""', "'''") if key[2].count(mark) == 1), "")


def _table(header: re.Match[str], counts: Counter[Place]) -> Place:
    place: Place = ()
    parts = _parts(header[2])
    for index, part in enumerate(parts):
        place = (*place, part)
        if header[1] and index == len(parts) - 1:
            counts[place] += 1
        if counts[place]:
            place = (*place, counts[place] - 1)
    return place


def _parts(written: str) -> list[str]:
    return [found[1] or found[2] or found[0].strip("\"'") for found in _PART.finditer(written)]


def _opened(line: str) -> int:
    plain = _QUOTED.sub("", line)
    return plain.count("[") + plain.count("{") - plain.count("]") - plain.count("}")
