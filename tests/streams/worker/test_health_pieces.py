"""A stay that is worked off in pieces gets on though no offset moves, and `/healthz` says so."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from picustream.models.event import LAB
from picustream.runtime.clock import Clock
from picustream.runtime.settings import Settings
from picustream.streams.partition import partition
from picustream.streams.partition.partition import Partition
from picustream.streams.partition.suspects import QuarantineCount
from picustream.streams.worker import watch


@pytest.mark.parametrize(("written", "unfinished", "counted"), [(1, True, 1), (1, False, 0), (0, True, 0)])
def test_what_is_written_with_more_to_come_is_a_piece(
    monkeypatch: pytest.MonkeyPatch, written: int, unfinished: bool, counted: int
) -> None:
    """The last one is none: the offset of its event moves with it."""

    async def apply(owned: Any, *_: Any) -> float:
        owned.batch += written
        return 0.0

    monkeypatch.setattr(partition, "apply", apply)
    take_over = SimpleNamespace(quarantined=QuarantineCount(), store=None)
    broker = SimpleNamespace(hold_back=print, unread=print)
    one = Partition(3, Settings(), Clock(), take_over, broker, lambda _: None)  # type: ignore[arg-type]
    owned = SimpleNamespace(batch=5, engine=SimpleNamespace(unfinished=unfinished), position={})
    asyncio.run(one._apply(owned, [], SimpleNamespace(behind=frozenset())))  # type: ignore[arg-type]
    assert one.pieces == counted


@pytest.mark.parametrize("moves", [True, False])
def test_health_is_reported_of_pieces_as_of_offsets(monkeypatch: pytest.MonkeyPatch, moves: bool) -> None:
    """One record waits all the while; whether it is stuck shows in the pieces alone."""
    monkeypatch.setattr(watch, "WATCH", 0)
    one = SimpleNamespace(position={LAB: 10}, stored={}, pieces=0)
    noted: list[tuple[int, int]] = []

    class Enough(Exception):
        pass

    class Consumer:
        async def read(self) -> dict[Any, Any]:
            return {}

        def highwater(self, _: Any) -> int:
            return 11

        async def commit_for_display(self, _: Any) -> None:
            one.pieces += moves
            if len(noted) == 2:
                raise Enough

    health = SimpleNamespace(
        keep=lambda _: None, note=lambda _, lag, done: noted.append((lag, done)), report=lambda: {"partitions": []}
    )
    app = SimpleNamespace(input_consumer=Consumer(), partitions=SimpleNamespace(owned={3: one}))
    with pytest.raises(Enough):
        asyncio.run(watch.lag(app, health))  # type: ignore[arg-type]
    assert [lag for lag, _ in noted] == [1, 1]
    assert (noted[0][1] != noted[1][1]) is moves
