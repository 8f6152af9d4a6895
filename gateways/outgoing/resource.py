"""What every FHIR resource that goes out has in common: ids, references and codes.

Pseudonyms are logical references, by identifier: which Patient that is, only the hospital can say.
"""

import base64
import hashlib
from typing import Any

from picustream.models.record import Record

Json = dict[str, Any]

NAMESPACE = "urn:picustream"
PATIENT = f"{NAMESPACE}:patient"
STAY = f"{NAMESPACE}:stay"
RECORD = f"{NAMESPACE}:record"
"""The system of a record's key: what all its revisions have in common."""
EVENT = f"{NAMESPACE}:event"
"""The system of `event_id`: one revision."""
PROTOCOL = f"{NAMESPACE}:protocol"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


def key_of(record: Record) -> str:
    """What all revisions of a record have in common: its `event_id` without the revision."""
    return record.event_id.removesuffix(f"/r{record.revision}")


def resource_id(kind: str, key: str) -> str:
    """An id that FHIR takes (`[A-Za-z0-9.-]`, 64 at most), the same for every revision: keys have `/` and `:`."""
    digest = base64.b32encode(hashlib.sha256(key.encode()).digest()).decode()
    return f"{kind}-{digest[:32].lower()}"


def head(resource_type: str, kind: str, record: Record) -> Json:
    """The beginning of a resource of a record of that kind.

    A server gives versions of its own, so the revision's id is an identifier as well.
    """
    key = key_of(record)
    return {
        "resourceType": resource_type,
        "id": resource_id(kind, key),
        "meta": {
            "versionId": str(record.revision),
            "lastUpdated": record.emitted_at,
            "tag": [coding(f"{NAMESPACE}:use", record.use)],
        },
        "identifier": [{"system": RECORD, "value": key}, {"system": EVENT, "value": record.event_id}],
    }


def coding(system: str, code: str, display: str | None = None) -> Json:
    return {"system": system, "code": code} | ({"display": display} if display else {})


def concept(*codings: Json, text: str | None = None) -> Json:
    return {"coding": [*codings]} | ({"text": text} if text else {})


def reference(resource_type: str, system: str, value: str) -> Json:
    """By identifier."""
    return {"type": resource_type, "identifier": {"system": system, "value": value}}


def extension(name: str, kind: str, value: Any) -> Json:
    """`kind` is the FHIR type of the value, with a capital."""
    return {"url": f"{NAMESPACE}:{name}", f"value{kind}": value}
