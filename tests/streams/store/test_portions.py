"""What is done at once has bounds in records and bytes, and nothing is lost between two portions (I2)."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from picustream.models.event import LAB, VITAL
from picustream.runtime.clock import Clock
from picustream.scoring.scores.mods.record import MODS
from picustream.streams.kafka.scheduler import FetchedBatch
from picustream.streams.kafka.topics import partition_of
from picustream.streams.partition import waiting
from picustream.streams.partition.intake import Intake, left_of, take_in
from picustream.streams.partition.waiting import Waiting
from picustream.streams.store import outbox
from picustream.streams.store.outbox import Entry, portions

PARTITIONS = 4
HOME, ASTRAY = partition_of("S-1", PARTITIONS), "S-9"


@dataclass(frozen=True)
class Record:
    offset: int
    key: bytes | None = b"S-1"
    value: bytes | None = b"{}"
    headers: tuple[tuple[str, bytes | None], ...] = ()
    timestamp: int = 0


def fetched(topic: str, *records: Record) -> FetchedBatch:
    return FetchedBatch(topic, HOME, records[0].offset, list(records))


def entries(*sizes: int) -> list[Entry]:
    return [Entry(number, MODS, 0, b"S", f"e{number}", b"x" * size) for number, size in enumerate(sizes, start=1)]


@pytest.mark.parametrize(("sizes", "expected"), [
    ([], []), ([1], [1]), ([1, 1, 1, 1], [3, 1]), ([6, 6], [1, 1]), ([99, 1, 1], [1, 2]), ([4, 4, 4], [2, 1]),
])  # fmt: skip
def test_a_transaction_has_so_many_entries_and_bytes(
    monkeypatch: pytest.MonkeyPatch, sizes: list[int], expected: list[int]
) -> None:
    """All of them, in their order; one that is larger goes alone."""
    monkeypatch.setattr(outbox, "MOST_ENTRIES", 3)
    monkeypatch.setattr(outbox, "MOST_BYTES", 10)
    found = list(portions(entries(*sizes)))
    assert [len(one) for one in found] == expected
    assert [one for some in found for one in some] == entries(*sizes)


@pytest.mark.parametrize(("sizes", "expected"), [
    ([1, 1, 1], [3]), ([6, 6, 6], [1, 1, 1]), ([99, 1], [1, 1]), ([4, 4, 4, 4], [2, 2]), ([0, 0, 99], [2, 1]),
])  # fmt: skip
def test_a_batch_has_so_many_bytes(monkeypatch: pytest.MonkeyPatch, sizes: list[int], expected: list[int]) -> None:
    """At least one record, keys and headers counted."""
    monkeypatch.setattr(waiting, "MOST_BYTES", 10)
    records = [Record(n, None, b"x" * (size // 2), (("h" * (size - size // 2), None),)) for n, size in enumerate(sizes)]

    async def story() -> list[Any]:
        queue = Waiting()
        await queue.put(fetched(LAB, *records))
        found = []
        while not queue.empty:
            found.append(await queue.take(500, 0))
        return found

    taken = asyncio.run(story())
    assert [sum(len(batch.records) for batch in batches) for batches in taken] == expected
    assert [one for batches in taken for batch in batches for one in batch.records] == records


def taken_in() -> Intake:
    """Offsets 3, 4 and 6 of one topic and 0, 1 of another; 4 and 1 belong elsewhere."""
    lab = fetched(LAB, Record(3), Record(4, ASTRAY.encode()), Record(6))
    vital = fetched(VITAL, Record(0), Record(1, ASTRAY.encode()))
    assert partition_of(ASTRAY, PARTITIONS) != HOME
    return take_in([lab, vital], {LAB: 3, VITAL: 0}, HOME, PARTITIONS, Clock())


@pytest.mark.proves("I2", "I3")
@pytest.mark.parametrize(("left", "offsets", "forwards", "ends"), [
    ([], [3, 6, 0], 2, {LAB: 7, VITAL: 2}),
    ([6], [3, 0], 2, {LAB: 6, VITAL: 2}),
    ([6, 0], [3], 1, {LAB: 6, VITAL: 0}),
    ([3, 6], [0], 1, {LAB: 3, VITAL: 2}),
    ([3, 6, 0], [], 0, {LAB: 3, VITAL: 0}),
])  # fmt: skip
def test_i2_of_a_batch_cut_short_an_offset_counts_with_what_lies_before_it(
    left: list[int], offsets: list[int], forwards: int, ends: dict[str, int]
) -> None:
    """What is left is not done, nor is a forward behind it: both come again."""
    intake = taken_in()
    part = intake.before(one for one in intake.input_records if one.offset in left)
    assert [one.offset for one in part.input_records] == offsets
    assert len(part.forwards) == forwards
    assert part.next == ends


def test_what_is_left_of_the_batches_is_given_again() -> None:
    """As they are: what is done of them is dropped by its offset."""
    first, second = fetched(LAB, Record(3), Record(4)), fetched(VITAL, Record(0))
    assert left_of([first, second], {LAB: 4, VITAL: 1}) == [first]
    assert left_of([first, second], {LAB: 5, VITAL: 1}) == []
