"""What one partition, and all of them together, observed of the sources.

A source is spread over all partitions, so no partition alone can say that it is silent. Each keeps what it observed;
joined, that is the snapshot on which alerts about a source depend. Joining takes the later moment and adds up the
counts, so the snapshot does not depend on how a feed is spread or split into batches (I1).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from picustream.scoring.alerts.source import Source
from picustream.scoring.validation import ValidatedInput

MOST_SOURCES = 256
"""Sources that a partition remembers. A name comes from outside: a feed that makes up one per message must not fill
the memory. The one silent for longest is forgotten for a new one, and first those that never sent anything usable.
"""

SOURCE, OPEN = "s:", "o:"
"""Prefixes of the fields in the store: a source, an open stay."""


@dataclass(frozen=True, slots=True)
class FeedSnapshot:
    """What all partitions observed, complete up to a moment."""

    as_of: datetime
    sources: Mapping[str, Source]
    opened: datetime | None
    """Since when a stay has been open that still is; None: no stay is open."""


class Feeds:
    """What one partition observed of the sources, and which of its stays are open."""

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

    def note(self, one: ValidatedInput, moment: datetime, faults: Iterable[str]) -> None:
        """Takes note of a validated input record that arrived at `moment`."""
        self._source(one.source, moment).note(one, moment, faults)
        self._unsaved.add(SOURCE + one.source)

    def note_fault(self, name: str, source: str, moment: datetime) -> None:
        """Takes note of an alert that was published: there was a reason for it at a moment."""
        self._source(source, moment).note_fault(name, moment)
        self._unsaved.add(SOURCE + source)

    def note_stay(self, stay_id: str, is_open: bool, moment: datetime) -> bool:
        """Notes whether a stay is open as of a moment; returns whether that is new."""
        if is_open == (stay_id in self.open):
            return False
        if is_open:
            self.open[stay_id] = moment
        else:
            del self.open[stay_id]
        self._unsaved.add(OPEN + stay_id)
        return True

    def snapshot(self, as_of: datetime) -> FeedSnapshot:
        """What this partition observed, as if it were the only one."""
        return FeedSnapshot(as_of, self.sources, min(self.open.values(), default=None))

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


def joined(parts: Iterable[Mapping[str, bytes]], as_of: datetime) -> FeedSnapshot:
    """The snapshot of all partitions, from what the store keeps of each."""
    sources: dict[str, Source] = {}
    opened: list[datetime] = []
    for part in map(Feeds, parts):
        opened += part.open.values()
        for name, source in part.sources.items():
            sources[name] = sources[name].joined(source) if name in sources else source
    return FeedSnapshot(as_of, sources, min(opened, default=None))
