"""Sending events and knowing that they arrived."""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.streams.store.outbox import Header

if TYPE_CHECKING:
    from kafka import KafkaProducer

PENDING_RECORDS = 20_000
PENDING_BYTES = 64 << 20
"""Most that waits for acknowledgement: bounds the memory, and is seconds of work to a slow broker."""
BATCHING = {"batch_size": 1 << 18, "linger_ms": 20, "request_timeout_ms": 15_000, "delivery_timeout_ms": 30_000}
"""Producer options for a file: batches by size and not by moment; a broker that is away is noticed in half a minute."""
LONGEST_WAIT = 40.0
"""Seconds for one delivery, a little more than the producer gives it: kafka-python 3.0.12 lets only the first batch
fail when the time is up, and the others wait for ever if the broker stays away."""


class _Pending(NamedTuple):
    """A record that is sent and not acknowledged yet."""

    topic: str
    size: int
    origin: str
    future: Any


class Deliveries:
    """Sends and awaits: whoever has called `flush` knows that the broker holds every event sent before."""

    def __init__(self, producer: "KafkaProducer", check: Callable[[str], None]) -> None:
        """`check` raises a `UserError` for a topic that cannot be sent to."""
        self._producer = producer
        self._check = check
        self._checked: set[str] = set()
        self._pending: deque[_Pending] = deque()
        self._bytes = 0
        self.delivered: Counter[str] = Counter()
        """Acknowledged events by topic."""

    def send(
        self, topic: str, value: bytes | None, key: bytes | None, headers: Iterable[Header] = (), *, origin: str
    ) -> None:
        """Send one event, and wait for older ones if too much is on its way. `origin` names it in messages.

        Raises `UserError` as `flush` does, and where the topic is not there or not allowed: then what was sent before
        has arrived.
        """
        if topic not in self._checked:
            self._check_topic(topic)
        future = self._producer.send(topic, value=value, key=key, headers=list(headers))
        self._pending.append(_Pending(topic, len(value or b""), origin, future))
        self._bytes += len(value or b"")
        while len(self._pending) > PENDING_RECORDS or self._bytes > PENDING_BYTES:
            self._await_oldest()

    def flush(self) -> None:
        """Wait until everything sent is acknowledged. Raises `UserError`, with the first event that was not, if any."""
        while self._pending:
            self._await_oldest()

    def _check_topic(self, topic: str) -> None:
        try:
            self._check(topic)
        except UserError as error:
            self.flush()
            before = f" Events of other topics sent before: {self.delivered.total():,}." if self.delivered else ""
            raise UserError(error.message + before, error.hint, error.status) from error
        self._checked.add(topic)

    def _await_oldest(self) -> None:
        from kafka.errors import KafkaError

        oldest = self._pending.popleft()
        self._bytes -= oldest.size
        try:
            oldest.future.get(timeout=LONGEST_WAIT)
        except KafkaError as error:
            later = sum(pending.future.is_done and pending.future.succeeded() for pending in self._pending)
            raise UserError(
                f"Kafka did not take {oldest.origin} ({error});"
                f" {self.delivered.total() + later:,} events are delivered.",
                "Publish again once it answers: an event that arrives twice changes nothing.",
                ENVIRONMENT,
            ) from error
        self.delivered[oldest.topic] += 1
