"""A second Redis that takes over from the first, and for some seconds both take themselves for the first."""

import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.exceptions import RedisError

from picustream.local.ports import free_port
from picustream.local.redis import executable as redis_server
from tests.chaos.ground import Ground
from tests.chaos.proxy import Way
from tests.integration.workers import wait_for

SPLIT = (0.5, 4.0)
"""Seconds for which both take writes."""


def fail_over(ground: Ground, rng: random.Random) -> str:
    """To the second Redis and back: each time some workers go early, of whom some keep their old connections (I5)."""
    with _second(ground) as other, Redis.from_url(ground.servers.redis) as first:
        _follow(other, first)
        there = _split(ground, rng, other)
        ground.rest(rng.uniform(*SPLIT))
        _follow(first, other)
        back = _split(ground, rng, first)
    return f"Redis fails over, both the first for {there:.1f} s, and back, for {back:.1f} s"


def _follow(one: Redis, leader: Redis) -> None:
    """Make one hold what the other does, and then take itself for the first."""
    one.replicaof("127.0.0.1", _port(leader))
    wait_for(lambda: _is_copy(one), "it has copied the other")
    one.replicaof("NO", "ONE")


def _is_copy(one: Redis) -> bool:
    try:
        return one.info("replication").get("master_link_status") == "up"
    except RedisError:  # it is loading the copy
        return False


def _split(ground: Ground, rng: random.Random, to: Redis) -> float:
    """Some workers go to a Redis at once, and the others when some seconds are over; those."""
    seconds, early = rng.uniform(*SPLIT), rng.sample(sorted(ground.links), len(ground.links) // 2)
    for name in early:
        ground.links[name].redis.aim(_port(to))
        if rng.random() < 0.5:  # else what is connected stays, and what connects anew goes elsewhere
            _drop(ground, name)
    ground.rest(seconds)
    for name in ground.links:
        ground.links[name].redis.aim(_port(to))
        _drop(ground, name)
    return seconds


def _drop(ground: Ground, name: str) -> None:
    ground.links[name].redis.go(Way.CUT)
    ground.links[name].redis.go(Way.OPEN)


def _port(redis: Redis) -> int:
    return int(redis.connection_pool.connection_kwargs["port"])


@contextmanager
def _second(ground: Ground) -> Iterator[Redis]:
    port, folder = free_port(), ground.bench.folder
    command = [str(redis_server()), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with (folder / "second-redis.log").open("ab") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            with Redis(port=port) as redis:
                wait_for(lambda: _answers(redis), "the second Redis answers")
                yield redis
        finally:
            process.kill()


def _answers(redis: Redis) -> bool:
    try:
        return bool(redis.ping())
    except RedisError:
        return False
