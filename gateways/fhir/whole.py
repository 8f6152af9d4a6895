"""What the values of an Observation have in common: identity, status, times, specimen, and whether it was set.

What the Observation does not say may be said by the report or panel that it is part of (`groups.py`). A time that is
stated nowhere is never guessed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from picustream.gateways.fhir.elements import PATIENT, Fields, codings, inner, many, text, words
from picustream.gateways.fhir.groups import REPORT, Said
from picustream.gateways.fhir.known import Row, Surroundings
from picustream.gateways.fhir.references import URN
from picustream.gateways.fhir.resources import Resource
from picustream.gateways.fhir.times import moment
from picustream.gateways.hl7.codings import MDC, specimen_of
from picustream.gateways.site.config import Source
from picustream.gateways.statement import Coding, Identifier
from picustream.models.envelope import NEEDS_FILING_TIME, STATUSES, WITHDRAWN, Status
from picustream.scoring.faults import Fault

_LOINC = "http://loinc.org"
_CATEGORIES = {"setting": True, "measurement": False, "calculation": False}
_EFFECTIVE = ("effectiveDateTime", "effectiveInstant", "effectivePeriod", "effectiveTiming")
_OF_REPORT = {"partial": "preliminary", "appended": "final"}
"""Words for the status of a report that an Observation has not."""


@dataclass(frozen=True, slots=True)
class Whole:
    """What the values of an Observation have in common."""

    resource: Resource
    identity: tuple[str, ...]
    status: Status | Fault
    observed_at: datetime | Fault
    recorded_at: datetime | Fault | None
    specimen: str
    method: tuple[str, ...]
    device: str
    setting: bool | None
    local_system: str | None
    warnings: tuple[str, ...]
    """What it refers to and nobody sent."""
    awaits: tuple[str, ...]
    """Keys of the same."""


def whole(resource: Resource, source: Source, zone: ZoneInfo | None, around: Surroundings) -> Whole:
    """Of an Observation."""
    fields = resource.fields
    status = resource.fault or _status(resource, source, around)
    drawn = _specimen(resource, around)
    specimen = around.row(drawn.value, drawn.by, "Specimen") if drawn is not None else None
    observed_at = _observed_at(resource, source, zone, around, specimen)
    metric = around.row(fields.get("device"), resource, "DeviceMetric")
    device = around.references.written(fields.get("device"), resource, "Device")
    warnings, awaits = [], list[str]()
    if metric is None and _is_metric(inner(fields, "device")):
        warnings.append("device-metric-not-known")
        awaits += around.awaited(fields["device"], resource, "DeviceMetric")
    if specimen is None and drawn is not None:
        warnings.append("specimen-not-known")
        awaits += around.awaited(drawn.value, drawn.by, "Specimen")
    return Whole(
        resource=resource,
        identity=_identity(resource, source, around, observed_at),
        status=status,
        observed_at=observed_at,
        recorded_at=_recorded_at(resource, status, zone, around),
        specimen=specimen_of((specimen or {}).get("words", ()), source.specimens),
        method=(*words(fields.get("method")), *words(fields.get("bodySite"))),
        device="|".join((device[0].authority, device[0].value)) if device else "",
        setting=_CATEGORIES.get((metric or {}).get("category", "")),
        local_system=source.system,
        warnings=tuple(warnings),
        awaits=tuple(awaits),
    )


def _is_metric(device: Fields) -> bool:
    return "DeviceMetric/" in text(device, "reference") or text(device, "type") == "DeviceMetric"


def _specimen(resource: Resource, around: Surroundings) -> Said | None:
    """The reference to its specimen; of a report with several nobody knows which."""
    said = around.groups.said(resource, "specimen")
    named = [one._replace(value=part) for one in said for part in many(one.value)]
    return named[0] if named and all(one.value == named[0].value for one in named) else None


def _status(resource: Resource, source: Source, around: Surroundings) -> Status | Fault:
    """One of FHIR's eight words, as they are written. What a report contains is withdrawn with it."""
    outer, path = resource.within, f"{resource.path}/status"
    if outer is not None and outer.kind == REPORT and (word := text(outer.fields, "status")) in WITHDRAWN:
        return STATUSES[word]
    said = around.groups.said(resource, "status")
    if not said or any(one.value != said[0].value for one in said):
        if source.default_status is not None:
            return source.default_status
        return Fault("status-missing", path, "no status: set default_status of the source")
    word = said[0].value
    if isinstance(word, str) and said[0].by.kind == REPORT:
        word = _OF_REPORT.get(word, word)
    if not isinstance(word, str) or word not in STATUSES:
        return Fault("status-unknown", path, "no word of ObservationStatus")
    return STATUSES[word]


def _observed_at(
    resource: Resource, source: Source, zone: ZoneInfo | None, around: Surroundings, specimen: Row | None
) -> datetime | Fault:
    """The clinical time: that of the specimen where the source says so, else effective[x]."""
    path = resource.path
    if "spm17" in (source.observed_at or ()):
        collected = moment((specimen or {}).get("collected"), f"{path}/specimen", zone)
        if collected is not None:
            return collected
    said = around.groups.said(resource, *_EFFECTIVE)
    if len({(id(one.by)) for one in said}) < len(said):
        return Fault("repeated-time", f"{said[0].by.path}/{said[0].name}", "more than one effective[x]")
    end = source.period or (
        "start" if source.kind == "laboratory" or around.groups.said(resource, "specimen") else "end"
    )
    found = [_effective(one.name, one.value, f"{one.by.path}/{one.name}", end, zone) for one in said]
    if any(one != found[0] for one in found):
        return Fault("repeated-time", f"{path}/effective[x]", "what it is part of has different times")
    if found and found[0] is not None:
        return found[0]
    if source.kind == "laboratory":
        return Fault("no-collection-time", f"{path}/effective[x]", "no time of collection; `issued` is not one")
    return Fault("no-observation-time", f"{path}/effective[x]", "no time of the reading; `issued` is not one")


def _effective(name: str, value: Any, path: str, end: str, zone: ZoneInfo | None) -> datetime | Fault | None:
    if name == "effectiveTiming":
        return Fault("time-not-one", path, "a timing is not one moment")
    if name != "effectivePeriod":
        return moment(value, path, zone)
    period = value if isinstance(value, dict) else {}
    return moment(period.get(end), f"{path}/{end}", zone) or Fault(
        "period-open", f"{path}/{end}", "that end of the period is not given: see `period` of the source"
    )


def _recorded_at(
    resource: Resource, status: Status | Fault, zone: ZoneInfo | None, around: Surroundings
) -> datetime | Fault | None:
    found = filed_at(resource, zone, around)
    if found is None and status in NEEDS_FILING_TIME:
        return Fault("no-recorded-time", resource.path, "it replaces an earlier version, and no time says when")
    return found


def filed_at(resource: Resource, zone: ZoneInfo | None, around: Surroundings) -> datetime | Fault | None:
    """When this version was filed: `issued` does not change with every version. What is contained has the version of
    what contains it."""
    for one in (resource, resource.within):
        if one is not None and (updated := inner(one.fields, "meta").get("lastUpdated")) is not None:
            return moment(updated, f"{one.path}/meta/lastUpdated", zone)
    issued = around.groups.said(resource, "issued")
    found = {moment(one.value, f"{one.by.path}/issued", zone) for one in issued}
    return found.pop() if len(found) == 1 else None


def _identity(
    resource: Resource, source: Source, around: Surroundings, observed_at: datetime | Fault
) -> tuple[str, ...]:
    """What stays the same through the versions of an Observation. An identifier that nobody vouches for may be that of
    an order; without any it is the only one of its patient, time and code."""
    names = around.references.names(resource)
    own = around.references.own_name(resource)
    configured = source.observation_identifier
    for name in names:
        if name.authority == configured and name is not own:
            return "identifier", name.authority, name.value
    if own is not None:
        return "resource", own.authority, own.value
    code = named(resource.fields)
    if names:
        return "identifier", names[0].authority, names[0].value, *code
    outer = resource.within
    if outer is not None and (own := around.references.own_name(outer)):
        within = text(resource.fields, "id")
        return "resource", own.authority, f"{own.value}#{within}", *(() if within else code)
    at = observed_at.isoformat() if isinstance(observed_at, datetime) else ""
    whom = around.whom(resource, "subject", PATIENT)
    lasting = [one for one in whom if one.authority != URN] or [*whom, Identifier("")]
    return "time", lasting[0].authority, lasting[0].value, at, *code


def named(element: Fields) -> tuple[str, str]:
    """The code of an Observation or a component, whatever the order of its codings."""
    found = codings(element.get("code"))
    if not found:
        return "", text(inner(element, "code"), "text")
    first = min(found, key=_rank)
    return first.system, first.code


def _rank(coding: Coding) -> tuple[bool, bool, str, str]:
    return coding.system != _LOINC, coding.system != MDC, coding.system, coding.code
