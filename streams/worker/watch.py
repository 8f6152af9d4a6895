"""What a worker watches while it works: lag, the backlog at the broker, its name, and whether Faust still lives."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

from faust.types import TP
from redis.exceptions import RedisError

from picustream.runtime.clock import Clock
from picustream.runtime.errors import STALLED, UserError
from picustream.streams.partition import metrics
from picustream.streams.partition.trouble import TROUBLE, WatcherLog
from picustream.streams.worker.app import App
from picustream.streams.worker.health import Health
from picustream.streams.worker.instance_names import Claim

WATCH = 1.0
"""Seconds between two checks of lag, progress and name."""


class FaustEnded(UserError):
    """Faust, or the thread of its consumer, has ended by itself."""

    def __init__(self, reason: BaseException | None) -> None:
        because = f" ({type(reason).__name__})" if reason is not None else ""
        super().__init__(
            f"Faust has ended{because}.",
            "The worker ends so that it is started again; it goes on where it was.",
            STALLED,
        )


async def faust(app: App) -> None:
    """Raises what ended Faust, which reports it by its crash reason, if it does, and ends nothing by itself."""
    consumer = app.input_consumer
    while not app.should_stop and not consumer.ended:
        await asyncio.sleep(WATCH / 4)
    reason = app.crash_reason
    if reason is None or isinstance(reason, TROUBLE):
        raise FaustEnded(reason)
    raise reason


async def name(claim: Claim) -> None:
    """Raises NameTaken when another process has been started under the name of this one."""
    waits = WatcherLog("name")
    while True:
        await asyncio.sleep(WATCH)
        try:
            await claim.check()
        except RedisError as error:
            waits.note(error)
        else:
            waits.over()


class Lag:
    """Lets each partition know up to which moment everything is processed, so that time may pass in it (I8).

    1. Note the moment, and then where the partition's inputs end: after all that was there at the moment.
    2. Once it has come as far, time may pass up to the moment; begin at 1 again. Until then there is a backlog.
    """

    def __init__(self, app: App, clock: Clock) -> None:
        self._app = app
        self._clock = clock
        self._noted: dict[int, tuple[datetime | None, Mapping[TP, int]]] = {}

    async def watch(self) -> None:
        """Look now and then, without end."""
        waits = WatcherLog("time")
        while True:
            await asyncio.sleep(WATCH / 4)
            if self._app.partitions.owned:
                try:
                    await self._look()
                except TROUBLE as error:
                    waits.note(error)  # time waits until it has passed
                else:
                    waits.over()

    async def _look(self) -> None:
        consumer = self._app.input_consumer
        read = await consumer.read()
        owned = dict(self._app.partitions.owned)
        moment = self._clock.now()
        ends = await consumer.ends(list(owned))
        noted, self._noted = self._noted, {}
        for number, partition in owned.items():
            since, up_to = noted.get(number, (None, {}))
            if caught_up(partition.position, read, up_to):
                partition.passage.reached(since)
                self._noted[number] = moment, {tp: end for tp, end in ends.items() if tp.partition == number}
            else:
                partition.passage.reached(None)
                self._noted[number] = since, up_to


def caught_up(processed: Mapping[str, int], read: Mapping[TP, tuple[int, int]], ends: Mapping[TP, int]) -> bool:
    """Whether a partition has processed its inputs up to `ends`; `processed`: the next offset by topic."""
    return all(reached(processed.get(tp.topic, -1), read.get(tp)) >= end for tp, end in ends.items())


def reached(processed: int, read: tuple[int, int] | None) -> int:
    """The offset up to which a topic is processed, past the markers behind its last record: nobody hands those over.

    `read`: the position of the fetcher, and the offset after the last record that it handed over.
    """
    return max(processed, read[0]) if read is not None and processed >= read[1] else processed


def processed(app: App, read: Mapping[TP, tuple[int, int]]) -> dict[TP, int]:
    """For each input the offset up to which it is processed, as Redis has it; `read`: as of the consumer."""
    return {
        TP(topic, number): reached(offset, read.get(TP(topic, number)))
        for number, partition in app.partitions.owned.items()
        for topic, offset in partition.stored.items()
    }


async def show(app: App) -> None:
    """Say for the last time how far this worker is, to those who watch the consumer group: what it has done would seem
    to wait else. Raises `TROUBLE`."""
    if app.partitions.owned:
        await app.input_consumer.commit_for_display(processed(app, await app.input_consumer.read()))


async def lag(app: App, health: Health) -> None:
    """Lag and progress for health and metrics; what is processed for those who watch the consumer group."""
    waits = WatcherLog("lag")
    while True:
        await asyncio.sleep(WATCH)
        consumer = app.input_consumer
        try:
            read = await consumer.read() if app.partitions.owned else {}
        except TROUBLE as error:
            waits.note(error)
            continue
        waits.over()
        health.keep(app.partitions.owned)
        for number, partition in app.partitions.owned.items():
            position, behind = partition.position, 0
            for topic, offset in position.items():
                tp = TP(topic, number)
                waiting = max(0, (consumer.highwater(tp) or 0) - reached(offset, read.get(tp)))
                metrics.LAG.labels(topic, str(number)).set(waiting)
                behind += waiting
            if position:  # else it is being taken over, and that alone is no progress
                health.note(number, behind, sum(position.values()) + partition.pieces)
        for row in health.report()["partitions"]:
            metrics.STUCK.labels(str(row["partition"])).set(row["stuck"])
        await consumer.commit_for_display(processed(app, read))
