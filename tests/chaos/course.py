"""What is done to a system under chaos: a seeded course of blows, each with its line in the report."""

import random
import shutil
import signal
from collections.abc import Callable, Iterator

from redis import Redis

from picustream.local import servers
from tests.chaos.failover import fail_over
from tests.chaos.ground import Ground
from tests.chaos.proxy import Proxy, Way
from tests.integration.workers import started_again

LONG_PAUSE = 14.0
"""Seconds of SIGSTOP: longer than the session time-out, so that the partitions move."""
OUTAGES = (2.0, LONG_PAUSE)
"""Seconds that a network cut lasts: within the session time-out, or beyond it."""
FEWEST = 2
"""Workers that are always there."""
CLEAN_STOP = 15.0
"""Seconds for a worker to end when it is stopped; it takes up to five, and the machine is busy."""


def kill_worker(ground: Ground, rng: random.Random) -> str:
    """SIGKILL, and started again at once."""
    name = rng.choice(sorted(ground.workers))
    ground.workers[name].kill()
    ground.kills += 1
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
    started_again(servers.start_redis, ground.servers.dir)
    return "SIGKILL Redis"


def kill_kafka(ground: Ground, _: random.Random) -> str:
    """SIGKILL of Kafka, started again."""
    servers.kill_kafka(ground.servers.dir)
    ground.rest(1.0)
    started_again(servers.start_kafka, ground.servers.dir)
    return "SIGKILL Kafka"


def wipe_redis(ground: Ground, _: random.Random) -> str:
    """FLUSHALL (I5)."""
    with Redis.from_url(ground.servers.redis) as redis:
        redis.flushall()
    return "FLUSHALL"


def set_redis_back(ground: Ground, rng: random.Random) -> str:
    """Redis set back to a copy of its folder some seconds old (I5)."""
    seconds = rng.uniform(1.0, 5.0)
    copy = ground.bench.folder / "older-redis"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(ground.redis_data, copy)
    ground.rest(seconds)
    servers.kill_redis(ground.servers.dir)
    shutil.rmtree(ground.redis_data)
    shutil.copytree(copy, ground.redis_data)
    started_again(servers.start_redis, ground.servers.dir)
    return f"Redis set back by {seconds:.1f} s"


def cut_off(ground: Ground, rng: random.Random, to: str, way: Way) -> str:
    """The network between one worker and Redis or Kafka: cut, a black hole, or held up."""
    name = rng.choice(sorted(ground.workers))
    seconds = rng.choice(OUTAGES)
    proxy: Proxy = getattr(ground.links[name], to)
    proxy.go(way)
    ground.rest(seconds)
    proxy.go(Way.OPEN)
    return f"network {name} - {to}: {way.name.lower()} for {seconds:g} s"


def join_or_leave(ground: Ground, rng: random.Random) -> str:
    """Scale-out: a worker more; or, with all there can be, scale-in: one ends cleanly and does not come back."""
    absent = sorted(ground.links.keys() - ground.workers.keys())
    if absent and (len(ground.workers) <= FEWEST or rng.random() < 0.5):
        ground.start(absent[0])
        return f"{absent[0]} joins"
    name = rng.choice(sorted(ground.workers))
    leaving = ground.workers.pop(name)
    leaving.process.terminate()
    status = leaving.process.wait(CLEAN_STOP)
    too_early = status == -signal.SIGTERM and not leaving.logged("starting")  # Python itself was still starting
    if status not in (0, 3) and not too_early:  # 3: it could not reach a server that is being killed
        ground.faults.append(f"{name} ended with status {status} when asked to stop: {leaving.last_words}")
    return f"{name} leaves"


def _cut(to: str, way: Way) -> Callable[[Ground, random.Random], str]:
    return lambda ground, rng: cut_off(ground, rng, to, way)


Blow = Callable[[Ground, random.Random], str]
CUTS: list[Blow] = [_cut(to, way) for to in ("redis", "kafka") for way in (Way.CUT, Way.HOLE, Way.HELD)]
BLOWS: dict[Blow, int] = {
    kill_worker: 10,
    join_or_leave: 3,
    pause_worker: 1,
    kill_redis: 1,
    kill_kafka: 1,
    wipe_redis: 1,
    set_redis_back: 1,
    fail_over: 1,
    **dict.fromkeys(CUTS, 1),
}
"""How often each falls, in proportion."""
EACH_ONCE = len(BLOWS) + 1
"""Blows until each kind has fallen; joining and leaving are two."""


def course(rng: random.Random) -> Iterator[Blow]:
    """Blows without end: each kind once, then by their proportions."""
    yield from rng.sample([*BLOWS, join_or_leave], EACH_ONCE)
    while True:
        yield rng.choices(list(BLOWS), list(BLOWS.values()))[0]


def kills(rng: random.Random, count: int) -> Iterator[Blow]:
    """`count` SIGKILLs, and between them Redis restarted, the broker restarted, and Redis wiped."""
    blows: list[Blow] = [kill_worker] * count
    for blow in (kill_redis, kill_kafka, wipe_redis):
        blows.insert(rng.randrange(len(blows) // 5, len(blows)), blow)
    yield from blows
