"""Fetched batches that wait for their partition: bounded, and handed out in portions of any size."""

import asyncio
import contextlib

from picustream.streams.kafka.scheduler import FetchedBatch

ROOM = 8
"""Fetched batches; then the topic's agent waits, and Faust stops fetching."""


MOST_BYTES = 4 * 1024 * 1024
"""Of one batch: what it makes for the outbox and for the store goes with what it is."""
LONG = 0.5
"""Seconds of computing after which a batch counts as long, and the next one is made half as big."""


def adjusted(records: int, seconds: float, most: int) -> int:
    """Records for the next batch: a batch that takes long holds up the other partitions, and the end of the worker."""
    if seconds > LONG:
        return max(1, records // 2)
    return min(most, records * 2) if seconds < LONG / 4 else records


class Waiting:
    """A queue of batches that can be emptied, nudged, and drawn from record by record."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[FetchedBatch | None] = asyncio.Queue(ROOM)
        self._rest: FetchedBatch | None = None

    @property
    def empty(self) -> bool:
        """Nothing waits."""
        return self._rest is None and self._queue.empty()

    async def put(self, batch: FetchedBatch) -> None:
        """Queue a batch, waiting for room."""
        await self._queue.put(batch)

    def nudge(self) -> None:
        """End a `take` that waits."""
        if self._queue.empty():
            self._queue.put_nowait(None)

    def clear(self) -> None:
        """Drop what waits; whoever waited for room gets it."""
        self._rest = None
        while not self._queue.empty():
            self._queue.get_nowait()

    async def take(self, records: int, seconds: float) -> list[FetchedBatch]:
        """What waits, up to `records` records and `MOST_BYTES`; if nothing does, what comes within `seconds`."""
        if self._rest is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    self._rest = await self._queue.get()
        taken: list[FetchedBatch] = []
        size = MOST_BYTES
        while self._rest is not None and records > 0:
            within = self._rest.within(size)
            if taken and not within:
                break  # one that is larger goes alone
            head, self._rest = self._rest.split(min(records, max(1, within)))
            taken.append(head)
            records -= len(head.records)
            size -= head.size
            if self._rest is None and not self._queue.empty():
                self._rest = self._queue.get_nowait()
        return taken
