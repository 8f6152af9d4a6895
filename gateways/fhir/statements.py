"""What resources of FHIR state: values of Observations, movements of Patients and Encounters."""

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from picustream.gateways.fhir import observation, people
from picustream.gateways.fhir.elements import ENCOUNTER, OBSERVATION, PATIENT
from picustream.gateways.fhir.groups import REPORT
from picustream.gateways.fhir.known import KEPT, Known, Surroundings
from picustream.gateways.fhir.private import private
from picustream.gateways.fhir.resources import Resource
from picustream.gateways.site.config import Source
from picustream.gateways.statement import Statements, Subject

_FIRST = {PATIENT: 0, ENCOUNTER: 1}
"""Whoever is spoken of later in a Bundle is introduced first, whatever the order of its entries."""
_NONE = "(none)"
"""The kind of what does not say which resource it is."""
_USED = {OBSERVATION, PATIENT, ENCOUNTER, REPORT}


def statements(resources: Sequence[Resource], source: Source, zone: ZoneInfo | None, known: Known) -> list[Statements]:
    """The statements of a body or a file: at least one of each resource but Bundles, patients and visits first."""
    around = Surroundings(list(resources), source.base, source.name, known)
    stated = [one for one in resources if one.kind != "Bundle" or one.fault is not None]
    stated.sort(key=lambda one: _FIRST.get(one.kind, len(_FIRST)))
    found, contained = [], dict[int, list[Statements]]()
    for one in stated:
        report = one.within if one.kind == OBSERVATION else None
        if report is not None and report.kind == REPORT and report.fault is None:
            contained.setdefault(id(report), []).append(_observation(one, source, zone, around))
        else:
            found += _of(one, source, zone, around)
    reports = [one for one in stated if one.kind == REPORT and one.fault is None and one.within is None]
    found += [one for report in reports for one in _report(report, contained.get(id(report), []), zone, around)]
    hidden = private(resources)
    return [replace(one, private=hidden) for one in found]


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
    if kind == REPORT:
        return []  # its own comes after all else, with what it contains
    unused = "for-reference" if kind in KEPT else "unused-kind"
    return [Statements(kind, Subject(), unused=unused, opens=around.opens(resource))]


def _observation(resource: Resource, source: Source, zone: ZoneInfo | None, around: Surroundings) -> Statements:
    values, panel, warnings = observation.read(resource, source, zone, around)
    whom = Subject(around.whom(resource, "subject", PATIENT), around.whom(resource, "encounter", ENCOUNTER))
    found = Statements(OBSERVATION, whom, values, panel, warnings=warnings)
    if resource.fault is not None and not values:
        return replace(found, faults=(resource.fault,))
    return found


def _report(
    report: Resource, contained: list[Statements], zone: ZoneInfo | None, around: Surroundings
) -> list[Statements]:
    """A report, and what it contains: a version of it takes the place of the one before, with all results."""
    itself = Statements(REPORT, Subject(), unused="for-reference")
    panel = observation.panel_of(report, zone, around)
    if panel is None:
        return [itself, *contained]
    subjects = dict.fromkeys(one.subject for one in contained)
    if len(subjects) != 1:
        return [replace(itself, panel=panel), *contained]
    together = Statements(
        OBSERVATION,
        subject=contained[0].subject,
        values=tuple(value for one in contained for value in one.values),
        panel=replace(panel, is_kept=True),
        faults=tuple(fault for one in contained for fault in one.faults),
        warnings=tuple(word for one in contained for word in one.warnings),
    )
    return [itself, together]
