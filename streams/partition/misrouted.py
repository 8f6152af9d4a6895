"""Records on the wrong partition: feeds use different partitioners, and a stay must have one writer.

Kafka's own default is murmur2; librdkafka's is CRC32. A record whose stay does not belong on its partition is
forwarded once to the right one, through the outbox, and is never processed where it is.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from picustream.models import text
from picustream.models.envelope import id_of, stay_of_key
from picustream.models.event import MAX_EVENT_BYTES
from picustream.scoring.faults import Fault
from picustream.scoring.port import FaultReports
from picustream.scoring.validation import InputRecord, refuse
from picustream.streams.kafka.batches import CUT, UNREADABLE
from picustream.streams.kafka.resubmission import RESUBMITTED_HEADER, is_resubmitted
from picustream.streams.kafka.topics import partition_of
from picustream.streams.store.outbox import Entry, Header

FORWARDED_HEADER = "picustream_forwarded_from"
"""`<topic>/<partition>/<offset>` of the record as its feed sent it."""
KEYLESS_HEADER = "picustream_without_key"
"""On a record that came without a key: where it went is no fault of its feed's partitioner."""
OURS = (FORWARDED_HEADER, KEYLESS_HEADER, RESUBMITTED_HEADER)
LONGEST_OF_OURS = 1024


def forwarded(
    topic: str,
    partition: int,
    offset: int,
    key: bytes | None,
    value: bytes | None,
    headers: Sequence[Header],
    partitions: int,
) -> Entry | None:
    """The record on its way to its right partition (sequence still 0), or None if it is to be processed here.

    A record is judged by its key, without one by the `stay_id` in its body. Where neither can be read it stays, and
    the engine makes a dead letter of it; so does what is too large to be an event, or was only read in part. Of headers
    that are larger than an event those alone go along that are ours.
    """
    if value is None or len(value) > MAX_EVENT_BYTES or any(name in (CUT, UNREADABLE) for name, _ in headers):
        return None
    stay_id = stay_of_key(key) if key is not None else _of_body(value)
    if stay_id is None:
        return None
    target = partition_of(stay_id, partitions)
    if target == partition:
        return None
    origin = f"{topic}/{partition}/{offset}"
    keyless = ((KEYLESS_HEADER, b""),) if key is None else ()
    return Entry(
        sequence=0,
        topic=topic,
        partition=target,
        key=stay_id.encode(),
        event_id=f"forwarded:{origin}",
        value=value,
        headers=(*_bounded(headers), (FORWARDED_HEADER, origin.encode()), *keyless),
    )


def _bounded(headers: Sequence[Header]) -> Sequence[Header]:
    if sum(len(name) + len(value or b"") for name, value in headers) <= MAX_EVENT_BYTES:
        return headers
    return [(name, value) for name, value in headers if name in OURS and len(value or b"") <= LONGEST_OF_OURS]


def as_dead_letter(entry: Entry, partition: int, reports: FaultReports, now: datetime) -> Entry:
    """The dead letter of a record that its topic does not take from us, under the sequence of its way out."""
    named = dict(entry.headers)
    topic, number, offset = (named[FORWARDED_HEADER] or b"").decode().rsplit("/", 2)
    message = "too large for its topic on its way to its right partition; key it by its stay: picustream topics --check"
    fault = Fault("too-large", "", message)
    input_record = InputRecord(
        topic,
        int(number),
        int(offset),
        None if KEYLESS_HEADER in named else entry.key,
        entry.value,
        is_resubmitted(entry.headers),
        fault=fault,
    )
    [dead_letter] = reports.dead_letters(refuse(input_record, fault), now)
    return Entry(
        entry.sequence,
        dead_letter.topic,
        partition,
        dead_letter.key,
        dead_letter.event_id,
        dead_letter.value,
        tuple(dead_letter.headers),
    )


def is_misrouted(headers: Iterable[Header]) -> bool:
    """Whether the record was forwarded because its feed put its key on a wrong partition."""
    names = {name for name, _ in headers}
    return FORWARDED_HEADER in names and KEYLESS_HEADER not in names


def _of_body(value: bytes) -> str | None:
    """The stay, read as the engine reads it: what that alone could read would be used where it does not belong."""
    try:
        body = text.parse(value)
    except text.NotJson:
        return None
    return id_of(body.get("stay_id")) if isinstance(body, dict) else None
