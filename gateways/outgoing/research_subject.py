"""Eligibility as a FHIR ResearchSubject: the screening state, a criterion each with its reason. The arm is in none."""

from picustream.gateways.outgoing.resource import (
    NAMESPACE,
    PATIENT,
    PROTOCOL,
    STAY,
    Json,
    coding,
    extension,
    head,
    reference,
)
from picustream.models.record import WITHDRAWN
from picustream.scoring.trial.records import Criterion, EligibilityRecord

_STATUS = {
    "screening": "screening",
    "eligible": "eligible",
    "ineligible": "ineligible",
    "review": "potential-candidate",
    "withdrawn": "withdrawn",
}
_NOT_IN_FORCE = "not-registered"
"""Of a record that was withdrawn, tagged so: a ResearchSubject has no `entered-in-error`, and what a server holds must
not go on saying `eligible`."""


def research_subject(record: EligibilityRecord) -> Json | None:
    """The ResearchSubject of a record; None where no patient is named, without whom FHIR has none."""
    if record.patient_id is None:
        return None
    withdrawn = record.status == WITHDRAWN or record.state is None
    resource = head("ResearchSubject", "eligibility", record)
    if withdrawn:
        resource["meta"]["tag"].append(coding(f"{NAMESPACE}:status", WITHDRAWN))
    return {
        **resource,
        "extension": [
            extension("stay", "Identifier", {"system": STAY, "value": record.stay_id}),
            extension("status", "Code", record.status),
            *map(_criterion, record.criteria),
            *_moments(record),
        ],
        "status": _NOT_IN_FORCE if withdrawn else _STATUS[record.state or ""],
        "study": reference("ResearchStudy", PROTOCOL, record.protocol.id),
        "individual": reference("Patient", PATIENT, record.patient_id),
    }


def _criterion(one: Criterion) -> Json:
    """`met` is left out where it is not known."""
    parts: list[Json] = [{"url": "criterion", "valueCode": one.criterion}]
    if one.met is not None:
        parts.append({"url": "met", "valueBoolean": one.met})
    if one.detail is not None:
        parts.append({"url": "detail", "valueString": one.detail})
    return {"url": f"{NAMESPACE}:criterion", "extension": parts}


def _moments(record: EligibilityRecord) -> list[Json]:
    named = {
        "eligible-since": record.eligible_since,
        "next-change": record.next_change_at,
        "closes": record.closes_at,
    }
    return [extension(name, "DateTime", moment) for name, moment in named.items() if moment is not None]
