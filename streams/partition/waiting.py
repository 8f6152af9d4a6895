"""Fetched records that wait for their partition: bounded, and handed out side by side in time, in portions of any size.

A broker gives out each topic at its own pace. Of a backlog the small topics are there at once and the large ones are
not, and time that passed with the first would close days of which the others say more. So a record is handed out when
nothing that was filed before it can still come: each topic has a later one here, or is read to its end. A topic that
has more and brings nothing is waited for, but not for ever (Kafka Streams calls that `max.task.idle.ms`).
"""

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from heapq import merge
from itertools import islice, repeat

from picustream.models.times import EARLIEST, parse_instant
from picustream.streams.kafka.scheduler import FetchedBatch, size_of

ENOUGH, ENOUGH_BYTES = 500, 512 * 1024
"""Records, or bytes of them, of one topic; then no more of it is fetched until some are handed out. One batch: the next
one is here when one is processed. Two of each topic are 5 MB more in a backlog of 8 partitions, and no faster."""
PATIENCE = 5.0
"""Seconds to wait for a topic that has more and brings nothing. Another broker has taken the place of one that died by
then; what is read without it may be scored once too often, and ends the same (I1)."""
MOST_BYTES = 4 * 1024 * 1024
"""Of one batch: what it makes for the outbox and for the store goes with what it is."""
LONG = 0.5
"""Seconds of computing after which a batch counts as long, and the next one is made half as big."""


def adjusted(records: int, seconds: float, most: int) -> int:
    """Records for the next batch: a batch that takes long holds up the other partitions, and the end of the worker."""
    if seconds > LONG:
        return max(1, records // 2)
    return min(most, records * 2) if seconds < LONG / 4 else records


def filed_at(value: bytes | None) -> datetime | None:
    """When an event was filed, at a glance, for 2 us; None where it does not say. Nothing but the order of reading
    depends on it: the engine reads it again, and with care."""
    for name in (b'"recorded_at"', b'"observed_at"', b'"occurred_at"'):
        at = value.find(name) if value is not None else -1
        if value is not None and at >= 0:
            _, _, after = value[at + len(name) : at + len(name) + 64].partition(b'"')
            with contextlib.suppress(ValueError):
                return parse_instant(after.partition(b'"')[0].decode())
    return None


class _Lane:
    """What waits of one topic."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.batches: deque[FetchedBatch] = deque()
        self.filed: deque[datetime] = deque()
        """Of each record the latest filing time so far."""
        self.sizes: deque[int] = deque()
        self.size = 0
        self.reached = EARLIEST
        self.next = 0

    @property
    def full(self) -> bool:
        return len(self.filed) >= ENOUGH or self.size >= ENOUGH_BYTES

    def put(self, batch: FetchedBatch, now: datetime) -> None:
        for record in batch.records:
            at, size = filed_at(record.value), size_of(record)
            if at is not None and self.reached < at <= now:  # what says that it comes from the future is refused
                self.reached = at
            self.filed.append(self.reached)
            self.sizes.append(size)
            self.size += size
        self.batches.append(batch)
        self.next = batch.next

    def in_time(self) -> Iterator[tuple[datetime, str, int]]:
        return zip(self.filed, repeat(self.topic), self.sizes)

    def take(self, count: int) -> Iterator[FetchedBatch]:
        for _ in range(count):
            self.filed.popleft()
            self.size -= self.sizes.popleft()
        while count:
            head, rest = self.batches.popleft().split(count)
            if rest is not None:
                self.batches.appendleft(rest)
            count -= len(head.records)
            yield head


class Waiting:
    """Batches by their topics. They can be cleared, nudged, and drawn from record by record."""

    def __init__(
        self,
        unread: Callable[[Mapping[str, int]], frozenset[str]],
        hold_back: Callable[[frozenset[str]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`unread`: the topics that hold more than lies before a position; `hold_back`: fetch no more of these."""
        self._unread = unread
        self._hold_back = hold_back
        self._clock = clock
        self._lanes: dict[str, _Lane] = {}
        """Those of which anything waits."""
        self._came = asyncio.Event()
        self._behind_since: dict[str, float] = {}
        """Topics that have more and of which nothing is here, and since when."""

    @property
    def empty(self) -> bool:
        """Nothing waits."""
        return not self._lanes

    @property
    def behind(self) -> frozenset[str]:
        """Topics that were waited for in vain: one may have overtaken them by days."""
        late = self._clock() - PATIENCE
        return frozenset(topic for topic, since in self._behind_since.items() if since <= late)

    def put(self, batch: FetchedBatch, now: datetime) -> None:
        """Take a batch, as of a moment."""
        if batch.topic not in self._lanes:
            self._lanes[batch.topic] = _Lane(batch.topic)
        self._lanes[batch.topic].put(batch, now)
        self._came.set()
        self._hold_back_the_full()

    def nudge(self) -> None:
        """End a `take` that waits."""
        self._came.set()

    def clear(self) -> None:
        """Drop what waits."""
        self._lanes.clear()
        self._behind_since.clear()
        self._hold_back_the_full()

    def _hold_back_the_full(self) -> None:
        self._hold_back(frozenset(topic for topic, lane in self._lanes.items() if lane.full))

    async def take(self, records: int, seconds: float, position: Mapping[str, int]) -> list[FetchedBatch]:
        """What was filed first of what waits, up to `records` records and `MOST_BYTES`; where nothing can be handed out
        yet, what can within `seconds`. `position`: what is processed."""
        self._came.clear()
        until = self._horizon(position)
        if until is None and seconds:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._came.wait()
            until = self._horizon(position)
        return [] if until is None else self._taken(records, until)

    def _horizon(self, position: Mapping[str, int]) -> datetime | None:
        """Up to when nothing that was filed can still come, as far as that can be awaited; None: not known yet."""
        if not self._lanes:
            return None
        more = self._unread({**position, **{topic: lane.next for topic, lane in self._lanes.items()}})
        now = self._clock()
        self._behind_since = {topic: self._behind_since.get(topic, now) for topic in more - self._lanes.keys()}
        if self._behind_since.keys() - self.behind:
            return None
        return min((self._lanes[topic].filed[-1] for topic in more & self._lanes.keys()), default=_LATEST)

    def _taken(self, records: int, until: datetime) -> list[FetchedBatch]:
        counts: Counter[str] = Counter()
        size = 0
        for at, topic, bytes_ in islice(merge(*(lane.in_time() for lane in self._lanes.values())), records):
            size += bytes_
            if at > until or (counts and size > MOST_BYTES):
                break  # one that is larger goes alone
            counts[topic] += 1
        taken = [batch for topic in sorted(counts) for batch in self._lanes[topic].take(counts[topic])]
        self._lanes = {topic: lane for topic, lane in self._lanes.items() if lane.batches}
        self._hold_back_the_full()
        return taken


_LATEST = datetime.max.replace(tzinfo=EARLIEST.tzinfo)
