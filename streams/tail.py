"""Reading the tail of a topic: which records of an outbox stand there already."""

import asyncio
from collections.abc import Iterable, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition

from picustream.streams.async_kafka import options
from picustream.streams.outbox import OUTBOX_HEADER, Entry
from picustream.streams.settings import Settings
from picustream.streams.topics import LARGEST_MESSAGE

PATIENCE = 60.0
"""Seconds to read to the end; then the take-over starts anew."""


async def standing(
    settings: Settings, partition: int, entries: Iterable[Entry], since: Mapping[tuple[str, int], int]
) -> set[Entry]:
    """Those of `entries`, left in the outbox of `partition`, that stand committed on their topics.

    Reads each topic partition that the entries are meant for, from `since` (absent: its beginning) to its last stable
    offset. Call it only when no older producer can publish any more.
    """
    wanted = {value: entry for entry in entries for _, value in [entry.mark(settings.group, partition)]}
    targets = {TopicPartition(entry.topic, entry.partition) for entry in wanted.values()}
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
            consumer.assign(targets)
            for target in targets:
                await _start(consumer, target, since.get((target.topic, target.partition)))
            marks = await _marks(consumer, targets)
        finally:
            await consumer.stop()
    return {wanted[mark] for mark in marks if mark in wanted}


async def _start(consumer: AIOKafkaConsumer, target: TopicPartition, offset: int | None) -> None:
    if offset is None:
        await consumer.seek_to_beginning(target)
    else:
        consumer.seek(target, offset)


async def _marks(consumer: AIOKafkaConsumer, targets: set[TopicPartition]) -> set[bytes]:
    """The outbox marks on every record up to the end that was stable when each target's first answer came."""
    ends: dict[TopicPartition, int] = {}
    found: set[bytes] = set()
    while not await _read_all(consumer, targets, ends):
        for records in (await consumer.getmany(timeout_ms=50)).values():
            found |= {value for record in records for name, value in record.headers if name == OUTBOX_HEADER}
    return found


async def _read_all(consumer: AIOKafkaConsumer, targets: set[TopicPartition], ends: dict[TopicPartition, int]) -> bool:
    for target in targets:
        stable = consumer.last_stable_offset(target)
        if stable is not None and stable >= 0:
            ends.setdefault(target, stable)
    if len(ends) < len(targets):
        return False
    return all([await consumer.position(target) >= ends[target] for target in targets])
