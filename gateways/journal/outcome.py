"""What became of a message: what is answered for it, and what the index keeps."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from picustream.scoring.faults import Fault

DIGEST = 8
"""Bytes by which a sent event is known again."""
Code = Literal["AA", "AE", "AR"]
State = Literal["done", "waiting", "repeat", "refused"]
"""`done`: all that it makes is in Kafka; `waiting`: some of it waits for its stay; `repeat`: the same bytes came
before, and nothing was to be done; `refused`: it could not be read, or its sender is not known."""


class Event(Protocol):
    """An event for Kafka."""

    @property
    def topic(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def value(self) -> bytes: ...
    @property
    def event_id(self) -> str: ...


class LetterLike(Protocol):
    """What could not be mapped."""

    @property
    def reason(self) -> str: ...
    @property
    def path(self) -> str: ...
    def as_json(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is answered."""

    code: Code = "AA"
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one message made."""

    message: str
    """Its id, a digest of its bytes under the site's key."""
    source: str
    kind: str
    """`ORU^R01`, or the type of a FHIR resource; empty where it cannot be read."""
    state: State
    answer: Answer
    events: Sequence[Event] = ()
    letters: Sequence[LetterLike] = ()
    waits: Sequence[str] = ()
    """Keys of what it waits for."""
    opened: Sequence[str] = ()
    """Keys of what it ends the wait for."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Values: seen, sent, ignored, empty, letters."""


def digest(topic: str, event_id: str, value: bytes) -> bytes:
    """By what it is known whether an event was sent as it is."""
    return hashlib.blake2b(f"{topic}\0{event_id}\0".encode() + value, digest_size=DIGEST).digest()


def letter_id(message: str, reason: str, path: str) -> str:
    """The name of a letter: the same however often its message is done."""
    return "L-" + hashlib.blake2b(f"{message}\0{reason}\0{path}".encode(), digest_size=6).hexdigest()
