"""A small ward sent through real workers with the real engine, killed and robbed at will, and held against `replay`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from picustream.commands.main import main as picustream
from picustream.demo.ward import ward
from picustream.local.servers import Servers
from picustream.models.event import ADT, INPUT_TOPICS, LAB
from picustream.models.record import ALERT
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
        wait_for(lambda: not list(ending.unprocessed(self.bench, self.bench.records(INPUT_TOPICS))), "all is processed")

    def verdict(self, *, by_reference: bool = False) -> ending.Verdict:
        """What is wrong in the end, once all is published and drained."""
        file = self.bench.folder / "events.ndjson"
        file.write_text("\n".join(self.lines) + "\n")
        return ending.faults(self.bench, file, self.until + timedelta(minutes=5), by_reference=by_reference)

    def alerts(self, name: str) -> list[dict[str, Any]]:
        """The alerts of a name, as they were published."""
        bodies = [json.loads(one.value) for one in self.bench.records([ALERT])]
        return [body for body in bodies if body["name"] == name]

    @property
    def redis_data(self) -> Path:
        """Where Redis keeps what it was given."""
        return self.servers.dir / "redis" / "data"


def small_ward() -> tuple[list[str], datetime]:
    """The first events of the simulated ward and a stay that alerts speak of, in copies; a clock that stands between
    two dues."""
    made = ward()
    opens = made.opens.astimezone(UTC)
    recorded = [json.dumps({"topic": one.topic, "value": one.value}) for one in made.events[:EVENTS]]
    for place, (topic, value) in enumerate(misleading(opens), 1):
        recorded.insert(place * EVENTS // 9, json.dumps({"topic": topic, "value": value}))
    lines = [line.replace('"S-', f'"C{copy}-S-') for line in recorded for copy in range(COPIES)]
    return lines, opens.replace(hour=4, minute=30) + AFTERWARDS


def misleading(opens: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    """A stay with a dummy birth date, an id used again, a withdrawal of nothing, another child, a second admission."""

    def event(event_id: str, hour: int, **more: Any) -> dict[str, Any]:
        when = (opens + timedelta(hours=hour)).isoformat()
        at = "occurred_at" if "type" in more else "observed_at"
        return {"event_id": event_id, "source": "odd", "patient_id": "P-odd", "stay_id": "S-odd", at: when, **more}

    def value(**more: Any) -> list[dict[str, Any]]:
        return [{"system": "urn:picustream:variable", "code": "creatinine", **more}]

    late = (opens + timedelta(hours=12)).isoformat()
    result = {"observations": value(value=90, unit="umol/L")}
    yield ADT, event("a1", 1, type="admitted", birth_date="1900-01-01")
    yield LAB, event("order", 2, **result)
    yield LAB, event("x", 2, observations=value(), status="cancelled", recorded_at=late)
    yield LAB, event("order", 9, **result)
    yield LAB, event("r3", 10, **result | {"patient_id": "P-stranger"})
    yield ADT, event("a2", 26, type="admitted", birth_date="1900-01-01")
