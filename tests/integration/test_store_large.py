"""What is too much for one call to Redis is laid down beforehand and written in one call all the same (I2, I3, I4)."""

from dataclasses import replace
from typing import Any

import pytest
from redis.asyncio import Redis

from picustream.models.event import LAB
from picustream.streams.store import batch_write
from picustream.streams.store import store as store_module
from picustream.streams.store.outbox import Entry
from picustream.streams.store.store import Fenced, StateLost, Store
from tests.integration.test_store import NOW, P, entry, everything, on_redis, write

__all__ = ["on_redis"]
pytestmark = [pytest.mark.servers, pytest.mark.proves("I2", "I3", "I4")]


@pytest.fixture
def small_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every write is too much for one call."""
    monkeypatch.setattr(batch_write, "MOST_ARGUMENTS", 3)


async def staged(redis: Redis, store: Store) -> int:
    return await redis.hlen(store.key(P, "staged"))


def test_in_many_calls_the_same_is_written_as_in_one(on_redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """So a write may hold more than the 1,048,576 arguments that Redis takes in one call."""

    async def story(store: Store, redis: Redis) -> None:
        found = []
        for most in (batch_write.MOST_ARGUMENTS, 3, 1):
            monkeypatch.setattr(batch_write, "MOST_ARGUMENTS", most)
            await redis.flushdb()
            await store.take_over(P, "a")
            await store.commit(P, write())
            second = {"a": None, "c": b"4", "d": b""}
            await store.commit(P, write(batch=1, sequence=2, before={LAB: 5}, after={LAB: 6}, writes={"S-1": second}))
            found.append(await everything(store))
            assert await staged(redis, store) == 0
        assert found[0] == found[1] == found[2]

    on_redis(story)


def test_what_was_laid_down_by_a_writer_that_died_is_forgotten(on_redis: Any, small_calls: None) -> None:
    async def story(store: Store, redis: Redis) -> None:
        await store.take_over(P, "a")
        left = {str(number): "a died writer's" for number in range(1, 200)}
        await redis.hset(store.key(P, "staged"), mapping=left)
        await store.commit(P, write())
        assert await store.states(P, ["S-1"]) == [{"a": b"\x001", "b": b"2"}]
        assert await staged(redis, store) == 0

    on_redis(story)


def test_the_same_large_batch_sent_twice_is_written_once(on_redis: Any, small_calls: None) -> None:
    async def story(store: Store, redis: Redis) -> None:
        await store.take_over(P, "a")
        await store.commit(P, write())
        before = await everything(store)
        await store.commit(P, write())
        assert await everything(store) == before
        assert await staged(redis, store) == 0

    on_redis(story)


def test_what_the_network_held_up_until_its_batch_was_written_is_not_mixed_with_the_next(
    on_redis: Any, small_calls: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was sent again when no answer came; now it comes between two calls of the next batch, which has as many."""
    held_up: list[tuple[Any, Any]] = []

    async def story(store: Store, redis: Redis) -> None:
        await store.take_over(P, "a")
        stage = store._stage

        async def slow(keys: Any, arguments: Any) -> Any:
            answer = await stage(keys, arguments)
            if arguments[2] == 0 and not held_up:
                held_up.append((keys, arguments))
            if arguments[2] == 1 and held_up:
                await stage(*held_up.pop())
            return answer

        monkeypatch.setattr(store, "_stage", slow)
        await store.commit(P, write())
        following = {"before": {LAB: 5}, "after": {LAB: 6}, "due": {}, "entries": [], "writes": {"S-3": {"a": b"3"}}}
        await store.commit(P, write(batch=1, sequence=2, **following))
        assert not held_up
        assert (await store.progress(P)).next == {LAB: 6}
        assert await store.states(P, ["S-3"]) == [{"a": b"3"}]

    on_redis(story)


@pytest.mark.parametrize(("epoch", "error"), [(1, Fenced), (9, StateLost)])
def test_an_older_writer_lays_nothing_down(on_redis: Any, small_calls: None, epoch: int, error: type) -> None:
    """Nor does one that Redis has forgotten."""

    async def story(store: Store, redis: Redis) -> None:
        await store.take_over(P, "a")
        await store.take_over(P, "b")
        before = await everything(store)
        with pytest.raises(error):
            await store.commit(P, replace(write(), epoch=epoch))
        assert await everything(store) == before
        assert await staged(redis, store) == 0

    on_redis(story)


def test_an_expectation_that_is_not_met_writes_nothing(on_redis: Any, small_calls: None) -> None:
    async def story(store: Store, redis: Redis) -> None:
        await store.take_over(P, "a")
        before = await everything(store)
        with pytest.raises(StateLost):
            await store.commit(P, write(before={LAB: 4}))
        assert await everything(store) == before

    on_redis(story)


def test_a_long_outbox_is_read_whole(on_redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(store: Store, redis: Redis) -> None:
        await store.take_over(P, "a")
        entries: list[Entry] = [entry(number) for number in range(1, 8)]
        await store.commit(P, write(entries=entries, clock=NOW))
        assert await store.outbox(P) == entries

    monkeypatch.setattr(store_module, "READ_AT_ONCE", 3)
    on_redis(story)
