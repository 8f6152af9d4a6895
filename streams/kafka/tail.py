"""Reading parts of topics outside the consumer group: which committed records there are."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from picustream.runtime.settings import Settings
from picustream.streams.kafka import offset_gaps, readable
from picustream.streams.kafka.async_client import options
from picustream.streams.kafka.limits import FETCH
from picustream.streams.store.outbox import OUTBOX_HEADER, Entry

PATIENCE = 60.0
"""Seconds to read to the end; then whoever asked starts anew."""
PATIENCE_FOR_ALL = 3600.0
"""Likewise where everything is read."""
PORTION = 200
"""Records handed over at a time."""
AT_ONCE = 2_000
"""Records made of what has been fetched."""

Place = tuple[str, int]
"""Topic and partition."""

readable.in_aiokafka()


async def published_already(
    settings: Settings, partition: int, entries: Iterable[Entry], since: Mapping[Place, int]
) -> set[Entry]:
    """Those of `entries`, left in the outbox of `partition`, that are committed on their topics.

    Reads each topic partition that the entries are meant for, from `since` (absent: its beginning) to its last stable
    offset. Call it only when no older producer can publish any more.
    """
    wanted = {value: entry for entry in entries for _, value in [entry.mark(settings.group, partition)]}
    places = {(entry.topic, entry.partition) for entry in wanted.values()}
    found: set[Entry] = set()
    async with _reading(settings, {place: since.get(place) for place in places}) as records:
        async for record in records:
            found |= {wanted[value] for name, value in record.headers if name == OUTBOX_HEADER and value in wanted}
    return found


async def holds_records(settings: Settings, place: Place, first: int, end: int) -> bool:
    """Whether a record lies in `first` ... `end` - 1; offsets may also be markers of transactions, or aborted."""
    async with _reading(settings, {place: first}) as records:
        async for record in records:
            return bool(record.offset < end)
    return False


async def last_sequence(
    settings: Settings, partition: int, since: Mapping[Place, int], report: Callable[[int], None] = lambda read: None
) -> int:
    """The greatest sequence of our outbox of `partition` among the committed records of places; 0 for none.

    Where Redis has lost its state that is all there are: `report` is called now and then with the number read.
    """
    prefix = f"{settings.group}/{partition}/".encode()
    greatest = read = 0
    async with _reading(settings, since, PATIENCE_FOR_ALL) as records:
        async for record in records:
            read += 1
            if read % PORTION == 0:
                report(read)
            marks = [value or b"" for name, value in record.headers if name == OUTBOX_HEADER]
            counted = [mark[len(prefix) :].partition(b"/")[0] for mark in marks if mark.startswith(prefix)]
            greatest = max([greatest, *(int(number) for number in counted if number.isdigit())])
    return greatest


async def first_offsets(settings: Settings, places: Iterable[Place]) -> dict[Place, int]:
    """The offset of the first record that each place still has."""
    wanted = [TopicPartition(*place) for place in places]
    consumer = AIOKafkaConsumer(**options(settings), enable_auto_commit=False)
    async with asyncio.timeout(PATIENCE):
        try:
            await consumer.start()
            return {(tp.topic, tp.partition): first for tp, first in (await consumer.beginning_offsets(wanted)).items()}
        finally:
            await consumer.stop()


async def written_ends(settings: Settings, places: Iterable[Place]) -> dict[Place, int]:
    """The offset after the last record of each place, whether it is committed or not."""
    wanted = [TopicPartition(*place) for place in places]
    consumer = AIOKafkaConsumer(**options(settings), isolation_level="read_uncommitted", enable_auto_commit=False)
    async with asyncio.timeout(PATIENCE):
        try:
            await consumer.start()
            return {(tp.topic, tp.partition): end for tp, end in (await consumer.end_offsets(wanted)).items()}
        finally:
            await consumer.stop()


async def read_whole(
    settings: Settings, places: Iterable[Place], take: Callable[[list[Any]], Awaitable[None]]
) -> dict[Place, int]:
    """Hand over every committed record of places, from the beginning, in portions; the offset after the last of each.

    Of a place that no longer has its first records, what is left is handed over: ask for the first offsets before.
    Raises RecordsTakenOut where others are missing.
    """
    places = list(places)
    positions: dict[Place, int] = {}
    async with _reading(settings, dict.fromkeys(places), PATIENCE_FOR_ALL, positions) as records:
        portion: list[Any] = []
        async for record in records:
            portion.append(record)
            if len(portion) == PORTION:
                await take(portion)
                portion = []
        await take(portion)
    offset_gaps.check(places)
    return positions


async def read_since(settings: Settings, topics: Iterable[str], moment: datetime, take: Callable[[Any], None]) -> None:
    """Hand over every committed record of topics from the first on that has the stamp of a moment, or a later one."""
    since = await _offsets(settings, topics, moment)
    if since:
        async with _reading(settings, since, PATIENCE_FOR_ALL) as records:
            async for record in records:
                take(record)


async def _offsets(settings: Settings, topics: Iterable[str], moment: datetime) -> dict[Place, int]:
    """Of each partition that has such records, the offset of the first."""
    consumer = AIOKafkaConsumer(*topics, **options(settings), enable_auto_commit=False)
    async with asyncio.timeout(PATIENCE):
        try:
            await consumer.start()
            parts = [
                TopicPartition(name, part) for name in topics for part in consumer.partitions_for_topic(name) or ()
            ]
            found = await consumer.offsets_for_times(dict.fromkeys(parts, int(moment.timestamp() * 1000)))
            return {(tp.topic, tp.partition): first.offset for tp, first in found.items() if first is not None}
        finally:
            await consumer.stop()


@asynccontextmanager
async def _reading(
    settings: Settings,
    since: Mapping[Place, int | None],
    patience: float = PATIENCE,
    positions: dict[Place, int] | None = None,
) -> AsyncIterator[AsyncIterator[Any]]:
    """The committed records of each place, from its offset or its beginning to what was its end at first sight.

    In the end `positions` holds the offset after the last of each place.
    """
    consumer = AIOKafkaConsumer(
        **options(settings),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH,  # with that of the largest record a whole topic came at once, 90 MB more
        fetch_max_wait_ms=50,
    )
    async with asyncio.timeout(patience):
        try:
            await consumer.start()
            consumer.assign([TopicPartition(*place) for place in since])
            for place, offset in since.items():
                if offset is None:
                    await consumer.seek_to_beginning(TopicPartition(*place))
                else:
                    consumer.seek(TopicPartition(*place), offset)
            yield _records(consumer)
            if positions is not None:
                for place in since:
                    positions[place] = await consumer.position(TopicPartition(*place))
        finally:
            await consumer.stop()


async def _records(consumer: AIOKafkaConsumer) -> AsyncIterator[Any]:
    ends: dict[TopicPartition, int] = {}
    while not await _read_all(consumer, ends):
        for records in (await consumer.getmany(timeout_ms=50, max_records=AT_ONCE)).values():
            for record in records:
                yield record


async def _read_all(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    """Whether every position is at the last stable offset that the first answer gave, which is noted in `ends`."""
    places = consumer.assignment()
    for place in places:
        stable = consumer.last_stable_offset(place)
        if stable is not None and stable >= 0:
            ends.setdefault(place, stable)
    if len(ends) < len(places):
        return False
    return all([await consumer.position(place) >= ends[place] for place in places])
