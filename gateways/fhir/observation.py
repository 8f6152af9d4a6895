"""An Observation as values: its own, and one for each component."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from picustream.gateways.fhir.elements import (
    Fields,
    codings,
    has_value,
    many,
    modifier_fault,
    text,
    value_names,
    words,
)
from picustream.gateways.fhir.known import Surroundings
from picustream.gateways.fhir.numbers import Reading, is_absent, known_name, reading
from picustream.gateways.fhir.resources import Resource
from picustream.gateways.fhir.whole import Whole, filed_at, named, whole
from picustream.gateways.hl7.codings import is_setting_code
from picustream.gateways.site.config import Source
from picustream.gateways.statement import Panel, Value
from picustream.models.envelope import NO_STATEMENT, STATUSES, WITHDRAWN, Status
from picustream.scoring.faults import Fault

_REPLACING = {Status.AMENDED, Status.CORRECTED}


class Read(NamedTuple):
    """Each value of an Observation, and what they are parts of."""

    values: tuple[Value, ...]
    panel: Panel
    warnings: tuple[str, ...]


def read(resource: Resource, source: Source, zone: ZoneInfo | None, around: Surroundings) -> Read:
    """What an Observation states."""
    common = whole(resource, source, zone, around)
    values = tuple(_values(resource, common))
    filed = common.recorded_at or (common.observed_at if isinstance(common.observed_at, datetime) else None)
    panel = Panel(resource.path, common.identity, common.status, filed, _may_have_lost(resource.fields, values))
    return Read(values, panel, common.warnings)


def panel_of(report: Resource, zone: ZoneInfo | None, around: Surroundings) -> Panel | None:
    """A version of a report: what it contains holds with it. None without a name of its own."""
    name = around.references.own_name(report)
    if name is None:
        return None
    status = STATUSES.get(text(report.fields, "status"), Status.UNKNOWN)
    filed = filed_at(report, zone, around)
    return Panel(report.path, ("resource", name.authority, name.value), status, filed, is_kept=status in WITHDRAWN)


def _may_have_lost(fields: Fields, values: tuple[Value, ...]) -> bool:
    """Whether another version may have values that this one has not. What groups others never has any."""
    holds = any(value.status not in NO_STATEMENT for value in values)
    return bool(many(fields.get("component"))) or not (holds or many(fields.get("hasMember")))


def _values(resource: Resource, common: Whole) -> Iterator[Value]:
    fields = resource.fields
    if has_value(fields):
        yield replace(_value(fields, resource.path, common, ()), path=f"{resource.path}/{_place(fields)}")
    for index, component in enumerate(many(fields.get("component"))):
        path = f"{resource.path}/component/{index}"
        element = component if isinstance(component, dict) else {}
        yield _value(element, path, common, named(element))


def _place(observation: Fields) -> str:
    """The element that states an Observation's own value."""
    names = value_names(observation)
    if names:
        return known_name(names[0])
    return "dataAbsentReason" if "dataAbsentReason" in observation else "status"


def _value(element: Fields, path: str, common: Whole, part: tuple[str, ...]) -> Value:
    found = reading(element, path)
    status, note = _standing(element, path, found, common, is_part=bool(part))
    if isinstance(found.value, Decimal) and element.get("dataAbsentReason"):
        found = found._replace(value=Fault("value-and-absent", path, "a value, and a reason why there is none"))
    if found.value is None and status in _REPLACING:
        found = found._replace(value=Fault("value-missing", path, "it replaces an earlier value and has none"))
    codes = codings(element.get("code"), common.local_system)
    return Value(
        path=path,
        codings=codes,
        identity=(*common.identity, *part),
        value=None if status is None or status in NO_STATEMENT else found.value,
        unit=found.unit,
        unit_is_ucum=found.unit_is_ucum,
        status=status,
        observed_at=common.observed_at,
        recorded_at=common.recorded_at,
        comparator=found.comparator,
        specimen=common.specimen,
        method=common.method,
        device=common.device,
        setting=True if any(map(is_setting_code, codes)) else common.setting,
        words=_words(element),
        note=note,
        awaits=common.awaits,
    )


def _words(element: Fields) -> tuple[str, ...]:
    written = text(element, "valueString")
    return (*words(element.get("valueCodeableConcept")), *([written] if written else []))


def _standing(
    element: Fields, path: str, found: Reading, common: Whole, is_part: bool
) -> tuple[Status | Fault | None, str]:
    """The status of one value, or why there is nothing to pass on."""
    status = common.status
    if isinstance(status, Fault) or status in WITHDRAWN:
        return status, ""
    if is_part and (fault := modifier_fault(element, path)):
        return fault, ""
    if status in NO_STATEMENT or found.value is not None:
        return status, ""
    if is_absent(element):
        return Status.UNKNOWN, "data-absent"
    return (status, "") if status in _REPLACING else (None, "no-value")
