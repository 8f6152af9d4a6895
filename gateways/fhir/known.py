"""What is kept of specimens, device metrics and locations, by whose references later resources speak of them.

Nothing of a patient is in it.
"""

from collections.abc import Callable, MutableMapping
from typing import Any, NamedTuple

from picustream.gateways.fhir.elements import Fields, inner, text, words
from picustream.gateways.fhir.groups import Groups
from picustream.gateways.fhir.references import Key, References, age, key
from picustream.gateways.fhir.resources import Resource
from picustream.gateways.statement import Identifier

Row = dict[str, Any]
_DEEPEST = 8
"""Locations that lie in one another: bed, room, ward, house."""
_BEDS = {"bd", "ro"}
LOCATION = "Location"
MOST = 20_000
"""Rows: specimens and metrics of some weeks. The oldest make room; locations stay."""
_COUNT = ""
"""The row that counts rows ever kept; no name of a resource is empty."""


class Known:
    """A table of JSON, one row for each name of a resource, for each source apart. `name_of`: makes a pseudonym of a
    name, for that of a specimen leads to a patient."""

    def __init__(self, table: MutableMapping[str, Any], name_of: Callable[..., str], most: int = MOST) -> None:
        self._table = table
        self._name_of = name_of
        self._most = most

    def name(self, source: str, name: Key) -> str:
        """Under which it is kept."""
        return self._name_of("known", source, *name)

    def row(self, source: str, name: Key) -> Row | None:
        """What is kept under a name."""
        return self._table.get(self.name(source, name))

    def keep(self, source: str, name: Key, row: Row) -> bool:
        """Keep it; a row that is the same is no change. Whether there is one."""
        written = self.name(source, name)
        former = self._table.get(written, {})
        if {**former, "number": 0} == {**row, "number": 0}:
            return False
        number = self._table.get(_COUNT, 0) + 1
        self._table[_COUNT] = number
        self._table[written] = {**row, "number": number}
        if len(self._table) > self._most:
            self._make_room()
        return True

    def _make_room(self) -> None:
        """Drop the oldest tenth, so that it is seldom needed."""
        rows = [(row["number"], name) for name, row in self._table.items() if name != _COUNT and "level" not in row]
        for _, name in sorted(rows)[: max(1, self._most // 10)]:
            del self._table[name]


class Found(NamedTuple):
    """Where a Location is."""

    unit: str
    bed: str = ""
    keys: tuple[str, ...] = ()
    """Where the Location, or one in which it lies, did not come yet: what it opens when it comes."""
    is_said: bool = False
    """Whether its reference says a name in words."""


class Surroundings:
    """A message's own resources, and what is known from earlier ones."""

    def __init__(self, resources: list[Resource], base: str | None, source: str, known: Known) -> None:
        self.references = References(resources, base)
        self.groups = Groups(resources, self.references)
        self._source = source
        self._known = known
        usable = [one for one in resources if one.kind in KEPT and one.fault is None and one.within is None]
        self._opened: dict[int, list[str]] = {}
        for resource in sorted(usable, key=age):
            for name in self.references.names(resource):
                if known.keep(source, key(name), self._row(resource)):
                    self._opened.setdefault(id(resource), []).append(self._waited_for(resource.kind, key(name)))

    def row(self, reference: Any, at: Resource, kind: str) -> Row | None:
        """What is known of the resource that a reference leads to."""
        target = self.references.target(reference, at, kind)
        if target is not None and target.fault is None and target.kind == kind:
            return self._row(target)
        names = self.references.written(reference, at, kind)
        rows = (self._known.row(self._source, key(name)) for name in names)
        return next((row for row in rows if row is not None), None)

    def whom(self, observation: Resource, name: str, kind: str) -> tuple[Identifier, ...]:
        """The names of the subject or encounter of an Observation."""
        said = self.groups.of_whom(observation, name)
        return self.references.all_names(said.value, said.by, kind) if said is not None else ()

    def place(self, reference: Any, at: Resource) -> Found:
        """Unit and bed of a Location: a bed or room lies in what holds it. Without the Location its name is what
        the reference says."""
        row = self.row(reference, at, LOCATION)
        if row is None:
            names = self.references.written(reference, at, LOCATION)
            said = text(reference, "display") if isinstance(reference, dict) else ""
            keys = self.awaited(reference, at, LOCATION)
            return Found(said or (names[-1].value if names else ""), "", keys, bool(said))
        bed = ""
        for _ in range(_DEEPEST):
            within = row["within"]
            if row["level"] not in _BEDS or within is None:
                break
            bed = bed or row["name"]
            outer = (within[0], within[1])
            further = self._known.row(self._source, outer)
            if further is None:
                return Found(within[1], bed, (self._waited_for(LOCATION, outer),))
            row = further
        return Found(row["name"], bed)

    def awaited(self, reference: Any, at: Resource, kind: str) -> tuple[str, ...]:
        """What is opened when the resource comes to which a reference leads."""
        return tuple(self._waited_for(kind, key(name)) for name in self.references.written(reference, at, kind))

    def opens(self, resource: Resource) -> tuple[str, ...]:
        """What a resource opens that was not known, or known otherwise."""
        return tuple(self._opened.get(id(resource), ()))

    def _waited_for(self, kind: str, name: Key) -> str:
        return f"{kind} {self._known.name(self._source, name)}"

    def _row(self, resource: Resource) -> Row:
        return KEPT[resource.kind](resource.fields, resource, self.references)


def _specimen(fields: Fields, resource: Resource, references: References) -> Row:
    collection = inner(fields, "collection")
    collected = text(collection, "collectedDateTime") or text(inner(collection, "collectedPeriod"), "start")
    return {"words": list(words(fields.get("type"))), "collected": collected}


def _metric(fields: Fields, resource: Resource, references: References) -> Row:
    return {"category": text(fields, "category")}


def _location(fields: Fields, resource: Resource, references: References) -> Row:
    names = references.names(resource)
    outer = references.written(fields.get("partOf"), resource, LOCATION)
    level = {word.lower() for word in words(fields.get("physicalType"))}
    return {
        "name": text(fields, "name") or (names[-1].value if names else ""),
        "level": next(iter(sorted(level & _BEDS)), ""),
        "within": list(key(outer[0])) if outer else None,
    }


KEPT = {"Specimen": _specimen, "DeviceMetric": _metric, LOCATION: _location}
