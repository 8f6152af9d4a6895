"""The dead letters of the last day that are open, against what came in meanwhile."""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from picustream.deadletters.dead_letter import dead_letters
from picustream.deadletters.history import OPEN, History
from picustream.deadletters.inputs import Progress, look_up
from picustream.doctor.broker import READING, places
from picustream.doctor.finding import Finding, not_allowed, ok
from picustream.eventfiles.outputs import Stored
from picustream.models.event import INPUT_TOPICS
from picustream.models.record import DEAD_LETTERS
from picustream.runtime.settings import Settings
from picustream.scoring.dead_letters import dead_letter_topic
from picustream.streams.kafka.rights import Right, Topic, without

MOST = 0.05
"""Share of the input records; a feed that is right has next to none."""
MOST_READ = timedelta(days=1)
"""What was fixed before is no finding any more."""
COUNTING = 5.0
"""Seconds to count input records one by one: their offsets may also be markers of transactions, or aborted. Where there
are more than can be read in that time, the share that are records is taken from those that were."""

Spans = Mapping[TopicPartition, tuple[int, int]]
"""First offset and end of each part."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Input records of the last day, how many of them have a dead letter, and how many of these are done with."""

    inputs: int
    refused: int
    settled: int = 0
    """Sent again, or sent anew by their feed. Not asked for where the others are few in any case."""
    counted: bool = True
    """Whether all the inputs were; else they are about so many."""


def refused(settings: Settings, reader: KafkaConsumer, found: Mapping[str, Topic]) -> list[Finding]:
    """The check, on the topics of dead letters that we may read; of the others a line that names them."""
    unreadable = without({name: found[name] for name in DEAD_LETTERS}, Right.READ)
    findings = [not_allowed("dead-letters", settings, Right.READ, unreadable)] if unreadable else []
    readable = [name for name in DEAD_LETTERS if name not in unreadable]
    unread = without({name: found[name] for name in INPUT_TOPICS}, Right.READ)
    return [*findings, *([check_refused(count(settings, reader, readable, unread))] if readable else [])]


def check_refused(facts: Refused) -> Finding:
    """Whether more than `MOST` of what came in was refused, whole or in part, and is not fixed since (I2)."""
    if not facts.inputs:
        return ok("dead-letters", "nothing came in during the last 24 h")
    left = facts.refused - facts.settled
    share = left / facts.inputs
    what = "an open dead letter" if facts.settled else "a dead letter"
    inputs = f"{facts.inputs}" if facts.counted else f"about {facts.inputs}"
    message = f"{left} of {inputs} input records of the last 24 h have {what} ({share:.1%})"
    if facts.settled:
        message += f"; {facts.settled} more were sent again since"
    if share > MOST:
        fix = "See which feed and why: picustream deadletters list --open."
        return Finding("dead-letters", "finding", message, fix)
    return ok("dead-letters", message)


def count(
    settings: Settings, reader: KafkaConsumer, dead_letters: Sequence[str] = DEAD_LETTERS, unread: Collection[str] = ()
) -> Refused:
    """Input records, and those of them that have a dead letter, or several; where these are too many, by looking in the
    inputs which of them were sent again. `unread`: inputs that our user may not read, whose offsets are counted."""
    since = int((time.time() - MOST_READ.total_seconds()) * 1000)
    about = [topic for topic in INPUT_TOPICS if dead_letter_topic(topic) in dead_letters]
    came = _spans(reader, places(about, settings), since)
    inputs, counted = _records_in(reader, came, unread)
    records = _read(reader, _spans(reader, places(dead_letters, settings), since))
    refused = {_input_record(one.where) for one in records if _is_about(one.where, came)}
    settled = refused & _settled(settings, records) if len(refused) > MOST * inputs else set()
    return Refused(inputs, len(refused), len(settled), counted)


def _spans(reader: KafkaConsumer, parts: list[TopicPartition], since: int) -> dict[TopicPartition, tuple[int, int]]:
    """First offset since a moment (milliseconds since 1970) and end of each part that has any."""
    ends = reader.end_offsets(parts)
    firsts = reader.offsets_for_times(dict.fromkeys(parts, since))
    found = {part: (first.offset, ends[part]) for part, first in firsts.items() if first is not None}
    return {part: (first, end) for part, (first, end) in found.items() if 0 <= first < end}


def _records_in(reader: KafkaConsumer, spans: Spans, unread: Collection[str]) -> tuple[int, bool]:
    """How many committed records lie there, and whether all of them were counted; else about how many."""
    read = {part: span for part, span in spans.items() if part.topic not in unread}
    found = sum(1 for _ in _within(reader, read, COUNTING))
    passed = sum(min(reader.position(part), end) - first for part, (first, end) in read.items())
    offsets = sum(end - first for first, end in spans.values())
    return (round(found * offsets / passed) if passed else offsets), passed >= offsets


def _read(reader: KafkaConsumer, spans: Spans) -> list[Stored]:
    """The dead letters that can be read in time."""
    found: list[Stored] = []
    for record in _within(reader, spans, READING):
        # `where` is the id, which is known also of a dead letter that cannot be read.
        name = next((value.decode() for name, value in record.headers if name == "ce_id" and value), "")
        found.append(Stored(record.topic, None, record.value or b"", name, record.timestamp))
    return found


def _within(reader: KafkaConsumer, spans: Spans, seconds: float) -> Iterator[ConsumerRecord]:
    """The records of spans, as many as can be read in so many seconds."""
    until = time.monotonic() + seconds
    reader.assign(list(spans))
    reader.resume(*reader.paused())  # whoever read before may have had enough of a part
    for part, (first, _) in spans.items():
        reader.seek(part, first)
    while any(reader.position(part) < end for part, (_, end) in spans.items()) and time.monotonic() < until:
        for part, records in reader.poll(timeout_ms=200).items():
            yield from (record for record in records if record.offset < spans[part][1])


def _settled(settings: Settings, records: list[Stored]) -> set[str]:
    """The input records whose dead letters are done with, all of them, as far as the inputs can be read in time."""
    history = History(dead_letters(records, lambda _: None))
    look_up(settings, history, lambda _: True, Progress(READING))
    judged = [
        (_input_record(dead_letter.record.event_id), history.state(dead_letter) in OPEN)
        for dead_letter in history.dead_letters
    ]
    return {name for name, _ in judged} - {name for name, is_open in judged if is_open}


def _is_about(letter_id: str, spans: Spans) -> bool:
    """Whether a dead letter is about one of the records of spans; it may be about one that came before."""
    _, *place = _input_record(letter_id).split("/")
    match place:
        case [topic, partition, offset] if partition.isdigit() and offset.isdigit():
            first, end = spans.get(TopicPartition(topic, int(partition)), (0, 0))
            return first <= int(offset) < end
    return False


def _input_record(letter_id: str) -> str:
    """`dead/<topic>/<partition>/<offset>/<number>`: all but the number is the input record, which may have several."""
    return letter_id.rpartition("/")[0]
