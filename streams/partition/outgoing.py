"""What a partition has written and not published yet: it goes out while the next batches are computed and written.

A transaction takes three round trips to the broker. A batch that waited for that of the one before it would wait longer
than it takes to compute; and what several batches have written meanwhile goes out in one transaction. Nothing hangs on
how far the outbox is ahead: it is in Redis with the state that it follows from, in order, and a take-over publishes
what of it is on no topic.
"""

import asyncio
import time
from collections.abc import Sequence

from picustream.runtime.crash_points import crash_point
from picustream.streams.kafka.publisher import Publisher
from picustream.streams.partition import metrics
from picustream.streams.store.outbox import Entry
from picustream.streams.store.store import Store

MOST, MOST_BYTES = 2_000, 4 * 1024 * 1024
"""Entries, or bytes of them, on their way after which no further batch is computed: each is in memory four times while
it is sent."""

CLOSE = 0.5
"""Seconds for a transaction to be given up."""


class Outgoing:
    """Publishes the outbox of an owned partition, one transaction at a time, and trims it."""

    def __init__(self, partition: int, epoch: int, publisher: Publisher, store: Store) -> None:
        self._partition = partition
        self._epoch = epoch
        self._publisher = publisher
        self._store = store
        self._waiting: list[Entry] = []
        self._begun: list[float] = []
        """When the batches were begun whose entries wait."""
        self._pending = self._bytes = 0
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._count([], 1)

    @property
    def empty(self) -> bool:
        """Whether every record is acknowledged."""
        return not self._pending

    def put(self, entries: Sequence[Entry], begun: float) -> None:
        """Let records out that are written now, of a batch that was begun at a moment (`time.monotonic`)."""
        if not entries:
            metrics.BATCH_SECONDS.observe(time.monotonic() - begun)
            return
        self._waiting += entries
        self._begun.append(begun)
        self._count(entries, 1)
        if self._task is None or (self._task.done() and not self._task.exception()):
            self._task = asyncio.create_task(self._publish(), name=f"outgoing-{self._partition}")

    async def ready(self) -> None:
        """Return once there is room for more. Raises what publishing failed with: for good."""
        await self._left(MOST, MOST_BYTES)

    async def sent(self) -> None:
        """Return once every record is acknowledged. Raises likewise."""
        await self._left(0, 0)

    async def _left(self, most: int, bytes_: int) -> None:
        while (self._pending > most or self._bytes > bytes_) and self._task is not None and not self._task.done():
            self._moved.clear()
            await self._moved.wait()
        if self._task is not None and self._task.done():
            self._task.result()

    async def close(self) -> None:
        """End, whatever is under way; what is not acknowledged is in the outbox."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=CLOSE)
            if self._task.done() and not self._task.cancelled():
                self._task.exception()  # asked for, or asyncio would complain that nobody ever did
        await self._publisher.close()

    async def _publish(self) -> None:
        try:
            while self._waiting:
                entries, begun = self._waiting, self._begun
                self._waiting, self._begun = [], []
                sent = await self._publisher.publish(entries)
                await self._store.trim(self._partition, self._epoch, entries[-1].sequence, sent)
                crash_point("after-trim")
                metrics.published(entries)
                for moment in begun:
                    metrics.BATCH_SECONDS.observe(time.monotonic() - moment)
                self._count(entries, -1)
                self._moved.set()
        finally:
            self._moved.set()

    def _count(self, entries: Sequence[Entry], sign: int) -> None:
        self._pending += sign * len(entries)
        self._bytes += sign * sum(len(entry.value) for entry in entries)
        metrics.OUTBOX_PENDING.labels(str(self._partition)).set(self._pending)
