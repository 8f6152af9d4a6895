"""One dead letter with the event in it, and which dead letters somebody wants to see."""

import base64
import binascii
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, cast

from picustream.eventfiles.outputs import OnError, Stored, read
from picustream.models.envelope import id_of, readable_fields
from picustream.models.record import DeadLetter
from picustream.runtime.errors import UserError
from picustream.scoring.faults import path_pattern

_OBSERVATION = re.compile(r"/observations/(\d+)/")

EventName = tuple[str, str, str]
"""Topic, source and `event_id`."""
Position = tuple[str, int | None, int | None]
"""Topic, partition and offset of an input record; no partition in a replay."""


@dataclass(frozen=True, slots=True)
class DecodedDeadLetter:
    """A dead letter and the bytes that were refused."""

    record: DeadLetter
    payload: bytes
    source: str | None
    """The feed, where the event names it."""
    observed: str | None
    """Code and unit of the observation that is at fault, in one line; None for a whole event. No value."""
    event: EventName | None
    """What the event is called, where that can be read."""
    stay_id: str | None
    content: bytes
    """Identifies topic and original bytes: the same for the same bytes sent again."""
    arrived_at_ms: int | None
    """When the dead letter came to the broker, in milliseconds since 1970; None for one from a file."""

    @property
    def position(self) -> Position:
        """The input record that it is about."""
        return self.record.topic, self.record.partition, self.record.offset

    @property
    def is_cut(self) -> bool:
        """Whether the dead letter holds only the head of a long event."""
        return self.record.payload_bytes > len(self.payload)

    @property
    def without_event(self) -> "DecodedDeadLetter":
        """Itself without the event: small enough to keep many."""
        if not self.record.payload:
            return self
        record = self.record.model_copy(update={"payload": "", "message": sys.intern(self.record.message)})
        return replace(self, record=record, payload=b"")

    @property
    def path(self) -> str:
        """The path of the fault with `*` for every place in a list: alike faults have one."""
        return path_pattern(self.record.path)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which dead letters are asked for; None: whatever it is."""

    reason: str | None = None
    source: str | None = None
    since: datetime | None = None
    """First seen at or after this."""

    def __contains__(self, dead_letter: DecodedDeadLetter) -> bool:
        return (
            self.reason in (None, dead_letter.record.reason)
            and self.source in (None, dead_letter.source)
            and (self.since is None or dead_letter.record.first_seen_at >= self.since)
        )


def dead_letters(stored: Iterable[Stored], on_error: OnError) -> Iterator[DecodedDeadLetter]:
    """The dead letters among records of the dead-letter topics; what is none is reported."""
    for one in stored:
        record = cast(DeadLetter | None, read(one, on_error, "dead letter"))
        if record is None:
            continue
        try:
            payload = base64.b64decode(record.payload, validate=True)
        except (binascii.Error, ValueError):
            on_error(UserError(f"{one.where}: no dead letter: its payload is not base64.", status=1))
            continue
        yield _decoded(record, payload, one.arrived_at_ms)


def content_of(topic: str, value: bytes) -> bytes:
    """What was sent where, by its SHA-256, as dead letters name it."""
    return content_named(topic, sha256(value).hexdigest())


def content_named(topic: str, digest: str) -> bytes:
    """Likewise, by the SHA-256 of what was sent."""
    return f"{topic}\n{digest}".encode()


def name_of(topic: str, event: dict[str, Any]) -> EventName | None:
    """An event's name; None if it has none."""
    source, event_id = event.get("source"), event.get("event_id")
    return (topic, source, event_id) if isinstance(source, str) and isinstance(event_id, str) else None


def _decoded(record: DeadLetter, payload: bytes, arrived_at_ms: int | None) -> DecodedDeadLetter:
    event = readable_fields(payload)
    source = event.get("source")
    return DecodedDeadLetter(
        record=record,
        payload=payload,
        source=source if isinstance(source, str) else None,
        observed=_observed(record, event),
        event=name_of(record.topic, event),
        stay_id=id_of(event.get("stay_id")),
        content=content_named(record.topic, record.payload_sha256),
        arrived_at_ms=arrived_at_ms,
    )


def _observed(record: DeadLetter, event: dict[str, Any]) -> str | None:
    position = _OBSERVATION.match(record.path)
    if record.scope != "observation" or position is None:
        return None
    try:
        observation = event["observations"][int(position[1])]
        return (
            f"{observation['code']} in {observation['unit']}"
            if "unit" in observation
            else f"{observation['code']} without a unit"
        )
    except (KeyError, IndexError, TypeError):
        return None
