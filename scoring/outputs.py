"""Records on their way out: bytes, and headers as CloudEvents 1.0 has them in binary mode."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from picustream.models import text
from picustream.models.event import stay_of_key
from picustream.models.record import ALERT, DEAD_LETTER, AlertRecord, DeadLetter, dump
from picustream.scoring.door import Admission, Arrival, dead_letter_fields
from picustream.scoring.records.revisions import Revision

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
    key, stay_id = arrival.key, one.stay_id
    if key is not None:
        stay_id = stay_of_key(key)
    elif stay_id is not None:
        key = stay_id.encode()
    return Output(DEAD_LETTER, key, event_id, value, _headers(DEAD_LETTER, event_id, stay_id, _written(now, zone)))


def dead_letter_id(arrival: Arrival, number: int) -> str:
    """One per input offset and fault, and the same whenever it is made."""
    partition = "-" if arrival.partition is None else arrival.partition
    return f"dead/{arrival.topic}/{partition}/{arrival.offset}/{number}"


def _written(moment: datetime, zone: tzinfo) -> str:
    return text.encode(moment, zone).strip('"')


def _headers(topic: str, event_id: str, subject: str | None, when: str) -> tuple[tuple[str, bytes], ...]:
    """Without a subject where none is known: CloudEvents has no empty one."""
    said = (
        ("ce_specversion", "1.0"),
        ("ce_id", event_id),
        ("ce_type", topic),
        ("ce_source", "picustream"),
        ("ce_subject", subject),
        ("ce_time", when),
        ("content-type", "application/json"),
    )
    return tuple((name, what.encode()) for name, what in said if what is not None)
