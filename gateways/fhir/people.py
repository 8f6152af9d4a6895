"""Patient and Encounter as movements: who a patient is, where, and how it ended."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from picustream.gateways.fhir.elements import ENCOUNTER, PATIENT, Fields, inner, modifier_fault, objects, text, words
from picustream.gateways.fhir.known import Found, Surroundings
from picustream.gateways.fhir.resources import Resource
from picustream.gateways.fhir.times import moment, moment_or_day
from picustream.gateways.statement import Identifier, Move, Movement, Place, Statements, Stretch, Subject, Unnamed
from picustream.models.birth import parse_birth
from picustream.scoring.faults import Fault

_Sex = Literal["female", "male", "other", "unknown"]
_SEXES: dict[str, _Sex] = {"female": "female", "male": "male", "other": "other"}
_OPEN = {"arrived", "triaged", "in-progress", "onleave"}
_WITHDRAWN = {"cancelled", "entered-in-error"}
_ACT_CODES = {"", "http://terminology.hl7.org/CodeSystem/v3-ActCode", "http://hl7.org/fhir/v3/ActCode"}
_CLASSES = {"IMP", "ACUTE", "EMER"}
_NO_PLACE = {"planned", "reserved"}
"""States of an Encounter's location in which the patient is not there."""


def patient(resource: Resource, zone: ZoneInfo | None, around: Surroundings) -> list[Statements]:
    """Its names are one patient's; and which others became this one, or which this one became."""
    names = around.references.names(resource)
    whom = Subject(patients=names)
    fields, path = resource.fields, resource.path
    born, faults = _born(fields, path)
    died_at = moment_or_day(fields.get("deceasedDateTime"), f"{path}/deceasedDateTime", zone)
    said = fields.get("deceasedBoolean")
    movement = Movement(
        path=path,
        move=Move.UPDATE,
        occurred_at=None,
        recorded_at=_updated(resource, zone),
        birth_date=born,
        sex=_SEXES.get(word, "unknown") if (word := text(fields, "gender")) else None,
        dead=True if died_at is not None else said if isinstance(said, bool) else None,
        died_at=died_at,
    )
    merges = list(_merges(resource, names, zone, around))
    if not any(one.faults for one in merges):
        links = tuple((one.subject.patients, merge.loser) for one in merges for merge in one.movements)
        movement = replace(movement, linked_by=around.references.own_name(resource), links=links)
    return [Statements(PATIENT, whom, movements=(movement,), same=names, faults=faults), *merges]


def _born(fields: Fields, path: str) -> tuple[str | None, tuple[Fault, ...]]:
    """The date of birth to the precision that was given."""
    if fields.get("birthDate") is None:
        return None, ()
    try:
        return str(parse_birth(text(fields, "birthDate"))), ()
    except ValueError:
        return None, (Fault("birth-date-unreadable", f"{path}/birthDate", "not a date of the form YYYY[-MM[-DD]]"),)


def _merges(
    resource: Resource, names: tuple[Identifier, ...], zone: ZoneInfo | None, around: Surroundings
) -> Iterator[Statements]:
    """Links by which one patient takes the place of another."""
    for index, link in enumerate(objects(resource.fields.get("link"))):
        word = text(link, "type")
        if word not in ("replaced-by", "replaces"):
            continue
        path = f"{resource.path}/link/{index}"
        others = around.references.all_names(link.get("other"), resource, PATIENT)
        survivor, loser = (others, names) if word == "replaced-by" else (names, others)
        if fault := modifier_fault(link, path) or _incomplete(survivor, loser, path):
            yield Statements(PATIENT, Subject(patients=names), faults=(fault,))
            continue
        by = around.references.own_name(resource)
        merge = Movement(path, Move.MERGE, None, _updated(resource, zone), loser=loser, linked_by=by)
        yield Statements(PATIENT, Subject(patients=survivor), movements=(merge,))


def _incomplete(survivor: tuple[Identifier, ...], loser: tuple[Identifier, ...], path: str) -> Fault | None:
    if survivor and loser:
        return None
    return Fault("merge-incomplete", path, "it does not say which two patients are one")


def encounter(resource: Resource, zone: ZoneInfo | None, around: Surroundings) -> Statements:
    """The whole history of a visit's locations, or that it was none."""
    fields, path = resource.fields, resource.path
    visits = around.references.names(resource)
    patients = around.references.all_names(fields.get("subject"), resource, PATIENT)
    whom = Subject(patients, visits)
    status = text(fields, "status")
    if status in _WITHDRAWN:
        withdrawn = Movement(path, Move.WITHDRAW, None, _updated(resource, zone))
        return Statements(ENCOUNTER, whom, movements=(withdrawn,), same=visits)
    if status == "planned":
        return Statements(ENCOUNTER, whom, same=visits, unused="planned")
    if status not in _OPEN and status != "finished":
        fault = Fault("status-unknown", f"{path}/status", "it does not say whether the visit goes on")
        return Statements(ENCOUNTER, whom, same=visits, faults=(fault,))
    if not _is_inpatient(fields):
        return Statements(ENCOUNTER, whom, same=visits, unused="encounter-class")
    found = _history(resource, zone, around, ended=status == "finished")
    if isinstance(found, Fault):
        return Statements(ENCOUNTER, whom, same=visits, faults=(found,))
    movement = _visit(resource, zone, around, found)
    return Statements(ENCOUNTER, whom, movements=(movement,), same=visits, warnings=_not_known(resource, around))


def _visit(resource: Resource, zone: ZoneInfo | None, around: Surroundings, history: "_History") -> Movement:
    fields, path = resource.fields, resource.path
    period, stay = inner(fields, "period"), inner(fields, "hospitalization")
    dispositions = words(stay.get("dischargeDisposition"))
    destination = around.place(stay.get("destination"), resource)
    unnamed = (*history.unnamed, *_unnamed(destination, f"{path}/hospitalization/destination"))
    return Movement(
        path=path,
        move=Move.HISTORY,
        occurred_at=None,
        recorded_at=_updated(resource, zone),
        admitted_at=moment(period.get("start"), f"{path}/period/start", zone),
        discharged_at=moment(period.get("end"), f"{path}/period/end", zone),
        disposition=dispositions[0] if dispositions else "",
        destination=destination.unit,
        history=history.stretches,
        ended=text(fields, "status") == "finished",
        unnamed=unnamed,
    )


def _is_inpatient(fields: Fields) -> bool:
    """Whether the class of a visit is one of a bed; a hospital's own classes say nothing, the location decides."""
    found = inner(fields, "class")
    code = text(found, "code").upper()
    return not code or text(found, "system") not in _ACT_CODES or code in _CLASSES


class _History(NamedTuple):
    stretches: tuple[Stretch, ...]
    unnamed: tuple[Unnamed, ...]


def _history(resource: Resource, zone: ZoneInfo | None, around: Surroundings, ended: bool) -> _History | Fault:
    path = resource.path
    locations = resource.fields.get("location")
    numbered = [(index, one) for index, one in enumerate(objects(locations)) if text(one, "status") not in _NO_PLACE]
    if not numbered:
        return Fault("no-location", f"{path}/location", "a visit without its locations: which of it is a stay?")
    found, unnamed = [], []
    for index, one in numbered:
        place = f"{path}/location/{index}"
        period = inner(one, "period") or (inner(resource.fields, "period") if len(numbered) == 1 else {})
        where = around.place(one.get("location"), resource)
        start = moment(period.get("start"), f"{place}/period/start", zone)
        if (fault := modifier_fault(one, place)) is not None:
            return fault
        if not where.unit:
            return Fault("no-location", f"{place}/location", "a location without a name")
        if start is None:
            return Fault("no-location-time", f"{place}/period", "since when is not said")
        found.append(Stretch(Place(where.unit, where.bed), start, _end(period, place, resource, zone, ended)))
        unnamed += _unnamed(where, f"{place}/location")
    return _History(tuple(sorted(found, key=_order)), tuple(unnamed))


def _unnamed(where: Found, path: str) -> list[Unnamed]:
    return [Unnamed(Place(where.unit, where.bed), where.keys, path, where.is_said)] if where.keys else []


def _end(period: Fields, path: str, resource: Resource, zone: ZoneInfo | None, ended: bool) -> Any:
    """When the patient left; the end of the visit ends what is open."""
    found = moment(period.get("end"), f"{path}/period/end", zone)
    if found is None and ended:
        return moment(inner(resource.fields, "period").get("end"), f"{resource.path}/period/end", zone)
    return found


def _order(stretch: Stretch) -> tuple[str, str, str]:
    start = stretch.start.path if isinstance(stretch.start, Fault) else stretch.start.isoformat()
    return start, stretch.place.unit, stretch.place.bed


def _not_known(resource: Resource, around: Surroundings) -> tuple[str, ...]:
    references = [one.get("location") for one in objects(resource.fields.get("location"))]
    missing = sum(around.row(one, resource, "Location") is None for one in references)
    return ("location-not-known",) * missing


def _updated(resource: Resource, zone: ZoneInfo | None) -> Any:
    return moment(inner(resource.fields, "meta").get("lastUpdated"), f"{resource.path}/meta/lastUpdated", zone)
