"""Rebuilding a partition whose state Redis has lost (I5): from the outputs what was published, from the inputs the
charts.

Nothing is guessed: where an input topic no longer has its first records, the worker says so and stops.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from picustream.models.event import INPUT_TOPICS
from picustream.runtime.clock import Clock
from picustream.runtime.crash_points import crash_point, fail_point
from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.runtime.logs import logger, place
from picustream.runtime.settings import Settings
from picustream.scoring.batch import Effects
from picustream.scoring.outputs import Output
from picustream.scoring.port import EnginePort
from picustream.scoring.rebuild import Rebuild
from picustream.scoring.scores.registry import OUTPUT_TOPICS
from picustream.streams.kafka import retention, tail
from picustream.streams.kafka.publisher import Publisher
from picustream.streams.partition.intake import condemned_record, input_record_of
from picustream.streams.partition.misrouted import forwarded
from picustream.streams.partition.suspects import Place, QuarantineCount
from picustream.streams.store.batch_write import BatchWrite
from picustream.streams.store.outbox import Entry, portions
from picustream.streams.store.store import Control, Store

log = logger(__name__)

STAYS_AT_ONCE = 20
"""Stays written in one Redis call."""
LOOK = 0.1
"""Seconds until a partition looks again whether it is its turn."""

_THREAD = ThreadPoolExecutor(1, thread_name_prefix="rebuild")


Report = Callable[[int], None]
"""Called with the number of records read."""


class Turn:
    """Lets one partition of a worker be rebuilt after the other: all its stays are in memory, and the core has one
    thread for all of them in any case. 40 stays, 417,440 events, 4 partitions: 604 MB at once, 448 in turn."""

    def __init__(self) -> None:
        self._taken = False
        self._read = 0
        """Records read so far, for whatever partition."""

    @asynccontextmanager
    async def __call__(self, report: Report) -> AsyncIterator[Report]:
        """Wait; then what to report the records read to. What others have read meanwhile is reported, so that whoever
        waits for a long rebuild does not seem to stand still."""
        while self._taken:
            report(self._read)
            await asyncio.sleep(LOOK)
        self._taken, before = True, self._read

        def count(records: int) -> None:
            self._read = before + records
            report(self._read)

        try:
            yield count
        finally:
            self._taken = False


class InputsCutOff(UserError):
    """State is lost, and so are the first records of an input topic: nothing can show what they said."""

    def __init__(self, topic: str, partition: int, first: int) -> None:
        super().__init__(
            f"Redis has lost its state, and {topic} partition {partition} begins at {first}: it cannot be rebuilt.",
            "Restore Redis from a copy as new as the outputs. The ways out: docs/operating.md, Inputs cut off.",
            ENVIRONMENT,
        )


class CannotFile(Exception):
    """The program fails at a record."""

    def __init__(self, topic: str, offset: int) -> None:
        super().__init__(topic)
        self.place: Place = (topic, offset)


@dataclass(frozen=True, slots=True)
class Rebuilder:
    """Rebuilds partitions. `start` makes the core's part of one rebuild, for a partition."""

    settings: Settings
    store: Store
    clock: Clock
    start: Callable[[int], Rebuild]
    quarantined: QuarantineCount
    """Counts what this worker has set aside."""
    turn: Turn = field(default_factory=Turn)

    async def __call__(
        self, partition: int, control: Control, published: int, publisher: Publisher, report: Report
    ) -> tuple[EnginePort, Control]:
        """Rebuild `partition` in its turn; `published` is the greatest outbox sequence that is on the output topics.

        `report` is called now and then with the number of records that this worker has read for rebuilds. A record at
        which the program fails is set aside, and it begins anew.

        1. See that no topic is cut off or compacted; forget what Redis holds, and mark the partition as being rebuilt.
        2. Read the outputs: what was published last under each key, and which dead letters.
        3. Read the inputs, and file every event again.
        4. Store every stay, and in the outbox what is still owed.
        5. Store the offsets, and take the mark away: from here on it is a partition like any other.
        6. Publish the outbox.

        Until 5 nothing of it can be seen; whoever takes over begins at 1 again. Raises `InputsCutOff`, `Compacted`,
        `RecordsTakenOut`.
        """
        refused: set[Place] = set()
        while True:
            try:
                async with self.turn(report) as count:
                    return await self._rebuilt(partition, control, published, publisher, count, refused)
            except CannotFile as error:
                self.quarantined.claim(partition, error.place)
                refused.add(error.place)
                topic, offset = error.place
                log.error("record-quarantined", topic=topic, partition=partition, offset=offset, **place(error))

    async def _rebuilt(
        self,
        partition: int,
        control: Control,
        published: int,
        publisher: Publisher,
        report: Report,
        refused: set[Place],
    ) -> tuple[EnginePort, Control]:
        now = self.clock.now() if control.clock is None else max(self.clock.now(), control.clock)
        log.error("state-rebuilding", partition=partition)
        read = Read(report)
        await self._check_whole(partition)
        await self.store.begin_rebuild(partition, control.epoch, published)  # 1
        crash_point("rebuild-begun")
        rebuild = self.start(partition)
        await self._read(partition, OUTPUT_TOPICS, lambda records: _note(rebuild, records), read)  # 2
        owed: list[Entry] = []

        def take(records: Sequence[Any]) -> None:
            for record in records:
                if (record.topic, record.offset) in refused:
                    condemned = condemned_record(record.topic, partition, record)
                    owed.extend(_entry(partition, one) for one in rebuild.set_aside(condemned, now))
                else:
                    owed.extend(self._filed(rebuild, partition, record, now))

        positions = await self._read(partition, INPUT_TOPICS, take, read)  # 3
        subject = f"partition-{partition}+{published}"  # where it began distinguishes one rebuild from the next
        engine, effects = await asyncio.get_running_loop().run_in_executor(_THREAD, rebuild.finish, now, subject)
        entries = owed + [_entry(partition, one) for one in effects.outputs]
        entries = [replace(entry, sequence=published + count) for count, entry in enumerate(entries, start=1)]
        batches = await self._store(partition, control.epoch, published, now, effects, entries, positions)  # 4, 5
        crash_point("rebuild-ended")
        sent = await publisher.publish(entries)  # 6
        await self.store.trim(partition, control.epoch, published + len(entries), sent)
        log.error("state-rebuilt", partition=partition, records_owed=len(entries))
        return engine, replace(
            control,
            batch=batches,
            sequence=published + len(entries),
            clock=now,
            next=positions,
            sent=dict(sent),
            rebuilding=False,
        )

    async def _check_whole(self, partition: int) -> None:
        await retention.check_again(self.settings)
        places = [(topic, partition) for topic in (*INPUT_TOPICS, *OUTPUT_TOPICS)]
        for (topic, _), first in (await tail.first_offsets(self.settings, places)).items():
            if first > 0:
                raise InputsCutOff(topic, partition, first)

    async def _read(
        self, partition: int, topics: Sequence[str], take: Callable[[Sequence[Any]], None], read: "Read"
    ) -> dict[str, int]:
        async def portion(records: Sequence[Any]) -> None:
            await asyncio.get_running_loop().run_in_executor(_THREAD, take, records)
            read.more(len(records))

        places = [(topic, partition) for topic in topics]
        return {topic: end for (topic, _), end in (await tail.read_whole(self.settings, places, portion)).items()}

    def _filed(self, rebuild: Rebuild, partition: int, record: Any, now: datetime) -> list[Entry]:
        """Files a record; the dead letters still owed. What belongs elsewhere was forwarded, or is forwarded now.

        Raises CannotFile.
        """
        where = (record.topic, partition, record.offset)
        try:
            fail_point([record.value])
            elsewhere = forwarded(*where, record.key, record.value, record.headers, self.settings.partitions)
            if elsewhere is not None:
                return [elsewhere]  # a second copy changes nothing where it is filed
            input_record = input_record_of(record.topic, partition, record, self.clock)
            return [_entry(partition, dead_letter) for dead_letter in rebuild.take(input_record, now)]
        # Whatever it fails at, the others are filed without it: it becomes a dead letter, and can be sent again.
        except Exception as error:
            raise CannotFile(record.topic, record.offset) from error

    async def _store(
        self,
        partition: int,
        epoch: int,
        sequence: int,
        now: datetime,
        effects: Effects,
        entries: list[Entry],
        positions: Mapping[str, int],
    ) -> int:
        """Steps 4 and 5; how many batches were written."""
        stays = list(effects.writes)
        batch = 0
        for first in range(0, len(stays), STAYS_AT_ONCE):
            some = stays[first : first + STAYS_AT_ONCE]
            write = BatchWrite(
                epoch, batch, sequence, now,
                due={stay: effects.due[stay] for stay in some if stay in effects.due},
                writes={stay: effects.writes[stay] for stay in some},
            )  # fmt: skip
            await self.store.commit(partition, write)
            batch += 1
        for portion in portions(entries):
            await self.store.commit(partition, BatchWrite(epoch, batch, sequence, now, entries=portion))
            batch, sequence = batch + 1, sequence + len(portion)
        before: dict[str, int | None] = dict.fromkeys(positions)
        await self.store.commit(partition, BatchWrite(epoch, batch, sequence, now, before=before, after=positions))
        crash_point("rebuild-stored")
        batch += 1
        await self.store.end_rebuild(partition, epoch, batch)
        return batch


class Read:
    """Counts the records read, and reports them."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._records = 0
        report(0)

    def more(self, records: int) -> None:
        self._records += records
        self._report(self._records)


def _note(rebuild: Rebuild, records: Sequence[Any]) -> None:
    for record in records:
        rebuild.note_output(record.topic, record.key, record.value, dict(record.headers))


def _entry(partition: int, output: Output) -> Entry:
    return Entry(0, output.topic, partition, output.key, output.event_id, output.value, tuple(output.headers))
