"""Workers as processes, toy events for them, and what came out: for the tests that kill."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest
from kafka import TopicPartition

from picustream.local.places import LocalError
from picustream.models.event import INPUT_TOPICS
from picustream.runtime.settings import Settings
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.scores.registry import OUTPUT_TOPICS
from picustream.streams.kafka import clients as kafka_clients
from tests.paths import ROOT

PATIENCE = 60.0
"""Seconds for anything to come about."""


def wait_for(done: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """What `done` says when it is true at last."""
    deadline = time.monotonic() + patience
    while not (found := done()):
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.02)
    return found


def started_again(start: Callable[[Path], None], folder: Path) -> None:
    """Start a killed server of a folder of local servers, as soon as its port is given back."""

    def tried() -> bool:
        try:
            start(folder)
        except LocalError:
            return False
        return True

    wait_for(tried, f"{start.__name__} succeeds")


@dataclass
class Worker:
    """One process; `name` is its slot in the group."""

    process: subprocess.Popen[bytes]
    name: str
    log: Path

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        self.process.terminate()
        return self.end()

    def end(self) -> int:
        """The exit status of a worker that ends by itself."""
        return self.process.wait(PATIENCE)

    @property
    def log_lines(self) -> list[dict[str, Any]]:
        """Its log lines."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def logged(self, event: str) -> dict[str, Any] | None:
        """The first log line of that name, None so far."""
        return next((line for line in self.log_lines if line["event"] == event), None)

    @property
    def last_words(self) -> str:
        """The last line of its log."""
        return (self.log.read_text(errors="replace").splitlines() or [""])[-1][:300]

    def page(self, path: str) -> tuple[int, str]:
        """Status and text of a page it serves; 0 if it does not answer."""
        port = wait_for(lambda: self.logged("starting"), "the worker serves its pages")["http_port"]
        try:
            with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()
        except (URLError, OSError, HTTPException):
            return 0, ""

    @property
    def held(self) -> list[int]:
        """The partitions it holds."""
        status, text = self.page("/healthz")
        return [one["partition"] for one in json.loads(text)["partitions"] if one["held"]] if status else []

    @property
    def lags(self) -> list[int]:
        """What waits in each partition, as its health page says."""
        status, text = self.page("/healthz")
        return [one["lag"] for one in json.loads(text)["partitions"]] if status else []


_HEARS = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("picustream")
"""


@contextmanager
def interruptible(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A `picustream` that Ctrl-C ends also where whoever runs the tests does so in the background, deaf to it.

    It ends with the test, however that ends.
    """
    command = [sys.executable, "-c", _HEARS, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0) as process:
        try:
            yield process
        finally:
            process.kill()


def next_line(process: subprocess.Popen[bytes]) -> bytes:
    """The next line that a process prints, whose output must be unbuffered; fails where none comes in time."""
    assert process.stdout
    if not select.select([process.stdout], [], [], PATIENCE)[0]:
        pytest.fail(f"it said nothing for {PATIENCE} seconds")
    return process.stdout.readline()


@dataclass
class Bench:
    """Servers, topics and workers of one test; all workers end with it."""

    env: dict[str, str]
    folder: Path
    partitions: int
    workers: list[Worker] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return Settings.model_construct(
            kafka=self.env["PICUSTREAM_KAFKA"], redis=self.env["PICUSTREAM_REDIS"], partitions=self.partitions
        )

    def worker(self, name: str = "w", *options: str, command: str = "tests.integration.toy", **env: str) -> Worker:
        """Start a worker; keyword arguments are settings without `PICUSTREAM_`, in lower case."""
        ours = {key: value for key, value in os.environ.items() if not key.startswith("PICUSTREAM_")}
        ours |= self.env | {"PICUSTREAM_INSTANCE": name}
        ours |= {f"PICUSTREAM_{key.upper()}": value for key, value in env.items()}
        log = self.folder / f"{len(self.workers)}-{name}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", *command.split(), *options], cwd=ROOT, env=ours, stdout=out, stderr=out
            )
        self.workers.append(Worker(process, name, log))
        return self.workers[-1]

    def drain(self, name: str = "w") -> None:
        """Run a worker until all is processed."""
        worker = self.worker(name, "--drain")
        assert worker.end() == 0, worker.log.read_text()

    def drain_with(self, command: str, patience: float = 300.0) -> None:
        """Likewise with the real engine, which takes longer."""
        worker = self.worker("w0", "--drain", command=command)
        assert worker.process.wait(patience) == 0, worker.log.read_text()

    def publish(self, events: Iterable[dict[str, Any]]) -> None:
        """Send events, each with its `topic`, keyed by stay; returns when all are acknowledged."""
        with kafka_clients.producer(self.settings, linger_ms=5) as producer:
            sent = [
                producer.send(one["topic"], json.dumps(one).encode(), key=one["stay_id"].encode()) for one in events
            ]
            for delivery in sent:
                delivery.get(PATIENCE)

    def records(self, names: Iterable[str] = OUTPUT_TOPICS) -> list[Any]:
        """Every committed record of the topics."""
        found = []
        with kafka_clients.consumer(self.settings) as consumer:
            parts = [TopicPartition(name, number) for name in names for number in range(self.partitions)]
            consumer.assign(parts)
            ends = kafka_clients.stable_ends(self.settings, consumer, parts)
            until = time.monotonic() + PATIENCE
            while any(consumer.position(part) < ends[part] for part in parts):
                assert time.monotonic() < until, "Kafka does not give all the records that there are"
                for batch in consumer.poll(200).values():
                    found += batch
        return found

    def close(self) -> None:
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.wake()
                worker.kill()


def toy_events(count: int, stays: int = 20, start: int = 0) -> list[dict[str, Any]]:
    """Events for the toy engine over all input topics."""
    return [
        {"event_id": f"e{number}", "stay_id": f"S-{number % stays}", "topic": INPUT_TOPICS[number % 5]}
        for number in range(start, start + count)
    ]


def assert_exactly_once(records: list[Any], events: list[dict[str, Any]]) -> None:
    """I2, I3: each event had its effect once; no `event_id` stands twice; the revisions of a stay are 1, 2, 3 ..."""
    bodies = [(record.topic, json.loads(record.value)) for record in records]
    repeated = [name for name, times in Counter(body["event_id"] for _, body in bodies).items() if times > 1]
    assert not repeated, "published twice"
    counted = [body for topic, body in bodies if topic == MODS]
    assert Counter(body["cause"] for body in counted) == Counter(event["event_id"] for event in events)
    revisions: dict[str, list[int]] = {}
    for body in counted:
        revisions.setdefault(body["stay_id"], []).append(body["revision"])
    assert all(seen == list(range(1, len(seen) + 1)) for seen in revisions.values())
