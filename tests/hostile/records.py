"""What is sent: records, how they are put on the wire, and what may become of each."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from picustream.eventfiles.files import Line
from tests.hostile.wire import STRAIGHT, Bend, Header

USED = "used"
REFUSED_BY_BROKER, ABORTED, LEFT_OPEN = "refused by the broker", "aborted", "left open"
"""What is no part of any topic: it never stood there, or it was never committed."""
ANY = None
"""Whatever the rules say of it, as long as it is accounted for."""

Fates = frozenset[str] | None
"""What may become of a record: `used`, the reason of the dead letter that refuses it, or `used+<reason>` where single
observations were refused; reasons are sorted and joined by `+`."""


def fates(*words: str) -> frozenset[str]:
    return frozenset(words)


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a hostile client."""

    topic: str
    value: bytes | None
    key: bytes | None
    partition: int | None = None
    """None: the one of its key, without a key that of its stay, without either the first."""
    headers: tuple[Header, ...] = ()
    """`{group}` in a value stands for the consumer group of the run."""
    timestamp: int | None = None
    """Milliseconds since 1970 UTC; None: now."""
    fates: Fates = ANY
    kind: str = "event"
    """What is hostile in it, in words."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One record batch, on its own or in a transaction."""

    records: tuple[Record, ...]
    """Of one topic and partition."""
    codec: str = "none"
    bend: Bend = STRAIGHT
    end: str = ""
    """"": no transaction; `steady`: of an idempotent producer; else how its transaction ends: `commit`, `abort`, or
    `open`: its producer died."""
    held: int = 0
    """Sendings that come before the end of its transaction."""
    company: int = 0
    """Records of the good ward that go into the same batch, if the next ones fit."""

    @property
    def committed(self) -> bool:
        return self.end not in ("abort", "open")

    def described(self) -> str:
        return f"{self.codec}{' ' + self.end if self.end else ''}: {', '.join(one.kind for one in self.records)}"


@dataclass(frozen=True, slots=True)
class Ground:
    """How the topics of a run are configured, and whether its worker dies on the way."""

    stamps: str = "LogAppendTime"
    """`message.timestamp.type` of the inputs."""
    compression: str = "producer"
    """`compression.type` of the inputs: of another one the broker packs everything anew."""
    crash: str = ""
    """A point of the protocol and the how-manieth time (`runtime/crash_points.py`) at which the worker is killed."""


@dataclass(frozen=True)
class Plan:
    """What a run sends: the good ward's lines in order, and hostile sendings, each with the place where it comes."""

    seed: int
    good: Sequence[Line]
    hostile: Sequence[tuple[float, Sending]]
    """Share of the good ward that is sent before it, and what is sent."""
    ground: Ground = field(default_factory=Ground)
    codecs: Sequence[str] = ("none", "gzip", "snappy-java", "lz4", "zstd")
    """Those of the good ward's feeds."""
    ends: Sequence[str] = ("", "steady", "commit")
    """How the good ward's feeds send."""

    def only(self, hostile: Sequence[tuple[float, Sending]]) -> "Plan":
        return replace(self, hostile=tuple(hostile))

    @property
    def records(self) -> int:
        return sum(len(sending.records) for _, sending in self.hostile)


@dataclass(frozen=True, slots=True)
class Sent:
    """A record and where it stands; `place` is None where it never stood anywhere."""

    record: Record
    place: tuple[str, int, int] | None
    end: str
    """"", or why it is no part of the topic."""
    good: bool = False
    """Of the good ward."""

    def to_line(self) -> dict[str, Any]:
        return {"kind": self.record.kind, "place": self.place, "end": self.end}
