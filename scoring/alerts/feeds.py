"""What is heard of the sources: by one partition, and by all of them put together.

A source is spread over all partitions, so no partition alone can say that it is silent. Each keeps what it heard; what
all of them heard, joined, is the view by which alerts about a source are judged. Joining takes the later moment and
adds up the counts, so the view does not depend on how a feed is spread or split into batches (I1).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from picustream.models import text
from picustream.models.event import ObservationEvent
from picustream.scoring.door import Admission

SILENT = "feed-silent"
SKEWED = "clock-skew"
REFUSED = "dead-letters"
MISROUTED = "misrouted-key"
LATE = "late-beyond-window"

MOST_SOURCES = 256
"""Sources that a partition remembers. A name comes from outside: a feed that makes up one per message must not fill
the memory. The one not heard for longest is forgotten for a new one, and first those that never sent anything usable.
"""

HOUR = timedelta(hours=1)
_EPOCH = datetime.fromtimestamp(0, UTC)

SOURCE, OPEN = "s:", "o:"
"""Prefixes of the fields in the store: a source, an open stay."""


@dataclass(slots=True)
class Source:
    """What was heard of one source. Times are those of arrival."""

    last: datetime
    """Of anything it sent."""
    accepted: bool = False
    """Whether any of it could be used."""
    measures: bool = False
    """Whether it sends measurements, and not admissions or trial events alone."""
    faults: dict[str, datetime] = field(default_factory=dict)
    """Alert name -> when the latest record came that is a reason for it."""
    hours: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Hour since 1970 -> events, and events with a dead letter; the two latest hours."""

    def note(self, one: Admission, moment: datetime, faults: Iterable[str]) -> None:
        """Takes note of what the door made of an arrival."""
        self.last = max(self.last, moment)
        if one.event is not None:
            self.accepted = True
            self.measures = self.measures or isinstance(one.event, ObservationEvent)
        for name in faults:
            self.recall(name, moment)
        hour = hour_of(moment)
        events, refused = self.hours.get(hour, (0, 0))
        self.hours[hour] = (events + 1, refused + bool(one.faults))
        if len(self.hours) > 2:
            del self.hours[min(self.hours)]

    def recall(self, name: str, moment: datetime) -> None:
        """There was a reason for an alert at a moment."""
        self.faults[name] = max(moment, self.faults.get(name, moment))

    def joined(self, other: "Source") -> "Source":
        """What two partitions heard of it."""
        faults, hours = dict(self.faults), dict(self.hours)
        for name, moment in other.faults.items():
            faults[name] = max(moment, faults.get(name, moment))
        for hour, (events, refused) in other.hours.items():
            before = hours.get(hour, (0, 0))
            hours[hour] = (before[0] + events, before[1] + refused)
        return Source(
            max(self.last, other.last),
            self.accepted or other.accepted,
            self.measures or other.measures,
            faults,
            hours,
        )

    def counts(self, now: datetime) -> tuple[int, int]:
        """Events, and events with a dead letter, of this hour and the one before."""
        since = hour_of(now) - 1
        recent = [counted for hour, counted in self.hours.items() if hour >= since]
        return sum(events for events, _ in recent), sum(refused for _, refused in recent)

    def to_store(self) -> bytes:
        hours = [[hour, *counted] for hour, counted in self.hours.items()]
        return text.encode([self.last, self.accepted, self.measures, self.faults, hours]).encode()

    @classmethod
    def from_store(cls, kept: bytes) -> "Source":
        last, accepted, measures, faults, hours = text.parse(kept)
        return cls(
            datetime.fromisoformat(last),
            accepted,
            measures,
            {name: datetime.fromisoformat(moment) for name, moment in faults.items()},
            {int(hour): (int(events), int(refused)) for hour, events, refused in hours},
        )


@dataclass(frozen=True, slots=True)
class View:
    """What all partitions heard, complete up to a moment."""

    as_of: datetime
    sources: Mapping[str, Source]
    opened: datetime | None
    """Since when a stay has been open that still is; None: no stay is open."""


class Feeds:
    """What one partition heard, and which of its stays are open."""

    def __init__(self, fields: Mapping[str, bytes] | None = None) -> None:
        self.sources: dict[str, Source] = {}
        self.open: dict[str, datetime] = {}
        """Open stays, and since when the partition has known of them."""
        self._unsaved: set[str] = set()
        for name, value in (fields or {}).items():
            if name.startswith(SOURCE):
                self.sources[name.removeprefix(SOURCE)] = Source.from_store(value)
            elif name.startswith(OPEN):
                self.open[name.removeprefix(OPEN)] = datetime.fromisoformat(value.decode())

    def note(self, one: Admission, moment: datetime, faults: Iterable[str]) -> None:
        """Takes note of what the door made of an arrival that came at `moment`."""
        self._source(one.source, moment).note(one, moment, faults)
        self._unsaved.add(SOURCE + one.source)

    def recall(self, name: str, source: str, moment: datetime) -> None:
        """An alert was told of a source: there was a reason for it at a moment."""
        self._source(source, moment).recall(name, moment)
        self._unsaved.add(SOURCE + source)

    def stay(self, stay_id: str, is_open: bool, moment: datetime) -> bool:
        """A stay is open, or is not, as of a moment; whether that is new."""
        if is_open == (stay_id in self.open):
            return False
        if is_open:
            self.open[stay_id] = moment
        else:
            del self.open[stay_id]
        self._unsaved.add(OPEN + stay_id)
        return True

    def view(self, as_of: datetime) -> View:
        """What this partition heard as if it were all there is."""
        return View(as_of, self.sources, min(self.open.values(), default=None))

    def take_unsaved(self) -> dict[str, bytes | None]:
        """The fields to write, handed over once; None: delete the field."""
        taken = {name: self._field(name) for name in self._unsaved}
        self._unsaved.clear()
        return taken

    def _source(self, name: str, moment: datetime) -> Source:
        found = self.sources.get(name)
        if found is None:
            if len(self.sources) >= MOST_SOURCES:
                self._forget_one()
            found = self.sources[name] = Source(moment)
        return found

    def _forget_one(self) -> None:
        name = min(self.sources, key=lambda one: (self.sources[one].accepted, self.sources[one].last, one))
        del self.sources[name]
        self._unsaved.add(SOURCE + name)

    def _field(self, name: str) -> bytes | None:
        if name.startswith(SOURCE):
            source = self.sources.get(name.removeprefix(SOURCE))
            return source.to_store() if source else None
        moment = self.open.get(name.removeprefix(OPEN))
        return moment.isoformat().encode() if moment else None


def joined(parts: Iterable[Mapping[str, bytes]], as_of: datetime) -> View:
    """The view of all partitions, from what the store keeps of each."""
    sources: dict[str, Source] = {}
    opened: list[datetime] = []
    for part in map(Feeds, parts):
        opened += part.open.values()
        for name, heard in part.sources.items():
            sources[name] = sources[name].joined(heard) if name in sources else heard
    return View(as_of, sources, min(opened, default=None))


def hour_of(moment: datetime) -> int:
    """Hours since 1970."""
    return (moment - _EPOCH) // HOUR


def end_of_hour(moment: datetime) -> datetime:
    """When the next hour begins."""
    return _EPOCH + (hour_of(moment) + 1) * HOUR
