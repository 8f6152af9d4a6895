"""What of the fetched batches is to be processed: pure bookkeeping of offsets, before the engine sees anything."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from picustream.runtime.clock import Clock
from picustream.scoring.faults import Fault, Whole
from picustream.scoring.validation import InputRecord
from picustream.streams.kafka.batches import CUT, UNREADABLE
from picustream.streams.kafka.resubmission import is_resubmitted
from picustream.streams.kafka.scheduler import FetchedBatch
from picustream.streams.partition.misrouted import forwarded, is_misrouted
from picustream.streams.partition.suspects import Place
from picustream.streams.store.outbox import Entry


class StreamGap(Exception):
    """Faust did not hand over a batch that was fetched: the inputs must be read again from what is processed."""


@dataclass(slots=True)
class Intake:
    """Records to process, records to forward (sequence still 0), and the next offset by topic once that is done."""

    input_records: list[InputRecord] = field(default_factory=list)
    forwards: list[Entry] = field(default_factory=list)
    origins: list[Place] = field(default_factory=list)
    """Where each of the forwards came from."""
    condemned: list[InputRecord] = field(default_factory=list)
    """Records that make the program fail: to be set aside, and not evaluated."""
    next: dict[str, int] = field(default_factory=dict)

    def before(self, left: Iterable[InputRecord]) -> "Intake":
        """What is done of it where some records are left: of each topic all that lies before the first of them."""
        ends: dict[str, int] = {}
        for one in left:
            ends[one.topic] = min(_offset(one), ends.get(one.topic, _offset(one)))
        return Intake(
            input_records=[one for one in self.input_records if _is_before((one.topic, _offset(one)), ends)],
            forwards=[one for one, place in zip(self.forwards, self.origins, strict=True) if _is_before(place, ends)],
            origins=[place for place in self.origins if _is_before(place, ends)],
            condemned=self.condemned,
            next=self.next | ends,
        )


def _offset(record: InputRecord) -> int:
    assert record.offset is not None, "it comes from a topic"
    return record.offset


def _is_before(place: Place, ends: Mapping[str, int]) -> bool:
    topic, offset = place
    return offset < ends.get(topic, math.inf)


def take_in(
    batches: Iterable[FetchedBatch],
    position: Mapping[str, int],
    partition: int,
    partitions: int,
    clock: Clock,
    condemned: Place | None = None,
) -> Intake:
    """Sort the records of `batches`: those below `position` are dropped, for they are processed already.

    `condemned`: the record that is to be set aside.

    Raises StreamGap when a batch does not begin where the one before it, or `position`, ended.
    """
    intake = Intake()
    for batch in batches:
        expected = intake.next.get(batch.topic, position[batch.topic])
        if batch.previous > expected:
            raise StreamGap
        for record in batch.records:
            if (batch.topic, record.offset) == condemned:
                intake.condemned.append(condemned_record(batch.topic, partition, record))
            elif record.offset >= expected:
                _sort(intake, batch.topic, record, partition, partitions, clock)
        if batch.next > expected:
            intake.next[batch.topic] = batch.next
    return intake


def left_of(batches: Iterable[FetchedBatch], position: Mapping[str, int]) -> list[FetchedBatch]:
    """Those of the batches of which not all is processed."""
    return [batch for batch in batches if batch.next > position[batch.topic]]


def places(batches: Iterable[FetchedBatch], position: Mapping[str, int]) -> list[Place]:
    """Topic and offset of each record of the batches that is not processed."""
    return [
        (batch.topic, record.offset)
        for batch in batches
        for record in batch.records
        if record.offset >= position.get(batch.topic, 0)
    ]


def _sort(intake: Intake, topic: str, record: Any, partition: int, partitions: int, clock: Clock) -> None:
    entry = forwarded(topic, partition, record.offset, record.key, record.value, record.headers, partitions)
    if entry is not None:
        intake.forwards.append(entry)
        intake.origins.append((topic, record.offset))
    else:
        intake.input_records.append(input_record_of(topic, partition, record, clock))


def input_record_of(topic: str, partition: int, record: Any, clock: Clock) -> InputRecord:
    """A record as the engine takes it."""
    marks = {name: (value or b"").decode() for name, value in record.headers if name in (UNREADABLE, CUT)}
    return InputRecord(
        topic,
        partition,
        record.offset,
        record.key,
        record.value,
        is_resubmitted(record.headers),
        is_misrouted(record.headers),
        clock.arrived(record.timestamp),
        _unreadable(marks[UNREADABLE]) if UNREADABLE in marks else None,
        _whole(marks[CUT]) if CUT in marks else None,
    )


def condemned_record(topic: str, partition: int, record: Any) -> InputRecord:
    """A record that makes the program fail; as little as can be is done with it."""
    fault = Fault("unprocessable", "", "the program fails at this record: a bug; send it again once that is fixed")
    return InputRecord(topic, partition, record.offset, record.key, record.value, fault=fault)


def _unreadable(why: str) -> Fault:
    advice = "see what the producer's library writes, then send it again"
    return Fault("unreadable", "", f"the record cannot be decoded: {why}; {advice}")


def _whole(mark: str) -> Whole:
    size, sha256 = mark.split()
    return Whole(int(size), sha256)
