"""What is behind the read model: who has the partitions, what waits, and when something last came from each feed.

Asked of Kafka and of Redis every few seconds, with the rights of the board's own users. What neither says is not known,
and the page gives the reason: it is never shown as it was.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import AuthorizationError, KafkaError, UnsupportedVersionError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from picustream.doctor.redis_server import ask
from picustream.models.event import INPUT_TOPICS
from picustream.models.feeds import SourceMap
from picustream.models.protocol import hours
from picustream.runtime.clock import Clock
from picustream.runtime.errors import UserError
from picustream.runtime.settings import Settings
from picustream.scoring.alerts.feed_alerts import silent_at
from picustream.scoring.alerts.feed_snapshot import FeedSnapshot, joined
from picustream.streams.kafka import clients, group
from picustream.streams.store.redis_store import RedisStore

EVERY = 5.0
"""Seconds from one answer to the next question."""
STALE = 20.0
"""Seconds after which the last answers count no more: whoever is asked hangs."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A source, as the workers know it. Moments are those of the ward's clock."""

    source: str
    measures: bool
    """Whether it sends measurements, and not admissions or trial events alone."""
    last: datetime
    """When anything of it arrived that is processed."""
    limit: timedelta
    """For how long it may be silent."""
    due: datetime | None
    """When it counts as silent if nothing comes; None: no child is there, or nothing of it could ever be used."""


@dataclass(frozen=True, slots=True)
class Behind:
    """The last answers. None: not known, and `unknown` says why."""

    owners: Mapping[int, str] | None = None
    """Who has each partition; one that nobody has is left out."""
    waiting: Mapping[tuple[str, int], int | None] | None = None
    """Offsets not processed, by topic and partition."""
    newest: Mapping[str, datetime] | None = None
    """When the last record arrived on each input topic that has any."""
    feeds: tuple[Feed, ...] | None = None
    partitions: int = 0
    unknown: tuple[str, ...] = ()
    as_of: datetime | None = None
    """When it was asked, by the ward's clock, which may run fast."""


class Pipeline:
    """Asks; `run` does so until it is cancelled."""

    def __init__(
        self, settings: Settings, sources: SourceMap, clock: Clock, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings, self._sources, self._clock, self._monotonic = settings, sources, clock, monotonic
        self._admin: KafkaAdminClient | None = None
        self._last = self._nothing("It has not been asked yet.")
        self._at = monotonic()

    def __call__(self) -> Behind:
        """The last answers, if they are not too old."""
        if self._monotonic() - self._at > STALE:
            return self._nothing("Kafka or Redis keeps us waiting for an answer.")
        return self._last

    async def run(self) -> None:
        """Ask for ever."""
        while True:
            await asyncio.to_thread(self.ask)
            await asyncio.sleep(EVERY)

    def ask(self) -> Behind:
        """Ask now."""
        asked = Behind(as_of=self._clock.now(), partitions=self._settings.partitions)
        found = self._of_redis(self._of_kafka(asked))
        self._last, self._at = found, self._monotonic()
        return found

    def _of_kafka(self, found: Behind) -> Behind:
        """With what Kafka says. A right that we lack on one thing says nothing of the others."""
        parts = [TopicPartition(name, number) for name in INPUT_TOPICS for number in range(self._settings.partitions)]
        for question in (self._waiting, self._newest, self._owners):
            try:
                found = question(found, self._kafka(), parts)
            except (AuthorizationError, UnsupportedVersionError) as error:
                found = _without(found, clients.explained(error, self._settings).message)
            except KafkaError as error:
                self.close()  # the next round has a connection of its own
                return _without(found, clients.explained(error, self._settings).message)
            except UserError as error:
                return _without(found, error.message)
        return found

    def _owners(self, found: Behind, client: KafkaAdminClient, parts: list[TopicPartition]) -> Behind:
        return replace(found, owners=group.owners(client, self._settings.group))

    def _waiting(self, found: Behind, client: KafkaAdminClient, parts: list[TopicPartition]) -> Behind:
        waiting = group.waiting(client, self._settings.group, parts)
        return replace(found, waiting={(part.topic, part.partition): left for part, left in waiting.items()})

    def _newest(self, found: Behind, client: KafkaAdminClient, parts: list[TopicPartition]) -> Behind:
        return replace(found, newest=group.newest(client, parts, self._clock.arrived))

    def _of_redis(self, found: Behind) -> Behind:
        """With what the workers keep of the feeds."""
        try:
            return replace(found, feeds=self.feeds(ask(self._settings, self._snapshot)))
        except UserError as error:
            return _without(found, error.message)
        except RedisError as error:  # its text may repeat a user's name or a key
            return _without(found, f"Redis refuses us: {type(error).__name__}.")

    def close(self) -> None:
        """Close the connection to the broker."""
        admin, self._admin = self._admin, None
        if admin is not None:
            admin.close()

    def _kafka(self) -> KafkaAdminClient:
        if self._admin is None:
            self._admin = clients.admin(self._settings)
        return self._admin

    async def _snapshot(self, redis: Redis) -> FeedSnapshot:
        store = RedisStore(redis, self._settings.group)
        as_of = self._clock.now()
        found = await asyncio.gather(*(store.feed_state(number) for number in range(self._settings.partitions)))
        return joined((fields for _, fields in found), as_of)

    def feeds(self, known: FeedSnapshot) -> tuple[Feed, ...]:
        """By name, as the workers judge them."""
        found = []
        for name, source in sorted(known.sources.items()):
            limits = self._sources.limits(name, source.measures)
            counts = source.accepted and known.opened is not None
            due = silent_at(source.last, known.opened, limits) if counts and known.opened is not None else None
            found.append(Feed(name, source.measures, source.last, hours(limits.silence_after_hours), due))
        return tuple(found)

    def _nothing(self, why: str) -> Behind:
        return Behind(partitions=self._settings.partitions, unknown=(why,))


def _without(found: Behind, why: str) -> Behind:
    return replace(found, unknown=tuple(dict.fromkeys((*found.unknown, why))))
