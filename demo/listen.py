"""What comes out: the records of the output topics, as they come, and all of them read anew."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from picustream.streams import kafka_clients
from picustream.streams.settings import Settings
from picustream.streams.topics import OUTPUTS

# A fetch of many partitions waits this long for any of them to have something new.
OPTIONS = {"fetch_max_wait_ms": 50, "retry_backoff_ms": 10}
POLL = 0.05
"""Seconds to wait for records."""


@dataclass
class Holdings:
    """What the output topics hold: records by topic, and those whose `event_id` another one has."""

    records: Counter[str] = field(default_factory=Counter)
    repeated: int = 0


class Listener:
    """Reads the output topics from their beginning."""

    def __init__(self, settings: Settings) -> None:
        self._consumer: KafkaConsumer = kafka_clients.consumer(settings, **OPTIONS)
        self._parts = [TopicPartition(topic, number) for topic in OUTPUTS for number in range(settings.partitions)]
        self._consumer.assign(self._parts)
        self._consumer.seek_to_beginning(*self._parts)

    def poll(self) -> list[tuple[str, dict[str, Any]]]:
        """Topic and value of what has come, in order of arrival."""
        polled = self._consumer.poll(timeout_ms=int(POLL * 1000))
        records = sorted((record for found in polled.values() for record in found), key=_arrival)
        return [(record.topic, json.loads(record.value)) for record in records]

    def rest(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What is still to come of what stands in the topics now."""
        ends = self._consumer.end_offsets(self._parts)
        while any(self._consumer.position(part) < ends[part] for part in self._parts):
            yield from self.poll()

    def read_anew(self) -> Holdings:
        """Read everything once more, and count."""
        self._consumer.seek_to_beginning(*self._parts)
        held, known = Holdings(), set()
        for topic, record in self.rest():
            held.records[topic] += 1
            held.repeated += record["event_id"] in known
            known.add(record["event_id"])
        return held

    def close(self) -> None:
        """Give up the connection."""
        self._consumer.close()


def _arrival(record: Any) -> tuple[int, str, int, int]:
    return record.timestamp, record.topic, record.partition, record.offset
