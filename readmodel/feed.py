"""Records of topics from given offsets on, in no group: nobody's rebalance or reset can move them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError, TopicAuthorizationFailedError

from picustream.models.times import EPOCH
from picustream.readmodel.intake import Arrived
from picustream.readmodel.opening import Cluster, FollowedTopic
from picustream.readmodel.writing import Place
from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.runtime.settings import Settings
from picustream.streams.kafka import clients, offset_gaps, readable, rights
from picustream.streams.kafka.async_client import options
from picustream.streams.kafka.limits import LARGEST_MESSAGE
from picustream.streams.kafka.rights import NotAllowed, Right

WAIT_MS = 300
"""For records, where there are none."""
AT_ONCE = 2_000
"""Most records of a batch."""
PATIENCE = 60.0
"""Seconds to reach the brokers."""

readable.in_aiokafka()


class End(NamedTuple):
    """Where the committed records of a partition ended, and when they did."""

    offset: int
    at: datetime


class Feed(Protocol):
    """Where records come from."""

    async def batch(self) -> Sequence[Arrived]:
        """Those that came since, in the order of their partitions; none after a short wait."""

    async def positions(self) -> dict[Place, int]:
        """The offset after the last record given, of each partition; markers behind it are passed over."""

    def ends(self) -> dict[Place, End]:
        """As the brokers last said; without the partitions of which nobody has yet."""


class OutOfRange(Exception):
    """What is to be read next is not there, or not any more."""


class KafkaFeed:
    """Kafka."""

    def __init__(self, settings: Settings, consumer: AIOKafkaConsumer) -> None:
        self._settings, self._consumer = settings, consumer

    async def batch(self) -> Sequence[Arrived]:
        """Raises NotAllowed, OutOfRange, RecordsTakenOut; while Kafka is away there are none."""
        try:
            found = await self._consumer.getmany(timeout_ms=WAIT_MS, max_records=AT_ONCE)
        except TopicAuthorizationFailedError as error:
            raise NotAllowed(self._settings, Right.READ, ", ".join(sorted(error.args[0]))) from error
        except OffsetOutOfRangeError as error:
            raise OutOfRange from error
        offset_gaps.check((part.topic, part.partition) for part in found)
        return [record for records in found.values() for record in records]

    async def positions(self) -> dict[Place, int]:
        parts = self._consumer.assignment()
        return {(part.topic, part.partition): await self._consumer.position(part) for part in parts}

    def ends(self) -> dict[Place, End]:
        found = {}
        for part in self._consumer.assignment():
            stable, asked = self._consumer.last_stable_offset(part), self._consumer.last_poll_timestamp(part)
            if stable is not None and stable >= 0 and asked is not None:
                found[part.topic, part.partition] = End(stable, EPOCH + timedelta(milliseconds=asked))
        return found


@asynccontextmanager
async def from_kafka(settings: Settings, positions: Mapping[Place, int]) -> AsyncIterator[KafkaFeed]:
    """The committed records from these offsets on. Ask before whether they may be read (`cluster_of`)."""
    consumer = AIOKafkaConsumer(
        **options(settings),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="none",
        fetch_max_bytes=LARGEST_MESSAGE,
        max_partition_fetch_bytes=LARGEST_MESSAGE,
        fetch_max_wait_ms=WAIT_MS,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            await consumer.start()
        consumer.assign([TopicPartition(*place) for place in positions])
        for place, offset in positions.items():
            consumer.seek(TopicPartition(*place), offset)
        yield KafkaFeed(settings, consumer)
    except KafkaError as error:
        raise UserError(
            f"Kafka at {settings.kafka} reports {type(error).__name__}.", "See the broker's log.", ENVIRONMENT
        ) from error
    finally:
        await consumer.stop()


def cluster_of(settings: Settings, names: Sequence[str]) -> Cluster:
    """The Kafka of the settings, with these topics. NoKafka, NoTopics, NotAllowed; without the right to read a topic
    its reader would get nothing, and no error."""
    found = rights.readable(settings, names)
    with clients.admin(settings) as admin:
        described = {one["name"]: one for one in admin.describe_topics(list(names))}
        cluster_id = str(admin.describe_cluster()["cluster_id"])
    parts = [TopicPartition(name, number) for name in names for number in range(found[name].partitions)]
    consumer = clients.consumer(settings)
    try:
        first, end = consumer.beginning_offsets(parts), consumer.end_offsets(parts)
    finally:
        consumer.close()

    def of(name: str, offsets: Mapping[TopicPartition, int]) -> dict[int, int]:
        return {part.partition: offset for part, offset in offsets.items() if part.topic == name}

    topics = {name: FollowedTopic(str(described[name]["topic_id"]), of(name, first), of(name, end)) for name in names}
    return Cluster(cluster_id, settings.kafka, topics)
