"""What the store on Redis does beyond its promises: writes that are too much for one call are laid down beforehand and
written in one call all the same, and calls may be lost, repeated or late (I2, I3, I4, I5)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from redis.asyncio import Redis

from picustream.models.event import LAB
from picustream.streams.store import batch_write, redis_store
from picustream.streams.store.outbox import Entry
from picustream.streams.store.redis_store import RedisStore
from picustream.streams.store.store import Fenced, StateLost, Store
from tests.streams.store.conftest import Play
from tests.streams.store.servers import P, RedisServer
from tests.streams.store.test_store import NOW, entry, everything, write

pytestmark = [pytest.mark.servers, pytest.mark.proves("I2", "I3", "I4")]


@pytest.fixture
def small_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every write is too much for one call."""
    monkeypatch.setattr(batch_write, "MOST_ARGUMENTS", 3)


async def staged(redis: Redis, store: RedisStore) -> int:
    return await redis.hlen(store.key(P, "staged"))


def test_in_many_calls_the_same_is_written_as_in_one(on_redis: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """So a write may hold more than the 1,048,576 arguments that Redis takes in one call."""

    async def story(server: RedisServer) -> None:
        store, redis = server.store(), server.redis
        found = []
        for most in (batch_write.MOST_ARGUMENTS, 3, 1):
            monkeypatch.setattr(batch_write, "MOST_ARGUMENTS", most)
            await server.wipe()
            await store.take_over(P, "a")
            await store.commit(P, write())
            second = {"a": None, "c": b"4", "d": b""}
            await store.commit(P, write(batch=1, sequence=2, before={LAB: 5}, after={LAB: 6}, writes={"S-1": second}))
            found.append(await everything(store))
            assert await staged(redis, store) == 0
        assert found[0] == found[1] == found[2]

    on_redis(story)


def test_what_was_laid_down_by_a_writer_that_died_is_forgotten(on_redis: Play, small_calls: None) -> None:
    async def story(server: RedisServer) -> None:
        store, redis = server.store(), server.redis
        await store.take_over(P, "a")
        left = {str(number): "a died writer's" for number in range(1, 200)}
        await redis.hset(store.key(P, "staged"), mapping=left)
        await store.commit(P, write())
        assert await store.states(P, ["S-1"]) == [{"a": b"\x001", "b": b"2"}]
        assert await staged(redis, store) == 0

    on_redis(story)


def test_the_same_large_batch_sent_twice_is_written_once(on_redis: Play, small_calls: None) -> None:
    async def story(server: RedisServer) -> None:
        store, redis = server.store(), server.redis
        await store.take_over(P, "a")
        await store.commit(P, write())
        before = await everything(store)
        await store.commit(P, write())
        assert await everything(store) == before
        assert await staged(redis, store) == 0

    on_redis(story)


def test_what_the_network_held_up_until_its_batch_was_written_is_not_mixed_with_the_next(
    on_redis: Play, small_calls: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was sent again when no answer came; now it comes between two calls of the next batch, which has as many."""
    held_up: list[tuple[Any, Any]] = []

    async def story(server: RedisServer) -> None:
        store = server.store()
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
def test_an_older_writer_lays_nothing_down(on_redis: Play, small_calls: None, epoch: int, error: type) -> None:
    """Nor does one that Redis has forgotten."""

    async def story(server: RedisServer) -> None:
        store, redis = server.store(), server.redis
        await store.take_over(P, "a")
        await store.take_over(P, "b")
        before = await everything(store)
        with pytest.raises(error):
            await store.commit(P, replace(write(), epoch=epoch))
        assert await everything(store) == before
        assert await staged(redis, store) == 0

    on_redis(story)


def test_an_expectation_that_is_not_met_writes_nothing(on_redis: Play, small_calls: None) -> None:
    async def story(server: RedisServer) -> None:
        store = server.store()
        await store.take_over(P, "a")
        before = await everything(store)
        with pytest.raises(StateLost):
            await store.commit(P, write(before={LAB: 4}))
        assert await everything(store) == before

    on_redis(story)


def test_a_long_outbox_is_read_whole(on_redis: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(server: RedisServer) -> None:
        store = server.store()
        await store.take_over(P, "a")
        entries: list[Entry] = [entry(number) for number in range(1, 8)]
        await store.commit(P, write(entries=entries, clock=NOW))
        assert await store.outbox(P) == entries

    monkeypatch.setattr(redis_store, "READ_AT_ONCE", 3)
    on_redis(story)


def test_all_keys_of_a_partition_share_a_slot(on_redis: Play) -> None:
    """One script touches them all, in Redis Cluster too."""

    async def story(server: RedisServer) -> None:
        store = RedisStore(server.redis, "g")
        names = ("control", "due", "outbox", "partition", "stay:S-1")
        assert {store.key(P, name).partition("}")[0] for name in names} == {"picustream:{g.3"}

    on_redis(story)


@pytest.mark.proves("I5")
def test_one_that_slept_at_the_beginning_of_a_rebuild_forgets_nothing_that_another_rebuilt(on_redis: Play) -> None:
    """It went through the states to forget them; when it wakes up they are those of the other."""

    async def story(server: RedisServer) -> None:
        slept, newer, redis = server.store(), server.store(), server.redis
        await slept.take_over(P, "a")
        await slept.commit(P, write())
        scan = redis.scan_iter

        async def sleeping(*args: Any, **kwargs: Any) -> AsyncIterator[bytes]:
            await rebuilt_by(newer)
            async for key in scan(*args, **kwargs):
                yield key

        slept._redis = Redis(connection_pool=redis.connection_pool)
        slept._redis.scan_iter = sleeping  # type: ignore[method-assign]
        with pytest.raises(Fenced):
            await slept.begin_rebuild(P, 1, 2)
        assert await newer.states(P, ["S-1", ""]) == [{"a": b"\x001", "b": b"2"}, {"own": b"3"}]

    on_redis(story)


@pytest.mark.proves("I5")
def test_what_is_forgotten_late_is_not_what_was_rebuilt_meanwhile(on_redis: Play) -> None:
    """The network held the call up; it was sent again, and the rebuild went on."""

    async def story(server: RedisServer) -> None:
        store = server.store()
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


@pytest.mark.proves("I5")
def test_a_take_over_whose_answer_was_lost_is_one_that_was_made(
    on_redis: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call is sent again by the client, or by the next attempt: it is not taken for another writer's."""

    async def story(server: RedisServer) -> None:
        store = server.store()
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
