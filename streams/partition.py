"""One owned partition: takes itself over, then applies its batches one after another.

There is one way out of any trouble - Redis or Kafka away, an answer that did not come, state lost, a batch lost in
the stream: drop everything held and take the partition over again. So nothing in between has to be repaired.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from aiokafka.errors import KafkaError
from redis.exceptions import RedisError

from picustream.streams import metrics
from picustream.streams.clock import Clock
from picustream.streams.crashpoints import crash_point
from picustream.streams.engine import Effects
from picustream.streams.intake import Intake, StreamGap, take_in
from picustream.streams.logs import logger, place
from picustream.streams.outbox import Entry
from picustream.streams.publisher import PublisherFenced
from picustream.streams.scheduler import FetchedBatch
from picustream.streams.settings import Settings
from picustream.streams.store import BatchWrite, Fenced, StateLost
from picustream.streams.takeover import Holding, Seek, TakeOver

log = logger(__name__)

TICK = 0.25
"""Seconds between two looks at the clock while nothing arrives."""
QUEUED = 8
"""Fetched batches that wait for a partition; then its topic's agent waits, and Faust stops fetching."""
FIRST_BACK_OFF, LAST_BACK_OFF = 0.1, 5.0
"""Seconds before taking over again: doubled from one failure to the next."""
GRACE = 3.0
"""Seconds for the batch in hand to end when the partition is released; it may be cut at any point."""

TROUBLE = (RedisError, KafkaError, OSError, TimeoutError)
"""What passes: the other side is away, slow, full, or about to tell the group of a new owner."""


class Partition:
    """Runs as one task from `start` to `stop`. `failed` is told of errors that nobody foresaw."""

    def __init__(
        self,
        number: int,
        settings: Settings,
        clock: Clock,
        take_over: TakeOver,
        seek: Seek,
        failed: Callable[[BaseException], None],
    ) -> None:
        self.number = number
        self.held = asyncio.Event()
        """Set while the partition is held and its batches are applied."""
        self.trouble: str | None = None
        """Why no progress is made, in a word; None while all is well."""
        self.progress_at = time.monotonic()
        self._settings = settings
        self._clock = clock
        self._take_over = take_over
        self._seek = seek
        self._failed = failed
        self._holding: Holding | None = None
        self._queue: asyncio.Queue[FetchedBatch | None] = asyncio.Queue(QUEUED)
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._busy = False

    def start(self) -> None:
        """Begin to take the partition over."""
        self._task = asyncio.create_task(self._run(), name=f"partition-{self.number}")

    async def stop(self) -> None:
        """End after the batch in hand, or in the midst of it if it takes too long: the protocol bears either."""
        self._stopping = True
        if self._task is None:
            return
        if self._queue.empty():
            self._queue.put_nowait(None)
        done, _ = await asyncio.wait({self._task}, timeout=GRACE if self._holding else 0)
        if not done:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def receive(self, batch: FetchedBatch) -> None:
        """Queue a batch. While nothing is held it is dropped: the take-over seeks, and it comes again."""
        if self._holding is not None:
            await self._queue.put(batch)

    async def seek_again(self) -> dict[str, int]:
        """Seek the inputs to where this partition stands; next offset by topic, empty while nothing is held."""
        if self._holding is None:
            return {}
        return await self._seek(self.number, self._holding.position)

    @property
    def position(self) -> dict[str, int]:
        """Next offset by topic that will be processed; empty while nothing is held."""
        return dict(self._holding.position) if self._holding else {}

    @property
    def stored(self) -> dict[str, int]:
        """Next offset by topic as Redis holds it; empty while nothing is held."""
        return dict(self._holding.next) if self._holding else {}

    @property
    def idle(self) -> bool:
        """Nothing queued, nothing in hand, nothing due by now, every output acknowledged."""
        holding = self._holding
        if holding is None or self._busy or not self._queue.empty():
            return False
        due = holding.engine.next_due()
        return due is None or due > self._now(holding)

    async def _run(self) -> None:
        epoch: int | None = None
        back_off = FIRST_BACK_OFF
        why = "assigned"
        try:
            while not self._stopping:
                try:
                    epoch = await self._hold(epoch, why)
                    back_off = FIRST_BACK_OFF
                    await self._work()
                    return
                except Fenced:
                    await self._wait_out_the_fence()
                    epoch, why = None, "fenced"
                except PublisherFenced:
                    why = "producer-fenced"
                except StateLost:
                    metrics.STATE_LOST.inc()
                    log.error("state-lost", partition=self.number)
                    why = "state-lost"
                except StreamGap:
                    log.warning("stream-gap", partition=self.number)
                    why = "stream-gap"
                except TROUBLE as error:
                    why = self.trouble = type(error).__name__
                    log.warning("no-progress", partition=self.number, again_in=back_off, **place(error))
                    await asyncio.sleep(back_off)
                    back_off = min(back_off * 2, LAST_BACK_OFF)
                finally:
                    await self._let_go()
        except Exception as error:  # noqa: BLE001 - nothing may end silently: the process exits and Redis knows where to go on
            self._failed(error)

    async def _hold(self, epoch: int | None, why: str) -> int:
        holding = await self._take_over(self.number, self._seek, epoch)
        _empty(self._queue)
        self._holding = holding
        self.trouble = None
        self.progress_at = time.monotonic()
        self.held.set()
        metrics.TAKE_OVERS.labels(why).inc()
        log.info("partition-taken-over", partition=self.number, epoch=holding.epoch, why=why)
        return holding.epoch

    async def _let_go(self) -> None:
        holding, self._holding = self._holding, None
        self.held.clear()
        # An agent that waits for room in the queue must not wait for a partition that is not held.
        _empty(self._queue)
        if holding is not None:
            await holding.publisher.close()

    async def _wait_out_the_fence(self) -> None:
        """Another worker owns the partition, and the group will say so within a session time-out, by releasing it here.

        If it does not, the other one was the older: it slept between being given the partition and taking it over.
        """
        metrics.FENCED.inc()
        self.trouble = "fenced"
        log.warning("fenced", partition=self.number)
        await self._let_go()
        await asyncio.sleep(self._settings.session_timeout + GRACE)

    async def _work(self) -> None:
        while not self._stopping:
            batches = await self._next()
            self._busy = True
            try:
                await self._apply(batches)
            finally:
                self._busy = False

    async def _next(self) -> list[FetchedBatch]:
        """What has arrived, up to about `batch_records` records; nothing when a tick has passed."""
        batches: list[FetchedBatch] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TICK):
                batches += _one(await self._queue.get())
        while not self._queue.empty() and sum(len(batch.records) for batch in batches) < self._settings.batch_records:
            batches += _one(self._queue.get_nowait())
        return batches

    async def _apply(self, batches: list[FetchedBatch]) -> None:
        """One batch, whole: read, install what is missing, process, write in one Redis call, publish, trim."""
        holding = self._holding
        assert holding is not None
        started = time.monotonic()
        now = self._now(holding)
        intake = take_in(batches, holding.position, self.number, self._settings.partitions)
        due = holding.engine.next_due()
        if not intake.next and (due is None or due > now):
            return
        batch = holding.engine.read(intake.arrivals, now)
        missing = holding.engine.missing(batch, now)
        for stay_id, fields in zip(missing, await self._take_over.store.states(self.number, missing), strict=True):
            holding.engine.install(stay_id, fields)
        effects = holding.engine.process(batch, now)
        entries = self._entries(holding, intake, effects)
        await self._write(holding, now, intake, effects, entries)
        if entries:
            await self._publish(holding, entries)
        self.progress_at = time.monotonic()
        metrics.BATCH_RECORDS.observe(len(intake.arrivals) + len(intake.forwards))
        metrics.BATCH_SECONDS.observe(self.progress_at - started)

    def _entries(self, holding: Holding, intake: Intake, effects: Effects) -> list[Entry]:
        outputs = [
            Entry(0, output.topic, self.number, output.key, output.event_id, output.value, tuple(output.headers))
            for output in effects.outputs
        ]
        return [
            replace(entry, sequence=holding.sequence + count)
            for count, entry in enumerate(intake.forwards + outputs, start=1)
        ]

    async def _write(
        self, holding: Holding, now: datetime, intake: Intake, effects: Effects, entries: list[Entry]
    ) -> None:
        crash_point("before-lua")
        await self._take_over.store.commit(
            self.number,
            BatchWrite(
                epoch=holding.epoch,
                batch=holding.batch,
                sequence=holding.sequence,
                clock=now,
                before={topic: holding.next.get(topic) for topic in intake.next},
                after=intake.next,
                due=effects.due,
                writes=effects.writes,
                entries=entries,
            ),
        )
        crash_point("after-lua")
        holding.batch += 1
        holding.sequence += len(entries)
        holding.clock = now
        holding.next.update(intake.next)
        holding.position.update(intake.next)
        for arrival in intake.arrivals:
            metrics.EVENTS.labels(arrival.topic).inc()
        for entry in intake.forwards:
            metrics.FORWARDED.labels(entry.topic).inc()

    async def _publish(self, holding: Holding, entries: list[Entry]) -> None:
        pending = metrics.OUTBOX_PENDING.labels(str(self.number))
        pending.set(len(entries))
        sent = await holding.publisher.publish(entries)
        await self._take_over.store.trim(self.number, holding.epoch, entries[-1].sequence, sent)
        crash_point("after-trim")
        pending.set(0)
        for entry in entries:
            metrics.published(entry)

    def _now(self, holding: Holding) -> datetime:
        """The clock, which never runs backwards for a partition, whoever owned it before."""
        now = self._clock.now()
        return now if holding.clock is None else max(now, holding.clock)


def _one(batch: FetchedBatch | None) -> list[FetchedBatch]:
    return [] if batch is None else [batch]


def _empty(queue: asyncio.Queue) -> None:
    while not queue.empty():
        queue.get_nowait()
