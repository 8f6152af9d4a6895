"""Faust's transport, changed in four places: what and where it reads, how it hands it over, what it remembers.

- Faust seeks to Kafka's committed offsets before events flow, through `seek_to_committed`; a seek anywhere else is
  undone. So the take-over hangs on this method: Redis says where to go on, Kafka's offsets are for display.
- Faust would read what a transaction wrote that is not committed yet, or never will be: here only what is committed,
  and ends are those of the committed records (the last stable offset). A batch that no client can read comes as
  records that say so (`streams/kafka/readable.py`).
- A fetch is handed over as one batch per partition, with the position it started from (`FetchedBatch`).
- Faust remembers what it has read and would drop what a seek back brings again: here it remembers nothing.
"""

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Mapping
from typing import Any, Protocol, TypeVar, cast

import aiokafka
from aiokafka import TopicPartition
from aiokafka.errors import CorruptRecordException, KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from picustream.models.event import INPUT_TOPICS
from picustream.runtime.crash_points import stall_point
from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.scoring.scores.registry import OUTPUT_TOPICS
from picustream.streams.kafka import readable
from picustream.streams.kafka.held import Held, Wanted, look_again
from picustream.streams.kafka.scheduler import FetchedBatch

FETCH_WAIT_MS = 200
"""Milliseconds that a fetch may wait at the broker. Faust's own 1,500 would hold back a partition with records while
the fetch for the empty ones of the same broker is under way."""
PREFETCH = 16 * 1024 * 1024
"""Bytes of one answer over all partitions of a broker, which is in memory three times while it is read."""

T = TypeVar("T")

readable.in_aiokafka()


class InputChanged(UserError):
    """A topic no longer holds what Redis says comes next: cut off at the front, or made anew."""

    def __init__(self, topic: str, partition: int, offset: int, first: int, end: int) -> None:
        super().__init__(
            f"{topic} partition {partition} holds offsets {first} to {end}, and {offset} comes next.",
            "Records were cut off, or the topic was made anew. The ways out: docs/operating.md, Inputs cut off.",
            ENVIRONMENT,
        )


class ConsumerEnded(KafkaError):
    """The thread of the consumer has ended and answers nobody any more; `watch.faust` finds out why."""


class _Forgetful(defaultdict[TP, int | None]):
    """Faust's read offsets, of which none is ever known."""

    def __setitem__(self, _tp: TP, _offset: int | None) -> None:
        """Not kept."""

    def update(self, *_args: Any, **_kwargs: Any) -> None:
        """Not kept."""


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread in which aiokafka runs. Its methods named `on_thread_...` run on its own loop."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fetched: dict[TP, int] = {}
        """The offset after the last record handed over, or where the last seek went."""
        self.held = Held()

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        consumer._fetch_max_bytes = PREFETCH
        consumer._isolation_level = "read_committed"
        return consumer

    async def _fetch_records(self, consumer: Any, active: set[TP], **limits: Any) -> Mapping[TP, FetchedBatch]:  # type: ignore[override]
        """No await lies between aiokafka's own bookkeeping and ours, so that no seek can come between them.

        Raises InputChanged when the broker no longer has what comes next.
        """
        await stall_point("fetch")
        try:
            found = await super()._fetch_records(consumer, cast(set[TP], Wanted(active, self.held.holds)), **limits)
        except NoOffsetForPartitionError:
            return {}  # just assigned; the take-over is about to seek
        except CorruptRecordException:
            return {}  # its bytes may have been changed on their way: they are fetched once more
        except OffsetOutOfRangeError as error:
            await self._check_cut_off(error.args[0])
            return {}  # the broker has it, after all; it is asked again
        batches = {}
        for tp, records in found.items():
            batch = FetchedBatch(tp.topic, tp.partition, self.fetched.get(tp, records[0].offset), records)
            self.fetched[tp] = batch.next
            batches[tp] = batch
        return batches

    async def _check_cut_off(self, refused: Mapping[TopicPartition, int]) -> None:
        consumer = self._ensure_consumer()
        firsts, ends = await consumer.beginning_offsets(list(refused)), await consumer.end_offsets(list(refused))
        for tp, offset in refused.items():
            if not firsts[tp] <= offset <= ends[tp]:
                raise InputChanged(tp.topic, tp.partition, offset, firsts[tp], ends[tp])

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """What was handed over before says nothing about the next assignment."""
        self.fetched.clear()
        await super().on_partitions_revoked(revoked)

    async def on_thread_seek(self, partition: int, wanted: Mapping[str, int]) -> dict[str, int]:
        """Seek the inputs of a partition; see `Consumer.seek_inputs`."""
        consumer = self._ensure_consumer()
        tps = [TopicPartition(topic, partition) for topic in INPUT_TOPICS]
        firsts, ends = await consumer.beginning_offsets(tps), await consumer.end_offsets(tps)
        position = {tp.topic: wanted.get(tp.topic, firsts[tp]) for tp in tps}
        for tp in tps:
            if not firsts[tp] <= position[tp.topic] <= ends[tp]:
                raise InputChanged(tp.topic, partition, position[tp.topic], firsts[tp], ends[tp])
        for tp in tps:
            consumer.seek(tp, position[tp.topic])
            self.fetched[tp] = position[tp.topic]
        return position

    async def on_thread_partition_counts(self) -> dict[str, int]:
        """Partitions of every input topic, as the broker has it now."""
        consumer = self._ensure_consumer()
        await consumer._client.force_metadata_update()
        return {topic: len(consumer.partitions_for_topic(topic) or ()) for topic in INPUT_TOPICS}

    async def on_thread_ends(self, partitions: list[int], topics: Iterable[str] = INPUT_TOPICS) -> dict[TP, int]:
        """The offsets after the last committed records of `partitions` of some topics."""
        tps = [TopicPartition(topic, number) for topic in topics for number in partitions]
        return dict(await self._ensure_consumer().end_offsets(tps)) if tps else {}

    def highwater(self, tp: TP) -> int | None:  # type: ignore[override] # Faust's does not know when it does not know
        """The end of what is committed in a partition, as the last fetch brought it; None while that is unknown, or it
        is somebody else's. What comes after it waits for a transaction to end, and nobody can read it yet."""
        consumer = self._ensure_consumer()
        assigned = consumer.assignment()  # aiokafka's own would not bear to be asked in the midst of a rebalance
        return consumer.last_stable_offset(tp) if tp in assigned else None

    def more(self, tp: TP, position: int) -> bool:
        """Whether there are records from an offset on, handed over or at the broker, as of the last fetch; so as long
        as that is not known. Aborted ones, and those of a transaction that has not ended, are none."""
        end = self.highwater(tp)
        if end is None:
            return True
        state = self._ensure_consumer()._subscription.subscription.assignment.state_value(tp)
        return not state.has_valid_position or state.position < end or self.fetched.get(tp, 0) > position

    async def on_thread_read(self) -> dict[TP, tuple[int, int]]:
        """For each assigned input: the position of the fetcher, past markers too, and what it has handed over."""
        consumer = self._ensure_consumer()
        return {tp: (await consumer.position(tp), self.fetched.get(tp, 0)) for tp in consumer.assignment()}

    async def on_thread_commit(self, offsets: Mapping[TP, int]) -> None:
        """Commit to Kafka how far we are, for those who watch the group's lag; nothing depends on it."""
        consumer = self._ensure_consumer()
        assigned = consumer.assignment()
        ours = {TopicPartition(*tp): OffsetAndMetadata(offset, "") for tp, offset in offsets.items() if tp in assigned}
        if ours:
            await consumer.commit(ours)


class TakesOver(Protocol):
    """What the app does for its consumer."""

    async def take_over_assignment(self, consumer: "Consumer") -> Mapping[TP, int]:
        """Take over the partitions of the group's assignment; the offsets to go on from."""


class Consumer(driver.Consumer):
    """A consumer that goes on where Redis says."""

    _thread: ConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read_offset = _Forgetful(lambda: None)

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def _to_message(self, tp: TP, record: FetchedBatch) -> ConsumerMessage:
        last = record.records[-1]
        return ConsumerMessage(
            record.topic, record.partition, last.offset, last.timestamp / 1000, last.timestamp_type,
            [], None, cast(Any, record), None, -1, -1, tp, generation_id=self.app.consumer_generation_id,
        )  # fmt: skip

    @property
    def started(self) -> bool:
        """Whether its thread runs, or did."""
        return self._worker is not None

    @property
    def ended(self) -> bool:
        """Whether its thread has ended, asked to or not."""
        return self._worker is not None and not self._worker.is_alive()

    @property
    def generation(self) -> int:
        """The group's generation that this worker is a member of; not positive: none."""
        consumer = self._thread._consumer if self._thread is not None else None
        if consumer is None or consumer._coordinator is None:  # not started as far as that
            return 0
        generation: int = consumer._coordinator.generation
        return generation

    @property
    def is_member(self) -> bool:
        """Whether the group knows this worker, as far as it knows."""
        return self.generation > 0

    @property
    def _worker(self) -> threading.Thread | None:
        return self._thread._thread if self._thread is not None else None

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Take over the partitions of the assignment and seek to what Redis holds. Can be called again at any time."""
        return await cast(TakesOver, self.app).take_over_assignment(self)

    async def seek_inputs(self, partition: int, wanted: Mapping[str, int]) -> dict[str, int]:
        """Seek the inputs of `partition` to the next offset by topic (a topic left out: to its beginning).

        The position of each. Raises InputChanged where an offset lies outside the topic, KafkaError when the partition
        is not assigned or Kafka does not answer.
        """
        return await self._on_thread(self._thread.on_thread_seek(partition, wanted))

    async def output_ends(self, partition: int) -> dict[str, int]:
        """The end offset of a partition of every output topic, now."""
        ends = await self._on_thread(self._thread.on_thread_ends([partition], OUTPUT_TOPICS))
        return {tp.topic: end for tp, end in ends.items()}

    async def partition_counts(self) -> dict[str, int]:
        """Partitions of every input topic, as the broker has it now."""
        return await self._on_thread(self._thread.on_thread_partition_counts())

    async def ends(self, partitions: list[int]) -> dict[TP, int]:
        """The end offset of every input of `partitions`, now."""
        return await self._on_thread(self._thread.on_thread_ends(partitions))

    async def read(self) -> dict[TP, tuple[int, int]]:
        """For each assigned input: how far the fetcher is, and the offset after the last record handed over."""
        return await self._on_thread(self._thread.on_thread_read())

    def unread(self, partition: int, position: Mapping[str, int]) -> frozenset[str]:
        """Inputs of `partition` that hold more than lies before `position`, and those of which that is not known."""
        return frozenset(
            topic for topic in INPUT_TOPICS if self._thread.more(TP(topic, partition), position.get(topic, 0))
        )

    def hold_back(self, partition: int, topics: frozenset[str]) -> None:
        """Hand over nothing of these inputs of a partition for now, and of its others again."""
        if self._thread.held.change(partition, topics):
            with contextlib.suppress(RuntimeError):  # its loop is closed
                self._thread.thread_loop.call_soon_threadsafe(look_again, self._thread._consumer)

    async def commit_for_display(self, offsets: Mapping[TP, int]) -> None:
        """Commit offsets to the group; a failure is of no consequence and is not reported."""
        try:
            await self._on_thread(self._thread.on_thread_commit(offsets))
        except KafkaError:
            return

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Faust would look at acknowledgements, which are not used here; `health.py` watches progress itself."""

    async def _on_thread(self, call: Coroutine[Any, Any, T]) -> T:
        try:
            under_way = asyncio.run_coroutine_threadsafe(call, self._thread.thread_loop)
        except RuntimeError as error:  # its loop is closed
            call.close()
            raise ConsumerEnded from error
        return await asyncio.wrap_future(under_way)


class Transport(driver.Transport):
    """Faust's aiokafka transport with our consumer."""

    Consumer = Consumer
