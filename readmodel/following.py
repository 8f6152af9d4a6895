"""Following the topics: batch by batch into the read model, and how far that is."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from picustream.readmodel import metrics
from picustream.readmodel.feed import End, Feed
from picustream.readmodel.sorting import Batch
from picustream.readmodel.writing import Place, Writer
from picustream.runtime.crash_points import crash_point
from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.runtime.logs import logger

BEAT = 2.0
"""Seconds between two signs of life."""
STUCK = 60.0
"""Seconds without one after which something is wrong."""
STALLED = 120.0
"""Seconds without a record after which a reading that has an end is given up."""

log = logger(__name__)

Result = TypeVar("Result")


class Known:
    """Up to which moment all that was committed is read."""

    def __init__(self) -> None:
        self._target: dict[Place, End] = {}
        self._until: dict[Place, datetime] = {}
        self._first: dict[Place, int] = {}

    def note(self, positions: dict[Place, int], ends: dict[Place, End]) -> None:
        """Take note of how far the reading is, and how far the topics reach.

        An end is kept until it is reached: on a partition that always has something new the last one never would be.
        """
        for place, end in ends.items():
            self._first.setdefault(place, end.offset)
            target = self._target.get(place, end)
            if positions[place] >= end.offset:
                self._until[place], target = end.at, end
            elif positions[place] >= target.offset:
                self._until[place], target = target.at, end
            self._target[place] = target
        self._places = positions

    @property
    def until(self) -> datetime | None:
        """None while a partition has not been read to an end."""
        return min(self._until.values()) if self._places and self._until.keys() == self._places.keys() else None

    @property
    def is_whole(self) -> bool:
        """Whether all that there was at first sight is read."""
        places = self._places
        return self._first.keys() == places.keys() and all(places[one] >= end for one, end in self._first.items())


class Pulse:
    """What `/healthz` says: whether the follower is at work, and how far it is behind."""

    def __init__(self) -> None:
        self._beat_at = time.monotonic()
        self._lag: int | None = None

    def beat(self, lag: int | None) -> None:
        self._beat_at, self._lag = time.monotonic(), lag

    def report(self) -> dict[str, Any]:
        """Not `ok` where it has stood still. That Kafka is away shows as lag that is not known any more."""
        waited = time.monotonic() - self._beat_at
        return {"ok": waited < STUCK, "seconds_since_beat": round(waited, 1), "lag": self._lag}


class Follower:
    """Reads a feed into a read model."""

    def __init__(
        self, writer: Writer, feed: Feed, pulse: Pulse | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._writer, self._feed, self._pulse, self._clock = writer, feed, pulse or Pulse(), clock
        self._known = Known()
        self._beat_at = clock() - BEAT
        self._positions: dict[Place, int] = {}

    async def run(self, *, drain: bool = False) -> None:
        """Go on without end; with `drain` until all that there was at the beginning is read."""
        self._positions = await _finished(self._writer.positions)
        moved_at = self._clock()
        while True:
            if await self._step():
                moved_at = self._clock()
            if drain and self._known.is_whole:
                await self._beat()
                return
            if drain and self._clock() - moved_at > STALLED:
                raise UserError("Kafka gives no more records, though there are some.", "See its log.", ENVIRONMENT)
            if self._clock() - self._beat_at >= BEAT:
                await self._beat()

    async def _step(self) -> bool:
        """One batch, if there is one; whether the reading has moved."""
        records = await self._feed.batch()
        positions = await self._feed.positions()
        moved = {place: offset for place, offset in positions.items() if self._positions.get(place) != offset}
        if moved:
            crash_point("store-read")
            report(await _finished(self._writer.commit, records, moved))
            crash_point("store-committed")
            self._positions = positions
            metrics.records.inc(len(records))
        self._known.note(positions, self._feed.ends())
        return bool(moved)

    async def _beat(self) -> None:
        ends = {place: end.offset for place, end in self._feed.ends().items()}
        await _finished(self._writer.beat, ends, self._known.until)
        self._pulse.beat(metrics.note(self._positions, ends, self._known.until))
        self._beat_at = self._clock()


async def _finished(work: Callable[..., Result], *arguments: Any) -> Result:
    """Have a thread do it, to its end even where we have to stop meanwhile."""
    done = asyncio.get_running_loop().run_in_executor(None, work, *arguments)
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        await asyncio.wait([done])
        raise


def report(batch: Batch) -> None:
    """Say what is wrong with the topics: never which stay it is about."""
    for fault in batch.faults:
        place = {name: fault[name] for name in ("topic", "partition", "offset")}
        log.warning("store-fault", kind=fault["kind"], **place)
        metrics.faults.labels(fault["topic"], fault["kind"]).inc()
