"""Which partitions a worker owns, from one assignment of its group to the next."""

import asyncio
from typing import Any, cast

import pytest

from picustream.streams.worker.partitions import Partitions


class Owned:
    """A partition that is taken over at once."""

    def __init__(self, number: int, stopped: list[int]) -> None:
        self.number = number
        self.position: dict[str, int] = {}
        self.working = asyncio.Event()
        self.working.set()
        self._stopped = stopped

    async def seek_again(self) -> None:
        """It stands where it is."""

    async def stop(self) -> None:
        self._stopped.append(self.number)


@pytest.mark.proves("I4")
def test_what_is_not_assigned_any_more_is_stopped_though_nobody_revoked_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rebalance may overtake the one before it; the worker and the new owner would fence one another without end."""
    stopped: list[int] = []
    partitions = Partitions(*cast(Any, [None] * 4))

    def new(number: int, _: object) -> Any:
        partitions.owned[number] = cast(Any, Owned(number, stopped))
        return partitions.owned[number]

    monkeypatch.setattr(partitions, "_new", new)

    async def course() -> None:
        await partitions.own({0, 1, 2}, cast(Any, None))
        kept = partitions.owned[2]
        await partitions.own({2, 3}, cast(Any, None))
        assert partitions.owned.keys() == {2, 3}
        assert partitions.owned[2] is kept

    asyncio.run(course())
    assert sorted(stopped) == [0, 1]
