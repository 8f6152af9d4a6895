"""The dead letters of the last day against what came in meanwhile."""

import time
from dataclasses import dataclass
from datetime import timedelta

from kafka import KafkaConsumer, TopicPartition

from picustream.commands.checks.broker import READING, places
from picustream.commands.checks.finding import Finding, ok
from picustream.streams.settings import Settings
from picustream.streams.topics import DEAD_LETTER, INPUTS

MOST = 0.05
"""Share of the input records; a feed that is right has next to none."""
LOOKED_AT = timedelta(days=1)
"""What was mended before is no finding any more."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Input records of the last day, and how many of them have a dead letter."""

    inputs: int
    refused: int


def check_refused(facts: Refused) -> Finding:
    """Whether more than `MOST` of what came in was refused, whole or in part (I2)."""
    if not facts.inputs:
        return ok("dead-letters", "nothing came in during the last 24 h")
    share = facts.refused / facts.inputs
    message = f"{facts.refused} of {facts.inputs} input records of the last 24 h have a dead letter ({share:.1%})"
    if share > MOST:
        return Finding("dead-letters", "finding", message, "See which feed and why: picustream deadletters list.")
    return ok("dead-letters", message)


def count(settings: Settings, reader: KafkaConsumer) -> Refused:
    """Counted by offsets; where that would be too many, by reading the dead letters, for an offset may be a marker."""
    since = int((time.time() - LOOKED_AT.total_seconds()) * 1000)
    inputs = sum(end - first for first, end in _spans(reader, places(INPUTS, settings), since).values())
    spans = _spans(reader, places([DEAD_LETTER], settings), since)
    at_most = sum(end - first for first, end in spans.values())
    if at_most <= MOST * inputs:
        return Refused(inputs, at_most)
    return Refused(inputs, len(_refused(reader, spans)))


def _spans(reader: KafkaConsumer, parts: list[TopicPartition], since: int) -> dict[TopicPartition, tuple[int, int]]:
    """First offset since a moment (milliseconds since 1970) and end of each part that has any."""
    ends = reader.end_offsets(parts)
    firsts = reader.offsets_for_times(dict.fromkeys(parts, since))
    found = {part: (first.offset, ends[part]) for part, first in firsts.items() if first is not None}
    return {part: (first, end) for part, (first, end) in found.items() if 0 <= first < end}


def _refused(reader: KafkaConsumer, spans: dict[TopicPartition, tuple[int, int]]) -> set[bytes]:
    """The input records that dead letters speak of; an event has one for each fault. What is read within 30 s."""
    found: set[bytes] = set()
    until = time.monotonic() + READING
    reader.assign(list(spans))
    for part, (first, _) in spans.items():
        reader.seek(part, first)
    while any(reader.position(part) < end for part, (_, end) in spans.items()) and time.monotonic() < until:
        for records in reader.poll(timeout_ms=200).values():
            # `dead/<topic>/<partition>/<offset>/<number>`: all but the number is the input record.
            ids = [value for record in records for name, value in record.headers if name == "ce_id"]
            found |= {value.rpartition(b"/")[0] for value in ids}
    return found
