"""What resources of FHIR state: values of Observations, movements of Patients and Encounters."""

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from picustream.gateways.fhir import observation, people
from picustream.gateways.fhir.elements import ENCOUNTER, OBSERVATION, PATIENT
from picustream.gateways.fhir.known import KEPT, Known, Surroundings
from picustream.gateways.fhir.resources import Resource
from picustream.gateways.site.config import Source
from picustream.gateways.statement import Statements, Subject

_FIRST = {PATIENT: 0, ENCOUNTER: 1}
"""Whoever is spoken of later in a Bundle is introduced first, whatever the order of its entries."""
_NONE = "(none)"
"""The kind of what does not say which resource it is."""
_USED = {OBSERVATION, PATIENT, ENCOUNTER}


def statements(resources: Sequence[Resource], source: Source, zone: ZoneInfo | None, known: Known) -> list[Statements]:
    """The statements of a body or a file: at least one of each resource but Bundles, patients and visits first."""
    around = Surroundings(list(resources), source.base, source.name, known)
    stated = [one for one in resources if one.kind != "Bundle" or one.fault is not None]
    stated.sort(key=lambda one: _FIRST.get(one.kind, len(_FIRST)))
    return [found for one in stated for found in _of(one, source, zone, around)]


def _of(resource: Resource, source: Source, zone: ZoneInfo | None, around: Surroundings) -> list[Statements]:
    kind = resource.kind
    if kind == OBSERVATION:
        return [_observation(resource, source, zone, around)]
    if resource.within is not None and kind:
        return [Statements(kind, Subject(), unused="contained")]
    if resource.fault is not None and (kind in _USED or kind == "Bundle" or not kind):
        return [Statements(kind or _NONE, Subject(), faults=(resource.fault,))]
    if kind == PATIENT:
        return people.patient(resource, zone, around)
    if kind == ENCOUNTER:
        return [people.encounter(resource, zone, around)]
    unused = "for-reference" if kind in KEPT else "unused-kind"
    return [Statements(kind, Subject(), unused=unused, opens=around.opens(resource))]


def _observation(resource: Resource, source: Source, zone: ZoneInfo | None, around: Surroundings) -> Statements:
    values, panel = observation.read(resource, source, zone, around)
    fields = observation.whole_fields(resource)
    whom = Subject(
        around.references.all_names(fields.get("subject"), resource, PATIENT),
        around.references.all_names(fields.get("encounter"), resource, ENCOUNTER),
    )
    found = Statements(OBSERVATION, whom, values, panel, warnings=observation.warnings(resource, around))
    if resource.fault is not None and not values:
        return replace(found, faults=(resource.fault,))
    return found
