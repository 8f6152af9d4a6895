"""What came into the input topics after the events that letters are about: sent again by a person or by its feed.

Read are those partitions alone where the event of a letter can have come again, each from the first such letter on.
"""

import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING

from picustream.deadletters.dead_letter import Letter, content_of, name_of
from picustream.deadletters.history import MARGIN_MS, History, Later
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
"""Records between two looks at the watch."""

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


def look_up(settings: Settings, history: History, wanted: Callable[[Letter], bool], report: Report) -> list[str]:
    """Tell the history what came after the letters that are wanted; the topics of letters that we may not read."""
    asked = [letter for letter in history.letters if wanted(letter) and not history.superseded(letter)]
    if not asked:
        return []
    from picustream.streams.kafka import arrival, rights
    from picustream.streams.kafka import clients as kafka_clients

    with kafka_clients.admin(settings) as admin:
        found = rights.look(admin, sorted({one.record.topic for one in asked}.intersection(INPUT_TOPICS)))
    hidden = rights.without(found, rights.Right.READ)
    partitions = {topic: one.partitions for topic, one in found.items() if topic not in hidden}
    with closing(kafka_clients.consumer(settings, **arrival.CONSUMER_OPTIONS)) as consumer:
        spans = _spans(settings, consumer, *_starts(asked, partitions))
        if not spans:
            return hidden
        consumer.assign(list(spans))
        for part, (first, _) in spans.items():
            consumer.seek(part, first)
        ends = {part: end for part, (_, end) in spans.items()}
        records = _told(arrival.standing(consumer, ends), sum(end - first for first, end in spans.values()), report)
        for later in _relevant(records, asked, partitions):
            history.note(later)
    return hidden


def _told(records: "Iterator[ConsumerRecord]", of: int, report: Report) -> "Iterator[ConsumerRecord]":
    for read, record in enumerate(records, start=1):
        yield record
        if read % _NOTED_EVERY == 0 and not report(read, of):
            return


def _relevant(
    records: "Iterable[ConsumerRecord]", letters: Iterable[Letter], partitions: Mapping[str, int]
) -> Iterator[Later]:
    """Those that were taken from a letter, or hold the event of one and are not only on their way elsewhere."""
    from picustream.streams.partition.misrouted import forwarded

    names = {letter.event for letter in letters if letter.event is not None}
    ids = {event_id.encode("utf-8", "surrogatepass") for _, _, event_id in names}
    for record in records:
        letter_id = resubmission_of(record.headers)
        value: bytes = record.value or b""
        # Most records are passed over here: they are not read as JSON, unless a name could be written with escapes.
        if letter_id is None and b"\\" not in value and ids.isdisjoint(_NAME.findall(value)):
            continue
        name = name_of(record.topic, readable_fields(value))
        where = (record.topic, record.partition, record.offset)
        if letter_id is None and name not in names:
            continue
        if forwarded(*where, record.key, record.value, record.headers, partitions[record.topic]) is None:
            yield Later(where, record.timestamp, name, content_of(record.topic, value), letter_id)


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
    letters: Iterable[Letter], partitions: Mapping[str, int]
) -> "tuple[dict[TopicPartition, int], dict[TopicPartition, int]]":
    """For each partition the first offset, or the first moment (milliseconds), from which an event may come again.

    On the partition of the letter that is the next offset. It may come again on another one where the key was wrong;
    and a whole event with another stay, as its feed has mended it.
    """
    from kafka import TopicPartition

    from picustream.streams.kafka.topics import partition_of

    offsets: dict[TopicPartition, int] = {}
    moments: dict[TopicPartition, int] = {}
    for letter in letters:
        topic, own, offset = letter.place
        count = partitions.get(topic, 0)
        if own is None or offset is None or letter.stamped is None or not count:
            continue
        _least(offsets, TopicPartition(topic, own), offset + 1)
        anywhere = letter.record.scope == "event" and letter.event is not None
        home = [] if letter.stay_id is None else [partition_of(letter.stay_id, count)]
        for number in {*(range(count) if anywhere else home)} - {own}:
            _least(moments, TopicPartition(topic, number), max(0, letter.stamped - MARGIN_MS))
    return offsets, moments


def _least(found: "dict[TopicPartition, int]", part: "TopicPartition", value: int) -> None:
    found[part] = min(found.get(part, value), value)
