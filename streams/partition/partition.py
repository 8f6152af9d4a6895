"""One owned partition: takes itself over, then applies its batches one after another.

There is one way out of any trouble - Redis or Kafka away, an answer that did not come, state lost, a batch lost in
the stream, a bug of ours: drop all state and take the partition over again. So nothing in between has to be
repaired. What fails for good is narrowed down on the way to the record that does (`suspects.py`), and set aside.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

from picustream.runtime.clock import Clock
from picustream.runtime.logs import logger
from picustream.runtime.settings import Settings
from picustream.scoring.alerts.feed_snapshot import FeedSnapshot
from picustream.streams.kafka.scheduler import FetchedBatch
from picustream.streams.partition import metrics
from picustream.streams.partition.apply import Moment, apply, put_off
from picustream.streams.partition.intake import left_of, places
from picustream.streams.partition.recovery import Recovery
from picustream.streams.partition.suspects import Place
from picustream.streams.partition.takeover import Broker, OwnedPartition, TakeOver
from picustream.streams.partition.time_passage import Passage
from picustream.streams.partition.waiting import Waiting, adjusted
from picustream.streams.store.store import Fenced

log = logger(__name__)

TICK = 0.25
"""Seconds between two checks of the clock while nothing arrives."""
FIRST_RECORDS = 50
"""In the first batch after a take-over, until it is known how long they take."""
GRACE = 2.0
"""Seconds for the batch in hand to end when the partition is released; it may be cut at any point."""


class Partition:
    """Runs as one task from `start` to `stop`. `failed` is called with errors that nobody foresaw."""

    def __init__(
        self,
        number: int,
        settings: Settings,
        clock: Clock,
        take_over: TakeOver,
        broker: Broker,
        failed: Callable[[BaseException], None],
    ) -> None:
        self.number = number
        self.working = asyncio.Event()
        """Set while the partition is owned and its batches are applied."""
        self.progress_at = time.monotonic()
        """When anything got done last: offsets, state, or that there was nothing to do. A take-over alone is none."""
        self.rebuilt: int | None = None
        """Records that the worker has read for rebuilds, while lost state is rebuilt or waits for it; else None."""
        self.snapshot: FeedSnapshot | None = None
        """What all partitions observed of the sources, as collected last."""
        self._settings = settings
        self._clock = clock
        self._take_over = take_over
        self._broker = broker
        self._failed = failed
        self.passage = Passage()
        """How far time may pass by the clock."""
        self._recovery = Recovery(number)
        self._steps = 0
        """Batches written, and most records read for a rebuild: counts what gets done, whoever owns the partition."""
        self._most_rebuilt = -1
        self.pieces = 0
        """Batches written that left something of a stay to do: it is worked off in pieces, and no offset moves."""
        self._in_hand: list[FetchedBatch] | None = None
        self._tried_at = -1
        """Batches written before the one in hand."""
        self._owned: OwnedPartition | None = None
        self._waiting = Waiting(partial(broker.unread, number), partial(broker.hold_back, number))
        self._stopping = False
        self._behind: frozenset[str] = frozenset()
        """Inputs that others may have overtaken: as of the batch in hand."""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to take the partition over."""
        self._task = asyncio.create_task(self._run(), name=f"partition-{self.number}")

    async def stop(self) -> None:
        """End after the batch in hand, or in the midst of it if it takes too long: the protocol survives either."""
        self._stopping = True
        if self._task is None:
            return
        self._waiting.nudge()
        done, _ = await asyncio.wait({self._task}, timeout=GRACE if self._owned else 0)
        if not done:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def receive(self, batch: FetchedBatch) -> None:
        """Queue a batch. While the partition is not taken over it is dropped: the take-over seeks, and it comes
        again."""
        if self._owned is not None:
            self._waiting.put(batch, self._clock.now())

    async def seek_again(self) -> dict[str, int]:
        """Seek the inputs to the position of this partition; next offset by topic, empty while it is not taken over."""
        if self._owned is None:
            return {}
        return await self._broker.seek_inputs(self.number, self._owned.position)

    @property
    def position(self) -> dict[str, int]:
        """Next offset by topic that will be processed; empty while it is not taken over."""
        return dict(self._owned.position) if self._owned else {}

    @property
    def stored(self) -> dict[str, int]:
        """Next offset by topic as Redis has it; empty while it is not taken over."""
        return dict(self._owned.next) if self._owned else {}

    @property
    def state(self) -> str:
        """In a word: working, rebuilding, waiting (there is trouble) or taking-over."""
        if self._owned is not None:
            return "working"
        if self.rebuilt is not None:
            return "rebuilding"
        return "waiting" if self.trouble else "taking-over"

    @property
    def computing(self) -> bool:
        """A batch is in hand, or state is rebuilt: what the core does there may take its time."""
        return self._in_hand is not None or self.rebuilt is not None

    @property
    def trouble(self) -> str | None:
        """Why nothing gets done, in a word; None while all is well."""
        return self._recovery.trouble

    @property
    def waits(self) -> bool:
        """Whether that is a server, which is away or refuses: a worker that is started anew would wait, too."""
        return self._recovery.waits

    @property
    def mark(self) -> int:
        """Changes with all that gets done: batches written, records read for a rebuild; not with a take-over."""
        return self._steps

    @property
    def idle(self) -> bool:
        """Nothing queued, nothing in hand, nothing due by now, every output acknowledged."""
        owned = self._owned
        if owned is None or self._in_hand is not None or owned.observed is not self.snapshot:
            return False
        if not (self._waiting.empty and owned.outgoing.empty) or self._broker.unread(self.number, owned.position):
            return False
        due = owned.engine.next_due()
        busy = owned.engine.unfinished or owned.engine.pruning_deferred
        return not busy and (due is None or due > self._now(owned))

    async def _run(self) -> None:
        recovery, why = self._recovery, "assigned"
        try:
            while not self._stopping:
                try:
                    await self._work(await self._acquire(why))
                    return
                except Fenced:
                    await self._wait_out_the_fence()
                    recovery.ownership.epoch, why = None, "fenced"
                except Exception as error:  # noqa: BLE001 - what nobody can do anything about is raised again
                    engine = self._owned.engine if self._owned else None
                    why = recovery.after(error, self._suspected(), engine, behind=bool(self._behind))
                    await asyncio.sleep(recovery.pause)
                finally:
                    await self._drop_state()
        except Exception as error:  # noqa: BLE001 - nothing may end silently: the process exits and Redis knows where to go on
            self._failed(error)

    def _suspected(self) -> list[Place] | None:
        """The records of the batch that was being applied; None where none was, or it is written already."""
        owned = self._owned
        if self._in_hand is None or owned is None or owned.batch != self._tried_at:
            return None
        return places(self._in_hand, owned.position)

    async def _acquire(self, why: str) -> OwnedPartition:
        owned = await self._take_over(self.number, self._broker, self._recovery.ownership, self._rebuilding)
        self._waiting.clear()
        self.passage.reached(None)
        self._owned = owned
        self.rebuilt = None
        self.working.set()
        metrics.TAKE_OVERS.labels(why).inc()
        log.debug("partition-taken-over", partition=self.number, epoch=owned.epoch, why=why)
        return owned

    def _rebuilding(self, records: int) -> None:
        self.rebuilt = records
        if records > self._most_rebuilt:
            self._most_rebuilt = records
            self._done(step=True)

    def _done(self, *, step: bool) -> None:
        """Something got done, if only that there was nothing to do; `step`: offsets or state have changed."""
        self.progress_at = time.monotonic()
        self._steps += step

    async def _drop_state(self) -> None:
        owned, self._owned = self._owned, None
        self.rebuilt = None
        self.working.clear()
        self._in_hand = None
        self._waiting.clear()
        if owned is not None:
            await owned.outgoing.close()

    async def _wait_out_the_fence(self) -> None:
        """Another worker owns the partition, and the group will say so within a session time-out, by releasing it here.

        If it does not, the other one was the older: it slept between being given the partition and taking it over.
        """
        metrics.FENCED.inc()
        self._recovery.trouble, self._recovery.waits = "fenced", True
        log.warning("fenced", partition=self.number)
        await self._drop_state()
        await asyncio.sleep(self._settings.session_timeout + GRACE)

    async def _work(self, owned: OwnedPartition) -> None:
        recovery, store = self._recovery, self._take_over.store
        for stay_id in sorted(recovery.suspects.failing_stays):
            await put_off(owned, store, stay_id, self._now(owned))
            recovery.suspects.failing_stays.discard(stay_id)
        records, turn = FIRST_RECORDS, False
        rest: list[FetchedBatch] = []
        while not self._stopping:
            self._tried_at = -1  # what publishing fails with no record in hand is to blame for
            await owned.outgoing.ready()
            # What is not finished, a stay that spans years, takes turns with what is fetched.
            unfinished = owned.engine.unfinished
            turn = unfinished and not turn
            wait, most = 0 if unfinished else TICK, recovery.suspects.bounded(records)
            batches = [] if turn else rest or await self._waiting.take(most, wait, owned.position)
            seconds = await self._go_on(owned, batches, unfinished)
            rest = rest if turn else left_of(batches, owned.position)
            self._in_hand = rest or None
            records = records if turn else adjusted(records, seconds, self._settings.batch_records)
        await owned.outgoing.sent()

    async def _go_on(self, owned: OwnedPartition, batches: list[FetchedBatch], unfinished: bool) -> float:
        """Time first, up to where everything that came is processed; then what came since. Seconds of computing."""
        owned.observe(self.snapshot)
        self._behind = self._waiting.behind
        # At least as far as it has passed, wherever a clock was set back to; and the snapshot is complete up to a
        # moment.
        seconds, until = 0.0, self.passage.until(owned.engine.clock, self.snapshot.as_of if self.snapshot else None)
        if not batches or (until is not None and not unfinished):
            alone = Moment(until or self._now(owned), until is not None, self._behind)
            seconds += await self._apply(owned, [], alone)
        if batches:
            seconds += await self._apply(owned, batches, Moment(self._now(owned), False, self._behind))
        self.passage.carried(owned.engine.clock, self._now(owned))
        return seconds

    async def _apply(self, owned: OwnedPartition, batches: list[FetchedBatch], moment: Moment) -> float:
        """Records, or the passing of time: kept apart, so that it is known which of them fails."""
        self._in_hand, self._tried_at = batches, owned.batch
        recovery, done = self._recovery, owned.batch
        suspects, suspected = recovery.suspects, places(batches, owned.position)
        condemned = suspects.condemned if suspects.condemned in suspected else None
        if condemned is not None:
            self._take_over.quarantined.claim(self.number, condemned)
        seconds = await apply(
            owned, self._take_over.store, batches, moment, self._settings.partitions, self._clock, condemned
        )
        written = owned.batch > done
        if condemned is not None:
            self._log_quarantined(condemned)
        if written and not moment.behind:
            recovery.ownership.needs_history.clear()
        if written:
            self._most_rebuilt = -1
        recovery.passed(len(suspected) - len(places(batches, owned.position)))
        self.pieces += written and owned.engine.unfinished
        self._done(step=written)
        return seconds

    def _log_quarantined(self, condemned: Place) -> None:
        self._recovery.suspects.acquit()
        topic, offset = condemned
        log.error("record-quarantined", topic=topic, partition=self.number, offset=offset)

    def _now(self, owned: OwnedPartition) -> datetime:
        """The clock, which never runs backwards for a partition, whoever owned it before."""
        now, passed = self._clock.now(), owned.engine.clock
        return now if passed is None else max(now, passed)
