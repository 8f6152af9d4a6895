"""Who lies in which bed: for values that name nothing else."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from picustream.gateways.patients.stated import Spot, Stamp, moment, stamp
from picustream.gateways.state import Table

AROUND = timedelta(minutes=15)
"""So near a change of a bed nobody knows from which of the two children a value is."""


class Beds:
    """Stays by bed. A row is a list of `[start, end or None, visit, stay]`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def occupy(self, visit: str, stay: str, before: dict[str, Any], now: dict[str, Any]) -> None:
        """A stay was in these beds and is in those."""
        old, new = dict(_lain(before)), dict(_lain(now))
        for key in {*old, *new}:
            if old.get(key) == new.get(key):
                continue
            others = [row for row in self._table.get(key, []) if row[3] != stay]
            rows = sorted([*others, *([start, end, visit, stay] for start, end in new.get(key, []))], key=str)
            if rows:
                self._table[key] = rows
            else:
                self._table.pop(key, None)

    def at(self, spot: Spot, at: datetime) -> list[tuple[str, str]] | None:
        """Visit and stay of those in a bed then; None where it changed hands just before or after."""
        rows = self._table.get(key_of(spot), [])
        edges = [moment(edge) for row in rows for edge in row[:2] if edge is not None]
        if any(abs(edge - at) <= AROUND for edge in edges):
            return None
        now = stamp(at)
        return [(row[2], row[3]) for row in rows if row[0] <= now and (row[1] is None or now < row[1])]


def key_of(spot: Spot) -> str:
    """The name of a bed."""
    return f"bed {spot.unit} {spot.bed}"


def keys_of(stay: dict[str, Any]) -> list[str]:
    """The beds of a stay, as it is kept."""
    return list(dict.fromkeys(key for key, _ in _lain(stay)))


def _lain(stay: dict[str, Any]) -> Iterable[tuple[str, list[tuple[Stamp, Stamp | None]]]]:
    places = stay.get("places", [])
    found: dict[str, list[tuple[Stamp, Stamp | None]]] = {}
    for index, (start, *spot) in enumerate(places):
        end = places[index + 1][0] if index + 1 < len(places) else stay["end"]
        if Spot(*spot).bed:
            found.setdefault(key_of(Spot(*spot)), []).append((start, end))
    return found.items()
