"""One run: fresh topics, a worker, a plan sent among them, and the verdict."""

import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from kafka.admin import ConfigResource
from redis import Redis
from redis.exceptions import RedisError

from picustream.local import servers
from picustream.local.servers import Servers
from picustream.models.event import INPUT_TOPICS
from picustream.streams.kafka import clients as kafka_clients
from picustream.streams.kafka import topics
from tests.hostile import reading
from tests.hostile.dress import PARTITIONS
from tests.hostile.records import Ground, Plan, Sent
from tests.hostile.sending import send
from tests.integration.ending import Verdict
from tests.integration.workers import Bench, Worker, wait_for

COMMAND = "picustream worker"
KILLED = -9
STILL = 30.0
"""Seconds without any progress after which a worker with work to do is said to stand still."""
STARTS = 120.0
UNDECIDED = 60.0
"""Seconds until the broker has ended what a dead producer left open."""
DRAIN = 180.0
LOOK = 0.4
ANY_STAMP = str((1 << 63) - 1)


class StandsStill(AssertionError):
    """The worker gets no further, or has ended."""


@dataclass
class Outcome:
    """What came of a run: the verdict, and where the faults point to."""

    verdict: Verdict
    sent: list[Sent] = field(default_factory=list)
    suspects: set[tuple[str, int, int]] = field(default_factory=set)

    @property
    def faults(self) -> list[str]:
        return self.verdict.faults


@dataclass
class Run:
    """The servers, and what belongs to one run on them."""

    servers: Servers
    bench: Bench
    plan: Plan
    clock: datetime
    unwell: list[str] = field(default_factory=list)
    """What `/healthz` said when it was not well."""
    counted: dict[str, str] = field(default_factory=dict)
    """The worker's metrics at its end."""
    sent: list[Sent] = field(default_factory=list)

    @property
    def group(self) -> str:
        return self.bench.env["PICUSTREAM_GROUP"]

    @property
    def now(self) -> datetime:
        """What the workers' clock reads."""
        return self.clock + (datetime.now(UTC) - datetime.fromisoformat(self.bench.env["PICUSTREAM_CLOCK_AT"]))

    def through(self) -> None:
        """Send the plan to a worker at work, until it is through with it, and drain. Raises StandsStill."""
        crash = self.plan.ground.crash
        first = self.bench.worker("a", command=COMMAND, **({"crash_at": crash} if crash else {}))
        wait_for(lambda: first.process.poll() is not None or first.logged("starting"), "it starts", STARTS)
        wait_for(lambda: first.process.poll() is not None or len(first.held) == PARTITIONS, "it is at work", STARTS)
        with self._watched():
            self.sent = send(self.servers.kafka, self.group, self.plan)
            self._decided()
            self._until_idle()
        self.counted = _metrics(self.worker)
        self._ended(self.worker, self.worker.stop())
        self.drain()

    @property
    def worker(self) -> Worker:
        """The one at work."""
        return self.bench.workers[-1]

    @property
    def died_as_planned(self) -> bool:
        """Whether the first worker was killed where the plan has it, and nobody has taken its place yet."""
        return bool(self.plan.ground.crash) and len(self.bench.workers) == 1 and self.worker.process.poll() == KILLED

    def drain(self) -> None:
        """Run a worker until nothing is left to do."""
        worker = self.bench.worker("a", "--drain", command=COMMAND)
        try:
            status = worker.process.wait(DRAIN)
        except subprocess.TimeoutExpired:
            worker.kill()
            status = -1
        self._ended(worker, status)

    def rebuild(self) -> None:
        """Take all that Redis holds, and drain."""
        try:
            with Redis.from_url(self.servers.redis) as redis:
                redis.flushall()
        except RedisError as error:
            raise StandsStill(f"Redis has died: {error}") from error
        self.drain()

    def _ended(self, worker: Worker, status: int) -> None:
        if status:
            raise StandsStill(f"the worker ended with status {status}: {worker.last_words}")

    def _decided(self) -> None:
        """Every transaction has come to its end: what a dead producer left open the broker aborts."""
        wait_for(
            lambda: all(e.written == e.stable for e in reading.ends(self.servers.kafka, INPUT_TOPICS, PARTITIONS)),
            "every transaction is ended",
            UNDECIDED,
        )

    def _until_idle(self) -> None:
        before, since, idle = "", time.monotonic(), 0
        while idle < 3:
            ended = self.worker.process.poll()
            if ended is not None and not self.died_as_planned:
                self._ended(self.worker, ended or -1)
            status, text = self.worker.page("/healthz") if ended is None else (0, "")
            rows = json.loads(text)["partitions"] if status else []
            idle = idle + 1 if len(rows) == PARTITIONS and all(row["idle"] for row in rows) else 0
            # One that is started again takes its time before it says anything.
            done = str((self.next_offsets(), len(self.bench.workers), len(rows)))
            if done != before:
                before, since = done, time.monotonic()
            if not idle and time.monotonic() - since > STILL:
                busy = [row for row in rows if not row["idle"]]
                raise StandsStill(f"at {sorted(self.unread())[:8]}: {busy}")
            time.sleep(LOOK)

    def next_offsets(self) -> dict[tuple[str, int], int]:
        """Next offset by topic and partition, as Redis holds it."""
        with Redis.from_url(self.servers.redis, decode_responses=True) as redis:
            held = [redis.hgetall(f"picustream:{{{self.group}.{part}}}:control") for part in range(PARTITIONS)]
        return {(topic, part): int(held[part].get(f"next:{topic}") or 0)
                for part in range(PARTITIONS) for topic in INPUT_TOPICS}  # fmt: skip

    def unread(self) -> set[tuple[str, int, int]]:
        """Where records stand that no worker has processed."""
        done = self.next_offsets()
        return {one.place for one in self.sent if one.place and one.place[2] >= done[one.place[:2]]}

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Watch the worker's health all the while, and start another where it died as planned."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(LOOK):
                if self.died_as_planned:
                    self.bench.worker("a", command=COMMAND)
                worker = self.worker
                if worker.process.poll() is not None:
                    continue
                status, text = worker.page("/healthz")
                if status != 200 and worker.process.poll() is None and not over.is_set():
                    rows = json.loads(text)["partitions"] if status else []
                    self.unwell.append(f"{status}: {[row for row in rows if row['stuck']]}"[:300])

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


@contextmanager
def prepared(ours: Servers, plan: Plan, clock: datetime) -> Iterator[Run]:
    """Fresh topics as the plan wants them, an empty Redis, a group of its own, and a folder for logs."""
    number = time.monotonic_ns()
    env = {
        "PICUSTREAM_KAFKA": ours.kafka,
        "PICUSTREAM_REDIS": ours.redis,
        "PICUSTREAM_GROUP": f"run-{number}",
        "PICUSTREAM_PARTITIONS": str(PARTITIONS),
        "PICUSTREAM_HTTP_PORT": "0",
        "PICUSTREAM_SESSION_TIMEOUT": "6",
        "PICUSTREAM_CLOCK_START": clock.isoformat(),
        "PICUSTREAM_CLOCK_AT": datetime.now(UTC).isoformat(),
    }
    bench = Bench(env, Path(tempfile.mkdtemp(prefix="hostile-")), PARTITIONS)
    with Redis.from_url(ours.redis) as redis:
        redis.flushall()
    with kafka_clients.admin(bench.settings) as admin:
        there = [name for name in admin.list_topics() if not name.startswith("__")]
        if there:
            admin.delete_topics(there)
            wait_for(lambda: not [n for n in admin.list_topics() if not n.startswith("__")], "the topics are gone")
        topics.create(admin, bench.settings, topics.ALL)
        _configure(admin, plan.ground)
    try:
        yield Run(ours, bench, plan, clock)
    finally:
        bench.close()


def _configure(admin: object, ground: Ground) -> None:
    wanted = {"message.timestamp.type": ground.stamps, "compression.type": ground.compression,
              "message.timestamp.after.max.ms": ANY_STAMP, "message.timestamp.before.max.ms": ANY_STAMP}  # fmt: skip
    answer = admin.alter_configs([ConfigResource("TOPIC", name, wanted) for name in INPUT_TOPICS])  # type: ignore[attr-defined]
    assert set(answer["topic"].values()) == {"OK"}, answer


@contextmanager
def local_servers() -> Iterator[Servers]:
    """A Kafka and a Redis of its own."""
    with tempfile.TemporaryDirectory(prefix="hostile-servers-") as folder:
        ours = servers.up(Path(folder) / "servers", 0, 0)
        try:
            yield ours
        finally:
            servers.down(ours.dir, wipe=True)


def _metrics(worker: Worker) -> dict[str, str]:
    _, text = worker.page("/metrics")
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: value for name, _, value in lines}
