"""Stand-ins for the servers of a demo: what was sent, what the topics hold, a worker that is well."""

import json
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from picustream.demo.play import Play
from picustream.demo.timeline import Beat, Timed
from picustream.demo.view import PlainView
from picustream.demo.ward import Ward
from picustream.runtime.clock import Clock

OPENS = datetime(2026, 3, 2, 7, tzinfo=UTC)

HOUR = timedelta(hours=1)


class Feed:
    """Acknowledges everything at once."""

    def __init__(self, events: list[Timed]) -> None:
        self.waiting = deque(events)
        self.sent: list[tuple[datetime, Timed]] = []

    @property
    def done(self) -> bool:
        return not self.waiting

    def publish(self, now: datetime) -> int:
        due = [self.waiting.popleft() for _ in range(sum(event.at <= now for event in self.waiting))]
        self.sent += [(now, event) for event in due]
        return len(due)

    def flush(self) -> int:
        self.waiting.clear()
        return 0


@dataclass
class Stored:
    topic: str
    value: bytes
    partition: int = 0
    offset: int = 0
    timestamp: int = 0


def stored(event_id: str, topic: str = "picu.outcome.v1") -> Stored:
    value = {"event_id": event_id, "stay_id": "S-1", "revision": 1, "emitted_at": OPENS.isoformat()}
    return Stored(topic, json.dumps(value).encode())


class Listener:
    """Holds `records`; those in `late` come only when the rest is asked for."""

    def __init__(self, records: list[Stored], late: list[Stored]) -> None:
        self.held = records + late
        self.coming = [[record] for record in records]
        self.late = late

    def poll(self) -> list[tuple[str, dict[str, Any]]]:
        return [(record.topic, json.loads(record.value)) for record in (self.coming.pop(0) if self.coming else [])]

    def rest(self) -> list[tuple[str, dict[str, Any]]]:
        return [(record.topic, json.loads(record.value)) for record in self.late]

    def read_anew(self) -> list[Stored]:
        return self.held


class WellWorker:
    stopped = False
    idle = True

    def check(self) -> None:
        """It never ends by itself."""

    def stop(self) -> None:
        self.stopped = True


class Hall:
    """A play in which the test moves the clock: `now` is the ward's."""

    def __init__(self, records: list[Stored], late: list[Stored], out: Any) -> None:
        self.now = OPENS
        self.ward = Ward(
            events=[Timed(OPENS + hours * HOUR, "picu.lab.v1", {"stay_id": "S-1"}) for hours in (1, 2, 20)],
            beats=[Beat(OPENS + 2 * HOUR, "S-1", "late", "It comes late.")],
            beds=[],
            opens=OPENS,
            closes=OPENS + 30 * HOUR,
        )
        self.feed, self.listener, self.worker = Feed(self.ward.events), Listener(records, late), WellWorker()
        self.view = PlainView([], 1.0, out)
        clock = Clock(wall=lambda: self.now)
        self.play = Play(self.ward, clock, self.worker, self.feed, self.listener, self.view)

    def turn(self, now: datetime) -> None:
        self.now = now
        self.play.turn()
