"""What each local day of a stay gives every part of a score, kept until a change falls into what it was read from."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from picustream.models.protocol import Protocol
from picustream.scoring.chart.chart import Chart
from picustream.scoring.chart.entries import Changes
from picustream.scoring.chart.reads import Owner, Reads, noted
from picustream.scoring.chart.series import Channel, Watch
from picustream.scoring.chart.series_index import USABLE
from picustream.scoring.clinical.days import local_date
from picustream.scoring.clinical.view import View
from picustream.scoring.scores.parts import DayPart

T = TypeVar("T")


class _Watched(noted):
    """What is looked up within it is an answer of its owner."""

    __slots__ = ("_owner", "_reads")

    def __init__(self, watch: Watch, reads: Reads, owner: Owner) -> None:
        super().__init__(watch)
        self._reads, self._owner = reads, owner

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        if error[0] is None:
            self._reads.put(self._owner, self.found)


class DayCache:
    """Values of one stay by part and local day."""

    def __init__(self, parts: Sequence[DayPart[Any]], chart: Chart, protocol: Protocol) -> None:
        self._zone = protocol.zone
        self._watch = chart.index.watch
        self._parts = {part.name: part for part in parts}
        self._called_for: defaultdict[Channel, list[str]] = defaultdict(list)
        for part in parts:
            for variable in part.calls_for:
                self._called_for[USABLE[variable]].append(part.name)
        self.forget()

    def forget(self) -> None:
        """Everything has to be computed again."""
        self._values: dict[str, dict[date, Any]] = {name: {} for name in self._parts}
        self.reads = Reads()
        self.dirty: set[Owner] = set()
        """What a change has reached since the last refresh: parts and days, and what else was `watched`."""

    def note(self, changes: Changes) -> None:
        """Mark what a change can touch: whatever was read from where it falls."""
        for channel, moment in changes.touched:
            self.reads.hit(channel, moment, self.dirty)
            if channel in self._called_for:
                day = local_date(moment, self._zone)
                self.dirty.update((name, day) for name in self._called_for[channel])

    def narrow(self, end: datetime) -> None:
        """Mark what was read from after a moment, for nothing is seen of that any more."""
        self.reads.beyond(end, self.dirty)

    def watched(self, name: str, day: date) -> "_Watched":
        """What is looked up within it is an answer called `name` of a day, which counts as changed when a change falls
        into what it was read from."""
        return _Watched(self._watch, self.reads, (name, day))

    def value(self, view: View, part: DayPart[T], day: date) -> T:
        """What a local day gives a part."""
        values: dict[date, T] = self._values[part.name]
        if day not in values:
            with self.watched(part.name, day):
                values[day] = part.compute(view, day)
        return values[day]

    def known(self, part: DayPart[T], day: date) -> T | None:
        """Likewise, as far as it is computed; None where it is not."""
        found: T | None = self._values[part.name].get(day)
        return found

    def refresh(self, view: View) -> Iterator[Owner]:
        """Compute again what was marked; the names and days that changed, or may have."""
        for name, day in self.dirty:
            self.reads.drop((name, day))
            part = self._parts.get(name)
            if part is None:
                yield name, day
                continue
            before = self._values[name].pop(day, None)
            if not part.tells_all or before != self.value(view, part, day):
                yield name, day
        self.dirty = set()
