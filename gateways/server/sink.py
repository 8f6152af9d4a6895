"""Events to Kafka: acknowledged by all replicas, in order, and what is there already is found.

An idempotent producer, and no transactions: a transaction for each message of a sender that waits for its answer would
cost more than the message. A process that dies knows nothing of what was on its way; the one after it reads the topics
from the moment on at which the first of those messages came.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError

from picustream.gateways.journal.outcome import Event, digest
from picustream.models.event import ADT, OBSERVATION_TOPICS
from picustream.runtime.errors import UserError
from picustream.runtime.settings import Settings
from picustream.streams.kafka import clients, rights, tail
from picustream.streams.kafka.async_client import options
from picustream.streams.kafka.limits import LARGEST_MESSAGE
from picustream.streams.kafka.rights import Right

PATIENCE = 20.0
"""Seconds for the broker to answer a request; then the producer makes it again, under the same numbers, without end."""
CLOSE = 2.0
"""Seconds for a producer to close."""
REQUEST = 1024 * 1024
"""Bytes that go to one partition in one request."""
CLOCKS_DIFFER = timedelta(minutes=5)
"""By which the broker's clock may be ahead of ours, or ours have been set back."""

TOPICS = (*OBSERVATION_TOPICS, ADT)
"""What the gateway writes to: what a trial's office knows comes from there."""
HEADER = "picustream-gateway"
"""On every event of a gateway: its digest, by which the next process knows it again."""


class CannotPublish(Exception):
    """Kafka does not take it, or does not answer: nobody may be answered."""


class Sink(Protocol):
    """Where events go."""

    async def start(self) -> None:
        """Reach it. Raises `CannotPublish`."""

    async def send(self, event: Event) -> "asyncio.Future[object]":
        """Send an event, in order; the future is done when it is acknowledged."""

    async def published(self, since: datetime) -> set[bytes]:
        """Digests of the events that are there, of those since a moment."""

    async def close(self) -> None:
        """End it; never raises."""


class KafkaSink:
    """Kafka."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Reach the broker; the topics must be there. Raises `CannotPublish`."""
        try:
            await asyncio.to_thread(check, self._settings)
            self._producer = AIOKafkaProducer(
                **options(self._settings),
                acks="all",
                enable_idempotence=True,
                max_request_size=LARGEST_MESSAGE,
                max_batch_size=REQUEST,
                request_timeout_ms=int(PATIENCE * 1000),
            )
            async with asyncio.timeout(PATIENCE):
                await self._producer.start()
        except (KafkaError, OSError, TimeoutError, UserError) as error:
            await self.close()
            raise CannotPublish(type(error).__name__) from error

    async def send(self, event: Event) -> "asyncio.Future[object]":
        """Send an event. Raises `CannotPublish`; so does whoever awaits the future, by `acknowledged`."""
        while True:
            try:
                delivery = await self._taken(event)
            except KafkaTimeoutError:  # what is before it has still not been sent: it was not taken
                continue
            except KafkaError as error:
                raise CannotPublish(type(error).__name__) from error
            delivery.add_done_callback(_retrieved)
            return delivery

    async def _taken(self, event: Event) -> "asyncio.Future[object]":
        assert self._producer is not None
        delivery: asyncio.Future[object] = await self._producer.send(
            event.topic, event.value, key=event.key.encode(), headers=[(HEADER, mark(event))]
        )
        return delivery

    async def published(self, since: datetime) -> set[bytes]:
        """Digests of the events on the topics since a moment, with a margin for clocks that differ."""
        found: set[bytes] = set()

        def take(record: Any) -> None:
            found.update(value for name, value in record.headers if name == HEADER and value)

        try:
            await tail.read_since(self._settings, TOPICS, since - CLOCKS_DIFFER, take)
        except (KafkaError, OSError, TimeoutError) as error:
            raise CannotPublish(type(error).__name__) from error
        return found

    async def close(self) -> None:
        """Close the connections: of what is still on its way we do not know."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        # A producer that failed may refuse to close in any way it likes, and nothing of it is needed any more.
        with contextlib.suppress(KafkaError, OSError, TimeoutError, AssertionError):
            async with asyncio.timeout(CLOSE):
                await producer.stop()


async def acknowledged(deliveries: Sequence["asyncio.Future[object]"]) -> None:
    """Until all are acknowledged. Raises `CannotPublish`."""
    try:
        if waited := [delivery for delivery in deliveries if not delivery.done()]:
            await asyncio.gather(*waited)
        for delivery in deliveries:
            delivery.result()
    except KafkaError as error:
        raise CannotPublish(type(error).__name__) from error


def mark(event: Event) -> bytes:
    """By what an event is known again."""
    return digest(event.topic, event.event_id, event.value)


def check(settings: Settings) -> None:
    """Raise what keeps a gateway from its topics: not there, not allowed."""
    with clients.admin(settings) as client:
        rights.require(client, settings, TOPICS, Right.WRITE)
        rights.require(client, settings, TOPICS, Right.READ)


def _retrieved(delivery: "asyncio.Future[object]") -> None:
    """Where the session ends before it is asked what became of an event, asyncio need not complain of that."""
    if not delivery.cancelled():
        delivery.exception()
