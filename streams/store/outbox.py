"""The outbox: what a batch has to publish, written with its state in one Redis call and kept until Kafka has it."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

Header = tuple[str, bytes | None]
"""Kafka's headers: any name any number of times, and a value that may be null."""

OUTBOX_HEADER = "picustream_outbox"
"""On every record that leaves through an outbox: `<group>/<partition>/<sequence>/<event_id>`, so that a take-over can
see from the tail of a topic what is there already."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record on its way out. `sequence` counts 1, 2, ... per partition and never starts again."""

    sequence: int
    topic: str
    partition: int
    key: bytes | None
    event_id: str
    value: bytes
    headers: tuple[Header, ...] = ()

    def fields(self) -> list[str | bytes]:
        """Field, value, field, value ...: the entry as an entry of a Redis stream."""
        flat: list[str | bytes] = ["topic", self.topic, "partition", str(self.partition), "id", self.event_id]
        if self.key is not None:
            flat += ["key", self.key]
        # One field for all: a name may come twice, a value may be null, and there may be more than a script can pass.
        return [*flat, "headers", _packed(self.headers), "value", self.value]

    @classmethod
    def of(cls, entry_id: bytes, fields: Mapping[bytes, bytes] | Iterable[tuple[bytes, bytes]]) -> "Entry":
        """The entry that `fields` wrote; `entry_id` is `<sequence>-0`."""
        pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
        plain = dict(pairs)
        return cls(
            sequence=int(entry_id.partition(b"-")[0]),
            topic=plain[b"topic"].decode(),
            partition=int(plain[b"partition"]),
            key=plain.get(b"key"),
            event_id=plain[b"id"].decode(),
            value=plain[b"value"],
            headers=_unpacked(plain[b"headers"]) if b"headers" in plain else _of_0_1(pairs),
        )

    def mark(self, group: str, partition: int) -> Header:
        """The header that identifies the record on its topic; `partition` is the one whose outbox this is."""
        return OUTBOX_HEADER, f"{group}/{partition}/{self.sequence}/{self.event_id}".encode()


def _of_0_1(pairs: Iterable[tuple[bytes, bytes]]) -> tuple[Header, ...]:
    """As version 0.1 left them: a field for each."""
    return tuple((name[7:].decode(), value) for name, value in pairs if name.startswith(b"header:"))


def _packed(headers: Iterable[Header]) -> bytes:
    encoded = [(name, None if value is None else base64.b64encode(value).decode()) for name, value in headers]
    return json.dumps(encoded).encode()


def _unpacked(packed: bytes) -> tuple[Header, ...]:
    return tuple((name, None if value is None else base64.b64decode(value)) for name, value in json.loads(packed))


MOST_ENTRIES, MOST_BYTES = 1_000, 8 * 1024 * 1024
"""Of one transaction, and of one write while state is rebuilt. A single record may be larger."""


def portions(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """Entries in portions for one transaction each. Between two of them a crash leaves an outbox half published, which
    a take-over finishes."""
    first = size = 0
    for place, entry in enumerate(entries):
        if place > first and (place - first >= MOST_ENTRIES or size + len(entry.value) > MOST_BYTES):
            yield entries[first:place]
            first, size = place, 0
        size += len(entry.value)
    if entries:
        yield entries[first:]
