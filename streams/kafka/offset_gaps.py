"""Offsets that hold nothing any more: what compaction leaves of a topic, and nothing else does.

A broker gives every offset to a record or a marker, and hands out aborted records and markers with the others. So where
a batch does not begin at the offset at which the one before it ended, or holds fewer records than it has offsets,
records were taken out (https://kafka.apache.org/documentation/#recordbatch). Nobody needs a right to see that, and it
stays to be seen when the topic is compacted no longer.
"""

from collections.abc import Iterable

from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.runtime.logs import logger
from picustream.streams.kafka.batches import is_readable_format, span_of

log = logger(__name__)

_found: dict[tuple[str, int], int] = {}
"""The first missing offset that was seen, by topic and partition."""


class RecordsTakenOut(UserError):
    """A topic that has to be read from the beginning lacks some of its records."""

    def __init__(self, topic: str, partition: int, offset: int) -> None:
        super().__init__(
            f"{topic} partition {partition} lacks records from offset {offset} on: it is compacted, or was.",
            "Nothing is made of what is left. The ways out: docs/operating.md, Compacted topics.",
            ENVIRONMENT,
        )


class Trail:
    """Follows the batches of one answer of the broker, from the offset that was asked for."""

    def __init__(self, topic: str, partition: int, offset: int) -> None:
        self._place = topic, partition
        self._next: int | None = offset

    def batch(self, raw: bytes, *, sound: bool) -> None:
        """The next batch; notes what is missing before it or in it. `sound`: its checksum is right."""
        if not sound or not is_readable_format(raw):
            self._next = None
            return
        first, end, whole = span_of(raw)
        if self._next is not None and first > self._next:
            _note(self._place, self._next)
        elif not whole:
            _note(self._place, first)
        self._next = end


def check(places: Iterable[tuple[str, int]]) -> None:
    """Raises RecordsTakenOut where something was seen to be missing in one of the places, by whoever read there."""
    for topic, partition in places:
        if (topic, partition) in _found:
            raise RecordsTakenOut(topic, partition, _found[topic, partition])


def _note(place: tuple[str, int], offset: int) -> None:
    if place not in _found:
        log.error("records-taken-out", topic=place[0], partition=place[1], offset=offset)
        _found[place] = offset
