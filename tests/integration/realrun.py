"""A small ward sent through real workers with the real engine, killed and robbed at will, and held against `replay`."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from picustream.commands.main import main as picustream
from picustream.demo.ward import ward
from picustream.local.servers import Servers
from picustream.streams import topics
from tests.integration import ending
from tests.integration.workers import Bench, Worker, wait_for

PARTITIONS = 4
EVENTS = 200
COPIES = 3
"""Wards side by side, so that every partition has stays."""
KILLED = -9
COMMAND = "picustream worker"
AFTERWARDS = timedelta(days=2)
"""After the opening of the ward: its first day is closed, and nothing falls due for some hours."""


@dataclass
class RealRun:
    """`lines` of an event file, of which any part can be published; `until`: what the workers' clock read at first."""

    servers: Servers
    bench: Bench
    lines: list[str]
    until: datetime

    def told_at(self, lines: list[str], clock: datetime) -> "RealRun":
        """The same servers and topics with other events, and another clock for the workers started from now on."""
        env = self.bench.env | {"PICUSTREAM_CLOCK_START": clock.isoformat()}
        return replace(self, bench=replace(self.bench, env=env), lines=lines, until=clock)

    def publish(self, first: float = 0.0, last: float = 1.0, *, as_is: bool = False) -> None:
        """Send the events between two shares of the whole; `as_is`: also what is no event."""
        part = self.bench.folder / "part.ndjson"
        part.write_text("\n".join(self.lines[int(first * len(self.lines)) : int(last * len(self.lines))]))
        assert picustream(["publish", *(["--as-is"] if as_is else []), str(part)]) == 0

    def worker(self, name: str = "a", **env: str) -> Worker:
        """Start a worker; settings as `Bench.worker` has them."""
        return self.bench.worker(name, command=COMMAND, **env)

    def crash(self, point: str, name: str = "a", **env: str) -> None:
        """Start a worker that is killed when it comes to a point; returns when it is dead."""
        worker = self.worker(name, crash_at=point, **env)
        assert worker.end() == KILLED, worker.log.read_text()

    def drain(self, name: str = "a") -> None:
        """Run a worker until all is processed."""
        worker = self.bench.worker(name, "--drain", command=COMMAND)
        assert worker.process.wait(120) == 0, worker.log.read_text()

    def all_processed(self) -> None:
        """Return when the running workers are through with what is published."""
        wait_for(
            lambda: not list(ending.unprocessed(self.bench, self.bench.records(topics.INPUTS))), "all is processed"
        )

    def verdict(self, *, by_reference: bool = False) -> ending.Verdict:
        """What is wrong in the end, once all is published and drained."""
        file = self.bench.folder / "events.ndjson"
        file.write_text("\n".join(self.lines) + "\n")
        return ending.faults(self.bench, file, self.until + timedelta(minutes=5), by_reference=by_reference)

    def alerts(self, name: str) -> list[dict[str, Any]]:
        """The alerts of a name, as they were told."""
        bodies = [json.loads(one.value) for one in self.bench.records([topics.ALERT])]
        return [body for body in bodies if body["name"] == name]

    @property
    def redis_data(self) -> Path:
        """Where Redis keeps what it was told."""
        return self.servers.dir / "redis" / "data"


def small_ward() -> tuple[list[str], datetime]:
    """The first events of the simulated ward, in copies, and a clock that stands between two dues."""
    made = ward()
    told = [json.dumps({"topic": one.topic, "value": one.value}) for one in made.events[:EVENTS]]
    lines = [line.replace('"S-', f'"C{copy}-S-') for line in told for copy in range(COPIES)]
    return lines, made.opens.astimezone(UTC).replace(hour=4, minute=30) + AFTERWARDS
