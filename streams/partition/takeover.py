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

And when it is Redis that lost something - all of it, or what it was given last - the outputs show more than Redis
remembers (step 4), and everything is rebuilt from Kafka instead (`streams/partition/rebuild.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from picustream.models.event import INPUT_TOPICS
from picustream.runtime.crash_points import crash_point
from picustream.runtime.settings import Settings
from picustream.scoring.alerts.feed_snapshot import FeedSnapshot
from picustream.scoring.port import EngineFactory, EnginePort
from picustream.streams.kafka import tail
from picustream.streams.kafka.publisher import Publisher
from picustream.streams.partition import metrics
from picustream.streams.partition.history import HistoryReader
from picustream.streams.partition.misrouted import as_dead_letter
from picustream.streams.partition.outgoing import Outgoing
from picustream.streams.partition.rebuild import Rebuilder, Report
from picustream.streams.partition.suspects import QuarantineCount
from picustream.streams.store.batch_write import BatchWrite
from picustream.streams.store.outbox import Entry
from picustream.streams.store.store import Control, Store


class Broker(Protocol):
    """What a take-over asks of the consumer."""

    async def seek_inputs(self, partition: int, wanted: Mapping[str, int]) -> dict[str, int]:
        """Seek the inputs to the next offset by topic (left out: to its beginning); the position of each."""

    async def output_ends(self, partition: int) -> dict[str, int]:
        """The end offset of a partition of every output topic, now."""

    def unread(self, partition: int, position: Mapping[str, int]) -> frozenset[str]:
        """Input topics that hold more than what is processed once `position` is reached, as far as is known."""

    def hold_back(self, partition: int, topics: frozenset[str]) -> None:
        """Hand over nothing of these inputs of a partition for now, and of its others again."""


MARKER = 1
"""Offsets that the marker of a committed transaction takes behind its last record."""


@dataclass(slots=True)
class Ownership:
    """What outlasts a take-over, whether it came to its end or not."""

    epoch: int | None = None
    """The one that this worker raised last; None: it is newly given to us. Without it, a worker whose take-over failed
    half-way would take its own epoch for that of another."""
    needs_history: set[str] = field(default_factory=set)
    """Stays whose whole history the next batch needs."""
    too_large: int = 0
    """Times in a row that a topic did not take what the outbox holds for its size."""


@dataclass(slots=True)
class OwnedPartition:
    """What a worker has of a partition. Exact as long as `epoch` is the one in Redis."""

    partition: int
    epoch: int
    batch: int
    sequence: int
    next: dict[str, int]
    """Next offset by topic as Redis holds it; absent: nothing processed yet."""
    position: dict[str, int]
    """Next offset by topic that will be processed."""
    engine: EnginePort
    outgoing: Outgoing
    observed: FeedSnapshot | None = None
    """What all partitions observed of the sources, as the engine observed last."""

    def observe(self, snapshot: FeedSnapshot | None) -> None:
        """Let the engine observe what all partitions observed, where that is new."""
        if snapshot is not None and snapshot is not self.observed:
            self.observed = snapshot
            self.engine.observe(snapshot)


@dataclass(frozen=True, slots=True)
class TakeOver:
    """How this worker takes partitions over. `owner` is its name."""

    settings: Settings
    store: Store
    engine_factory: EngineFactory
    owner: str
    rebuild: Rebuilder
    read_history: HistoryReader
    quarantined: QuarantineCount
    """Counts what this worker has set aside, over all its partitions."""

    async def __call__(self, partition: int, broker: Broker, ownership: Ownership, report: Report) -> OwnedPartition:
        """Take over `partition`, for the first time or again.

        `report` is called with the number of records read again.

        1. Raise the epoch: no older writer changes anything in Redis from here on.
        2. Start the transactional producer: no older one publishes anything from here on, and what an older one left
           half-done is aborted, or committed if it had come so far.
        3. Read the outbox: what an older writer may have had no time to publish.
        4. Read the tail of the output topics: what is there already. If that is more than Redis ever wrote, Redis
           has lost state: rebuild it, and go on at 7.
        5. Publish what does not.
        6. Trim the outbox.
        7. Make the engine, and give it the due times; states are read when they are needed. Where a record depends on
           what was pruned of a state, that stay's history is read from Kafka (`streams/partition/history.py`).
        8. Seek every input to the offset that Redis holds.
        9. Keep where an input begins that was never read: if its first records are cut off before they are read, the
           next take-over says so.

        Fenced if another worker has taken the partition since we did. Any other error leaves a partition that the next
        take-over, here or elsewhere, starts with at step 1.
        """
        control = await self.store.take_over(partition, self.owner, ownership.epoch)  # 1
        ownership.epoch = control.epoch
        crash_point("take-over-epoch-raised")
        publisher = Publisher(self.settings, partition)
        try:
            await publisher.start()  # 2
            crash_point("take-over-producer-ready")
            left = await self.store.outbox(partition, control)  # 3
            published = await self._last_published(partition, control, broker, report)  # 4
            if control.rebuilding or published > control.sequence:
                engine, control = await self.rebuild(
                    partition, control, max(published, control.sequence), publisher, report
                )
            else:
                engine = self.engine_factory(partition)  # 7
                if left:
                    left = self._bearable(partition, left, engine, ownership.too_large)
                    await self._finish(partition, control.epoch, left, control.sent, publisher)
                engine.clock = control.clock
                engine.install_due(await self.store.due(partition, control))
                if ownership.needs_history:
                    await self.read_history(partition, control, engine, sorted(ownership.needs_history), report)
            position = await broker.seek_inputs(partition, control.next)  # 8
            control = await self._begun(partition, control, position)  # 9
        except BaseException:
            await publisher.close()
            raise
        return OwnedPartition(
            partition=partition,
            epoch=control.epoch,
            batch=control.batch,
            sequence=control.sequence,
            next=dict(control.next),
            position=position,
            engine=engine,
            outgoing=Outgoing(partition, control.epoch, publisher, self.store),
        )

    async def _last_published(self, partition: int, control: Control, broker: Broker, report: Report) -> int:
        """The greatest outbox sequence that is on the output topics, as far as it is not known to be ours."""
        ends = await broker.output_ends(partition)
        since = {topic: control.sent.get((topic, partition), 0) for topic in ends}
        grown = {(topic, partition): since[topic] for topic in ends if ends[topic] > since[topic] + MARKER}
        return await tail.last_sequence(self.settings, partition, grown, report) if grown else 0

    async def _begun(self, partition: int, control: Control, position: Mapping[str, int]) -> Control:
        """Step 9; the control hash after it."""
        new = {topic: offset for topic, offset in position.items() if topic not in control.next}
        if not new:
            return control
        write = BatchWrite(
            control.epoch, control.batch, control.sequence, control.clock, before=dict.fromkeys(new), after=new
        )
        await self.store.commit(partition, write)
        return replace(control, batch=control.batch + 1, next=control.next | new)

    def _bearable(self, partition: int, left: list[Entry], engine: EnginePort, number: int) -> list[Entry]:
        """The outbox with the `number` largest records that are only sent on as dead letters: a topic that takes less
        than an input topic should must not hold up what comes after them."""
        sent_on = sorted(
            (one for one in left if one.topic in INPUT_TOPICS), key=lambda one: len(one.value), reverse=True
        )
        now, refused = self.rebuild.clock.now(), set(sent_on[:number])
        return [as_dead_letter(one, partition, engine, now) if one in refused else one for one in left]

    async def _finish(
        self, partition: int, epoch: int, left: list[Entry], sent: Mapping[tuple[str, int], int], publisher: Publisher
    ) -> None:
        """Steps 4 to 6: publish of the outbox what the topics do not hold, and empty it."""
        there = await tail.published_already(self.settings, partition, left, sent)  # 4
        missing = [entry for entry in left if entry not in there]
        now_sent = await publisher.publish(missing) if missing else {}  # 5
        metrics.published(missing)
        crash_point("take-over-outbox-published")
        await self.store.trim(partition, epoch, left[-1].sequence, now_sent)  # 6
        crash_point("take-over-trimmed")
