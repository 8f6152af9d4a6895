"""What each local day of a stay gives every part of a score, kept until a change reaches it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, TypeVar

from picustream.models.protocol import Protocol
from picustream.scoring.chart.entries import Changes
from picustream.scoring.clinical.reach import Changed, Span
from picustream.scoring.clinical.view import View
from picustream.scoring.scores.parts import DayPart

T = TypeVar("T")


class DayCache:
    """Values of one stay by part and local day."""

    def __init__(self, parts: Sequence[DayPart[Any]], protocol: Protocol) -> None:
        self._zone = protocol.zone
        self._parts = {part.name: part for part in parts}
        self._reached: dict[Changed, list[tuple[str, Span]]] = defaultdict(list)
        for part in parts:
            for changed, spans in part.reach(protocol).items():
                self._reached[changed] += [(part.name, span) for span in spans]
        self.forget()

    def forget(self) -> None:
        """Everything has to be computed again."""
        self._values: dict[str, dict[date, Any]] = {name: {} for name in self._parts}
        self.dirty: set[tuple[str, date]] = set()
        """Parts and days that a change has reached since the last refresh."""

    def note(self, changes: Changes) -> None:
        """Mark what a change can touch."""
        for changed, moment in changes.touched:
            for name, span in self._reached.get(changed, ()):
                self.dirty.update((name, day) for day in span.days(moment, self._zone))

    def value(self, view: View, part: DayPart[T], day: date) -> T:
        """What a local day gives a part."""
        values: dict[date, T] = self._values[part.name]
        if day not in values:
            values[day] = part.compute(view, day)
        return values[day]

    def known(self, part: DayPart[T], day: date) -> T | None:
        """Likewise, as far as it is computed; None where it is not."""
        found: T | None = self._values[part.name].get(day)
        return found

    def refresh(self, view: View) -> Iterator[tuple[str, date]]:
        """Compute again what was marked; the parts and days that changed, or may have."""
        for name, day in self.dirty:
            part, before = self._parts[name], self._values[name].pop(day, None)
            if not part.tells_all or before != self.value(view, part, day):
                yield name, day
        self.dirty = set()
