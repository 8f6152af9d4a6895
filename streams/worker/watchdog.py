"""Ends a worker that stands still although there is work and both servers answer, so that it is started again.

Faust's consumers can stop for good after trouble with the broker, without a word (faust-streaming issues 175, 523,
629 and 640, all open): in the group, or half out of it, with records at the broker that nobody fetches. A new process
is well again, and Redis knows where it has to go on. While Redis or Kafka are away nothing can move, and a restart
would not help: then the worker waits.
"""

import asyncio
import time

from faust.types import TP
from redis.asyncio import Redis
from redis.exceptions import RedisError

from picustream.models.event import INPUT_TOPICS
from picustream.runtime.errors import STALLED, UserError
from picustream.runtime.logs import logger
from picustream.runtime.settings import Settings
from picustream.streams.kafka import tail
from picustream.streams.partition.trouble import TROUBLE
from picustream.streams.store import redis_client
from picustream.streams.worker.app import App
from picustream.streams.worker.standstill import Standstill, Still, Work, work_of

log = logger(__name__)

LOOKS = 12
"""In the time that the worker may stand still."""
ANSWER = 5.0
"""Seconds for an answer of Redis or Kafka."""
REBALANCE = 60.0
"""Seconds that a rebalance may take on top: the group waits for its other members, and for take-overs."""


class Stalled(UserError):
    """The worker does not get on, and nobody but itself is to blame."""

    def __init__(self, still: Still) -> None:
        where = f"{still.work.what} for {still.seconds:.0f} s"
        super().__init__(
            f"No progress ({where}), though there is work and Redis and Kafka answer.",
            "The worker ends so that it is started again; it goes on where it was.",
            STALLED,
        )


class Watchdog:
    """Watches what there is to do and whether anything of it moves."""

    def __init__(self, settings: Settings, app: App, redis: Redis) -> None:
        self._settings = settings
        self._app = app
        self._redis = redis
        self._standstill = Standstill()
        self._furthest: dict[TP, int] = {}

    async def watch(self) -> None:
        """Raises Stalled once something has stood still too long, and both servers answered for half of that time."""
        step = self._settings.stall_after / LOOKS
        last = time.monotonic()
        while True:
            await asyncio.sleep(step)
            work = await self._work()
            now = time.monotonic()
            # A process that slept, by SIGSTOP or with its machine, has not stood still.
            still = self._standstill.note(work, min(now - last, step + 2 * ANSWER))
            last = now
            if still is None or still.share < 0.5:
                continue
            if not await self._servers_answer():
                log.warning("servers-away", what=still.work.what)
                self._standstill.forgive()
            elif still.share >= 1:
                log.error("stalled", what=[one.what for one in work], seconds=round(still.seconds))
                raise Stalled(still)

    async def _work(self) -> list[Work]:
        limit = self._settings.stall_after
        work = [] if await self._redis_answers() else [Work("the client of Redis", None, limit)]
        consumer = self._app.input_consumer
        owned = self._app.partitions.owned
        if not consumer.started or self._app.rebalancing or not consumer.is_member:
            return [*work, Work("the consumer group", consumer.generation, limit + REBALANCE)]
        try:
            async with asyncio.timeout(ANSWER):
                read, ends = await consumer.read(), await consumer.ends(sorted(owned))
        except TROUBLE:
            return [*work, Work("the client of Kafka", None, limit)]
        if {tp.partition for tp in read} - set(owned):
            work.append(Work("the take-over", consumer.generation, limit + REBALANCE))
        for tp, (fetched, _) in read.items():
            self._furthest[tp] = max(fetched, self._furthest.get(tp, 0))
        return work + work_of(owned, read, ends, limit, self._furthest)

    async def _redis_answers(self) -> bool:
        try:
            async with asyncio.timeout(ANSWER):
                await self._redis.ping()
        except (RedisError, OSError, TimeoutError):
            return False
        return True

    async def _servers_answer(self) -> bool:
        """By connections of their own: it is those of the worker that are in question."""
        try:
            async with asyncio.timeout(2 * ANSWER):
                await (await redis_client.reach(self._settings)).aclose()
                await tail.first_offsets(self._settings, [(topic, 0) for topic in INPUT_TOPICS])
        except (UserError, *TROUBLE):
            return False
        return True
