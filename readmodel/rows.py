"""What is read of a read model: rows as they are, moments as moments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, TypeVar

from picustream.models import text
from picustream.models.times import EPOCH
from picustream.runtime.clock import wall_clock

_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """A moment as it is stored."""
    return (moment - EPOCH) // _MICROSECOND


def of_micros(value: int) -> datetime:
    """A moment as it was stored, in UTC."""
    return EPOCH + value * _MICROSECOND


@dataclass(frozen=True, slots=True)
class Row:
    """One revision of a record."""

    topic: str
    record: str
    """The record within its topic: `S-1/mods/2026-01-03`."""
    revision: int
    """1, 2, 3 ...; for the ward those alone are counted that change what it sees."""
    event_id: str
    """Of the revision; for the ward it ends with w3 where Kafka's own would end with r5."""
    stay: str | None
    patient: str | None
    status: str
    state: str | None
    """Of a stay, an alert, a screening."""
    day: str | None
    milestone: str | None
    total: int | None
    unit: str | None
    bed: str | None
    audience: str | None
    """Of an alert."""
    name: str | None
    """Of an alert."""
    effective_at: datetime
    emitted_at: datetime
    partition: int
    offset: int
    sha256: str
    """Of the body."""
    body: str
    """The text from Kafka, byte for byte; for the ward without what it may not know."""

    def json(self) -> Any:
        """The body, with every number as it was written."""
        return text.parse(self.body)


@dataclass(frozen=True, slots=True)
class DeskRow:
    """Something that a person entered at the board."""

    topic: str
    partition: int
    offset: int
    event_id: str
    type: str
    stay: str | None
    alert: str | None
    cut: str | None
    at: datetime
    by: str
    role: str
    sha256: str
    body: str

    def json(self) -> Any:
        return text.parse(self.body)


@dataclass(frozen=True, slots=True)
class DeadLetterCount:
    """Dead letters of one topic, source and reason."""

    about: str
    """The input topic."""
    source: str | None
    scope: str
    reason: str
    count: int
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Hole:
    """A place at which a topic is not as it must be: records are missing there, or are no records."""

    topic: str
    partition: int
    offset: int
    """Of the record at which it was seen."""
    kind: str
    """`gap`: revisions are missing; `fork`: one was published twice, differently; `repeat`: alike; `unreadable`."""
    record: str | None
    expected: int | None
    found: int | None
    noticed_at: datetime
    detail: str


@dataclass(frozen=True, slots=True)
class Position:
    """How far a partition is read."""

    topic: str
    partition: int
    next: int
    end: int | None
    """Where its committed records ended."""
    asked_at: datetime | None
    """When they did."""

    @property
    def lag(self) -> int | None:
        """Offsets that were still to be read; None while it is not known."""
        return None if self.end is None else max(self.end - self.next, 0)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the follower is, and whether there is one."""

    version: int
    committed_at: datetime | None
    """The last commit of records."""
    emitted_at: datetime | None
    """The greatest `emitted_at` of a record."""
    heartbeat_at: datetime | None
    """When the follower was last seen at work."""
    known_until: datetime | None
    """All that was committed in Kafka before this moment is here: what a page is known as of."""
    follower: str
    """Machine and process."""
    servers: str
    """The Kafka that it follows."""
    ready: bool
    """Whether it was once read to the end."""
    positions: tuple[Position, ...]

    @property
    def lag(self) -> int | None:
        """Offsets that are not read, over all partitions; None while that is not known of one."""
        lags = [one.lag for one in self.positions]
        known = [lag for lag in lags if lag is not None]
        return sum(known) if len(known) == len(lags) else None

    def age(self, now: datetime | None = None) -> timedelta | None:
        """How old the newest knowledge is; None before it was once complete."""
        return None if self.known_until is None else max((now or wall_clock()) - self.known_until, timedelta(0))


_MOMENTS = frozenset({"at", "asked_at", "effective_at", "emitted_at", "first_seen_at", "last_seen_at", "noticed_at"})
"""Columns that hold moments."""

Kind = TypeVar("Kind", DeskRow, DeadLetterCount, Hole, Position)


def of_row(kind: type[Kind], found: Mapping[str, Any]) -> Kind:
    """A row of the database as one of the classes above."""
    values: Any = {one.name: found[one.name] for one in fields(kind)}
    for name in _MOMENTS & values.keys():
        values[name] = None if values[name] is None else of_micros(values[name])
    return kind(**values)


COLUMNS = tuple(one.name for one in fields(Row))
"""Of a revision, in the order of `Row`."""
_EFFECTIVE, _EMITTED = COLUMNS.index("effective_at"), COLUMNS.index("emitted_at")


def of_columns(found: Sequence[Any]) -> Row:
    """A revision of its `COLUMNS`: of these there are many."""
    values = list(found)
    values[_EFFECTIVE], values[_EMITTED] = of_micros(values[_EFFECTIVE]), of_micros(values[_EMITTED])
    return Row(*values)
