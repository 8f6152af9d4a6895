"""Output records: bytes, and headers of CloudEvents 1.0 in binary mode."""

from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from picustream.models import text
from picustream.models.record import ALERT
from picustream.scoring.records.revisions import Revision

HEAD_HEADER = "picustream_head"
"""Header of every record of a stay and alert about a source: its head, from which lost state is rebuilt (I5)."""


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
    fields = revision.record
    stay_id, event_id = fields["stay_id"], fields["event_id"]  # an alert about a source has no stay
    subject, key = (stay_id, stay_id.encode()) if stay_id else (fields["alert_id"], None)
    head = text.encoded([str(revision.key), *revision.head.to_store()])
    common = headers(revision.topic, event_id, subject, text.written(fields["effective_at"], zone))
    return Output(revision.topic, key, event_id, text.encoded(fields, zone), (*common, (HEAD_HEADER, head)))


def alert_output(record: dict[str, Any], zone: tzinfo) -> Output:
    """An alert about neither a stay nor a source."""
    event_id = record["event_id"]
    common = headers(ALERT, event_id, record["alert_id"], text.written(record["effective_at"], zone))
    return Output(ALERT, None, event_id, text.encoded(record, zone), common)


def headers(topic: str, event_id: str, subject: str | None, when: str) -> tuple[tuple[str, bytes], ...]:
    """CloudEvents 1.0 in binary mode; without a subject where none is known, for an empty one is not allowed."""
    return (
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_type", topic.encode()),
        ("ce_source", b"picustream"),
        *((("ce_subject", subject.encode()),) if subject is not None else ()),
        ("ce_time", when.encode()),
        ("content-type", b"application/json"),
    )
