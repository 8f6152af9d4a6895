"""The ward's feeds as one producer: each event goes out when the ward's clock reads its moment, never before."""

import json
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

from picustream.demo.timeline import Timed
from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.runtime.settings import Settings
from picustream.streams.kafka import clients

# A ward second is less than a millisecond: nothing may wait for company.
OPTIONS = {"linger_ms": 0, "request_timeout_ms": 10_000, "delivery_timeout_ms": 20_000}
FLUSH_SECONDS = 20.0
"""Seconds for the last events to be acknowledged."""


class Feed:
    """Sends `events` (in order of their moments) and counts those that Kafka has acknowledged."""

    def __init__(self, settings: Settings, events: Iterable[Timed]) -> None:
        self._producer: KafkaProducer = clients.producer(settings, **OPTIONS)
        self._waiting = deque(events)
        self._under_way: deque[Any] = deque()

    @property
    def done(self) -> bool:
        """Whether every event is sent and acknowledged."""
        return not self._waiting and not self._under_way

    def publish(self, now: datetime) -> int:
        """Send what is due at `now`; how many events were acknowledged meanwhile. Raises `UserError` if one was not."""
        while self._waiting and self._waiting[0].at <= now:
            self._send(self._waiting.popleft())
        return self._acknowledged()

    def flush(self) -> int:
        """Send nothing more and wait for what is under way; how many events that acknowledged. Raises `UserError`."""
        self._waiting.clear()
        self._producer.flush(timeout=FLUSH_SECONDS)
        return self._acknowledged()

    def close(self) -> None:
        """Give up the connection."""
        self._producer.close(timeout=1)

    def _send(self, event: Timed) -> None:
        value = json.dumps(event.value, separators=(",", ":")).encode()
        self._under_way.append(self._producer.send(event.topic, value=value, key=event.value["stay_id"].encode()))

    def _acknowledged(self) -> int:
        count = 0
        while self._under_way and self._under_way[0].is_done:
            _raise(self._under_way.popleft().exception)
            count += 1
        return count


def _raise(error: KafkaError | None) -> None:
    if error is not None:
        raise UserError(f"Kafka did not take an event of the ward ({error}).", "Start the demo anew.", ENVIRONMENT)
