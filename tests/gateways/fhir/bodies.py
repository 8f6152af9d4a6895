"""Resources of FHIR as the tests write them, and what is stated by them."""

import json
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from picustream.gateways.fhir.known import Known
from picustream.gateways.fhir.resources import read
from picustream.gateways.fhir.statements import statements
from picustream.gateways.site.config import Source
from picustream.gateways.site.pseudonyms import Pseudonyms
from picustream.gateways.statement import Movement, Statements, Value

Json = dict[str, Any]
BASE = "https://fhir.example/r4"
ZONE = ZoneInfo("Asia/Shanghai")
LOINC = "http://loinc.org"
MDC = "urn:iso:std:iso:11073:10101"
UCUM = "http://unitsofmeasure.org"
PSEUDONYMS = Pseudonyms(b"a key of the tests, thirty-two bytes")
LABORATORY = Source(name="laboratory", kind="laboratory", base=BASE)
VENTILATOR = Source(name="ventilator", kind="ventilator", base=BASE)


def concept(code: str, system: str = LOINC) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def quantity(value: Any, code: str = "mg/dL", **more: Any) -> Json:
    return {"value": value, "unit": code, "system": UCUM, "code": code, **more}


def without_nothing(fields: Json) -> Json:
    return {name: value for name, value in fields.items() if value is not None}


def observation(**changes: Any) -> Json:
    """A creatinine, final; None takes a field away."""
    fields = {
        "resourceType": "Observation",
        "id": "o1",
        "meta": {"lastUpdated": "2025-03-03T09:00:00+08:00"},
        "status": "final",
        "code": concept("2160-0"),
        "subject": {"reference": "Patient/p1"},
        "encounter": {"reference": "Encounter/e1"},
        "effectiveDateTime": "2025-03-03T08:00:00+08:00",
        "valueQuantity": quantity(0.7),
    }
    return without_nothing(fields | changes)


def patient(**changes: Any) -> Json:
    fields = {
        "resourceType": "Patient",
        "id": "p1",
        "identifier": [
            {
                "system": "urn:hospital",
                "value": "0042",
                "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]},
            }
        ],
        "birthDate": "2021-05",
        "gender": "female",
    }
    return without_nothing(fields | changes)


def encounter(**changes: Any) -> Json:
    fields = {
        "resourceType": "Encounter",
        "id": "e1",
        "identifier": [{"system": "urn:visits", "value": "V7"}],
        "meta": {"lastUpdated": "2025-03-03T10:00:00+08:00"},
        "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2025-03-01T10:00:00+08:00"},
        "location": [
            {"location": {"reference": "Location/ward"}, "status": "completed",
             "period": {"start": "2025-03-01T10:00:00+08:00", "end": "2025-03-02T12:00:00+08:00"}},
            {"location": {"reference": "Location/bed-4"}, "status": "active",
             "period": {"start": "2025-03-02T12:00:00+08:00"}},
        ],
    }  # fmt: skip
    return without_nothing(fields | changes)


def bundle(*resources: Json, kind: str = "transaction", full_urls: bool = True) -> Json:
    """Entries with the addresses of a server, where they have ids."""
    entries = []
    for one in resources:
        entry: Json = {"resource": one}
        if full_urls and "id" in one:
            entry["fullUrl"] = f"{BASE}/{one['resourceType']}/{one['id']}"
        entries.append(entry)
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def stated(
    body: Any, source: Source = LABORATORY, known: Known | None = None, zone: ZoneInfo | None = ZONE
) -> list[Statements]:
    """What a body states: JSON, or bytes as they are."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return statements(read(raw), source, zone, known or Known({}, PSEUDONYMS.observation))


def values(found: Iterable[Statements]) -> list[Value]:
    return [value for one in found for value in one.values]


def value_of(body: Any, source: Source = LABORATORY, known: Known | None = None) -> Value:
    """The only value of a body."""
    (value,) = values(stated(body, source, known))
    return value


def movement_of(body: Any, known: Known | None = None) -> Movement:
    """The only movement of a body."""
    (movement,) = [one for found in stated(body, known=known) for one in found.movements]
    return movement


def reasons(found: Iterable[Statements]) -> list[str]:
    """Of the faults of whole resources."""
    return [fault.reason for one in found for fault in one.faults]
