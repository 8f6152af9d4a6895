"""The whole event of a dead letter that holds only its head, read again from its place on its input topic."""

import hashlib
import time
from typing import TYPE_CHECKING

from picustream.deadletters.dead_letter import DecodedDeadLetter
from picustream.models.event import INPUT_TOPICS, MAX_EVENT_BYTES
from picustream.runtime.settings import Settings
from picustream.streams.kafka import clients

if TYPE_CHECKING:
    from kafka import TopicPartition

READING = 10.0
"""Seconds for one record."""


class Originals:
    """Reads records of input topics, one at a time; connects when it is asked first."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self, dead_letter: DecodedDeadLetter) -> bytes | None:
        """What was refused, whole; None where it is too large for an event, or is there no more."""
        topic, partition, offset = dead_letter.position
        if (
            dead_letter.record.payload_bytes > MAX_EVENT_BYTES
            or partition is None
            or offset is None
            or topic not in INPUT_TOPICS
        ):
            return None
        from kafka import TopicPartition

        value = self._read(TopicPartition(topic, partition), offset)
        fits = value is not None and hashlib.sha256(value).hexdigest() == dead_letter.record.payload_sha256
        return value if fits else None

    def _read(self, part: "TopicPartition", offset: int) -> bytes | None:
        until = time.monotonic() + READING
        with clients.consumer(self._settings) as consumer:
            consumer.assign([part])
            consumer.seek(part, offset)
            while consumer.position(part) <= offset and time.monotonic() < until:
                for record in consumer.poll(timeout_ms=200, max_records=1).get(part, []):
                    value: bytes | None = record.value
                    return value if record.offset == offset else None
        return None
