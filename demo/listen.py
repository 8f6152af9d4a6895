"""What comes out: the records of the output topics, as they come, and all of them read anew."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kafka import KafkaConsumer, TopicPartition

from picustream.runtime.settings import Settings
from picustream.scoring.scores.registry import OUTPUT_TOPICS
from picustream.streams.kafka import clients

if TYPE_CHECKING:
    from kafka.consumer.fetcher import ConsumerRecord

# A fetch of many partitions waits this long for any of them to have something new.
OPTIONS = {"fetch_max_wait_ms": 50, "retry_backoff_ms": 10}
POLL_MS = 50
"""How long to wait for records."""

TopicValue = tuple[str, dict[str, Any]]
"""Topic and value of a record."""


class Listener:
    """Reads the output topics from their beginning. `names`: pseudonym of a stay -> what the ward calls it."""

    def __init__(self, settings: Settings, names: Mapping[str, str] | None = None) -> None:
        self._settings = settings
        self._names = names or {}
        self._consumer: KafkaConsumer = clients.consumer(settings, **OPTIONS)
        self._parts = [
            TopicPartition(topic, number) for topic in OUTPUT_TOPICS for number in range(settings.partitions)
        ]
        self._consumer.assign(self._parts)
        self._consumer.seek_to_beginning(*self._parts)

    def poll(self) -> list[TopicValue]:
        """What has come, in order of arrival."""
        return [self._decoded(record) for record in self._poll()]

    def rest(self) -> list[TopicValue]:
        """What is still to come of what the topics hold now."""
        return [self._decoded(record) for record in self._rest()]

    def read_anew(self) -> "list[ConsumerRecord]":
        """Everything that the topics hold, once more, in order of arrival."""
        self._consumer.seek_to_beginning(*self._parts)
        return sorted(self._rest(), key=_arrival)

    def close(self) -> None:
        """Give up the connection."""
        self._consumer.close()

    def _decoded(self, record: "ConsumerRecord") -> TopicValue:
        value = json.loads(record.value)
        return record.topic, named(value, self._names)

    def _poll(self) -> "list[ConsumerRecord]":
        polled = self._consumer.poll(timeout_ms=POLL_MS)
        return sorted((record for found in polled.values() for record in found), key=_arrival)

    def _rest(self) -> "Iterator[ConsumerRecord]":
        ends = clients.stable_ends(self._settings, self._consumer, self._parts)
        while any(self._consumer.position(part) < ends[part] for part in self._parts):
            yield from self._poll()


def named(value: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A record with the ward's name of its stay, in a dead letter the key."""
    return value | {field: names[value[field]] for field in ("stay_id", "key") if value.get(field) in names}


def _arrival(record: "ConsumerRecord") -> tuple[int, str, int, int]:
    return record.timestamp, record.topic, record.partition, record.offset
