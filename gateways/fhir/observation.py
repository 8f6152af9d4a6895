"""An Observation as values: its own, and one for each component."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from picustream.gateways.fhir.elements import (
    PATIENT,
    Fields,
    codings,
    has_value,
    inner,
    many,
    modifier_fault,
    text,
    value_names,
    words,
)
from picustream.gateways.fhir.known import Surroundings
from picustream.gateways.fhir.numbers import Reading, is_absent, known_name, reading
from picustream.gateways.fhir.references import URN
from picustream.gateways.fhir.resources import Resource
from picustream.gateways.fhir.times import moment
from picustream.gateways.hl7.codings import MDC, is_setting_code, specimen_of
from picustream.gateways.site.config import Source
from picustream.gateways.statement import Coding, Identifier, Panel, Value
from picustream.models.envelope import NEEDS_FILING_TIME, NO_STATEMENT, STATUSES, WITHDRAWN, Status
from picustream.scoring.faults import Fault

_LOINC = "http://loinc.org"
_CATEGORIES = {"setting": True, "measurement": False, "calculation": False}
_REPLACING = {Status.AMENDED, Status.CORRECTED}
_EFFECTIVE = ("effectiveDateTime", "effectiveInstant", "effectivePeriod", "effectiveTiming")


@dataclass(frozen=True, slots=True)
class Whole:
    """What the values of an Observation have in common."""

    resource: Resource
    identity: tuple[str, ...]
    status: Status | Fault
    observed_at: datetime | Fault
    recorded_at: datetime | Fault | None
    specimen: str
    method: str
    device: str
    setting: bool | None
    local_system: str | None


def read(
    resource: Resource, source: Source, zone: ZoneInfo | None, around: Surroundings
) -> tuple[tuple[Value, ...], Panel]:
    """Each value of an Observation, and what they are parts of."""
    whole = _whole(resource, source, zone, around)
    values = tuple(_values(resource, whole))
    filed = whole.recorded_at or (whole.observed_at if isinstance(whole.observed_at, datetime) else None)
    return values, Panel(resource.path, whole.identity, whole.status, filed, _may_have_lost(resource.fields, values))


def _may_have_lost(fields: Fields, values: tuple[Value, ...]) -> bool:
    """Whether another version may have values that this one has not. What groups others never has any."""
    holds = any(value.status not in NO_STATEMENT for value in values)
    return bool(many(fields.get("component"))) or not (holds or many(fields.get("hasMember")))


def _values(resource: Resource, whole: Whole) -> Iterator[Value]:
    fields = resource.fields
    if has_value(fields):
        yield replace(_value(fields, resource.path, whole, ()), path=f"{resource.path}/{_place(fields)}")
    for index, component in enumerate(many(fields.get("component"))):
        path = f"{resource.path}/component/{index}"
        element = component if isinstance(component, dict) else {}
        yield _value(element, path, whole, _named(element))


def _place(observation: Fields) -> str:
    """The element that states an Observation's own value."""
    names = value_names(observation)
    if names:
        return known_name(names[0])
    return "dataAbsentReason" if "dataAbsentReason" in observation else "status"


def warnings(resource: Resource, around: Surroundings) -> tuple[str, ...]:
    """What an Observation refers to and nobody sent."""
    metric = inner(resource.fields, "device")
    is_metric = "DeviceMetric/" in text(metric, "reference") or text(metric, "type") == "DeviceMetric"
    missing = []
    if is_metric and around.row(metric, resource, "DeviceMetric") is None:
        missing.append("device-metric-not-known")
    if resource.fields.get("specimen") and around.row(resource.fields["specimen"], resource, "Specimen") is None:
        missing.append("specimen-not-known")
    return tuple(missing)


def _whole(resource: Resource, source: Source, zone: ZoneInfo | None, around: Surroundings) -> Whole:
    fields, path = resource.fields, resource.path
    status = resource.fault or _status(fields, path, source)
    observed_at = _observed_at(resource, source, zone, around)
    specimen = around.row(fields.get("specimen"), resource, "Specimen") or {}
    metric = around.row(fields.get("device"), resource, "DeviceMetric") or {}
    device = around.references.written(fields.get("device"), resource, "Device")
    return Whole(
        resource=resource,
        identity=_identity(resource, source, around, observed_at),
        status=status,
        observed_at=observed_at,
        recorded_at=_recorded_at(resource, status, zone),
        specimen=specimen_of(specimen.get("words", ()), source.specimens),
        method=" ".join((*words(fields.get("method")), *words(fields.get("bodySite")))),
        device="|".join((device[0].authority, device[0].value)) if device else "",
        setting=_CATEGORIES.get(metric.get("category", "")),
        local_system=source.system,
    )


def _value(element: Fields, path: str, whole: Whole, part: tuple[str, ...]) -> Value:
    found = reading(element, path)
    status, note = _standing(element, path, found, whole, is_part=bool(part))
    if isinstance(found.value, Decimal) and element.get("dataAbsentReason"):
        found = found._replace(value=Fault("value-and-absent", path, "a value, and a reason why there is none"))
    if found.value is None and status in _REPLACING:
        found = found._replace(value=Fault("value-missing", path, "it replaces an earlier value and has none"))
    codes = codings(element.get("code"), whole.local_system)
    return Value(
        path=path,
        codings=codes,
        identity=(*whole.identity, *part),
        value=None if status is None or status in NO_STATEMENT else found.value,
        unit=found.unit,
        unit_is_ucum=found.unit_is_ucum,
        status=status,
        observed_at=whole.observed_at,
        recorded_at=whole.recorded_at,
        comparator=found.comparator,
        specimen=whole.specimen,
        method=whole.method,
        device=whole.device,
        setting=True if any(map(is_setting_code, codes)) else whole.setting,
        words=_words(element),
        note=note,
    )


def _words(element: Fields) -> tuple[str, ...]:
    written = text(element, "valueString")
    return (*words(element.get("valueCodeableConcept")), *([written] if written else []))


def _standing(
    element: Fields, path: str, found: Reading, whole: Whole, is_part: bool
) -> tuple[Status | Fault | None, str]:
    """The status of one value, or why there is nothing to pass on."""
    status = whole.status
    if isinstance(status, Fault) or status in WITHDRAWN:
        return status, ""
    if is_part and (fault := modifier_fault(element, path)):
        return fault, ""
    if status in NO_STATEMENT or found.value is not None:
        return status, ""
    if is_absent(element):
        return Status.UNKNOWN, "data-absent"
    return (status, "") if status in _REPLACING else (None, "no-value")


def _status(fields: Fields, path: str, source: Source) -> Status | Fault:
    """One of FHIR's eight words, as they are written."""
    word = fields.get("status")
    if word is None and source.default_status is not None:
        return source.default_status
    if word is None:
        return Fault("status-missing", f"{path}/status", "no status: set default_status of the source")
    if not isinstance(word, str) or word not in STATUSES:
        return Fault("status-unknown", f"{path}/status", "no word of ObservationStatus")
    return STATUSES[word]


def _observed_at(resource: Resource, source: Source, zone: ZoneInfo | None, around: Surroundings) -> datetime | Fault:
    """The clinical time: that of the specimen where the source says so, else effective[x]."""
    fields, path = resource.fields, resource.path
    if "spm17" in (source.observed_at or ()):
        specimen = around.row(fields.get("specimen"), resource, "Specimen") or {}
        collected = moment(specimen.get("collected"), f"{path}/specimen", zone)
        if collected is not None:
            return collected
    given = [name for name in _EFFECTIVE if fields.get(name) is not None]
    if len(given) > 1:
        return Fault("repeated-time", f"{path}/{given[0]}", "more than one effective[x]")
    end = source.period or ("start" if source.kind == "laboratory" or fields.get("specimen") else "end")
    found = _effective(given[0], fields[given[0]], f"{path}/{given[0]}", end, zone) if given else None
    if found is not None:
        return found
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


def _recorded_at(resource: Resource, status: Status | Fault, zone: ZoneInfo | None) -> datetime | Fault | None:
    """When this version was filed: `issued` does not change with every version."""
    fields, path = resource.fields, resource.path
    updated = moment(inner(fields, "meta").get("lastUpdated"), f"{path}/meta/lastUpdated", zone)
    found = updated if updated is not None else moment(fields.get("issued"), f"{path}/issued", zone)
    if found is None and status in NEEDS_FILING_TIME:
        return Fault("no-recorded-time", path, "it replaces an earlier version, and no time says when")
    return found


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
    code = _named(resource.fields)
    if names:
        return "identifier", names[0].authority, names[0].value, *code
    outer = resource.within
    if outer is not None and (own := around.references.own_name(outer)):
        within = text(resource.fields, "id")
        return "resource", own.authority, f"{own.value}#{within}", *(() if within else code)
    at = observed_at.isoformat() if isinstance(observed_at, datetime) else ""
    whom = around.references.all_names(whole_fields(resource).get("subject"), resource, PATIENT)
    lasting = [one for one in whom if one.authority != URN] or [*whom, Identifier("")]
    return "time", lasting[0].authority, lasting[0].value, at, *code


def whole_fields(resource: Resource) -> Fields:
    """The elements of an Observation; what one that is contained does not say is said by what contains it."""
    outer = resource.within
    return {**outer.fields, **resource.fields} if outer is not None else resource.fields


def _named(element: Fields) -> tuple[str, str]:
    """The code of an Observation or a component, whatever the order of its codings."""
    found = codings(element.get("code"))
    if not found:
        return "", text(inner(element, "code"), "text")
    first = min(found, key=_rank)
    return first.system, first.code


def _rank(coding: Coding) -> tuple[bool, bool, str, str]:
    return coding.system != _LOINC, coding.system != MDC, coding.system, coding.code
