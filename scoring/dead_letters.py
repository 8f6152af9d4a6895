"""Dead letters: what could not be used, with the reason and the original bytes.

The size of a dead letter is bounded: of a long record it has the head, the size and the SHA-256.
"""

import base64
import hashlib
from datetime import datetime, tzinfo
from typing import Any

from picustream.models import text
from picustream.models.envelope import stay_of_key
from picustream.models.event import TRIAL
from picustream.models.record import DEAD_LETTER, DEAD_LETTER_TRIAL, DeadLetter
from picustream.scoring.faults import Fault
from picustream.scoring.outputs import Output, headers
from picustream.scoring.validation import InputRecord, ValidatedInput

PAYLOAD_WHOLE, PAYLOAD_HEAD = 256 << 10, 64 << 10
"""Bytes up to which a dead letter has its record whole, and how many of a longer one it has."""
STAYS_REFUSED = frozenset({"in-the-future", "unprocessable"})
"""Reasons that do not apply for ever: the clock advances, and the program is repaired. What was refused for one of
these stays refused, or the scores would depend on when it is read (T6)."""
KEY_HEAD = 1 << 10
"""Bytes of a key that a dead letter repeats. An id has 128 at most."""


def dead_letter_output(one: ValidatedInput, number: int, now: datetime, zone: tzinfo) -> Output:
    """The dead letter of a fault of an input record, with the record's key unless it is too long to be a stay's."""
    record, event_id = one.input_record, dead_letter_id(one.input_record, number)
    fields = dead_letter_fields(record, one.faults[number], now)
    value = text.encoded(DeadLetter(event_id=event_id, **fields), zone)
    key, stay_id = record.key, one.stay_id
    if key is not None:
        stay_id = stay_of_key(key)
    elif stay_id is not None:
        key = stay_id.encode()
    if key is not None and len(key) > KEY_HEAD:
        key = None
    topic = dead_letter_topic(record.topic)
    return Output(topic, key, event_id, value, headers(topic, event_id, stay_id, text.written(now, zone)))


def dead_letter_topic(topic: str) -> str:
    """The topic for dead letters of an input topic: those that may name the arm have one with rights of its own."""
    return DEAD_LETTER_TRIAL if topic == TRIAL else DEAD_LETTER


def dead_letter_id(record: InputRecord, number: int) -> str:
    """One per input offset and fault, and the same whenever it is made."""
    partition = "-" if record.partition is None else record.partition
    return f"dead/{record.topic}/{partition}/{record.offset}/{number}"


def dead_letter_fields(record: InputRecord, fault: Fault, now: datetime) -> dict[str, Any]:
    """A dead letter's fields with the original bytes, or the head of a long record."""
    raw = record.value or b""
    size, sha256 = record.whole or (len(raw), hashlib.sha256(raw).hexdigest())
    kept = raw if size <= PAYLOAD_WHOLE else raw[:PAYLOAD_HEAD]
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": record.key[:KEY_HEAD].decode("utf-8", "backslashreplace") if record.key is not None else None,
        "scope": fault.scope,
        "reason": fault.reason,
        "path": fault.path,
        "message": fault.message,
        "payload": base64.b64encode(kept).decode(),
        "payload_bytes": size,
        "payload_sha256": sha256,
        "first_seen_at": now,
        "resubmitted": record.resubmitted,
    }
