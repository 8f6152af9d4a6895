"""What an Observation is part of in its message: reports (`result`, or containing it) and panels (`hasMember`).

Laboratories often state time, specimen and patient of a whole report, or panel, once. What an Observation does not say
itself is then said by what it is part of, by the nearest that says it.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from picustream.gateways.fhir.elements import OBSERVATION, Fields, objects
from picustream.gateways.fhir.references import References, age
from picustream.gateways.fhir.resources import Resource

REPORT = "DiagnosticReport"
_PARTS = {REPORT: "result", OBSERVATION: "hasMember"}
_DEEPEST = 8
"""Panels in one another."""


class Said(NamedTuple):
    """An element, and who states it."""

    by: Resource
    name: str
    value: Any


class Groups:
    """Of a message's resources."""

    def __init__(self, resources: Sequence[Resource], references: References) -> None:
        self._of: dict[int, list[Resource]] = {}
        groups = [one for one in resources if one.kind in _PARTS and one.fault is None]
        for group in _latest(groups, references):
            for reference in objects(group.fields.get(_PARTS[group.kind])):
                part = references.target(reference, group, OBSERVATION)
                if part is not None and part.kind == OBSERVATION and part is not group:
                    self._of.setdefault(id(part), []).append(group)

    def said(self, observation: Resource, *names: str) -> list[Said]:
        """What says one of these elements: the Observation itself, else the nearest of what it is part of; several
        where several are as near."""
        near, seen = [observation], set[int]()
        for _ in range(_DEEPEST):
            found = [said for one in near for said in _said(one, names)]
            seen |= {id(one) for one in near}
            near = [outer for one in near for outer in self._around(one) if id(outer) not in seen]
            if found or not near:
                return found
        return []

    def of_whom(self, observation: Resource, name: str) -> Said | None:
        """Its subject or encounter: where nobody else says it, that of what contains it. None where two differ."""
        outer = observation.within
        found = self.said(observation, name) or (list(_said(outer, (name,))) if outer is not None else [])
        return found[0] if all(one.value == found[0].value for one in found[1:]) and found else None

    def _around(self, one: Resource) -> list[Resource]:
        outer = one.within
        contains = [outer] if outer is not None and outer.kind == REPORT and outer.fault is None else []
        return self._of.get(id(one), contains)


def _said(resource: Resource, names: Sequence[str]) -> Iterator[Said]:
    fields: Fields = resource.fields
    return (Said(resource, name, fields[name]) for name in names if fields.get(name) is not None)


def _latest(groups: Sequence[Resource], references: References) -> Iterator[Resource]:
    """Of several versions of a group the latest."""
    named: dict[object, Resource] = {}
    for group in groups:
        name = references.own_name(group) or id(group)
        if name not in named or age(group) > age(named[name]):
            named[name] = group
    return iter(named.values())
