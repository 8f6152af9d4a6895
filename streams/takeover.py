"""Taking over a partition: what a new owner does before any event flows, whatever the old one left behind.

Common failure scenarios, and the step that each is survived at:

| the old owner | step |
|---|---|
| sleeps, wakes up and writes | 1: its epoch is old, Redis refuses |
| sleeps, wakes up and publishes | 2: its producer is fenced, the broker refuses |
| died before its batch was written | 8: the offsets are the old ones, the batch is read again |
| died after that, before it published | 5: its outbox is published |
| died with a transaction open | 2 aborts it, 5 publishes |
| died after it published, before it trimmed | 4: the tail shows it, 5 publishes nothing |
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from picustream.streams import metrics, tail
from picustream.streams.crashpoints import crash_point
from picustream.streams.engine import Engine, EngineFactory
from picustream.streams.outbox import Entry
from picustream.streams.publisher import Publisher
from picustream.streams.settings import Settings
from picustream.streams.store import Store

Seek = Callable[[int, Mapping[str, int]], Awaitable[dict[str, int]]]
"""Seek the inputs of a partition to the next offset by topic (left out: to its beginning); where each stands then."""


@dataclass(slots=True)
class Holding:
    """What a worker holds of a partition. Exact as long as `epoch` is the one in Redis."""

    partition: int
    epoch: int
    batch: int
    sequence: int
    next: dict[str, int]
    """Next offset by topic as Redis holds it; absent: nothing processed yet."""
    position: dict[str, int]
    """Next offset by topic that will be processed."""
    engine: Engine
    publisher: Publisher


@dataclass(frozen=True, slots=True)
class TakeOver:
    """How this worker takes partitions over. `owner` is its name."""

    settings: Settings
    store: Store
    engine_factory: EngineFactory
    owner: str

    async def __call__(self, partition: int, seek: Seek, held: int | None = None) -> Holding:
        """Take over `partition`; `held` is the epoch held until now, when it is our own that is taken over again.

        1. Raise the epoch: no older writer changes anything in Redis from here on.
        2. Start the transactional producer: no older one publishes anything from here on, and what an older one left
           half-done is aborted, or committed if it had come so far.
        3. Read the outbox: what an older writer may have had no time to publish.
        4. Read the tail of the topics that its entries are meant for: what stands there already.
        5. Publish what does not.
        6. Trim the outbox.
        7. Make the engine, and give it the due times; states are read when they are needed.
        8. Seek every input to the offset that Redis holds.

        Fenced if another worker has taken the partition since `held`. Any other error leaves a partition that the next
        take-over, here or elsewhere, starts with at step 1.
        """
        control = await self.store.take_over(partition, self.owner, held)  # 1
        crash_point("take-over-epoch-raised")
        publisher = Publisher(self.settings, partition)
        try:
            await publisher.start()  # 2
            crash_point("take-over-producer-ready")
            left = await self.store.outbox(partition)  # 3
            if left:
                await self._finish(partition, control.epoch, left, control.sent, publisher)
            engine = self.engine_factory(partition)  # 7
            engine.clock = control.clock
            engine.install_due(await self.store.due(partition))
            position = await seek(partition, control.next)  # 8
        except BaseException:
            await publisher.close()
            raise
        return Holding(
            partition=partition,
            epoch=control.epoch,
            batch=control.batch,
            sequence=control.sequence,
            next=dict(control.next),
            position=position,
            engine=engine,
            publisher=publisher,
        )

    async def _finish(
        self, partition: int, epoch: int, left: list[Entry], sent: Mapping[tuple[str, int], int], publisher: Publisher
    ) -> None:
        """Steps 4 to 6: publish of the outbox what the topics do not hold, and empty it."""
        there = await tail.standing(self.settings, partition, left, sent)  # 4
        missing = [entry for entry in left if entry not in there]
        now_sent = await publisher.publish(missing) if missing else {}  # 5
        metrics.published(missing)
        crash_point("take-over-outbox-published")
        await self.store.trim(partition, epoch, left[-1].sequence, now_sent)  # 6
        crash_point("take-over-trimmed")
