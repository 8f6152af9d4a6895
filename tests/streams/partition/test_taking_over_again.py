"""A partition that takes itself over again and again gets nothing done, and everybody who asks sees so."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from picustream.models.event import LAB
from picustream.runtime.clock import Clock
from picustream.runtime.settings import Settings
from picustream.streams.partition.partition import Partition
from picustream.streams.partition.suspects import QuarantineCount
from picustream.streams.store.store import StateLost
from picustream.streams.worker.standstill import work_of

ROUNDS = 4


class Broken:
    """A take-over that reads some records for a rebuild, and fails, as often as it is tried."""

    def __init__(self, error: Exception, read: list[int]) -> None:
        self.quarantined = QuarantineCount()
        self.store = None
        self.tried = 0
        self.enough = asyncio.Event()
        self._error = error
        self._read = read

    async def __call__(self, number: int, broker: Any, ownership: Any, report: Any) -> Any:
        self.tried += 1
        if self.tried > ROUNDS:
            self.enough.set()
            await asyncio.Event().wait()
        for records in self._read:
            report(records)
        raise self._error


def partition_after(error: Exception, read: list[int]) -> tuple[Partition, float, int]:
    """The partition after some rounds, and when it got on last and its mark as it began."""

    async def run() -> tuple[Partition, float, int]:
        broken = Broken(error, read)
        failures: list[BaseException] = []
        broker = SimpleNamespace(hold_back=lambda *_: None, unread=lambda *_: frozenset())
        one = Partition(3, Settings(), Clock(), broken, broker, failures.append)  # type: ignore[arg-type]
        began, mark = one.progress_at, one.mark
        one.start()
        await asyncio.wait_for(broken.enough.wait(), 30)
        assert not failures
        await one.stop()
        return one, began, mark

    return asyncio.run(run())


@pytest.mark.parametrize("error", [StateLost(), RedisConnectionError("away"), ResponseError("WRONGTYPE")])
def test_a_take_over_is_no_progress(error: Exception) -> None:
    one, began, mark = partition_after(error, [])
    assert (one.progress_at, one.mark) == (began, mark)


def test_reading_the_same_records_again_is_none_either() -> None:
    """A rebuild gets on by what it reads, but not by reading it once more."""
    one, began, mark = partition_after(StateLost(), [0, 200, 400])
    assert one.progress_at > began
    assert one.mark == mark + 3


@pytest.mark.parametrize(
    ("error", "counts"), [(StateLost(), True), (RedisConnectionError("away"), False), (ResponseError("OOM"), False)]
)
def test_a_server_that_is_away_is_no_stall_and_anything_else_is(error: Exception, counts: bool) -> None:
    one, _, _ = partition_after(error, [])
    tp = TP(LAB, 3)
    work = work_of({3: one}, {tp: (0, 0)}, {tp: 9}, 60.0, {})
    assert bool(work) is counts
