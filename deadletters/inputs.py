"""What came into the input topics after the events that dead letters are about: sent again by a person or by its feed.

Only those partitions are read to which the event of a dead letter can have come again, each from the first one on.
"""

import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING

from picustream.deadletters.dead_letter import DecodedDeadLetter, content_of, name_of
from picustream.deadletters.history import MARGIN_MS, History, LaterRecord
from picustream.models.envelope import readable_fields
from picustream.models.event import INPUT_TOPICS
from picustream.runtime.settings import Settings
from picustream.streams.kafka.resubmission import resubmission_of
from picustream.terminal.progress import PLAIN_EVERY

if TYPE_CHECKING:
    from kafka import KafkaConsumer, TopicPartition
    from kafka.consumer.fetcher import ConsumerRecord

_NAME = re.compile(rb'"event_id"\s*:\s*"([^"\\]*)"')
_NOTED_EVERY = 1_000
"""Records between two reports of progress."""

Report = Callable[[int, int], bool]
"""Takes how many records are read, and of how many at most; whether to go on."""


class Progress:
    """A line on standard error now and then. With `patience`, in seconds, reading ends when they are over."""

    def __init__(self, patience: float | None = None) -> None:
        self._shown = time.monotonic()
        self._until = None if patience is None else self._shown + patience

    def __call__(self, read: int, of: int) -> bool:
        now = time.monotonic()
        if now - self._shown >= PLAIN_EVERY:
            self._shown = now
            line = f"looked for what was sent again in {read:,} of {of:,} input records (--since shortens this)"
            print(line, file=sys.stderr)
        return self._until is None or now < self._until


def look_up(
    settings: Settings, history: History, wanted: Callable[[DecodedDeadLetter], bool], report: Report
) -> list[str]:
    """Note in the history what came after the dead letters that are wanted; returns topics that we may not read."""
    asked = [
        dead_letter
        for dead_letter in history.dead_letters
        if wanted(dead_letter) and not history.superseded(dead_letter)
    ]
    if not asked:
        return []
    from picustream.streams.kafka import arrival, clients, rights

    with clients.admin(settings) as admin:
        found = rights.look(admin, sorted({one.record.topic for one in asked}.intersection(INPUT_TOPICS)))
    hidden = rights.without(found, rights.Right.READ)
    partitions = {topic: one.partitions for topic, one in found.items() if topic not in hidden}
    with closing(clients.consumer(settings, **arrival.CONSUMER_OPTIONS)) as consumer:
        spans = _spans(settings, consumer, *_starts(asked, partitions))
        if not spans:
            return hidden
        consumer.assign(list(spans))
        for part, (first, _) in spans.items():
            consumer.seek(part, first)
        ends = {part: end for part, (_, end) in spans.items()}
        records = _with_progress(
            arrival.committed_records(consumer, ends), sum(end - first for first, end in spans.values()), report
        )
        for later in _relevant(records, asked, partitions):
            history.note(later)
    return hidden


def _with_progress(records: "Iterator[ConsumerRecord]", of: int, report: Report) -> "Iterator[ConsumerRecord]":
    for read, record in enumerate(records, start=1):
        yield record
        if read % _NOTED_EVERY == 0 and not report(read, of):
            return


def _relevant(
    records: "Iterable[ConsumerRecord]", dead_letters: Iterable[DecodedDeadLetter], partitions: Mapping[str, int]
) -> Iterator[LaterRecord]:
    """Those that were taken from a dead letter, or hold the event of one and are not only on their way elsewhere."""
    from picustream.streams.partition.misrouted import forwarded

    names = {dead_letter.event for dead_letter in dead_letters if dead_letter.event is not None}
    ids = {event_id.encode("utf-8", "surrogatepass") for _, _, event_id in names}
    for record in records:
        dead_letter_id = resubmission_of(record.headers)
        value: bytes = record.value or b""
        # Most records are passed over here: they are not read as JSON, unless a name could be written with escapes.
        if dead_letter_id is None and b"\\" not in value and ids.isdisjoint(_NAME.findall(value)):
            continue
        name = name_of(record.topic, readable_fields(value))
        where = (record.topic, record.partition, record.offset)
        if dead_letter_id is None and name not in names:
            continue
        if forwarded(*where, record.key, record.value, record.headers, partitions[record.topic]) is None:
            yield LaterRecord(where, record.timestamp, name, content_of(record.topic, value), dead_letter_id)


def _spans(
    settings: Settings,
    consumer: "KafkaConsumer",
    offsets: "Mapping[TopicPartition, int]",
    moments: "Mapping[TopicPartition, int]",
) -> "dict[TopicPartition, tuple[int, int]]":
    """From where to where each partition has to be read; without those that have nothing there."""
    from picustream.streams.kafka.clients import stable_ends

    parts = [*{**offsets, **moments}]
    if not parts:
        return {}
    found = consumer.offsets_for_times(dict(moments)) if moments else {}
    begins, ends = consumer.beginning_offsets(parts), stable_ends(settings, consumer, parts)
    spans = {}
    for part in parts:
        later = found.get(part)
        firsts = [first for first in (offsets.get(part), later.offset if later else None) if first is not None]
        first = max(begins[part], min(firsts, default=ends[part]))
        if first < ends[part]:
            spans[part] = first, ends[part]
    return spans


def _starts(
    dead_letters: Iterable[DecodedDeadLetter], partitions: Mapping[str, int]
) -> "tuple[dict[TopicPartition, int], dict[TopicPartition, int]]":
    """For each partition the first offset, or the first moment (milliseconds), from which an event may come again.

    On the partition of the dead letter that is the next offset. It may come again on another one where the key was
    wrong, and a whole event with another stay, as its feed has corrected it.
    """
    from kafka import TopicPartition

    from picustream.streams.kafka.topics import partition_of

    offsets: dict[TopicPartition, int] = {}
    moments: dict[TopicPartition, int] = {}
    for dead_letter in dead_letters:
        topic, own, offset = dead_letter.position
        count = partitions.get(topic, 0)
        if own is None or offset is None or dead_letter.arrived_at_ms is None or not count:
            continue
        _least(offsets, TopicPartition(topic, own), offset + 1)
        anywhere = dead_letter.record.scope == "event" and dead_letter.event is not None
        home = [] if dead_letter.stay_id is None else [partition_of(dead_letter.stay_id, count)]
        for number in {*(range(count) if anywhere else home)} - {own}:
            _least(moments, TopicPartition(topic, number), max(0, dead_letter.arrived_at_ms - MARGIN_MS))
    return offsets, moments


def _least(found: "dict[TopicPartition, int]", part: "TopicPartition", value: int) -> None:
    found[part] = min(found.get(part, value), value)
