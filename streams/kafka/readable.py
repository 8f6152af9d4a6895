"""Both clients of Kafka, made to read whatever is on a topic: `batches.py` checks every batch first.

Each has one place at which what a fetch brought becomes batches, and no option that would let anybody in there; so the
class there is replaced by one of ours, in aiokafka 0.14 and kafka-python 3.0.12 alike.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from aiokafka import TopicPartition
from aiokafka.consumer import fetcher as aiokafka_fetcher
from aiokafka.errors import CorruptRecordException

from picustream.models.event import INPUT_TOPICS, MAX_EVENT_BYTES
from picustream.streams.kafka.batches import checksum_of, is_readable_format, legible, split
from picustream.streams.kafka.offset_gaps import Trail

TRIES = 3
"""Fetches of the same batch with the same wrong checksum, after which it is the broker's disk and not the way to us."""


class Batches:
    """What a fetch brought, batch by batch; takes the place of a client's own `MemoryRecords`."""

    def __init__(self, own: Callable[[bytes], Any], raw: bytes) -> None:
        self._own = own
        self._size = len(raw)
        self._parts = split(raw)
        self._next = next(self._parts, None)

    def size_in_bytes(self) -> int:
        """Of all that was fetched."""
        return self._size

    def has_next(self) -> bool:
        """Whether a whole batch is left."""
        return self._next is not None

    def next_batch(self) -> Any:
        """The next batch as the client itself has it, None behind the last."""
        if self._next is None:
            return None
        raw, self._next = self._next, next(self._parts, None)
        return self._own(self._legible(raw)).next_batch()

    def _legible(self, raw: bytes) -> bytes:
        return legible(raw)


_AIOKAFKA = aiokafka_fetcher.MemoryRecords
_doubted: Counter[tuple[int, int]] = Counter()
"""How often a checksum did not fit: the one that was said, and the one that was found."""


class _Worker(Batches):
    """What the worker reads: of inputs no more than it has a use for, and nothing is given up that may come right."""

    def __init__(self, raw: bytes) -> None:
        super().__init__(_AIOKAFKA, bytes(raw))
        self.largest: int | None = None
        self.trail: Trail | None = None

    def _legible(self, raw: bytes) -> bytes:
        """Raises CorruptRecordException where the batch should be fetched once more."""
        if is_readable_format(raw):
            stated, actual = checksum_of(raw)
            if stated != actual:
                _doubted[stated, actual] += 1
                if _doubted[stated, actual] < TRIES:
                    raise CorruptRecordException
            if self.trail is not None:
                self.trail.batch(raw, sound=stated == actual)
        return legible(raw, self.largest)


class _WorkerPartition(aiokafka_fetcher.PartitionRecords):
    """Gives the batches the topic that they are of, and where they were asked for."""

    def __init__(self, tp: TopicPartition, records: _Worker, aborted: Any, fetch_offset: int, *rest: Any) -> None:
        records.largest = MAX_EVENT_BYTES if tp.topic in INPUT_TOPICS else None
        records.trail = Trail(tp.topic, tp.partition, fetch_offset)
        super().__init__(tp, records, aborted, fetch_offset, *rest)


def in_aiokafka() -> None:
    """Let every consumer of aiokafka in this process read every batch; of too large values on inputs only the head."""
    aiokafka_fetcher.MemoryRecords = _Worker
    aiokafka_fetcher.PartitionRecords = _WorkerPartition


def in_kafka_python() -> None:
    """Let every consumer of kafka-python in this process read every batch, whole."""
    from kafka.consumer import fetcher
    from kafka.record import MemoryRecords

    class Commands(Batches):
        def __init__(self, raw: bytes) -> None:
            super().__init__(MemoryRecords, bytes(raw or b""))

    fetcher.MemoryRecords = Commands
