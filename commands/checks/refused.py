"""The dead letters of the last day that are open, against what came in meanwhile."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from kafka import KafkaConsumer, TopicPartition

from picustream.commands.checks.broker import READING, places
from picustream.commands.checks.finding import Finding, not_allowed, ok
from picustream.commands.letters.history import OPEN, History
from picustream.commands.letters.inputs import Progress, look_up
from picustream.commands.letters.letter import letters
from picustream.commands.outputs import Stored
from picustream.scoring.deadletters import dead_letter_topic
from picustream.streams.rights import Right, Topic, without
from picustream.streams.settings import Settings
from picustream.streams.topics import DEAD_LETTERS, INPUTS

MOST = 0.05
"""Share of the input records; a feed that is right has next to none."""
LOOKED_AT = timedelta(days=1)
"""What was mended before is no finding any more."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Input records of the last day, how many of them have a dead letter, and how many of these are done with."""

    inputs: int
    refused: int
    settled: int = 0
    """Sent again, or sent anew by their feed. Not asked for where the others are few in any case."""


def refused(settings: Settings, reader: KafkaConsumer, found: Mapping[str, Topic]) -> list[Finding]:
    """The check, on the topics of dead letters that we may read; of the others a line that says so."""
    unreadable = without({name: found[name] for name in DEAD_LETTERS}, Right.READ)
    told = [not_allowed("dead-letters", settings, Right.READ, unreadable)] if unreadable else []
    readable = [name for name in DEAD_LETTERS if name not in unreadable]
    return [*told, *([check_refused(count(settings, reader, readable))] if readable else [])]


def check_refused(facts: Refused) -> Finding:
    """Whether more than `MOST` of what came in was refused, whole or in part, and is not mended since (I2)."""
    if not facts.inputs:
        return ok("dead-letters", "nothing came in during the last 24 h")
    left = facts.refused - facts.settled
    share = left / facts.inputs
    what = "an open dead letter" if facts.settled else "a dead letter"
    message = f"{left} of {facts.inputs} input records of the last 24 h have {what} ({share:.1%})"
    if facts.settled:
        message += f"; {facts.settled} more were sent again since"
    if share > MOST:
        fix = "See which feed and why: picustream deadletters list --open."
        return Finding("dead-letters", "finding", message, fix)
    return ok("dead-letters", message)


def count(settings: Settings, reader: KafkaConsumer, letters: Sequence[str] = DEAD_LETTERS) -> Refused:
    """Counted by offsets; where that would be too many, by reading the dead letters, for an offset may be a marker;
    where they are too many still, by looking in the inputs which of them were sent again."""
    since = int((time.time() - LOOKED_AT.total_seconds()) * 1000)
    about = [topic for topic in INPUTS if dead_letter_topic(topic) in letters]
    inputs = sum(end - first for first, end in _spans(reader, places(about, settings), since).values())
    spans = _spans(reader, places(letters, settings), since)
    at_most = sum(end - first for first, end in spans.values())
    if at_most <= MOST * inputs:
        return Refused(inputs, at_most)
    records = _read(reader, spans)
    refused = {_input_record(one.where) for one in records if one.where}
    if len(refused) <= MOST * inputs:
        return Refused(inputs, len(refused))
    return Refused(inputs, len(refused), len(refused & _settled(settings, records)))


def _spans(reader: KafkaConsumer, parts: list[TopicPartition], since: int) -> dict[TopicPartition, tuple[int, int]]:
    """First offset since a moment (milliseconds since 1970) and end of each part that has any."""
    ends = reader.end_offsets(parts)
    firsts = reader.offsets_for_times(dict.fromkeys(parts, since))
    found = {part: (first.offset, ends[part]) for part, first in firsts.items() if first is not None}
    return {part: (first, end) for part, (first, end) in found.items() if 0 <= first < end}


def _read(reader: KafkaConsumer, spans: dict[TopicPartition, tuple[int, int]]) -> list[Stored]:
    """The dead letters that can be read within `READING` seconds."""
    found: list[Stored] = []
    until = time.monotonic() + READING
    reader.assign(list(spans))
    for part, (first, _) in spans.items():
        reader.seek(part, first)
    while any(reader.position(part) < end for part, (_, end) in spans.items()) and time.monotonic() < until:
        for records in reader.poll(timeout_ms=200).values():
            for record in records:
                # `where` is the id, which is known also of a letter that cannot be read.
                name = next((value.decode() for name, value in record.headers if name == "ce_id" and value), "")
                found.append(Stored(record.topic, None, record.value or b"", name, record.timestamp))
    return found


def _settled(settings: Settings, records: list[Stored]) -> set[str]:
    """The input records whose letters are done with, all of them, as far as the inputs can be read in time."""
    history = History(letters(records, lambda _: None))
    look_up(settings, history, lambda _: True, Progress(READING))
    judged = [(_input_record(letter.record.event_id), history.state(letter) in OPEN) for letter in history.letters]
    return {name for name, _ in judged} - {name for name, is_open in judged if is_open}


def _input_record(letter_id: str) -> str:
    """`dead/<topic>/<partition>/<offset>/<number>`: all but the number is the input record, which may have several."""
    return letter_id.rpartition("/")[0]
