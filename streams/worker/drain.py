"""`worker --drain`: when is everything done that was in the inputs at the start."""

import asyncio
import time
from collections.abc import Mapping

from faust.types import TP

from picustream.models.event import INPUT_TOPICS
from picustream.runtime.clock import Clock
from picustream.runtime.logs import logger
from picustream.runtime.settings import Settings
from picustream.streams.kafka import tail
from picustream.streams.partition.trouble import TROUBLE, WatcherLog
from picustream.streams.store.store import Store
from picustream.streams.worker.app import App
from picustream.streams.worker.partitions import Partitions

log = logger(__name__)

PAUSE = 0.1
"""Seconds between two checks whether all is drained."""
UNENDED = 90.0
"""Seconds to wait for a transaction that was open at the start: by default a broker aborts that of a dead producer
after 60 s, and looks every 10 s. What comes after it nobody can read until then."""


class Drain:
    """Waits until every partition has processed its inputs up to what was their end, and has nothing left to do.

    Our own partitions are asked. Those of other workers are looked up in Redis: a live worker drains its own, and those
    of one that died come here with its session time-out.
    """

    def __init__(self, settings: Settings, app: App, store: Store, clock: Clock) -> None:
        self._settings = settings
        self._app = app
        self._store = store
        self._clock = clock
        self._ends: dict[TP, int] = {}
        self._ended = False
        """Whether the transactions have ended that were open at the start."""
        self._since = 0.0
        self._started = clock.now()
        self._done_elsewhere: set[int] = set()
        self._told: set[int] = set()
        self._trouble = WatcherLog("drain")

    async def wait(self) -> None:
        """Return when all is drained."""
        while self._app.rebalancing or not self._app.tables.actives_ready:
            await asyncio.sleep(PAUSE)
        while not await self._done():
            await asyncio.sleep(PAUSE)

    async def _done(self) -> bool:
        if self._app.rebalancing:
            return False
        try:
            return await self._look()
        except TROUBLE as error:
            self._trouble.note(error)  # the partitions wait for its end as we do
            return False

    async def _look(self) -> bool:
        if not self._ends:
            places = [(topic, number) for topic in INPUT_TOPICS for number in range(self._settings.partitions)]
            ends = await tail.written_ends(self._settings, places)
            self._ends, self._started = {TP(*place): end for place, end in ends.items()}, self._clock.now()
            self._since = time.monotonic()
            log.info("draining", records=sum(self._ends.values()))
        if not self._ended and not await self._all_ended():
            return False
        if not drained(self._app.partitions, self._ends, await self._app.input_consumer.read()):
            return False
        elsewhere = set(range(self._settings.partitions)) - set(self._app.partitions.owned) - self._done_elsewhere
        if elsewhere and elsewhere != self._told:
            log.info("waiting-for-others", partitions=sorted(elsewhere))
            self._told = elsewhere
        for number in elsewhere:
            if await self._drained_elsewhere(number):
                self._done_elsewhere.add(number)
        return elsewhere <= self._done_elsewhere and self._feeds_judged()

    async def _all_ended(self) -> bool:
        """Whether all that was written by the start can be read: committed, or known as aborted.

        A transaction that does not end is given up on, with a warning: what comes after it is left for later.
        """
        stable = await self._app.input_consumer.ends(list(range(self._settings.partitions)))
        open_at = {tp: end for tp, end in stable.items() if end < self._ends[tp]}
        if open_at and time.monotonic() - self._since < UNENDED:
            return False
        for tp, end in open_at.items():
            log.warning("open-transaction", topic=tp.topic, partition=tp.partition, drained_to=end)
        self._ends |= open_at
        self._ended = True
        return True

    def _feeds_judged(self) -> bool:
        """Whether everything that was in the inputs at the start counts in what all partitions observed."""
        snapshots = [partition.snapshot for partition in self._app.partitions.owned.values()]
        return all(snapshot is not None and snapshot.as_of >= self._started for snapshot in snapshots)

    async def _drained_elsewhere(self, number: int) -> bool:
        progress = await self._store.progress(number)
        if progress.outbox or (progress.due is not None and progress.due <= self._clock.now()):
            return False
        for topic in INPUT_TOPICS:
            first, end = progress.next.get(topic, 0), self._ends[TP(topic, number)]
            if first < end and await tail.holds_records(self._settings, (topic, number), first, end):
                return False
        return True


def drained(partitions: Partitions, ends: Mapping[TP, int], read: Mapping[TP, tuple[int, int]]) -> bool:
    """Whether every owned partition has processed its inputs up to `ends`, with nothing due and nothing unpublished.

    `ends`: end offsets noted at the start; `read`: for each assigned input how far the fetcher is and the offset after
    the last record it handed over. The fetcher's position counts, for the last offsets of a topic may be markers,
    which are never handed over.
    """
    for tp, (position, handed_over) in read.items():
        partition = partitions.owned.get(tp.partition)
        if partition is None or not partition.idle:
            return False
        if position < ends.get(tp, 0) or partition.position.get(tp.topic, -1) < handed_over:
            return False
    return True
