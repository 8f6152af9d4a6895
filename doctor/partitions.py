"""The partitions: who has taken them over, what waits, and whether anything moves (I2, I5, I8)."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from redis.asyncio import Redis

from picustream.doctor.broker import Reach, holding, places, reaches
from picustream.doctor.finding import Finding, not_allowed, ok
from picustream.doctor.redis_server import ask
from picustream.models.event import INPUT_TOPICS
from picustream.runtime.settings import Settings
from picustream.streams.kafka.rights import Right
from picustream.streams.store.redis_store import RedisStore
from picustream.streams.store.store import Progress

BETWEEN_READINGS = 3.0
"""Seconds. A worker that works moves at least one of its partitions' numbers meanwhile; one that waits for a server
tries again within two."""
GRACE = timedelta(seconds=10)
"""What is due is done within a second of its time; a clock may be a little off."""
_CHECK_WORKER = (
    "See that a worker of this PICUSTREAM_GROUP runs; its /healthz and last log lines show what it waits for."
)


@dataclass(frozen=True, slots=True)
class StoredState:
    """What Redis has of one partition at one moment."""

    epoch: int
    rebuilding: bool
    progress: Progress


@dataclass(frozen=True, slots=True)
class Partition:
    """The facts of one partition. `lag`: offsets not yet processed, by input topic."""

    number: int
    epoch: int
    lag: dict[str, int]
    outbox: int
    due: datetime | None
    rebuilding: bool = False
    moved: bool = False
    """Whether anything changed between two readings."""
    cut_off: tuple[str, ...] = ()
    """Input topics that no longer have the next record."""
    made_anew: tuple[str, ...] = ()
    """Input topics that end before what was read."""
    unread: tuple[str, ...] = ()
    """Input topics that we may not read, with offsets of which it is not known whether they hold a record."""

    def as_data(self) -> dict[str, Any]:
        """For a program to read."""
        return asdict(self) | {"due": self.due.isoformat() if self.due else None}


def read_partitions(
    settings: Settings, reader: KafkaConsumer, now: datetime, unreadable: Collection[str] = ()
) -> list[Partition]:
    """The facts of all partitions; where there is work to do, from two readings.

    Of input topics that are `unreadable` for our user it is not known whether the last offsets hold records or the
    markers of transactions: they do not count as waiting, and the partition names the topics.
    """
    reach = reaches(reader, places(INPUT_TOPICS, settings))
    before = after = ask(settings, lambda redis: _stored_states(redis, settings))
    if any(has_work(facts, now) for facts in _all(before, after, reach)):
        time.sleep(BETWEEN_READINGS)
        after = ask(settings, lambda redis: _stored_states(redis, settings))
    still = {
        TopicPartition(topic, facts.number): after[facts.number].progress.next.get(topic, 0)
        for facts in _all(before, after, reach)
        for topic, waiting in facts.lag.items()
        if waiting and not facts.moved and topic not in facts.cut_off
    }
    unknown = {part for part in still if part.topic in unreadable}
    only_markers = set(still) - holding(reader, {part: still[part] for part in still if part not in unknown})
    return [
        replace(facts, unread=tuple(part.topic for part in unknown if part.partition == facts.number))
        for facts in _all(before, after, reach, only_markers | unknown)
    ]


def check_unread(partitions: Sequence[Partition], settings: Settings) -> list[Finding]:
    """A line for the topics of which it could not be seen whether anything waits there."""
    names = sorted({topic for facts in partitions for topic in facts.unread})
    return [not_allowed("partitions", settings, Right.READ, names)] if names else []


def has_work(facts: Partition, now: datetime) -> bool:
    """Whether there is anything that a worker should be doing."""
    overdue = facts.due is not None and facts.due < now - GRACE
    return any(facts.lag.values()) or facts.outbox > 0 or overdue


def check_partitions(partitions: Sequence[Partition], now: datetime) -> list[Finding]:
    """What is wrong with any of them, and a line on all of them."""
    found = [finding for facts in partitions for finding in _check(facts, now)]
    lag, outbox = sum(sum(facts.lag.values()) for facts in partitions), sum(facts.outbox for facts in partitions)
    epochs = [facts.epoch for facts in partitions]
    summary = (
        f"{len(partitions)} partitions, epochs {min(epochs)} to {max(epochs)}, {lag} records wait, outbox {outbox}"
        if any(epochs)
        else "Redis knows of no worker yet"
    )
    return [*found, ok("partitions", summary)]


def _check(facts: Partition, now: datetime) -> list[Finding]:
    name = f"partition {facts.number}"
    found = [
        Finding(
            "partitions",
            "finding",
            f"{name}: {topic} has lost records that were not read",
            "Restore the topic, or publish what is missing from a back-up; fix retention: picustream topics --repair.",
        )
        for topic in facts.cut_off
    ]
    found += [
        Finding(
            "partitions",
            "finding",
            f"{name}: {topic} ends before what was read: it was made anew, or Redis belongs to another Kafka",
            "Restore the topic, or set PICUSTREAM_KAFKA, PICUSTREAM_REDIS, PICUSTREAM_GROUP to what belongs together.",
        )
        for topic in facts.made_anew
    ]
    if facts.rebuilding:
        fix = "Let it finish: the worker logs state-rebuilt at the end. If no worker runs, start one."
        found.append(Finding("partitions", "finding", f"{name}: its state is being made again from Kafka", fix))
    elif has_work(facts, now) and not facts.moved:
        found.append(
            Finding("partitions", "finding", f"{name}: {_waiting(facts, now)}, and nothing moves", _CHECK_WORKER)
        )
    return found


def _waiting(facts: Partition, now: datetime) -> str:
    words = [f"{count} records wait on {topic}" for topic, count in facts.lag.items() if count]
    if facts.outbox:
        words.append(f"{facts.outbox} outputs are not published")
    if facts.due is not None and facts.due < now - GRACE:
        words.append(f"something is overdue by {(now - facts.due).total_seconds():.0f} s")
    if not facts.epoch:
        words.append("Redis knows of no worker that took it over")
    return ", ".join(words)


async def _stored_states(redis: Redis, settings: Settings) -> list[StoredState]:
    store = RedisStore(redis, settings.group)
    states = []
    for number in range(settings.partitions):
        epoch, rebuilding = await redis.hmget(store.key(number, "control"), ["epoch", "rebuilding"])
        states.append(StoredState(int(epoch or 0), rebuilding is not None, await store.progress(number)))
    return states


def _all(
    before: Sequence[StoredState],
    after: Sequence[StoredState],
    reach: Mapping[TopicPartition, Reach],
    only_markers: set[TopicPartition] | frozenset[TopicPartition] = frozenset(),
) -> list[Partition]:
    """The facts of all partitions; parts `only_markers` are left with no record to process."""
    return [
        _facts(number, before[number], after[number], reach, only_markers) for number in range(len(after))
    ]  # fmt: skip


def _facts(
    number: int,
    before: StoredState,
    after: StoredState,
    reach: Mapping[TopicPartition, Reach],
    only_markers: set[TopicPartition] | frozenset[TopicPartition],
) -> Partition:
    reached = {topic: reach[TopicPartition(topic, number)] for topic in INPUT_TOPICS}
    following = {topic: after.progress.next.get(topic, 0) for topic in INPUT_TOPICS}
    lag = {
        topic: 0 if TopicPartition(topic, number) in only_markers else max(0, reached[topic].end - offset)
        for topic, offset in following.items()
    }
    return Partition(
        number,
        after.epoch,
        lag,
        after.progress.outbox,
        after.progress.due,
        rebuilding=after.rebuilding,
        # A partition that takes itself over again and again changes its epoch, and gets nothing done.
        moved=(before.progress, before.rebuilding) != (after.progress, after.rebuilding),
        cut_off=tuple(topic for topic in INPUT_TOPICS if reached[topic].first > following[topic]),
        made_anew=tuple(topic for topic in INPUT_TOPICS if reached[topic].end < following[topic]),
    )
