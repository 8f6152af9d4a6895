"""Reading parts of topics outside the consumer group: which records stand there, committed."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from picustream.streams.async_kafka import options
from picustream.streams.outbox import OUTBOX_HEADER, Entry
from picustream.streams.settings import Settings
from picustream.streams.topics import LARGEST_MESSAGE

PATIENCE = 60.0
"""Seconds to read to the end; then whoever asked starts anew."""

Place = tuple[str, int]
"""Topic and partition."""


async def standing(
    settings: Settings, partition: int, entries: Iterable[Entry], since: Mapping[Place, int]
) -> set[Entry]:
    """Those of `entries`, left in the outbox of `partition`, that stand committed on their topics.

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
            return record.offset < end
    return False


@asynccontextmanager
async def _reading(settings: Settings, since: Mapping[Place, int | None]) -> AsyncIterator[AsyncIterator[Any]]:
    """The committed records of each place, from its offset or its beginning to what was its end at first sight."""
    consumer = AIOKafkaConsumer(
        **options(settings),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=LARGEST_MESSAGE,
        fetch_max_wait_ms=50,
    )
    async with asyncio.timeout(PATIENCE):
        await consumer.start()
        try:
            consumer.assign([TopicPartition(*place) for place in since])
            for place, offset in since.items():
                if offset is None:
                    await consumer.seek_to_beginning(TopicPartition(*place))
                else:
                    consumer.seek(TopicPartition(*place), offset)
            yield _records(consumer)
        finally:
            await consumer.stop()


async def _records(consumer: AIOKafkaConsumer) -> AsyncIterator[Any]:
    ends: dict[TopicPartition, int] = {}
    while not await _read_all(consumer, ends):
        for records in (await consumer.getmany(timeout_ms=50)).values():
            for record in records:
                yield record


async def _read_all(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    """Whether every position is at the last stable offset that the first answer told, which is noted in `ends`."""
    places = consumer.assignment()
    for place in places:
        stable = consumer.last_stable_offset(place)
        if stable is not None and stable >= 0:
            ends.setdefault(place, stable)
    if len(ends) < len(places):
        return False
    return all([await consumer.position(place) >= ends[place] for place in places])
