"""A story about a store, played in memory and on a real Redis, or on Redis alone."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from redis.asyncio import Redis

from picustream.local import ports
from picustream.local.redis import Redis as LocalRedis
from tests.streams.store.servers import MemoryServer, RedisServer, Server

Story = Callable[[Any], Awaitable[None]]
Play = Callable[[Story], None]


@pytest.fixture(scope="session")
def redis_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis for the session; each story has a group of its own there."""
    redis = LocalRedis(tmp_path_factory.mktemp("redis"))
    redis.start(ports.free_port())
    yield redis.address
    redis.stop()


def on_memory(story: Callable[[Server], Awaitable[None]]) -> None:
    asyncio.run(_awaited(story(MemoryServer())))


@pytest.fixture
def on_redis(redis_address: str) -> Play:
    def play(story: Callable[[RedisServer], Awaitable[None]]) -> None:
        async def live() -> None:
            async with Redis.from_url(redis_address) as redis:
                await story(RedisServer(redis))

        asyncio.run(live())

    return play


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.servers)])
def on_store(request: pytest.FixtureRequest) -> Play:
    """Plays a story on each kind of store."""
    return on_memory if request.param == "memory" else request.getfixturevalue("on_redis")


async def _awaited(story: Awaitable[None]) -> None:
    await story
