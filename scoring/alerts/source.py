"""What was observed of one source: its last record, its faults, how much of it could be used.

Joining what two partitions observed takes the later moment and adds up the counts (I1).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from picustream.models import text
from picustream.models.times import EPOCH
from picustream.scoring.validation import ValidatedInput

SILENT = "feed-silent"
SKEWED = "clock-skew"
REFUSED = "dead-letters"
MISROUTED = "misrouted-key"
LATE = "late-beyond-window"
UNREAD = "feed-unread"

HOUR = timedelta(hours=1)
DAY = 24
"""Hours of which observations are counted: this one and those before."""

Counts = dict[int, tuple[int, int]]
"""Hour since 1970 -> how many, and how many of these with a fault."""


@dataclass(slots=True)
class Source:
    """What was observed of one source. Times are those of arrival."""

    last: datetime
    """Of anything it sent."""
    accepted: bool = False
    """Whether any of it could be used."""
    measures: bool = False
    """Whether it sends measurements, and not admissions or trial events alone."""
    faults: dict[str, datetime] = field(default_factory=dict)
    """Alert name -> when the latest record arrived that is a reason for it."""
    hours: Counts = field(default_factory=dict)
    """Hour since 1970 -> events, and events with a dead letter; the two latest hours."""
    readings: Counts = field(default_factory=dict)
    """Hour since 1970 -> observations, and those of them that were ignored or refused; of the latest day."""
    _hour: int = field(default=0, init=False, compare=False)
    """The hour of the last record; it is worked out once in an hour."""
    _begins: datetime = field(default=EPOCH, init=False, compare=False)
    _ends: datetime = field(default=EPOCH, init=False, compare=False)

    def note(self, one: ValidatedInput, moment: datetime, faults: Iterable[str]) -> None:
        """Takes note of a validated input record."""
        if moment > self.last:
            self.last = moment
        if one.accepted is not None:
            self.accepted = True
            self.measures = self.measures or one.accepted.fact is None
        for name in faults:
            self.note_fault(name, moment)
        hour = self._hour if self._begins <= moment < self._ends else self._next_hour(moment)
        events, refused = self.hours.get(hour, (0, 0))
        self.hours[hour] = (events + 1, refused + bool(one.faults))
        if len(self.hours) > 2:
            del self.hours[min(self.hours)]
        observations, unread = readings_of(one)
        if observations:
            self._count_readings(hour, observations, unread)

    def _next_hour(self, moment: datetime) -> int:
        self._hour = hour_of(moment)
        self._begins = EPOCH + self._hour * HOUR
        self._ends = self._begins + HOUR
        return self._hour

    def _count_readings(self, hour: int, observations: int, unread: int) -> None:
        before = self.readings.get(hour)
        if before is not None:
            self.readings[hour] = before[0] + observations, before[1] + unread
            return
        self.readings[hour] = observations, unread
        latest = max(self.readings)
        for old in [one for one in self.readings if one <= latest - DAY]:
            del self.readings[old]

    def note_fault(self, name: str, moment: datetime) -> None:
        """Notes that there was a reason for an alert at a moment."""
        self.faults[name] = max(moment, self.faults.get(name, moment))

    def joined(self, other: "Source") -> "Source":
        """What two partitions observed of it."""
        faults = dict(self.faults)
        for name, moment in other.faults.items():
            faults[name] = max(moment, faults.get(name, moment))
        return Source(
            max(self.last, other.last),
            self.accepted or other.accepted,
            self.measures or other.measures,
            faults,
            _added(self.hours, other.hours),
            _added(self.readings, other.readings),
        )

    def counts(self, now: datetime) -> tuple[int, int]:
        """Events, and events with a dead letter, of this hour and the one before."""
        return _sum_since(self.hours, hour_of(now) - 1)

    def read(self, now: datetime) -> tuple[int, int]:
        """Observations, and those that were ignored or refused, of this hour and the 23 before."""
        return _sum_since(self.readings, hour_of(now) - DAY + 1)

    def to_store(self) -> bytes:
        counts = [[[hour, *counted] for hour, counted in kept.items()] for kept in (self.hours, self.readings)]
        return text.encoded([self.last, self.accepted, self.measures, self.faults, *counts])

    @classmethod
    def from_store(cls, kept: bytes) -> "Source":
        last, accepted, measures, faults, *counts = text.parse(kept)
        return cls(
            datetime.fromisoformat(last),
            accepted,
            measures,
            {name: datetime.fromisoformat(moment) for name, moment in faults.items()},
            *({int(hour): (int(all_), int(some)) for hour, all_, some in counted} for counted in counts),
        )


def _added(one: Counts, other: Counts) -> Counts:
    both = dict(one)
    for hour, (every, some) in other.items():
        before = both.get(hour, (0, 0))
        both[hour] = before[0] + every, before[1] + some
    return both


def _sum_since(counts: Counts, first: int) -> tuple[int, int]:
    every = some = 0
    for hour, counted in counts.items():
        if hour >= first:
            every += counted[0]
            some += counted[1]
    return every, some


def readings_of(one: ValidatedInput) -> tuple[int, int]:
    """Observations of an input record, and how many of them are unread: ignored, or with a dead letter."""
    if one.accepted is None:
        return one.refused, one.refused
    observed = len(one.accepted.reading.observed)
    if not (one.faults or one.ignored):
        return observed, 0
    faulty = {fault.path.split("/")[2] for fault in one.faults if fault.path.startswith("/observations/")}
    return observed, len(one.ignored) + len(faulty)


def hour_of(moment: datetime) -> int:
    """Hours since 1970."""
    return (moment - EPOCH) // HOUR


def end_of_hour(moment: datetime) -> datetime:
    """When the next hour begins."""
    return EPOCH + (hour_of(moment) + 1) * HOUR
