"""What is kept of specimens, device metrics and locations, by whose references later resources speak of them.

Nothing of a patient is in it.
"""

from collections.abc import MutableMapping
from typing import Any

from picustream.gateways.fhir.elements import Fields, inner, text, words
from picustream.gateways.fhir.references import Key, References, age, key
from picustream.gateways.fhir.resources import Resource
from picustream.gateways.statement import Identifier

Row = dict[str, Any]
_DEEPEST = 8
"""Locations that lie in one another: bed, room, ward, house."""
_BEDS = {"bd", "ro"}


MOST = 20_000
"""Rows: specimens and metrics of some weeks. The oldest make room; locations stay."""
_COUNT = ""
"""The row that counts rows ever kept; no name of a resource is empty."""


class Known:
    """A table of JSON, one row for each name of a resource, for each source apart."""

    def __init__(self, table: MutableMapping[str, Any], most: int = MOST) -> None:
        self._table = table
        self._most = most

    def row(self, source: str, name: Key) -> Row | None:
        """What is kept under a name."""
        return self._table.get(_written(source, name))

    def keep(self, source: str, name: Key, row: Row) -> None:
        """Keep it; a row that is the same is no change."""
        written = _written(source, name)
        former = self._table.get(written, {})
        if {**former, "number": 0} == {**row, "number": 0}:
            return
        number = self._table.get(_COUNT, 0) + 1
        self._table[_COUNT] = number
        self._table[written] = {**row, "number": number}
        if len(self._table) > self._most:
            self._make_room()

    def _make_room(self) -> None:
        """Drop the oldest tenth, so that it is seldom needed."""
        rows = [(row["number"], name) for name, row in self._table.items() if name != _COUNT and "level" not in row]
        for _, name in sorted(rows)[: max(1, self._most // 10)]:
            del self._table[name]


def _written(source: str, name: Key) -> str:
    return "\t".join((source, *name))


class Surroundings:
    """A message's own resources, and what is known from earlier ones."""

    def __init__(self, resources: list[Resource], base: str | None, source: str, known: Known) -> None:
        self.references = References(resources, base)
        self._source = source
        self._known = known
        usable = [one for one in resources if one.kind in KEPT and one.fault is None and one.within is None]
        for resource in sorted(usable, key=age):
            for name in self.references.names(resource):
                known.keep(source, key(name), self._row(resource))

    def row(self, reference: Any, at: Resource, kind: str) -> Row | None:
        """What is known of the resource that a reference leads to."""
        target = self.references.target(reference, at, kind)
        if target is not None and target.fault is None and target.kind == kind:
            return self._row(target)
        names = self.references.written(reference, at, kind)
        rows = (self._known.row(self._source, key(name)) for name in names)
        return next((row for row in rows if row is not None), None)

    def place(self, reference: Any, at: Resource) -> tuple[str, str]:
        """Unit and bed of a Location: a bed or room lies in what holds it. Without the Location its name is what
        the reference says."""
        row = self.row(reference, at, "Location")
        if row is None:
            return _named(reference, self.references.written(reference, at, "Location")), ""
        bed = ""
        for _ in range(_DEEPEST):
            within = row["within"]
            if row["level"] not in _BEDS or within is None:
                break
            bed = bed or row["name"]
            further = self._known.row(self._source, (within[0], within[1]))
            if further is None:
                return within[1], bed
            row = further
        return row["name"], bed

    def _row(self, resource: Resource) -> Row:
        return KEPT[resource.kind](resource.fields, resource, self.references)


def _named(reference: Any, names: tuple[Identifier, ...]) -> str:
    said = text(reference, "display") if isinstance(reference, dict) else ""
    return said or (names[-1].value if names else "")


def _specimen(fields: Fields, resource: Resource, references: References) -> Row:
    collection = inner(fields, "collection")
    collected = text(collection, "collectedDateTime") or text(inner(collection, "collectedPeriod"), "start")
    return {"words": list(words(fields.get("type"))), "collected": collected}


def _metric(fields: Fields, resource: Resource, references: References) -> Row:
    return {"category": text(fields, "category")}


def _location(fields: Fields, resource: Resource, references: References) -> Row:
    names = references.names(resource)
    outer = references.written(fields.get("partOf"), resource, "Location")
    level = {word.lower() for word in words(fields.get("physicalType"))}
    return {
        "name": text(fields, "name") or (names[-1].value if names else ""),
        "level": next(iter(sorted(level & _BEDS)), ""),
        "within": list(key(outer[0])) if outer else None,
    }


KEPT = {"Specimen": _specimen, "DeviceMetric": _metric, "Location": _location}
