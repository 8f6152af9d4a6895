"""Two writers of one partition, of whom one slept, and whom a Redis that was set back may give one epoch (I4)."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from redis.asyncio import Redis

from picustream.models.event import LAB
from picustream.scoring.scores.mods.record import MODS
from picustream.streams.store.store import Control, Fenced, StateLost, Store
from tests.integration.test_store import P, entry, on_redis, write
from tests.integration.test_store_set_back import World

__all__ = ["on_redis"]
pytestmark = [pytest.mark.servers, pytest.mark.proves("I3", "I4", "I5")]

Action = Callable[[Store], Awaitable[Any]]


@dataclass
class Both:
    """Two workers, each with a store of its own, on one partition of one Redis."""

    slept: Store
    newer: Store
    redis: Redis

    @classmethod
    def of(cls, redis: Redis) -> "Both":
        group = f"test-{uuid.uuid4().hex}"
        return cls(Store(redis, group), Store(redis, group), redis)

    async def kept(self) -> dict[bytes, bytes]:
        """All that Redis holds of the partition."""
        world = World(self.newer, self.redis)
        await world.copy()
        return world.copies[0]

    async def set_back(self, copy: dict[bytes, bytes]) -> None:
        await World(self.newer, self.redis).set_back(copy)


ACTIONS: dict[str, Action] = {
    "the next batch": lambda store: store.commit(P, write(2, batch=1, sequence=2, before={LAB: 5}, after={LAB: 6})),
    "the batch that the other has written": lambda store: store.commit(P, write(2)),
    "a trim": lambda store: store.trim(P, 2, 2, {(MODS, P): 17}),
    "a rebuild": lambda store: store.begin_rebuild(P, 2, 0),
    "the end of one": lambda store: store.end_rebuild(P, 2, 1),
    "a take-over": lambda store: store.take_over(P, "a", held=2),
}


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_one_that_slept_changes_nothing_though_another_has_its_epoch(on_redis: Any, action: Action) -> None:
    """Redis is set back to before it took over, and another raises the epoch to the same."""

    async def story(_: Store, redis: Redis) -> None:
        both = Both.of(redis)
        await both.newer.take_over(P, "b")
        copy = await both.kept()
        assert (await both.slept.take_over(P, "a")).epoch == 2
        await both.set_back(copy)
        assert (await both.newer.take_over(P, "b")).epoch == 2
        await both.newer.commit(P, write(2))
        before = await both.kept()
        with pytest.raises(Fenced):
            await action(both.slept)
        assert await both.kept() == before

    on_redis(story)


def test_one_that_slept_at_the_beginning_of_a_rebuild_forgets_nothing_that_another_rebuilt(on_redis: Any) -> None:
    """It went through the states to forget them; when it wakes up they are those of the other."""

    async def story(_: Store, redis: Redis) -> None:
        both = Both.of(redis)
        await both.slept.take_over(P, "a")
        await both.slept.commit(P, write())
        scan = redis.scan_iter

        async def sleeping(*args: Any, **kwargs: Any) -> AsyncIterator[bytes]:
            await rebuilt_by(both.newer)
            async for key in scan(*args, **kwargs):
                yield key

        both.slept._redis = Redis(connection_pool=redis.connection_pool)
        both.slept._redis.scan_iter = sleeping  # type: ignore[method-assign]
        with pytest.raises(Fenced):
            await both.slept.begin_rebuild(P, 1, 2)
        assert await both.newer.states(P, ["S-1", ""]) == [{"a": b"\x001", "b": b"2"}, {"own": b"3"}]

    on_redis(story)


def test_what_is_forgotten_late_is_not_what_was_rebuilt_meanwhile(on_redis: Any) -> None:
    """The network held the call up; it was sent again, and the rebuild went on."""

    async def story(store: Store, redis: Redis) -> None:
        await store.take_over(P, "a")
        await store.begin_rebuild(P, 1, 0)
        await store.commit(P, write())
        keys = [store.key(P, "control"), store.state_key(P, "S-1")]
        assert await store._forget(keys, store._by(P, 1)) == b"GAP"
        assert await store.states(P, ["S-1"]) == [{"a": b"\x001", "b": b"2"}]

    on_redis(story)


async def rebuilt_by(store: Store) -> None:
    control = await store.take_over(P, "b")
    await store.begin_rebuild(P, control.epoch, 2)
    await store.commit(P, write(control.epoch, sequence=2, entries=[]))
    await store.end_rebuild(P, control.epoch, 1)


def test_half_a_rebuild_of_an_earlier_owner_is_not_taken_for_ones_own(on_redis: Any) -> None:
    """Redis is set back to before one's own began, when it held as many batches of the other's."""

    async def story(_: Store, redis: Redis) -> None:
        both = Both.of(redis)
        await both.slept.take_over(P, "a")
        await both.slept.begin_rebuild(P, 1, 2)
        await both.slept.commit(P, write(sequence=2, before={}, after={}, entries=[]))  # and it died
        control = await both.newer.take_over(P, "b")
        copy = await both.kept()
        await both.newer.begin_rebuild(P, control.epoch, 2)
        await both.newer.commit(
            P, write(2, sequence=2, before={}, after={}, entries=[], writes={"S-1": {"a": b"more"}})
        )
        await both.set_back(copy)
        await both.newer.commit(P, write(2, batch=1, sequence=2, entries=[], writes={}))
        with pytest.raises(StateLost):
            await both.newer.end_rebuild(P, control.epoch, 2)

    on_redis(story)


def test_a_take_over_whose_answer_was_lost_is_one_that_was_made(on_redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call is sent again by the client, or by the next attempt: it is not taken for another writer's."""

    async def story(store: Store, redis: Redis) -> None:
        await store.take_over(P, "a")
        take_over = store._take_over

        async def lost(keys: Any, arguments: Any) -> Any:
            await take_over(keys, arguments)
            raise TimeoutError

        with monkeypatch.context() as patch, pytest.raises(TimeoutError):
            patch.setattr(store, "_take_over", lost)
            await store.take_over(P, "a", held=1)
        assert (await store.take_over(P, "a", held=1)).epoch == 2
        await store.commit(P, write(2))

    on_redis(story)


Read = Callable[[Store, Control], Awaitable[Any]]
READS: dict[str, Read] = {
    "the outbox": lambda store, of: store.outbox(P, of),
    "due times": lambda store, of: store.due(P, of),
    "states": lambda store, of: store.states(P, ["S-1"], of),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_what_another_version_holds_is_not_read(
    on_redis: Any, read: Callable[[Store, Control], Awaitable[Any]]
) -> None:
    """A server that was the first, or became it, and has not what the other has: what is written goes to that one."""

    async def story(_: Store, redis: Redis) -> None:
        both = Both.of(redis)
        await both.slept.take_over(P, "a")
        before = await both.kept()
        await both.slept.commit(P, write())
        control = await both.slept.take_over(P, "a", held=1)
        await read(both.slept, control)
        after = await both.kept()
        await both.set_back(before)
        with pytest.raises(StateLost):
            await read(both.slept, control)
        await both.set_back(after)
        await both.slept.commit(P, write(2, batch=1, sequence=2, before={LAB: 5}, after={LAB: 6}, entries=[entry(3)]))
        with pytest.raises(StateLost):
            await read(both.slept, control)
        await both.newer.take_over(P, "b")
        with pytest.raises(Fenced):
            await read(both.slept, control)

    on_redis(story)
