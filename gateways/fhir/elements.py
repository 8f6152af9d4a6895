"""The few elements of FHIR R4 that are read, from JSON as it came.

Tolerant: what is unknown is passed over, a single thing stands for a list of one, and what has another type than FHIR
gives it counts as absent. Whoever needs the difference asks for the raw value.
"""

import re
from collections.abc import Iterator
from typing import Any

from picustream.gateways.hl7.codings import system_of
from picustream.gateways.statement import Coding
from picustream.models.envelope import WITHDRAWN
from picustream.scoring.faults import Fault

Fields = dict[str, Any]
UCUM = {"http://unitsofmeasure.org", "urn:oid:2.16.840.1.113883.6.8"}
OBSERVATION, PATIENT, ENCOUNTER = "Observation", "Patient", "Encounter"
_VALUE = re.compile(r"_?(value[A-Z]\w*)", re.ASCII)
_LONGEST_CODE = 200
"""Characters: a longer one is no code of any system."""


def many(value: Any) -> list[Any]:
    """What FHIR has as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def objects(value: Any) -> Iterator[Fields]:
    """The objects of what FHIR has as a list of objects."""
    return (one for one in many(value) if isinstance(one, dict))


def inner(fields: Fields, *names: str) -> Fields:
    """An object inside objects; empty where there is none."""
    for name in names:
        part = fields.get(name)
        fields = part if isinstance(part, dict) else {}
    return fields


def text(fields: Fields, name: str) -> str:
    """A string without the blanks around it; empty where there is none."""
    value = fields.get(name)
    return value.strip() if isinstance(value, str) else ""


def codings(concept: Any, local_system: str | None = None) -> tuple[Coding, ...]:
    """Every coding of a CodeableConcept that has a code."""
    found = []
    for concept_or_none in objects(concept):
        for coding in objects(concept_or_none.get("coding")):
            code = text(coding, "code")
            if code and len(code) <= _LONGEST_CODE:
                system = system_of(text(coding, "system") or local_system or "")
                found.append(Coding(code, system, text(coding, "display")))
    return tuple(found)


def words(concept: Any) -> tuple[str, ...]:
    """Every code and text of a CodeableConcept."""
    found = [word for one in objects(concept) for word in _words(one)]
    return tuple(dict.fromkeys(word for word in found if word))


def _words(concept: Fields) -> Iterator[str]:
    for coding in objects(concept.get("coding")):
        yield text(coding, "code")
        yield text(coding, "display")
    yield text(concept, "text")


def value_names(element: Fields) -> list[str]:
    """The names under which an Observation or a component has a value: `valueQuantity` ..."""
    forms = (_VALUE.fullmatch(name) for name in element)
    return list(dict.fromkeys(form[1] for form in forms if form))


def has_value(observation: Fields) -> bool:
    """Whether an Observation states something of its own, besides its components: a value, that there is none, or
    that an earlier one does not hold."""
    if value_names(observation) or "dataAbsentReason" in observation:
        return True
    return text(observation, "status") in WITHDRAWN and not many(observation.get("component"))


def count_values(resource: Fields) -> int:
    """How many values a resource has, besides those of resources inside it."""
    if text(resource, "resourceType") != OBSERVATION:
        return 0
    return int(has_value(resource)) + len(many(resource.get("component")))


def modifier_fault(element: Fields, path: str) -> Fault | None:
    """Why an element may mean something else than it seems to: FHIR forbids to ignore what one does not know there."""
    for name in ("modifierExtension", "implicitRules"):
        if element.get(name):
            return Fault(
                "modifier-unknown", f"{path}/{name}", "it changes what the element means, in a way that is not known"
            )
    return None
