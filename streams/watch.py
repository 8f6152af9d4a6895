"""What a worker looks at while it works: lag, the backlog at the broker, its name, and whether Faust still lives."""

import asyncio
import contextlib
import math

from faust.types import TP
from redis.exceptions import RedisError

from picustream.streams import metrics
from picustream.streams.app import App
from picustream.streams.errors import STALLED, UserError
from picustream.streams.health import Health
from picustream.streams.partition import TROUBLE
from picustream.streams.slots import Claim
from picustream.streams.transport import Consumer

WATCH = 1.0
"""Seconds between two looks at lag, progress and name."""


class FaustEnded(UserError):
    """Faust, or the thread of its consumer, has ended, and nobody told it to."""

    def __init__(self, reason: BaseException | None) -> None:
        because = f" ({type(reason).__name__})" if reason is not None else ""
        super().__init__(
            f"Faust has ended{because}.",
            "The worker ends so that it is started again; it goes on where it was.",
            STALLED,
        )


async def faust(app: App) -> None:
    """Raises what ended Faust, which reports it by its crash reason, if it does, and ends nothing by itself."""
    consumer: Consumer = app.consumer
    while not app.should_stop and not consumer.ended:
        await asyncio.sleep(WATCH / 4)
    reason = app.crash_reason
    if reason is None or isinstance(reason, TROUBLE):
        raise FaustEnded(reason)
    raise reason


async def name(claim: Claim) -> None:
    """Raises NameTaken when another process has been started under the name of this one."""
    while True:
        await asyncio.sleep(WATCH)
        with contextlib.suppress(RedisError):  # the partitions tell of it
            await claim.check()


async def backlog(app: App) -> None:
    """Whether the broker holds more for a partition: while it does, time goes no further than the records say."""
    while True:
        await asyncio.sleep(WATCH / 4)
        consumer: Consumer = app.consumer
        try:
            read = await consumer.read() if app.partitions.owned else {}
        except TROUBLE:
            continue  # the partitions tell of it; until it has passed they keep what was seen last
        highwaters = {tp: consumer.highwater(tp) for tp in read}
        behind = {
            tp.partition
            for tp, (position, _) in read.items()
            if position < (math.inf if highwaters[tp] is None else highwaters[tp])
        }
        for number, partition in app.partitions.owned.items():
            partition.backlog = number in behind


async def lag(app: App, health: Health) -> None:
    """Lag and progress for health and metrics; what is processed for those who watch the consumer group."""
    while True:
        await asyncio.sleep(WATCH)
        consumer: Consumer = app.consumer
        stored = {}
        health.keep(app.partitions.owned)
        for number, partition in app.partitions.owned.items():
            position, behind = partition.position, 0
            for topic, offset in position.items():
                highwater = consumer.highwater(TP(topic, number))
                waiting = max(0, (highwater or 0) - offset)
                metrics.LAG.labels(topic, str(number)).set(waiting)
                behind += waiting
            stored.update({TP(topic, number): offset for topic, offset in partition.stored.items()})
            health.note(number, behind, sum(position.values()))
        await consumer.commit_for_display(stored)
