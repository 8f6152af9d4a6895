"""The partitions this worker owns: made when the group gives them, stopped when it takes them away."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable

from picustream.runtime.clock import Clock
from picustream.runtime.logs import logger
from picustream.runtime.settings import Settings
from picustream.streams.kafka.scheduler import FetchedBatch
from picustream.streams.partition import metrics
from picustream.streams.partition.partition import Partition
from picustream.streams.partition.takeover import Broker, TakeOver

log = logger(__name__)

READY = 20.0
"""Seconds that a rebalance waits for the take-overs. What takes longer goes on by itself and seeks when it is done."""


class Partitions:
    """Owned partitions by number."""

    def __init__(
        self, settings: Settings, clock: Clock, take_over: TakeOver, failed: Callable[[BaseException], None]
    ) -> None:
        self.owned: dict[int, Partition] = {}
        self._settings = settings
        self._clock = clock
        self._take_over = take_over
        self._failed = failed

    async def own(self, numbers: Iterable[int], broker: Broker) -> dict[tuple[str, int], int]:
        """Take over what is not owned yet and seek every input; the next offset by topic and partition.

        Can be called again at any time: what is owned is only sought again. `numbers` is all that the group gives us:
        what else is owned is stopped, for its new owner and we would fence one another. So it is where a rebalance
        overtook the one before it.
        """
        wanted = set(numbers)
        await self.release(set(self.owned) - wanted)
        known = [partition for number, partition in self.owned.items() if number in wanted]
        new = [self._new(number, broker) for number in sorted(wanted - set(self.owned))]
        metrics.PARTITIONS.set(len(self.owned))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY):
                await asyncio.gather(*(partition.working.wait() for partition in new))
        await asyncio.gather(*(partition.seek_again() for partition in known))
        if new:
            log.info("taken-over", partitions=_working(new, True), not_yet=_working(new, False))
        return {
            (topic, partition.number): offset
            for partition in known + new
            for topic, offset in partition.position.items()
        }

    async def release(self, numbers: Iterable[int]) -> None:
        """Stop the partitions that are given away, each after the batch it has in hand."""
        leaving = [self.owned.pop(number) for number in set(numbers) if number in self.owned]
        metrics.PARTITIONS.set(len(self.owned))
        await asyncio.gather(*(partition.stop() for partition in leaving))
        for partition in leaving:
            metrics.forget(partition.number)

    def receive(self, batch: FetchedBatch) -> None:
        """Hand a batch to its partition; one that is not owned is dropped, for its owner reads it too."""
        partition = self.owned.get(batch.partition)
        if partition is not None:
            partition.receive(batch)

    def _new(self, number: int, broker: Broker) -> Partition:
        partition = Partition(number, self._settings, self._clock, self._take_over, broker, self._failed)
        self.owned[number] = partition
        partition.start()
        return partition


def _working(partitions: list[Partition], working: bool) -> list[int]:
    return [partition.number for partition in partitions if partition.working.is_set() is working]
