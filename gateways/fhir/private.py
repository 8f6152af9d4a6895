"""The names and numbers of patients in resources of FHIR, for what may not be shown."""

from collections.abc import Iterator, Sequence

from picustream.gateways.fhir.elements import ENCOUNTER, PATIENT, Fields, inner, many, objects, text
from picustream.gateways.fhir.resources import Resource
from picustream.gateways.private import Private

_PERSONS = {PATIENT, "RelatedPerson", "Person"}
_WHOM = ("subject", "patient", "encounter")


def private(resources: Sequence[Resource]) -> Private:
    """Of all patients of a message."""
    return Private(word for one in resources for word in _words(one.fields, one.kind) if word)


def _words(fields: Fields, kind: str) -> Iterator[str]:
    if kind in _PERSONS:
        yield from _named(fields)
        for contact in objects(fields.get("contact")):
            yield from _named(contact)
    if kind in _PERSONS or kind == ENCOUNTER:
        yield from (text(one, "value") for one in objects(fields.get("identifier")))
    for name in _WHOM:
        reference = inner(fields, name)
        yield text(reference, "display")
        yield text(inner(reference, "identifier"), "value")


def _named(person: Fields) -> Iterator[str]:
    for name in objects(person.get("name")):
        yield text(name, "family")
        yield text(name, "text")
        yield from (given for given in many(name.get("given")) if isinstance(given, str))
