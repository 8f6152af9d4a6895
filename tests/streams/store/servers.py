"""What stands behind a store, as a test can handle it: in memory, or a real Redis."""

import copy
import uuid
from collections import defaultdict
from typing import Any, Protocol

from redis.asyncio import Redis

from picustream.streams.store.redis_store import RedisStore
from picustream.streams.store.store import Store
from tests.streams.store.memory import Kept, MemoryStore

P = 3
"""The partition of the tests."""


class Server(Protocol):
    """Empty at first."""

    def store(self) -> Store:
        """The store of one more worker."""
        ...

    async def copy(self) -> Any:
        """All that is kept of the partition."""
        ...

    async def set_back(self, kept: Any) -> None:
        """Keep that, and nothing else."""
        ...

    async def wipe(self) -> None:
        """Keep nothing."""
        ...

    async def lose_control(self) -> None:
        """Forget who writes the partition, and how far it is."""
        ...


class MemoryServer(Server):
    def __init__(self) -> None:
        self._kept: defaultdict[int, Kept] = defaultdict(Kept)

    def store(self) -> Store:
        return MemoryStore(self._kept)

    async def copy(self) -> Any:
        return copy.deepcopy(self._kept[P])

    async def set_back(self, kept: Any) -> None:
        self._kept[P] = copy.deepcopy(kept)

    async def wipe(self) -> None:
        self._kept.clear()

    async def lose_control(self) -> None:
        self._kept[P].control = None
        self._kept[P].owner = ""
        self._kept[P].rebuilding = None


class RedisServer(Server):
    """A group of its own in a Redis."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._group = f"test-{uuid.uuid4().hex}"

    def store(self) -> RedisStore:
        return RedisStore(self.redis, self._group)

    async def copy(self) -> Any:
        return {key: await self.redis.dump(key) for key in await self._keys()}

    async def set_back(self, kept: Any) -> None:
        await self.wipe()
        for key, value in kept.items():
            await self.redis.restore(key, 0, value)

    async def wipe(self) -> None:
        for key in await self._keys():
            await self.redis.delete(key)

    async def lose_control(self) -> None:
        await self.redis.delete(self.store().key(P, "control"))

    async def _keys(self) -> list[bytes]:
        return [key async for key in self.redis.scan_iter(match=self.store().key(P, "*"))]
