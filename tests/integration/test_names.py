"""Which of two workers has a name, on a real Redis."""

import asyncio
import uuid
from typing import Any

import pytest
from redis.asyncio import Redis

from picustream.streams.worker.instance_names import Claim, NameTaken

pytestmark = pytest.mark.servers


def test_the_worker_that_was_started_last_has_the_name(servers: Any) -> None:
    async def story() -> None:
        group = uuid.uuid4().hex
        async with Redis.from_url(servers.redis) as redis:
            first, second = Claim(redis, group, "w"), Claim(redis, group, "w")
            await first.make()
            await first.check()
            await second.make()
            await second.check()
            with pytest.raises(NameTaken):
                await first.check()

    asyncio.run(story())


@pytest.mark.proves("I5")
def test_a_redis_that_was_wiped_or_set_back_takes_no_name_from_a_running_worker(servers: Any) -> None:
    """It may name the process that had the name before, and that ended long ago."""

    async def story() -> None:
        group = uuid.uuid4().hex
        async with Redis.from_url(servers.redis) as redis:
            gone, running = Claim(redis, group, "w"), Claim(redis, group, "w")
            await running.make()
            for lose in (lambda: redis.delete(f"picustream:{{{group}}}:names"), gone.make):
                await lose()
                await running.check()
                await running.check()
            with pytest.raises(NameTaken):
                await gone.check()

    asyncio.run(story())
