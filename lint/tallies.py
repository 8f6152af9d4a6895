"""What is counted of a feed, and by what."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from picustream.lint.levels import Levels
from picustream.lint.timing import Apart, Tally, Timing
from picustream.models.birth import Birth
from picustream.models.observation import Observation
from picustream.models.variable import Variable


@dataclass(frozen=True, slots=True)
class CodeKey:
    """What distinguishes one kind of observation from another."""

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
    """Unmapped codes, and blood gases that are not arterial."""
    refused: dict[str, Tally] = field(default_factory=dict)
    """By reason."""
    levels: Levels = field(default_factory=Levels)
    """Values as they are labelled, those out of range included."""
    first: str | None = None
    """Where the first of them is, whatever became of it."""

    def note_level(self, observation: Observation) -> None:
        """Take note of how large a value is, if it is the value itself."""
        if observation.number is not None and observation.comparator is None:
            self.levels.add(observation.number)

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
    unrecorded: int = 0
    """Without `recorded_at`: how late they are cannot be known."""
    timing: Timing = field(default_factory=Timing)
    apart: Apart = field(default_factory=Apart)


class Stated(NamedTuple):
    """The version of a fact that is in force."""

    rank: tuple[datetime, int, str]
    """Filing time, rank of the status, event id: what decides between versions."""
    at: datetime | None
    """The moment it states; None: withdrawn, or it states nothing."""
    patient_id: str
    parts: int
    """`components.bits` of what it gives."""
    where: str
    """`file:line`."""
    birth: Birth | None = None
    """The birth date that an admission states."""


@dataclass(slots=True)
class StayTally:
    """One stay."""

    number: int
    """For the memory."""
    first: str
    first_patient: str
    facts: dict[str, Stated] = field(default_factory=dict)
    """By type; of those with one per stay."""

    @property
    def admitted_at(self) -> datetime | None:
        return self._at("admitted")

    @property
    def ended_at(self) -> datetime | None:
        """The earlier of discharge and death; one before the admission is set aside (T2)."""
        start = self.admitted_at
        ends = [at for at in map(self._at, _ENDS) if at is not None and (start is None or at >= start)]
        return min(ends, default=None)

    @property
    def set_aside(self) -> Stated | None:
        """An end before the admission."""
        start = self.admitted_at
        aside = [self.facts[kind] for kind in _ENDS if (at := self._at(kind)) and start is not None and at < start]
        return aside[0] if aside else None

    @property
    def treated_outside(self) -> Stated | None:
        """A start of treatment that does not lie within the stay."""
        start, end, treated = self.admitted_at, self.ended_at, self._at("treatment_started")
        if start is None or treated is None:
            return None
        return self.facts["treatment_started"] if treated < start or (end is not None and treated > end) else None

    @property
    def patient_id(self) -> str:
        """The admission's patient; of a stay without one, the first that was named."""
        return self.first_patient if self.admitted_at is None else self.facts["admitted"].patient_id

    @property
    def stated_parts(self) -> int:
        """`components.bits` of what its facts give."""
        parts = 0
        for fact in self.facts.values():
            parts |= fact.parts
        return parts

    def _at(self, kind: str) -> datetime | None:
        return self.facts[kind].at if kind in self.facts else None


_ENDS = ("discharged", "died")
