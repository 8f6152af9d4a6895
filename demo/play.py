"""The ward's days in their turn: publish what is due, show the story and what comes out. All in one thread."""

import time
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from picustream.demo.sums import Record, Sums
from picustream.demo.view import View
from picustream.demo.ward import ZONE, Ward
from picustream.runtime.clock import Clock

QUIET = 1.0
"""Seconds without a record after the ward has closed that mean that none will come: the worker reads its clock four
times as often."""

TopicValue = Iterable[tuple[str, dict[str, Any]]]


class Worker(Protocol):
    """What has to be known of the worker."""

    def check(self) -> None:
        """Raises if it has ended."""

    @property
    def idle(self) -> bool:
        """Whether it has processed its inputs."""

    def stop(self) -> None:
        """End it, after what it has in hand."""


class Feed(Protocol):
    """What takes the events."""

    @property
    def done(self) -> bool:
        """Whether all are sent and acknowledged."""

    def publish(self, now: datetime) -> int:
        """Send what is due; how many were acknowledged."""

    def flush(self) -> int:
        """Send nothing more; how many were acknowledged."""


class Listener(Protocol):
    """What hears the records."""

    def poll(self) -> TopicValue:
        """Those that have come."""

    def rest(self) -> TopicValue:
        """Those that are still to come."""

    def read_anew(self) -> list[Record]:
        """All of them once more."""


class Play:
    """One run of `ward` on `clock`."""

    def __init__(self, ward: Ward, clock: Clock, worker: Worker, feed: Feed, listener: Listener, view: View) -> None:
        self.view = view
        self._ward = ward
        self._clock = clock
        self._worker = worker
        self._feed = feed
        self._listener = listener
        self._beats = deque(ward.beats)
        self._decoded = time.monotonic()

    @property
    def closed(self) -> bool:
        """Whether the last day is final, all that was to come has come, and the worker has nothing left to do."""
        if self._clock.now() < self._ward.closes or not self._feed.done:
            return False
        return time.monotonic() - self._decoded >= QUIET and self._worker.idle

    @property
    def days(self) -> int:
        """How many days the ward has; the last is final in the morning after."""
        return self._day_of(self._ward.events[-1].at)

    def turn(self) -> None:
        """Publish what is due, show what happens and what has come. Raises `UserError` if the worker has ended."""
        self._worker.check()
        now = self._clock.now()
        self.view.event_published(self._feed.publish(now))
        while self._beats and self._beats[0].at <= now:
            self.view.beat(self._beats.popleft())
        self._show(self._listener.poll())
        self.view.clock(self._read(now))

    def end(self, closed: bool) -> Sums:
        """End feeds and worker, show what is still to come, and hold the sums against the topics."""
        day = min(self._day_of(self._clock.now()), self.days)
        self.view.event_published(self._feed.flush())
        self._worker.stop()
        self._show(self._listener.rest())
        return Sums(self.view.summary(), self._listener.read_anew(), day, self.days, closed)

    def _show(self, records: TopicValue) -> None:
        for topic, record in records:
            self.view.record(topic, record)
            self._decoded = time.monotonic()

    def _read(self, now: datetime) -> datetime:
        """The ward's clock on the wall of the ward, which goes no further than its closing."""
        return min(now, self._ward.closes).astimezone(ZONE)

    def _day_of(self, now: datetime) -> int:
        """1 on the day on which the ward opens."""
        return (now.astimezone(ZONE).date() - self._ward.opens.astimezone(ZONE).date()).days + 1
