"""A Kafka and a Redis of one's own, topics with a backlog in them, and workers: for what is measured with servers."""

import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from kafka import TopicPartition
from redis import Redis

from bench.feeds import Feed
from bench.plan import Plan
from bench.processes import Child, Used, python
from picustream.eventfiles import files
from picustream.eventfiles.deliveries import BATCHING, Deliveries
from picustream.local import servers as local
from picustream.local.servers import Servers
from picustream.runtime.settings import Settings
from picustream.scoring.scores.registry import OUTPUT_TOPICS
from picustream.streams.kafka import arrival, clients, topics

PATIENCE = 60.0
"""Seconds for a topic to be gone."""
WORKER = python("-m", "picustream", "worker", "--drain")
_STAY = re.compile(rb'"stay_id":"([^"]+)"')


@dataclass
class Ground:
    """Servers with topics of so many partitions. Whoever measures has a number of its own, for groups and files."""

    servers: Servers
    folder: Path
    partitions: int = 4
    _runs: int = field(default=0)

    @property
    def settings(self) -> Settings:
        """The settings of our own clients."""
        at = {"kafka": self.servers.kafka, "redis": self.servers.redis}
        return Settings.model_construct(**at, partitions=self.partitions)

    def made_anew(self, partitions: int) -> None:
        """All topics empty, with so many partitions."""
        self.partitions = partitions
        self._renew(topics.ALL)

    def outputs_made_anew(self) -> None:
        """The backlog as it was, and nothing made of it: no output, no state."""
        self._renew(OUTPUT_TOPICS)

    def wipe_redis(self) -> None:
        """Redis holds nothing any more."""
        with Redis.from_url(self.servers.redis) as redis:
            redis.flushall()

    def _renew(self, names: Iterable[str]) -> None:
        self.wipe_redis()
        with clients.admin(self.settings) as admin:
            there = set(admin.list_topics())
            extra = {name for name in there if not name.startswith("__") and name not in topics.ALL}
            gone = there.intersection({*names, *extra})
            if gone:
                admin.delete_topics(sorted(gone))
            until = time.monotonic() + PATIENCE
            while gone.intersection(admin.list_topics()) and time.monotonic() < until:
                time.sleep(0.05)
            topics.create(admin, self.settings, names)

    def also(self, topic: str) -> None:
        """One more topic, gone with the next that are made anew."""
        with clients.admin(self.settings) as admin:
            topics.create(admin, self.settings, [topic])

    def publish(self, feed: Feed) -> None:
        """A feed as a backlog: keyed by stay, in its order."""
        with feed.path.open("rb") as file, clients.producer(self.settings, **BATCHING) as producer:
            deliveries = Deliveries(producer, lambda _topic: None)
            for line in files.lines(file, feed.path.name):
                stay = _STAY.search(line.value)
                deliveries.send(line.topic, line.record_value, stay and stay[1], origin=feed.name)
            deliveries.flush()

    def outputs(self) -> int:
        """How many records there are on the output topics."""
        places = [TopicPartition(name, number) for name in OUTPUT_TOPICS for number in range(self.partitions)]
        with clients.consumer(self.settings, **arrival.CONSUMER_OPTIONS) as consumer:
            consumer.assign(places)
            ends = clients.stable_ends(self.settings, consumer, places)
            return sum(1 for _ in arrival.committed_records(consumer, ends))

    def child(self, *command: str, group: str, instance: str = "", **more: str) -> Child:
        """A process with the settings of a worker of a group, and what it prints in a file.

        `more`: other settings, without `PICUSTREAM_`.
        """
        self._runs += 1
        ours = {name: value for name, value in os.environ.items() if not name.startswith("PICUSTREAM_")}
        ours |= {
            "PICUSTREAM_KAFKA": self.servers.kafka,
            "PICUSTREAM_REDIS": self.servers.redis,
            "PICUSTREAM_PARTITIONS": str(self.partitions),
            "PICUSTREAM_HTTP_PORT": "0",
            "PICUSTREAM_GROUP": group,
            "PICUSTREAM_INSTANCE": instance or f"bench-{self._runs}",
        }
        ours |= {f"PICUSTREAM_{name}": value for name, value in more.items()}
        return Child(command, ours, self.folder / f"{self._runs}.log")

    def worker(self, group: str, *options: str) -> Child:
        """A worker of a group."""
        return self.child(*python("-m", "picustream", "worker", *options), group=group)

    def drained(self, *command: str, group: str = "") -> "Drained":
        """Run a program, a worker unless one is named, until it has worked off the backlog."""
        # Of one name in its group, as a worker that is started again: another would wait until the first is given up.
        child = self.child(*(command or WORKER), group=group or new_group(), instance="bench-drained")
        used = child.end()
        return Drained(used, child.said("ready"), child.said("stopping"))


@dataclass(frozen=True, slots=True)
class Drained:
    """What it took to work off a backlog, and when the program was ready to begin, and through with it."""

    used: Used
    ready: datetime
    done: datetime

    def figures(self, events: int) -> dict[str, float]:
        """By column."""
        seconds = (self.done - self.ready).total_seconds()
        return self.used.figures(events) | {"events/s": events / seconds, "start s": self.used.wall - seconds}


def new_group() -> str:
    """The name of a group that there was not yet."""
    return f"bench-{time.time_ns()}"


@contextmanager
def ground(plan: Plan) -> Iterator[Ground]:
    """Servers on free ports, gone with all that they hold when this ends."""
    folder = plan.folder / "servers"
    servers = local.up(folder, kafka_port=0, redis_port=0)
    try:
        yield Ground(servers, plan.folder)
    finally:
        local.down(folder, wipe=True)
