"""Records as a client hands them over, and batches of them."""

from dataclasses import dataclass

from picustream.models.event import LAB
from picustream.streams.kafka.scheduler import FetchedBatch
from picustream.streams.kafka.topics import partition_of

PARTITIONS = 4
STAY = "S-1"
HOME = partition_of(STAY, PARTITIONS)
ELSEWHERE = (HOME + 1) % PARTITIONS


@dataclass
class Record:
    offset: int
    key: bytes | None = STAY.encode()
    value: bytes | None = b"{}"
    headers: tuple[tuple[str, bytes | None], ...] = ()
    timestamp: int = 1_700_000_000_123


def fetched(*offsets: int, previous: int | None = None, topic: str = LAB) -> FetchedBatch:
    return FetchedBatch(topic, HOME, offsets[0] if previous is None else previous, [Record(one) for one in offsets])


def batch_of(topic: str, *records: Record) -> FetchedBatch:
    return FetchedBatch(topic, HOME, records[0].offset, list(records))


def offsets(batches: list[FetchedBatch]) -> list[list[int]]:
    return [[record.offset for record in batch.records] for batch in batches]
