"""What all partitions observed of the sources, put together once a second, for the engines that decide on an alert.

A source is spread over all partitions and workers, so whether it is silent can be seen only from all of them together;
each has one partition whose engine decides on it. What a partition observed is in Redis with the rest of its state.
"""

import asyncio
import time
from collections.abc import Callable, Mapping

from faust.types import TP

from picustream.models.event import INPUT_TOPICS
from picustream.runtime.clock import Clock
from picustream.runtime.settings import Settings
from picustream.scoring.alerts.feed_snapshot import FeedSnapshot, joined
from picustream.streams.kafka import tail
from picustream.streams.kafka.topics import partition_of
from picustream.streams.partition import metrics
from picustream.streams.partition.trouble import TROUBLE, WatcherLog
from picustream.streams.store.store import Store
from picustream.streams.worker.app import App

LOOK = 0.5
"""Seconds between two looks."""


def decides(partition: int, partitions: int) -> Callable[[str], bool]:
    """Whether a source is one that the engine of a partition decides on."""
    return lambda source: partition_of(source, partitions) == partition


class FeedCollector:
    """Reads all partitions, and hands the snapshot to those of this worker.

    1. Note the moment, and then where every input ends.
    2. Look until every partition has processed up to there, and none is being rebuilt.
    3. What they observed by then is complete up to that moment: hand it on, and begin at 1 again.

    So a backlog, a worker that died or a Redis that was wiped delays the snapshot, and no feed is called silent whose
    messages wait to be read.
    """

    def __init__(self, app: App, store: Store, clock: Clock, settings: Settings) -> None:
        self._app = app
        self._store = store
        self._clock = clock
        self._settings = settings
        self._as_of = clock.now()
        self._ends: Mapping[TP, int] = {}
        self._seen_at = time.monotonic()
        metrics.FEED_VIEW_AGE.set_function(lambda: time.monotonic() - self._seen_at)
        self._stuck: dict[TP, tuple[int, int, bool | None]] = {}
        """Next offset and end where an input was seen not to move, and whether a record lies between (None: not
        asked)."""

    async def watch(self) -> None:
        """Look now and then, without end."""
        waits = WatcherLog("feeds")
        while True:
            await asyncio.sleep(LOOK)
            try:
                snapshot = await self._look() if self._app.partitions.owned else None
            except TROUBLE as error:
                waits.note(error)  # until it is over no silent feed can be found
                continue
            waits.over()
            if snapshot is not None:
                for partition in self._app.partitions.owned.values():
                    partition.snapshot = snapshot
            if snapshot is not None or not self._app.partitions.owned:
                self._seen_at = time.monotonic()

    async def _look(self) -> FeedSnapshot | None:
        numbers = range(self._settings.partitions)
        if not self._ends:  # 1
            self._as_of = self._clock.now()
            self._ends = await self._app.input_consumer.ends(list(numbers))
        states = await asyncio.gather(*(self._store.feed_state(number) for number in numbers))
        for number, (control, _) in enumerate(states):  # 2
            for topic in INPUT_TOPICS:
                if control.rebuilding or not await self._reached(TP(topic, number), control.next.get(topic, 0)):
                    return None
        self._ends = {}  # 3
        return joined((fields for _, fields in states), self._as_of)

    async def _reached(self, tp: TP, offset: int) -> bool:
        """Whether an input is processed up to its noted end. The last offsets may be markers, of which none is."""
        end = self._ends[tp]
        if offset >= end:
            return True
        seen = self._stuck.get(tp, (0, 0, None))
        if seen[:2] != (offset, end):
            self._stuck[tp] = offset, end, None
            return False
        if seen[2] is None:
            self._stuck[tp] = (
                offset,
                end,
                await tail.holds_records(self._settings, (tp.topic, tp.partition), offset, end),
            )
        return self._stuck[tp][2] is False
