"""Revisions: what changed between what was last published and what holds now (docs/topics.md).

A revision is made only when something but the book-keeping changed. `final` means closed; what changes after that is
`amended`; what no longer holds is published as `entered-in-error`, once. A correction can open a record again, by
moving the onset or the admission from which its time is counted: then it is `preliminary` until it closes anew,
whatever came first (I1).
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from pydantic import BaseModel

from picustream.models import text
from picustream.models.record import WITHDRAWN, Cause, filled
from picustream.scoring.records.bodies import Body, RecordKey
from picustream.scoring.rules import Rules

CLOSED = ("final", "amended")


@dataclass(frozen=True, slots=True)
class Head:
    """What was last published under one key."""

    revision: int
    digest: str
    status: str
    closed: bool
    """Whether it was ever published as final."""
    patient_id: str | None
    effective_at: datetime
    final: str = ""
    """What a score said of the patient when it was first published as final (`said_of_the_patient`); empty before."""

    def to_store(self) -> list[Any]:
        return [self.revision, self.digest, self.status, self.closed, self.patient_id, self.effective_at, self.final]

    @classmethod
    def from_store(cls, kept: list[Any]) -> "Head":
        revision, digest, status, closed, patient_id, effective_at, *final = kept
        return cls(int(revision), digest, status, closed, patient_id, datetime.fromisoformat(effective_at), *final)


@dataclass(frozen=True, slots=True)
class RevisionContext:
    """Of which stay, by which rules, why and when."""

    rules: Rules
    stay_id: str | None
    patient_id: str | None
    cause: Cause
    emitted_at: datetime


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision, ready to be published."""

    topic: str
    key: RecordKey
    record: dict[str, Any]
    """The fields of the topic's model, in its order."""
    head: Head


def event_id_of(stay_id: str | None, key: RecordKey, revision: int) -> str:
    """Deterministic: a repeat can be recognised (invariant I3)."""
    return f"{stay_id}/{key}/r{revision}"


def revise(key: RecordKey, body: Body | None, head: Head | None, context: RevisionContext) -> Revision | None:
    """The revision that a body makes of what was last published, or None where nothing changed.

    No body: what was published is withdrawn, as of a day that a correction puts outside the stay (T5).
    """
    if body is None:
        if head is None or head.status == WITHDRAWN:
            return None
        return _revision(key, _withdrawn(key, context.rules), head, context, WITHDRAWN, "")
    digest = _digest(body, context.patient_id)
    same = head is not None and head.digest == digest
    if same and head is not None and (head.status in CLOSED or not body.closed):
        return None
    status = "preliminary" if not body.closed else "amended" if head is not None and head.closed else "final"
    return _revision(key, body, head, context, status, digest)


def _revision(
    key: RecordKey, body: Body, head: Head | None, context: RevisionContext, status: str, digest: str
) -> Revision:
    number = head.revision + 1 if head else 1
    kind, withdrawn = context.rules.kinds[key.kind], status == WITHDRAWN
    patient_id = head.patient_id if withdrawn and head else context.patient_id
    effective_at = head.effective_at if withdrawn and head else body.effective_at
    record = filled(
        kind.record,
        event_id=event_id_of(context.stay_id, key, number),
        stay_id=context.stay_id,
        patient_id=patient_id,
        status=status,
        revision=number,
        supersedes=event_id_of(context.stay_id, key, head.revision) if head else None,
        cause=context.cause,
        effective_at=effective_at,
        emitted_at=context.emitted_at,
        protocol=context.rules.protocol.stamp(),
        software=context.rules.software,
        caveats=body.caveats,
        **body.fields,
    )
    closed = status in CLOSED or (head is not None and head.closed)
    final = head.final if head else ""
    if key.kind in context.rules.kinds.is_score and status in CLOSED and not final:
        final = said_of_the_patient(body)
    return Revision(kind.topic, key, record, Head(number, digest, status, closed, patient_id, effective_at, final))


def said_of_the_patient(body: Body) -> str:
    """A digest of points and values: no receipt, and no numbering of the day, which a start of treatment changes."""
    return _digest_of(_without(body.fields, {*_STUDY_DAY, *_RECEIPT}))


def _digest(body: Body, patient_id: str | None) -> str:
    return _digest_of([body.compared or body.fields, body.effective_at, body.caveats, patient_id])


def _digest_of(content: Any) -> str:
    return blake2b(text.encoded(content), digest_size=12).hexdigest()


def _without(value: Any, names: set[str]) -> Any:
    fields = vars(value) if isinstance(value, BaseModel) else value
    if isinstance(fields, dict):
        return {name: _without(part, names) for name, part in fields.items() if name not in names}
    return [_without(part, names) for part in fields] if isinstance(fields, list) else fields


def _withdrawn(key: RecordKey, rules: Rules) -> Body:
    """What is left of a withdrawn record: its key, and nothing that could be taken for a result."""
    return Body(rules.kinds[key.kind].withdrawn(key.part), datetime.min, (), closed=False)


_RECEIPT = ("inputs", "candidates_rejected")
_STUDY_DAY = ("elapsed_day", "sdtm_day", "in_window")
