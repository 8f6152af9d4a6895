"""What is done to a system under chaos: a seeded course of blows, each with its line in the report."""

import random
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from redis import Redis

from picustream.local import servers
from picustream.local.servers import Servers
from tests.integration.workers import Bench, Worker, wait_for

LONG_PAUSE = 14.0
"""Seconds of SIGSTOP: longer than the session time-out, so that the partitions move."""


@dataclass
class Ground:
    """What the blows fall on."""

    servers: Servers
    bench: Bench
    workers: dict[str, Worker]
    rest: Callable[[float], None]
    """Lets seconds pass while events go on flowing."""

    def start(self, name: str) -> None:
        """A worker under a name, as its supervisor would start it (again)."""
        self.workers[name] = self.bench.worker(name, command="picustream worker")


def kill_worker(ground: Ground, rng: random.Random) -> str:
    """SIGKILL, and started again at once."""
    name = rng.choice(sorted(ground.workers))
    ground.workers[name].kill()
    ground.start(name)
    return f"SIGKILL {name}"


def pause_worker(ground: Ground, rng: random.Random) -> str:
    """SIGSTOP until its partitions have moved, then SIGCONT (I4)."""
    name = rng.choice(sorted(ground.workers))
    ground.workers[name].process.send_signal(signal.SIGSTOP)
    ground.rest(LONG_PAUSE)
    ground.workers[name].wake()
    return f"SIGSTOP {name} for {LONG_PAUSE:g} s"


def kill_redis(ground: Ground, _: random.Random) -> str:
    """SIGKILL of Redis, started again with what it had on disk."""
    servers.kill_redis(ground.servers.dir)
    ground.rest(1.0)
    _start(lambda: servers.start_redis(ground.servers.dir), "Redis starts again")
    return "SIGKILL Redis"


def kill_kafka(ground: Ground, _: random.Random) -> str:
    """SIGKILL of Kafka, started again."""
    servers.kill_kafka(ground.servers.dir)
    ground.rest(1.0)
    _start(lambda: servers.start_kafka(ground.servers.dir), "Kafka starts again")
    return "SIGKILL Kafka"


def wipe_redis(ground: Ground, _: random.Random) -> str:
    """FLUSHALL (I5)."""
    with Redis.from_url(ground.servers.redis) as redis:
        redis.flushall()
    return "FLUSHALL"


BLOWS = {kill_worker: 8, pause_worker: 1, kill_redis: 1, kill_kafka: 1, wipe_redis: 1}
"""How often each falls, in proportion."""


def course(rng: random.Random) -> Iterator[Callable[[Ground, random.Random], str]]:
    """Blows without end."""
    while True:
        yield rng.choices(list(BLOWS), list(BLOWS.values()))[0]


def _start(start: Callable[[], None], what: str) -> None:
    def tried() -> bool:
        try:
            start()
        except servers.LocalError:  # the port is not free again yet
            return False
        return True

    wait_for(tried, what)
