"""Records as the FHIR resources that are sent."""

from dataclasses import dataclass

from picustream.eventfiles import outputs
from picustream.eventfiles.outputs import OnError, Stored
from picustream.gateways.outgoing.observation import observation
from picustream.gateways.outgoing.research_subject import research_subject
from picustream.gateways.outgoing.resource import Json
from picustream.models import text
from picustream.models.record import ScoreRecord
from picustream.scoring.scores.registry import SHIPPED
from picustream.scoring.trial.records import ELIGIBILITY, EligibilityRecord

SCORE_TOPICS = tuple(score.topic for score in SHIPPED.scores)
TOPICS = (*SCORE_TOPICS, ELIGIBILITY)


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource, ready to be sent."""

    kind: str
    """The type of resource."""
    id: str
    body: bytes
    """JSON."""


def resource_of(stored: Stored, on_error: OnError) -> Resource | None:
    """The resource of a record. None for what cannot be read, which is reported, and for what FHIR cannot say: a stay
    whose patient nobody has named is no ResearchSubject."""
    record = outputs.read(stored, on_error)
    fields: Json | None = None
    if isinstance(record, ScoreRecord):
        fields = observation(SHIPPED.score_named(record.score), record)
    elif isinstance(record, EligibilityRecord):
        fields = research_subject(record)
    if fields is None:
        return None
    return Resource(fields["resourceType"], fields["id"], text.encode(fields).encode())
