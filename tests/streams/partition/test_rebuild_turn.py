"""Partitions of a worker are rebuilt one after the other, and whoever waits does not seem to stand still (I5)."""

import asyncio

import pytest

from picustream.streams.partition import rebuild
from picustream.streams.partition.rebuild import Turn


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "LOOK", 0.001)


def test_one_at_a_time_and_what_is_read_only_grows_for_all() -> None:
    turn, at_work, most = Turn(), 0, 0
    reported: list[list[int]] = [[] for _ in range(4)]

    async def rebuilt(number: int) -> None:
        nonlocal at_work, most
        async with turn(reported[number].append) as count:
            at_work, most = at_work + 1, max(most, at_work + 1)
            for records in (0, 200, 400):
                count(records)
                await asyncio.sleep(0.02)
            at_work -= 1

    async def work() -> None:
        await asyncio.gather(*map(rebuilt, range(4)))

    asyncio.run(work())
    assert most == 1
    assert all(numbers == sorted(numbers) for numbers in reported)
    assert [max(numbers) for numbers in reported] == [400, 800, 1200, 1600]
    assert {200, 400} <= set(reported[1]) and {200, 400, 600, 800} <= set(reported[2])


def test_a_turn_ends_with_a_failure_and_with_a_partition_that_is_given_back() -> None:
    turn = Turn()

    async def work() -> None:
        with pytest.raises(ValueError, match="fails"):
            async with turn(lambda _: None):
                raise ValueError("fails")

        async def forever() -> None:
            async with turn(lambda _: None):
                await asyncio.sleep(60)

        given_back = [asyncio.create_task(forever()) for _ in range(2)]  # one has its turn, one waits
        await asyncio.sleep(0.01)
        for task in reversed(given_back):
            task.cancel()
        assert all(
            isinstance(one, asyncio.CancelledError) for one in await asyncio.gather(*given_back, return_exceptions=True)
        )
        async with asyncio.timeout(5), turn(lambda _: None) as count:
            count(1)

    asyncio.run(work())
