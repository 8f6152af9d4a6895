"""Records on their way out: bytes, and headers as CloudEvents 1.0 has them in binary mode."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from picustream.models import text
from picustream.models.record import ALERT, DEAD_LETTER, AlertRecord, DeadLetter, dump
from picustream.scoring.door import ID, Admission, Arrival, dead_letter_fields
from picustream.scoring.records.revisions import Revision

CONTENT_TYPE = b"application/json"
HEAD_HEADER = "picustream_head"
"""Header of every record of a stay and alert about a source: what is kept of it as last told, from which lost state is
rebuilt (I5)."""


@dataclass(frozen=True, slots=True)
class Output:
    """One record to publish."""

    topic: str
    key: bytes | None
    event_id: str
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


def record_output(revision: Revision, zone: tzinfo) -> Output:
    """A revision of a record; times are written in `zone`."""
    fields = dump(revision.record)
    stay_id, event_id = fields["stay_id"], fields["event_id"]  # an alert about a source is of no stay
    subject, key = (stay_id, stay_id.encode()) if stay_id else (fields["alert_id"], None)
    head = text.encode([str(revision.key), *revision.head.to_store()]).encode()
    headers = _headers(revision.topic, event_id, subject, _written(fields["effective_at"], zone))
    return Output(revision.topic, key, event_id, text.encode(fields, zone).encode(), (*headers, (HEAD_HEADER, head)))


def alert_output(record: AlertRecord, zone: tzinfo) -> Output:
    """An alert that is of no stay and of no source."""
    headers = _headers(ALERT, record.event_id, record.alert_id, _written(record.effective_at, zone))
    return Output(ALERT, None, record.event_id, text.encode(dump(record), zone).encode(), headers)


def dead_letter_output(one: Admission, number: int, now: datetime, zone: tzinfo) -> Output:
    """The dead letter of a fault of an arrival."""
    arrival, event_id = one.arrival, dead_letter_id(one.arrival, number)
    fields = dead_letter_fields(arrival, one.faults[number], now, arrival.resubmitted)
    value = text.encode(dump(DeadLetter(event_id=event_id, **fields)), zone).encode()
    key = arrival.key if arrival.key is not None or one.stay_id is None else one.stay_id.encode()
    headers = _headers(DEAD_LETTER, event_id, _subject(key), _written(now, zone))
    return Output(DEAD_LETTER, key, event_id, value, headers)


def _subject(key: bytes | None) -> str | None:
    """The stay that a key names, if it can be one."""
    named = (key or b"").decode("utf-8", "replace")
    return named if ID.fullmatch(named) else None


def dead_letter_id(arrival: Arrival, number: int) -> str:
    """One per input offset and fault, and the same whenever it is made."""
    partition = "-" if arrival.partition is None else arrival.partition
    return f"dead/{arrival.topic}/{partition}/{arrival.offset}/{number}"


def _written(moment: datetime, zone: tzinfo) -> str:
    return text.encode(moment, zone).strip('"')


def _headers(topic: str, event_id: str, subject: str | None, when: str) -> tuple[tuple[str, bytes], ...]:
    """Without a subject where none is known: CloudEvents has no empty one."""
    return (
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_type", topic.encode()),
        ("ce_source", b"picustream"),
        *((("ce_subject", subject.encode()),) if subject is not None else ()),
        ("ce_time", when.encode()),
        ("content-type", CONTENT_TYPE),
    )
