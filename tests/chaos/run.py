"""One run: servers, workers behind proxies, a feed, a course of blows, and the verdict."""

import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from picustream.local import servers
from picustream.local.ports import free_port
from picustream.streams.kafka import clients as kafka_clients
from picustream.streams.kafka import topics
from tests.chaos.course import EACH_ONCE, Blow, course, kills
from tests.chaos.feed import STRAYS, Feed, clock_after, disturbed
from tests.chaos.ground import Ground, Links
from tests.chaos.proxy import Proxy
from tests.integration.ending import Verdict, faults
from tests.integration.workers import Bench

PARTITIONS = 6
BETWEEN = (0.5, 3.0)
"""Seconds between two blows."""
ONCE = 115.0
"""Seconds that one blow of each kind takes, about."""
DRAIN = 600.0
"""Seconds for what is left to be processed in the end."""


@dataclass(frozen=True)
class Plan:
    """What a run is: blows of every kind for some seconds, or each kind `once`, or so many SIGKILLs and little else."""

    seed: int
    seconds: float = 0.0
    workers: int = 3
    once: bool = False
    killed: int = 0

    def blows(self, rng: random.Random) -> Iterator[Blow]:
        """What falls, in order."""
        if self.killed:
            return kills(rng, self.killed)
        return islice(course(rng), EACH_ONCE) if self.once else course(rng)

    @property
    def endless(self) -> bool:
        """Whether time ends the run and not the number of its blows."""
        return not self.killed and not self.once

    def __str__(self) -> str:
        if self.endless:
            return f"{self.seconds / 60:g} minutes"
        return f"{self.killed} SIGKILLs" if self.killed else "each kind of blow once"

    @property
    def lasting(self) -> float:
        """Seconds over which the events are sent, about as long as the blows take."""
        if self.endless:
            return self.seconds
        return self.killed * sum(BETWEEN) / 2 + 20 if self.killed else ONCE


def run(plan: Plan, lines: list[str]) -> Verdict:
    """Send `lines`, an event file, through it all; what came of it. Prints each blow as it falls.

    Where something is wrong, the logs and what stood on the topics are kept.
    """
    rng, blows = random.Random(f"{plan.seed} events"), random.Random(f"{plan.seed} blows")
    clock = clock_after(lines)
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    with _ground(folder, plan, clock) as ground:
        sent = disturbed(lines, rng)
        feed = Feed(ground.bench, sent, rng.sample(lines, STRAYS), plan.lasting)
        feed.start()
        try:
            fallen = _strike(ground, plan, blows)
            ground.supervise()
            feed.finish()
        finally:
            feed.end()
        for worker in ground.workers.values():
            worker.kill()
        for number, line in enumerate(ground.ended):
            print(f"        ended by itself ({number + 1}): {line}", flush=True)
        print("        draining, and comparing", flush=True)
        ground.bench.drain_with("picustream worker", DRAIN)
        verdict = _verdict(ground, lines, clock)
    verdict.counts |= {"blows": fallen, "SIGKILLs": ground.kills, "feed retries": feed.retries}
    verdict.counts["ended by themselves"] = len(ground.ended)
    if verdict.faults:
        print(f"        logs and topics are in {folder}", flush=True)
    else:
        shutil.rmtree(folder)
    return verdict


def _verdict(ground: Ground, lines: list[str], clock: datetime) -> Verdict:
    passed = datetime.now(UTC) - datetime.fromisoformat(ground.bench.env["PICUSTREAM_CLOCK_AT"])
    file = ground.bench.folder / "events.ndjson"
    file.write_text("\n".join(lines) + "\n")
    verdict = faults(ground.bench, file, clock + passed, by_reference=True)
    verdict.add("worker", ground.faults)
    return verdict


def _strike(ground: Ground, plan: Plan, rng: random.Random) -> int:
    """The blows, one after another; how many fell."""
    begun, count = time.monotonic(), 0
    for blow in plan.blows(rng):
        time.sleep(rng.uniform(*BETWEEN))
        if plan.endless and time.monotonic() > begun + plan.seconds:
            break
        ground.supervise()
        at = time.monotonic() - begun
        print(f"{at:6.1f} s: {blow(ground, rng)}", flush=True)
        count += 1
    return count


@contextmanager
def _ground(folder: Path, plan: Plan, clock: datetime) -> Iterator[Ground]:
    names = [f"w{number}" for number in range(plan.workers + 1)]
    listened = {name: free_port() for name in names}
    kafka = {name: Proxy(port) for name, port in listened.items()}
    detours = {listened[name]: kafka[name].port for name in names}
    ours = servers.up(folder / "servers", 0, 0, detours=detours)
    try:
        redis_port = int(ours.redis.rpartition(":")[2].partition("/")[0])
        links = {name: Links(kafka[name], Proxy(redis_port)) for name in names}
        bench = Bench(_environment(ours, clock), folder, PARTITIONS)
        with kafka_clients.admin(bench.settings) as admin:
            topics.create(admin, bench.settings, topics.ALL)
        ground = Ground(ours, bench, links, time.sleep)
        for name in names[: plan.workers]:
            ground.start(name)
        try:
            yield ground
        finally:
            bench.close()
            for ways in links.values():
                ways.kafka.close()
                ways.redis.close()
    finally:
        servers.down(ours.dir, wipe=True)


def _environment(ours: servers.Servers, clock: datetime) -> dict[str, str]:
    return {
        "PICUSTREAM_KAFKA": ours.kafka,
        "PICUSTREAM_REDIS": ours.redis,
        "PICUSTREAM_GROUP": "chaos",
        "PICUSTREAM_PARTITIONS": str(PARTITIONS),
        "PICUSTREAM_HTTP_PORT": "0",
        "PICUSTREAM_CLOCK_START": clock.isoformat(),
        "PICUSTREAM_CLOCK_AT": datetime.now(UTC).isoformat(),
    }
