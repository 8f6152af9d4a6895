"""Batches that wait for their partition: in order, in portions of so many records and bytes."""

import asyncio
from typing import Any

import pytest

from picustream.models.event import LAB
from picustream.streams.kafka.scheduler import FetchedBatch
from picustream.streams.partition import waiting
from picustream.streams.partition.waiting import LONG, ROOM, Waiting, adjusted
from tests.streams.records import Record, batch_of, fetched, offsets


class TestWaiting:
    def test_portions_of_any_size_come_in_order(self) -> None:
        async def story() -> list[list[list[int]]]:
            waiting = Waiting()
            for batch in (fetched(1, 2, 3), fetched(4, 5)):
                await waiting.put(batch)
            return [offsets(await waiting.take(size, 0.01)) for size in (2, 2, 5, 1)]

        assert asyncio.run(story()) == [[[1, 2]], [[3], [4]], [[5]], []]

    def test_clearing_lets_in_who_waited_for_room(self) -> None:
        async def story() -> list[list[int]]:
            waiting = Waiting()
            for number in range(ROOM):
                await waiting.put(fetched(number))
            late = asyncio.ensure_future(waiting.put(fetched(99)))
            await asyncio.sleep(0)
            assert not late.done()
            waiting.clear()
            await late
            return offsets(await waiting.take(10, 0.01))

        assert asyncio.run(story()) == [[99]]

    def test_a_nudge_ends_the_waiting(self) -> None:
        async def story() -> list[FetchedBatch]:
            waiting = Waiting()
            taking = asyncio.ensure_future(waiting.take(1, 60))
            await asyncio.sleep(0)
            waiting.nudge()
            return await asyncio.wait_for(taking, 5)

        assert asyncio.run(story()) == []


def test_batches_shrink_when_they_take_long_and_grow_when_they_do_not() -> None:
    assert adjusted(100, LONG * 2, 500) == 50
    assert adjusted(1, LONG * 2, 500) == 1
    assert adjusted(100, LONG / 2, 500) == 100
    assert adjusted(400, 0.0, 500) == 500


@pytest.mark.parametrize(("sizes", "expected"), [
    ([1, 1, 1], [3]), ([6, 6, 6], [1, 1, 1]), ([99, 1], [1, 1]), ([4, 4, 4, 4], [2, 2]), ([0, 0, 99], [2, 1]),
])  # fmt: skip
def test_a_batch_has_so_many_bytes(monkeypatch: pytest.MonkeyPatch, sizes: list[int], expected: list[int]) -> None:
    """At least one record, keys and headers counted."""
    monkeypatch.setattr(waiting, "MOST_BYTES", 10)
    records = [Record(n, None, b"x" * (size // 2), (("h" * (size - size // 2), None),)) for n, size in enumerate(sizes)]

    async def story() -> list[Any]:
        queue = Waiting()
        await queue.put(batch_of(LAB, *records))
        found = []
        while not queue.empty:
            found.append(await queue.take(500, 0))
        return found

    taken = asyncio.run(story())
    assert [sum(len(batch.records) for batch in batches) for batches in taken] == expected
    assert [one for batches in taken for batch in batches for one in batch.records] == records
