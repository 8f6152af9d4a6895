"""What is counted of a feed, and by what."""

from dataclasses import dataclass, field
from datetime import datetime

from picustream.commands.feed.timing import Timing
from picustream.models.variable import Variable


@dataclass(slots=True)
class Tally:
    """How many, and where the first stands (`file:line`)."""

    count: int = 0
    first: str | None = None

    def add(self, where: str) -> None:
        self.count += 1
        self.first = self.first or where


@dataclass(frozen=True, slots=True)
class CodeKey:
    """What tells one kind of observation from another."""

    topic: str
    source: str
    system: str
    code: str
    unit: str | None


@dataclass(slots=True)
class CodeTally:
    """What became of the observations of one kind."""

    variable: Variable | None
    """What the code means; None: no code map has it."""
    accepted: Tally = field(default_factory=Tally)
    without_value: Tally = field(default_factory=Tally)
    """Withdrawn, `registered` or `unknown`: nothing to score."""
    ignored: Tally = field(default_factory=Tally)
    """Codes nobody asked for, and blood gases that are not arterial."""
    refused: dict[str, Tally] = field(default_factory=dict)
    """By reason."""
    first: str | None = None
    """Where the first of them stands, whatever became of it."""

    @property
    def all_refused(self) -> int:
        return sum(tally.count for tally in self.refused.values())

    @property
    def total(self) -> int:
        return self.accepted.count + self.without_value.count + self.ignored.count + self.all_refused


@dataclass(frozen=True, slots=True)
class RefusalKey:
    topic: str
    source: str | None
    reason: str
    path: str
    """JSON pointer with `*` for every place in a list."""
    message: str
    """What is wrong; without the place in the line, which is another one in each."""


@dataclass(slots=True)
class SourceTally:
    """One topic and source."""

    number: int
    """For the memory."""
    accepted: Tally = field(default_factory=Tally)
    filed_early: Tally = field(default_factory=Tally)
    """Filed before what they speak of happened."""
    timing: Timing = field(default_factory=Timing)


Bound = tuple[datetime, str, datetime | None]
"""Filing time and event id of the version in force, and the moment it states (None: withdrawn)."""


@dataclass(slots=True)
class StayTally:
    """One stay."""

    number: int
    """For the memory."""
    first: str
    had: int = 0
    """`components.bits` of what it had."""
    bounds: dict[str, Bound] = field(default_factory=dict)
    """`admitted`, `discharged`, `died`."""

    @property
    def admitted_at(self) -> datetime | None:
        return self._at("admitted")

    @property
    def ended_at(self) -> datetime | None:
        return min((at for at in map(self._at, ("discharged", "died")) if at is not None), default=None)

    def _at(self, kind: str) -> datetime | None:
        return self.bounds[kind][2] if kind in self.bounds else None
