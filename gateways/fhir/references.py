"""What references of FHIR lead to: names of resources, and the resources of the same message.

A resource has several names, each an `Identifier`: its reference (`123` under `https://host/fhir/Patient`) and its
business identifiers. Everybody who speaks of it uses one of them.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from picustream.gateways.fhir.elements import Fields, inner, objects, text
from picustream.gateways.fhir.resources import Resource
from picustream.gateways.statement import Identifier
from picustream.models.text import canonical

_REFERENCE = re.compile(r"(?:(.+?)/)?([A-Z][A-Za-z]+)/([^/?#\s]{1,200})(?:/_history/[^/]*)?/?")
_CONDITIONAL = re.compile(r"(?:.+/)?([A-Z][A-Za-z]+)\?identifier=([^&]*)")
_TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"
_URNS = ("urn:uuid:", "urn:oid:")
URN = "urn"
"""The authority of a name that holds within one message."""

Key = tuple[str, str]
"""Authority and value of an identifier."""
_Name = TypeVar("_Name", str, Key)


def key(identifier: Identifier) -> Key:
    return identifier.authority, identifier.value


class References:
    """The resources of a message by their names."""

    def __init__(self, resources: Sequence[Resource], base: str | None) -> None:
        self._base = (base or "").rstrip("/")
        self._by_url: dict[str, Resource] = {}
        self._by_key: dict[Key, Resource] = {}
        self._contained: dict[tuple[int, str], Resource] = {}
        for resource in resources:
            if resource.within is not None:
                self._contained[id(resource.within), text(resource.fields, "id")] = resource
                continue
            if resource.full_url:
                _keep(self._by_url, resource.full_url, resource)
            for name in self.names(resource):
                _keep(self._by_key, key(name), resource)

    def own_name(self, resource: Resource) -> Identifier | None:
        """The name under which a server has a resource; None where no server gave it one."""
        kind = resource.kind
        if resource.within is not None:
            return None
        value = text(resource.fields, "id") or _id_of(resource.full_url, kind) or _id_of(resource.request, kind)
        return Identifier(value, _joined(self._base_at(resource), kind), field=kind) if value else None

    def names(self, resource: Resource) -> tuple[Identifier, ...]:
        """All names of a resource, the server's first, without those that are out of use."""
        given = (one for one in objects(resource.fields.get("identifier")) if text(one, "use") != "old")
        return _distinct([self.own_name(resource), *(_identifier(one, resource.kind) for one in given)])

    def written(self, reference: Any, at: Resource, kind: str) -> tuple[Identifier, ...]:
        """The names that a reference itself gives. `kind`: of resource, where it does not say."""
        if not isinstance(reference, dict):
            return ()
        logical = _identifier(inner(reference, "identifier"), text(reference, "type") or kind)
        return _distinct([self._literal(text(reference, "reference"), at, kind), logical])

    def target(self, reference: Any, at: Resource, kind: str) -> Resource | None:
        """The resource of the same message that is meant: of several versions the latest."""
        if not isinstance(reference, dict):
            return None
        literal = text(reference, "reference")
        if literal.startswith("#"):
            return self._contained.get((id(at.within or at), literal[1:])) if len(literal) > 1 else at.within
        if (addressed := self._by_url.get(literal)) is not None:
            return addressed
        named = (self._by_key.get(key(name)) for name in self.written(reference, at, kind))
        return next((one for one in named if one is not None), None)

    def all_names(self, reference: Any, at: Resource, kind: str) -> tuple[Identifier, ...]:
        """The names that a reference to that kind of resource gives, and those of the resource it leads to, where the
        message has it; none of a group or a device. An address of the message alone is no name beside these."""
        target = self.target(reference, at, kind)
        if target is not None and target.kind != kind:
            return ()
        own = self.names(target) if target is not None else ()
        written = (one for one in self.written(reference, at, kind) if one.field == kind)
        return _distinct([*(one for one in written if one.authority != URN or not own), *own])

    def _literal(self, reference: str, at: Resource, kind: str) -> Identifier | None:
        if form := _REFERENCE.fullmatch(reference):
            base, named, value = form.groups()
            return Identifier(value, _joined(self._base_at(at) if base is None else base, named), field=named)
        if form := _CONDITIONAL.fullmatch(reference):
            named, token = form.groups()
            system, _, value = token.rpartition("|")
            return Identifier(value, system, field=named) if value else None
        return Identifier(reference, URN, field=kind) if reference.startswith(_URNS) else None

    def _base_at(self, resource: Resource) -> str:
        """What relative references of a resource belong to: the server of its own address, else that of the source."""
        outer = resource.within or resource
        form = _REFERENCE.fullmatch(outer.full_url)
        return form[1] if form and form[1] else self._base


def _keep(index: dict[_Name, Resource], name: _Name, resource: Resource) -> None:
    """Of several versions the latest is meant."""
    former = index.get(name)
    if former is None or age(resource) > age(former):
        index[name] = resource


def age(resource: Resource) -> tuple[str, int, str, str]:
    """By what the later of two versions is known, whatever their order in the message."""
    meta = inner(resource.fields, "meta")
    version = text(meta, "versionId")
    return text(meta, "lastUpdated"), len(version), version, canonical(resource.fields)


def _id_of(address: str, kind: str) -> str:
    form = _REFERENCE.fullmatch(address)
    return form[3] if form and form[2] == kind else ""


def _joined(base: str, kind: str) -> str:
    return f"{base}/{kind}" if base else kind


def _identifier(fields: Fields, kind: str) -> Identifier | None:
    value = text(fields, "value")
    return Identifier(value, text(fields, "system"), _type(fields), kind) if value else None


def _type(identifier: Fields) -> str:
    """The code of an identifier's type, of HL7's table first."""
    found = [*objects(inner(identifier, "type").get("coding"))]
    found.sort(key=lambda coding: text(coding, "system") != _TYPES)
    return next((code for coding in found if (code := text(coding, "code"))), "")


def _distinct(found: Iterable[Identifier | None]) -> tuple[Identifier, ...]:
    """Each once, the first of two with the same key."""
    by_key: dict[Key, Identifier] = {}
    for one in found:
        if one is not None:
            by_key.setdefault(key(one), one)
    return tuple(by_key.values())
