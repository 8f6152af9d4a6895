"""Kafka: which one answers, its topics, its clock, and how far its topics reach."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import UnsupportedVersionError

from picustream.doctor.clocks import check_kafka_clock
from picustream.doctor.finding import Finding, not_allowed, ok
from picustream.runtime.settings import Settings
from picustream.streams.kafka import topics
from picustream.streams.kafka.group import newest
from picustream.streams.kafka.rights import Right, Topic

READING = 30.0
"""Seconds to read records that have to be read one by one."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The first offset that a topic partition still has, and where its committed records end."""

    first: int
    end: int


def check_broker(admin: KafkaAdminClient, settings: Settings) -> list[Finding]:
    """Version, topics and clock."""
    found, unseen = topics.check(admin, settings), topics.unseen(admin)
    return [
        _version(admin, settings.kafka),
        *check_topics(found, whole=not unseen),
        *(not_allowed("topics", settings, right, names) for right, names in unseen.items()),
        check_kafka_clock(_newest(admin), time.time()),
    ]


def check_topics(found: Iterable[topics.TopicProblem], whole: bool = True) -> list[Finding]:
    """What is wrong with the topics, once for all that have the same; `whole`: all of them was checked."""
    alike: dict[tuple[str, str], list[str]] = {}
    for one in found:
        alike.setdefault((one.what, one.advice), []).append(one.topic)
    if not alike and not whole:
        return []
    if not alike:
        return [ok("topics", f"all {len(topics.ALL)} are there, with the right partitions, retention and message size")]
    return [
        Finding("topics", "finding", f"{what}: {', '.join(names)}", advice) for (what, advice), names in alike.items()
    ]


def complete(found: Mapping[str, Topic], settings: Settings) -> bool:
    """Whether every topic is there with every partition, so that its records can be read, as far as we see it."""
    seen = [topic for topic in found.values() if not topic.there or topic.allows(Right.DESCRIBE)]
    return all(topic.partitions == settings.partitions for topic in seen)


def places(names: Iterable[str], settings: Settings) -> list[TopicPartition]:
    """Every partition of topics."""
    return [TopicPartition(name, number) for name in names for number in range(settings.partitions)]


def reaches(reader: KafkaConsumer, parts: list[TopicPartition]) -> dict[TopicPartition, Reach]:
    """How far each part reaches."""
    first, end = reader.beginning_offsets(parts), reader.end_offsets(parts)
    return {part: Reach(first[part], end[part]) for part in parts}


def holding(reader: KafkaConsumer, since: Mapping[TopicPartition, int]) -> set[TopicPartition]:
    """Those parts that hold a record from an offset on: the last offsets may be markers of transactions alone.

    A part that could not be read in time is held to hold one.
    """
    undecided, found, until = set(since), set(), time.monotonic() + READING
    if not since:
        return set()
    ends = reader.end_offsets(list(since))
    reader.assign(list(since))
    for part, offset in since.items():
        reader.seek(part, offset)
    while undecided and time.monotonic() < until:
        for part, records in reader.poll(timeout_ms=200).items():
            if records:
                found.add(part)
                reader.pause(part)
        undecided = {part for part in undecided - found if reader.position(part) < ends[part]}
    return found | undecided


def _version(admin: KafkaAdminClient, address: str) -> Finding:
    """As the broker's interface shows it, which is the oldest version that has all of it."""
    brokers = admin.describe_cluster()["brokers"]
    version = admin.get_broker_version_data(brokers[0]["broker_id"]).broker_version
    version_text = ".".join(map(str, version)) if version else "of unknown version"
    return ok("kafka", f"Kafka {version_text} (by its interface) answers at {address}, brokers: {len(brokers)}")


def _newest(admin: KafkaAdminClient) -> float | None:
    """The latest stamp on a record of our topics, in seconds since 1970; None for none, or from a broker before 3.0."""
    counts = topics.partition_counts(admin, topics.ALL)
    parts = [TopicPartition(name, number) for name, count in counts.items() for number in range(count)]
    try:
        found = newest(admin, parts)
    except UnsupportedVersionError:
        return None
    return max((one.timestamp() for one in found.values()), default=None)
