"""What a record of a topic becomes: a row of a table, or a fault of a topic that is not as it must be."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Protocol

import msgspec
from pydantic import ValidationError

from picustream.deadletters.dead_letter import dead_letters
from picustream.eventfiles.outputs import Stored
from picustream.models import text
from picustream.models.desk import DESK, DESK_EVENT
from picustream.models.record import DEAD_LETTERS
from picustream.readmodel.rows import to_micros
from picustream.runtime.errors import UserError
from picustream.scoring.presence.record import STAY


class Arrived(Protocol):
    """A record as a client of Kafka gives it."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def timestamp(self) -> int: ...


class NotARecord(ValueError):
    """The record is not as its topic's records are; says why, without a value of it."""


@dataclass(slots=True)
class Rows:
    """What one commit adds, by table."""

    revisions: list[dict[str, Any]] = field(default_factory=list)
    desk: list[dict[str, Any]] = field(default_factory=list)
    dead_letters: list[dict[str, Any]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.revisions) + len(self.desk) + len(self.dead_letters) + len(self.faults)


_LARGEST = 2**31 - 1


class Fields(msgspec.Struct):
    """What is read of a revision for the columns; of most kinds some are not there."""

    event_id: str
    status: str
    revision: Annotated[int, msgspec.Meta(ge=1, le=_LARGEST)]
    supersedes: str | None
    effective_at: str
    emitted_at: str
    stay_id: str | None = None
    patient_id: str | None = None
    state: str | None = None
    day: str | None = None
    milestone: str | None = None
    total: Annotated[int, msgspec.Meta(ge=-_LARGEST, le=_LARGEST)] | None = None
    bed: str | None = None
    audience: str | None = None
    name: str | None = None
    unit: str | None = None

    @property
    def record(self) -> str:
        """The record within its topic: the id without what counts revisions. Raises NotARecord."""
        record, mark, number = self.event_id.rpartition("/r")
        if not mark or number != str(self.revision):
            raise NotARecord("event_id does not end with its revision")
        return record


_decoder = msgspec.json.Decoder(Fields)


def fields_of(body: bytes | str) -> Fields:
    """The fields of a revision. Raises NotARecord."""
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise NotARecord(str(error)) from None
    except msgspec.DecodeError:
        raise NotARecord("not JSON") from None


def decoded(value: bytes | None) -> str:
    """The text of a record, as a database can hold it. Raises NotARecord."""
    if value is None:
        raise NotARecord("no value")
    try:
        body = value.decode()
    except UnicodeDecodeError:
        raise NotARecord("not UTF-8") from None
    if "\x00" in body:
        raise NotARecord("a byte that is zero")
    return body


def place_of(record: Arrived) -> dict[str, Any]:
    return {"topic": record.topic, "partition": record.partition, "offset": record.offset}


def revision_row(record: Arrived, name: str, found: Fields, body: str) -> dict[str, Any]:
    """The row of a revision. Raises NotARecord."""
    placed = record.topic == STAY  # elsewhere the unit is that of a value
    row = {
        **place_of(record),
        "record": name,
        "revision": found.revision,
        "event_id": found.event_id,
        "stay": found.stay_id,
        "patient": found.patient_id,
        "status": found.status,
        "state": found.state,
        "day": found.day,
        "milestone": found.milestone,
        "total": found.total,
        "unit": found.unit if placed else None,
        "bed": found.bed if placed else None,
        "audience": found.audience,
        "name": found.name,
        "effective_at": micros(found.effective_at),
        "emitted_at": micros(found.emitted_at),
        "sha256": digest(body.encode()),
        "body": body,
    }
    if "\\u0000" in body and any("\x00" in value for value in row.values() if isinstance(value, str)):
        raise NotARecord("a character that is zero")
    return row


def desk_row(record: Arrived) -> dict[str, Any]:
    """The row of something that a person entered. Raises NotARecord."""
    body = decoded(record.value)
    try:
        event = DESK_EVENT.validate_python(text.parse(body))
    except (text.NotJson, ValidationError) as error:
        raise NotARecord(f"no event of {DESK}: {type(error).__name__}") from None
    return {
        **place_of(record),
        "event_id": event.event_id,
        "type": event.type,
        "stay": getattr(event, "stay_id", None),
        "alert": getattr(event, "alert_id", None),
        "cut": getattr(event, "cut_id", None),
        "at": to_micros(event.at),
        "by": event.by,
        "role": event.role,
        "sha256": digest(body.encode()),
        "body": body,
    }


def dead_letter_row(record: Arrived) -> dict[str, Any]:
    """The row of a dead letter, without what was refused. Raises NotARecord."""
    faults: list[UserError] = []
    stored = Stored(record.topic, record.key, record.value or b"", "", record.timestamp)
    found = next(dead_letters([stored], faults.append), None)
    if found is None:
        raise NotARecord("no dead letter")
    letter = found.record
    return {
        **place_of(record),
        "event_id": letter.event_id,
        "about": letter.topic,
        "about_partition": letter.partition,
        "about_offset": letter.offset,
        "scope": letter.scope,
        "reason": letter.reason,
        "source": found.source,
        "event": None if found.event is None else found.event[2],
        "stay": found.stay_id,
        "path": letter.path,
        "message": letter.message,
        "observed": found.observed,
        "first_seen_at": to_micros(letter.first_seen_at),
        "resubmitted": letter.resubmitted,
        "payload_bytes": letter.payload_bytes,
        "payload_sha256": letter.payload_sha256,
        "arrived_at_ms": record.timestamp,
        "sha256": digest(record.value or b""),
        "body": text.encode(letter.model_copy(update={"payload": ""})),
    }


def is_revision(topic: str) -> bool:
    """Whether the records of a topic are revisions."""
    return topic != DESK and topic not in DEAD_LETTERS


def digest(value: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(value).hexdigest()


def micros(moment: str) -> int:
    """A moment with its offset, as it is stored. Raises NotARecord."""
    try:
        found = datetime.fromisoformat(moment)
        return to_micros(found)
    except (ValueError, TypeError):
        raise NotARecord("a time without an offset, or no time") from None
