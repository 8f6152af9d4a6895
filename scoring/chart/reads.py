"""What cached answers were read from: the spans of time, in each channel, into which a change has to fall to matter.

Of a dense feed 99 events in 100 fall into no such span, and nothing is evaluated for them. Which spans these are is not
a second set of rules: the look-ups note them while an answer is computed, an answer that there was nothing included.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from picustream.scoring.chart.series import Channel, Span, Watch, union

Owner = tuple[str, date]
"""Whose answer it is: the name of what is computed of a day, and the day."""

WIDE = 62
"""Days: a longer span is not entered day by day."""


class Reads:
    """By owner, what its answer was read from. Asking costs the same however long the stay is."""

    def __init__(self) -> None:
        self._spans: dict[Channel, dict[int | None, list[tuple[datetime, datetime, Owner]]]] = {}
        """Channel -> day since year 1, in UTC -> spans that touch the day; under None those that are wide."""
        self._places: defaultdict[Owner, list[tuple[Channel, int | None]]] = defaultdict(list)

    def put(self, owner: Owner, found: list[tuple[Channel, datetime, datetime]]) -> None:
        """Notes what an answer was read from, in the place of what was noted for the owner before."""
        self.drop(owner)
        by_channel: defaultdict[Channel, list[Span]] = defaultdict(list)
        for channel, first, last in found:
            by_channel[channel].append((first, last))
        for channel, spans in by_channel.items():
            for first, last in union(spans):
                for day in _days(first, last):
                    self._spans.setdefault(channel, {}).setdefault(day, []).append((first, last, owner))
                    self._places[owner].append((channel, day))

    def drop(self, owner: Owner) -> None:
        """The owner has no answer any more."""
        for channel, day in self._places.pop(owner, ()):
            by_day = self._spans[channel]
            left = [one for one in by_day.pop(day, ()) if one[2] != owner]
            if left:
                by_day[day] = left

    def spans(self, channel: Channel) -> list[Span]:
        """What all answers were read from of a channel, in time, no two spans touching."""
        found = {(first, last) for spans in self._spans.get(channel, {}).values() for first, last, _ in spans}
        return list(union(found))

    def hit(self, channel: Channel, moment: datetime) -> list[Owner]:
        """Whose answer a change at a moment may change."""
        by_day = self._spans.get(channel)
        if by_day is None:
            return []
        spans = by_day.get(moment.toordinal(), [])
        if None in by_day:
            spans = spans + by_day[None]
        return [owner for first, last, owner in spans if first <= moment <= last]


def _days(first: datetime, last: datetime) -> Iterator[int | None]:
    start, end = first.toordinal(), last.toordinal()
    if end - start > WIDE:
        yield None
    else:
        yield from range(start, end + 1)


@contextmanager
def noted(watch: Watch) -> Iterator[list[tuple[Channel, datetime, datetime]]]:
    """What is looked up within it, and not within another such block inside."""
    before, watch.found = watch.found, []
    try:
        yield watch.found
    finally:
        watch.found = before
