"""The events of a run, disturbed as feeds are, and sent with `picustream publish` while everything else goes wrong."""

import base64
import gzip
import io
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kafka.errors import KafkaError

from picustream.demo import ward
from picustream.eventfiles import files
from picustream.eventfiles.files import Line
from picustream.models.event import LAB, VITAL
from picustream.runtime.errors import UserError
from picustream.streams.kafka import clients as kafka_clients
from picustream.streams.kafka import topics
from tests.integration.workers import Bench
from tests.paths import REAL_DATA

COPIES = 4
"""Wards side by side, where there are no real data."""
AFTERWARDS = timedelta(days=60)
"""The workers' clock reads so long after the last event: all is closed and due (T4, O3)."""
LATE_BY = 300
"""Events by which one may come too late."""
STRAYS = 100
"""Events sent to a wrong partition, every other one with no key."""
IMPATIENT = {"delivery_timeout_ms": 15_000, "request_timeout_ms": 5_000}
TICK = 0.1
LONGEST = 300.0
"""Seconds for what is left to be sent in the end, which takes a few where the broker is there."""
TIMES = ("recorded_at", "observed_at", "occurred_at")


def real_or_made_up(file: Path | None) -> list[str]:
    """The lines of an event file; without one of the real data, or where they are not, of the simulated ward."""
    file = file or (REAL_DATA if REAL_DATA.exists() else None)
    if file is not None:
        with gzip.open(file, "rt") if file.suffix == ".gz" else file.open() as lines:
            return [line.rstrip("\n") for line in lines]
    return made_up(COPIES)


def made_up(copies: int) -> list[str]:
    """The lines of some simulated wards side by side."""
    made = [json.dumps({"topic": one.topic, "value": one.value}) for one in ward.ward().events]
    return [line.replace('"S-', f'"C{copy}-S-') for line in made for copy in range(copies)]


def clock_after(lines: Iterable[str]) -> datetime:
    """What the workers' clock must read at their start."""
    values = (json.loads(line)["value"] for line in lines)
    times = (datetime.fromisoformat(value[name]) for value in values for name in TIMES if name in value)
    return max(times).astimezone(UTC) + AFTERWARDS


def disturbed(lines: list[str], rng: random.Random) -> list[str]:
    """Somewhat out of order, every tenth sent again, and every hundredth followed by what is no event."""
    placed = [(place + rng.uniform(0, LATE_BY), line) for place, line in enumerate(lines)]
    placed += [(rng.uniform(place, len(lines)), line) for place, line in rng.sample(placed, len(lines) // 10)]
    placed += [(rng.uniform(0, len(lines)), _junk(number)) for number in range(len(lines) // 100)]
    return [line for _, line in sorted(placed)]


def _junk(number: int) -> str:
    if number % 2:
        return json.dumps({"topic": LAB, "value_base64": base64.b64encode(b"no json %d" % number).decode()})
    return json.dumps({"topic": VITAL, "value": {"stay_id": f"junk-{number}", "no": "event"}})


class Feed(threading.Thread):
    """Sends lines evenly over some seconds, whatever happens to the broker, each until it is acknowledged."""

    def __init__(self, bench: Bench, lines: list[str], strays: list[str], seconds: float) -> None:
        super().__init__(name="feed", daemon=True)
        self._bench = bench
        self._lines = lines
        self._strays = list(files.lines(io.BytesIO("\n".join(strays).encode()), "strays"))
        self._stray = 0
        self._seconds = seconds
        self._hurry = threading.Event()
        self._over = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self.retries = 0

    def run(self) -> None:
        """Publish, and from the beginning again where that ended for want of a broker: a repeat changes nothing."""
        begun = time.monotonic()
        fed = 0
        while not self._over.is_set():
            self._process = process = self._publish()
            fed = self._feed(process, fed, begun)
            if process.wait() == 0 and fed == len(self._lines):
                break
            self.retries += 1
        while self._stray < len(self._strays) and not self._over.is_set():
            self._send_strays(1.0)

    def finish(self) -> None:
        """Send the rest without pauses; returns when all is acknowledged, and fails where that does not come about."""
        self._hurry.set()
        self.join(LONGEST)
        if self.is_alive():
            self.end()
            raise AssertionError(f"the feed was not done in {LONGEST:g} s: {self._log.read_text()[-4000:]}")

    def end(self) -> None:
        """Send nothing more, whatever is left; a publisher under way says in its log where it stood."""
        self._over.set()
        if self._process is not None:
            self._process.send_signal(signal.SIGABRT)
            self._process.wait()

    @property
    def _log(self) -> Path:
        return self._bench.folder / "publish.log"

    def _publish(self) -> subprocess.Popen[str]:
        with self._log.open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-X", "faulthandler", "-m", "picustream", "publish", "--as-is", "-"],
                env=os.environ | self._bench.env, stdin=subprocess.PIPE, stdout=log, stderr=log, text=True,
            )  # fmt: skip

    def _feed(self, process: subprocess.Popen[str], already: int, begun: float) -> int:
        """Lines fed: at once those that were fed before, then at their pace."""
        assert process.stdin is not None
        fed = 0
        try:
            while fed < len(self._lines):
                share = 1.0 if self._hurry.is_set() else (time.monotonic() - begun) / self._seconds
                until = max(already, min(len(self._lines), int(share * len(self._lines))))
                process.stdin.writelines(line + "\n" for line in self._lines[fed:until])
                process.stdin.flush()
                fed = until
                self._send_strays(int(10 * fed / len(self._lines)) / 10)
                self._hurry.wait(TICK)
            process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended, and says why in its log
        return max(fed, already)

    def _send_strays(self, share: float) -> None:
        """Send this share of the strays, if the broker takes them; what it does not take is sent the next time."""
        due = self._strays[self._stray : int(share * len(self._strays))]
        if not due:
            return
        try:
            self._send(due)
            self._stray += len(due)
        except (KafkaError, UserError):
            self.retries += 1

    def _send(self, events: list[Line]) -> None:
        with kafka_clients.producer(self._bench.settings, **IMPATIENT) as producer:
            sent = []
            for number, event in enumerate(events):
                stay = json.loads(event.value)["stay_id"]
                wrong = (topics.partition_of(stay, self._bench.partitions) + 1) % self._bench.partitions
                key = stay.encode() if number % 2 else None
                sent.append(producer.send(event.topic, event.value, key=key, partition=wrong))
            for one in sent:
                one.get(20)
