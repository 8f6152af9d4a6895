"""One owned partition: takes itself over, then applies its batches one after another.

There is one way out of any trouble - Redis or Kafka away, an answer that did not come, state lost, a batch lost in
the stream: drop everything held and take the partition over again. So nothing in between has to be repaired.
"""

import asyncio
import contextlib
import re
import time
from collections.abc import Callable
from datetime import datetime

from aiokafka.errors import KafkaError
from redis.exceptions import RedisError

from picustream.scoring.alerts.feeds import View
from picustream.scoring.chart.series import Recall
from picustream.streams import metrics
from picustream.streams.apply import Moment, apply
from picustream.streams.clock import Clock
from picustream.streams.intake import StreamGap
from picustream.streams.logs import logger, place
from picustream.streams.publisher import PublisherFenced
from picustream.streams.scheduler import FetchedBatch
from picustream.streams.settings import Settings
from picustream.streams.store import Fenced, StateLost
from picustream.streams.takeover import Broker, Holding, TakeOver, Tenure
from picustream.streams.topics import ALL, INPUTS
from picustream.streams.waiting import Waiting

log = logger(__name__)

TICK = 0.25
"""Seconds between two looks at the clock while nothing arrives."""
QUIET = 1.0
"""Seconds without a record after which time goes on by the clock, and no longer by what the records say. So history
that is sent in one go is scored as it went, and not with every open stay closed day by day up to today."""
FIRST_RECORDS = 50
"""In the first batch after a take-over, until it is known how long they take."""
LONG = 0.5
"""Seconds of computing after which a batch counts as long, and the next one is made half as big."""
FIRST_BACK_OFF, LAST_BACK_OFF = 0.1, 2.0
"""Seconds before taking over again: doubled from one failure to the next."""
GRACE = 2.0
"""Seconds for the batch in hand to end when the partition is released; it may be cut at any point."""

_REFUSES = re.compile(r"\b(?:OOM|MISCONF|READONLY|NOREPLICAS|NOPERM|NOAUTH|LOADING|BUSY|MASTERDOWN)\b")

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
        broker: Broker,
        failed: Callable[[BaseException], None],
    ) -> None:
        self.number = number
        self.held = asyncio.Event()
        """Set while the partition is held and its batches are applied."""
        self.trouble: str | None = None
        """Why no progress is made, in a word; None while all is well."""
        self.progress_at = time.monotonic()
        self.rebuilt: int | None = None
        """Records read while lost state is rebuilt; None otherwise."""
        self.view: View | None = None
        """What all partitions heard of the sources, as of the last look."""
        self._settings = settings
        self._clock = clock
        self._take_over = take_over
        self._broker = broker
        self._failed = failed
        self._holding: Holding | None = None
        self._waiting = Waiting()
        self._stopping = False
        self.backlog: frozenset[str] = frozenset(INPUTS)
        """Inputs of which there is more to process, as of the last look."""
        self._heard_at = time.monotonic()
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
        self._waiting.nudge()
        done, _ = await asyncio.wait({self._task}, timeout=GRACE if self._holding else 0)
        if not done:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def receive(self, batch: FetchedBatch) -> None:
        """Queue a batch. While nothing is held it is dropped: the take-over seeks, and it comes again."""
        if self._holding is not None:
            await self._waiting.put(batch)

    async def seek_again(self) -> dict[str, int]:
        """Seek the inputs to where this partition stands; next offset by topic, empty while nothing is held."""
        if self._holding is None:
            return {}
        return await self._broker.seek_inputs(self.number, self._holding.position)

    @property
    def position(self) -> dict[str, int]:
        """Next offset by topic that will be processed; empty while nothing is held."""
        return dict(self._holding.position) if self._holding else {}

    @property
    def stored(self) -> dict[str, int]:
        """Next offset by topic as Redis holds it; empty while nothing is held."""
        return dict(self._holding.next) if self._holding else {}

    @property
    def state(self) -> str:
        """In a word: working, rebuilding, waiting (there is trouble) or taking-over."""
        if self._holding is not None:
            return "working"
        if self.rebuilt is not None:
            return "rebuilding"
        return "waiting" if self.trouble else "taking-over"

    @property
    def computing(self) -> bool:
        """A batch is in hand, or state is rebuilt: what the core does there may take its time."""
        return self._busy or self.rebuilt is not None

    @property
    def mark(self) -> tuple[object, ...]:
        """Changes with all that gets on: batches, take-overs, records read for a rebuild."""
        holding = self._holding
        return (
            self.state,
            self.rebuilt,
            *((holding.epoch, holding.batch, *holding.position.items()) if holding else ()),
        )

    @property
    def idle(self) -> bool:
        """Nothing queued, nothing in hand, nothing due by now, every output acknowledged."""
        holding = self._holding
        if holding is None or self._busy or not self.settled or holding.heard is not self.view:
            return False
        due = holding.engine.next_due()
        return not holding.engine.untidy and (due is None or due > self._now(holding))

    @property
    def settled(self) -> bool:
        """Nothing waits here or at the broker, and nothing has come for a moment: time may go on by the clock."""
        quiet = time.monotonic() - self._heard_at >= QUIET
        return quiet and not self.backlog and self._waiting.empty

    async def _run(self) -> None:
        tenure = Tenure()
        back_off = FIRST_BACK_OFF
        why = "assigned"
        try:
            while not self._stopping:
                try:
                    holding = await self._hold(tenure, why)
                    back_off = FIRST_BACK_OFF
                    await self._work(holding, tenure)
                    return
                except Fenced:
                    await self._wait_out_the_fence()
                    tenure.epoch, why = None, "fenced"
                except PublisherFenced:
                    why = "producer-fenced"
                except StateLost:
                    metrics.STATE_LOST.inc()
                    log.error("state-lost", partition=self.number)
                    why = "state-lost"
                except Recall as recall:
                    # All at once, where it may come again: what is read is the whole partition.
                    others = self._holding.engine.let_go_of() if self._holding and self.backlog else set()
                    tenure.recall |= {recall.stay_id} | others
                    why = "recall"
                except StreamGap:
                    log.warning("stream-gap", partition=self.number)
                    why = "stream-gap"
                except TROUBLE as error:
                    why = type(error).__name__
                    self.trouble = named(error)
                    log.warning(
                        "no-progress",
                        partition=self.number,
                        trouble=self.trouble,
                        again_in=back_off,
                        **place(error),
                    )
                    await asyncio.sleep(back_off)
                    back_off = min(back_off * 2, LAST_BACK_OFF)
                finally:
                    await self._let_go()
        except Exception as error:  # noqa: BLE001 - nothing may end silently: the process exits and Redis knows where to go on
            self._failed(error)

    async def _hold(self, tenure: Tenure, why: str) -> Holding:
        holding = await self._take_over(self.number, self._broker, tenure, self._rebuilding)
        self._waiting.clear()
        self._holding = holding
        self.rebuilt = None
        self.trouble = None
        self.progress_at = time.monotonic()
        self.held.set()
        metrics.TAKE_OVERS.labels(why).inc()
        log.debug("partition-taken-over", partition=self.number, epoch=holding.epoch, why=why)
        return holding

    def _rebuilding(self, records: int) -> None:
        self.rebuilt = records
        self.trouble = None
        self.progress_at = time.monotonic()

    async def _let_go(self) -> None:
        holding, self._holding = self._holding, None
        self.rebuilt = None
        self.held.clear()
        self._busy = False
        # An agent that waits for room in the queue must not wait for a partition that is not held.
        self._waiting.clear()
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

    async def _work(self, holding: Holding, tenure: Tenure) -> None:
        records = FIRST_RECORDS
        while not self._stopping:
            batches = await self._waiting.take(records, TICK)
            self._busy = True
            if batches:
                self._heard_at = time.monotonic()
            holding.hear(self.view)
            moment, done = Moment(self._now(holding), self.settled, self.backlog), holding.batch
            store, partitions = self._take_over.store, self._settings.partitions
            seconds = await apply(holding, store, batches, moment, partitions, self._clock)
            if holding.batch > done and not moment.waiting:
                tenure.recall.clear()
            self._busy = False
            self.progress_at = time.monotonic()
            records = _adjusted(records, seconds, self._settings.batch_records)

    def _now(self, holding: Holding) -> datetime:
        """The clock, which never runs backwards for a partition, whoever owned it before."""
        now, passed = self._clock.now(), holding.engine.clock
        return now if passed is None else max(now, passed)


def named(error: Exception) -> str:
    """The kind of a trouble, the word by which Redis says why it refuses, and the topics that it is about.

    The text of an error is not shown.
    """
    text = str(error)
    words = _REFUSES.findall(text)[:1] if isinstance(error, RedisError) else []
    about = [topic for topic in ALL if topic in text] if isinstance(error, KafkaError) else []
    return " ".join([type(error).__name__, *words, *about])


def _adjusted(records: int, seconds: float, most: int) -> int:
    """Records for the next batch: a batch that takes long holds up the other partitions, and the end of the worker."""
    if seconds > LONG:
        return max(1, records // 2)
    return min(most, records * 2) if seconds < LONG / 4 else records
