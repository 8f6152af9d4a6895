"""Whole batches for the agents: one Faust event per fetched partition instead of one per record.

Faust's own cost per event would bound the worker; a batch as one event makes it a cost per fetch.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from faust.types import TP
from faust.types.transports import SchedulingStrategyT


@dataclass(frozen=True, slots=True)
class FetchedBatch:
    """Consecutive records of one topic partition, as one fetch brought them.

    `previous` is the position that the fetch started from: the next offset after the batch before it, or where the
    last seek went. Offsets have holes (transaction markers), so this chain, and not arithmetic on offsets, shows
    whether something was lost on the way.
    """

    topic: str
    partition: int
    previous: int
    records: list[Any]

    @property
    def next(self) -> int:
        """The offset after the last record."""
        last: int = self.records[-1].offset
        return last + 1

    def split(self, count: int) -> tuple["FetchedBatch", "FetchedBatch | None"]:
        """The first `count` records, and the rest if there is any: together, and in turn, they are this batch."""
        if count >= len(self.records):
            return self, None
        head = replace(self, records=self.records[:count])
        return head, replace(self, previous=head.next, records=self.records[count:])


def size_of(record: Any) -> int:
    """Bytes of a record, about."""
    headers: int = sum(len(name) + len(value or b"") for name, value in record.headers)
    return len(record.value or b"") + len(record.key or b"") + headers


class BatchScheduler(SchedulingStrategyT):
    """Faust's setting `ConsumerScheduler`: takes what the transport fetched, yields it partition by partition."""

    def iterate(self, records: Mapping[TP, FetchedBatch]) -> Iterator[tuple[TP, FetchedBatch]]:  # type: ignore[override]
        """One (topic partition, batch) per partition with records."""
        yield from records.items()
