"""What cached answers were read from: the spans of time, in each channel, into which a change has to fall to matter.

Of a dense feed 99 events in 100 fall into no such span, and nothing is evaluated for them. Which spans these are is not
a second set of rules: the look-ups note them while an answer is computed, an answer that there was nothing included.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from picustream.scoring.chart.series import Channel, Span, Watch, union

Owner = tuple[str, date]
"""Whose answer it is: the name of what is computed of a day, and the day."""

WIDE = 14
"""Days: a longer span is not entered day by day. To enter it takes 0.4 us a day, to ask for it 0.1 us a change."""

_OfDay = dict[Owner, tuple[datetime, ...]]
"""First and last moment of each span, in turn: most owners have one, for which a list of pairs takes 120 bytes, and not
56."""
_ByDay = dict[int | None, _OfDay]
"""Day since year 1, in UTC -> by owner, the spans that touch the day; under None those that are wide."""


class Reads:
    """By owner, what its answer was read from. Asking costs the same however long the stay is."""

    def __init__(self) -> None:
        self._spans: dict[Channel, _ByDay] = {}
        self._places: dict[Owner, list[_OfDay]] = {}
        self._until: dict[Channel, datetime] = {}
        """After this moment nothing was read: most values of a monitor come after it."""

    def put(self, owner: Owner, found: list[tuple[Channel, datetime, datetime]]) -> None:
        """Notes what an answer was read from, in the place of what was noted for the owner before."""
        self.drop(owner)
        places = self._places[owner] = []
        for channel, first, last in _joined(found):
            by_day = self._spans.get(channel)
            if by_day is None:
                by_day, self._until[channel] = {}, last
                self._spans[channel] = by_day
            elif last > self._until[channel]:
                self._until[channel] = last
            for day in _days(first, last):
                of_day = by_day.get(day)
                if of_day is None:
                    of_day = by_day[day] = {}
                spans = of_day.get(owner)
                if spans is None:
                    of_day[owner] = first, last
                    places.append(of_day)
                else:
                    of_day[owner] = (*spans, first, last)

    def drop(self, owner: Owner) -> None:
        """The owner has no answer any more."""
        for of_day in self._places.pop(owner, ()):
            del of_day[owner]

    def spans(self, channel: Channel, since: datetime) -> list[Span]:
        """What all answers were read from of a channel, in time, no two spans touching; of spans that end before a
        moment some."""
        first = since.toordinal()
        some = (of_day for day, of_day in self._spans.get(channel, {}).items() if day is None or day >= first)
        return list(union({span for of_day in some for spans in of_day.values() for span in _pairs(spans)}))

    def hit(self, channel: Channel, moment: datetime, found: set[Owner]) -> None:
        """Adds whose answer a change at a moment may change."""
        until = self._until.get(channel)
        if until is None or moment > until:
            return
        by_day = self._spans[channel]
        for day in (moment.toordinal(), None):
            for owner, spans in by_day.get(day, _NONE).items():
                for place in range(0, len(spans), 2):  # pairs of them would take three times as long
                    if spans[place] <= moment <= spans[place + 1]:
                        found.add(owner)

    def beyond(self, moment: datetime, found: set[Owner]) -> None:
        """Adds whose answer was read from anything after a moment."""
        for by_day in self._spans.values():
            for day, of_day in by_day.items():
                if day is None or day >= moment.toordinal():
                    found.update(owner for owner, spans in of_day.items() if any(last > moment for last in spans[1::2]))


_NONE: _OfDay = {}


def _pairs(spans: tuple[datetime, ...]) -> Iterator[Span]:
    return zip(spans[::2], spans[1::2], strict=True)


def _joined(found: list[tuple[Channel, datetime, datetime]]) -> list[tuple[Channel, datetime, datetime]]:
    """The same moments of each channel, without most of what lies in another span."""
    joined: list[tuple[Channel, datetime, datetime]] = []
    for one in sorted(found) if len(found) > 1 else found:
        if joined and one[0] == joined[-1][0] and one[1] <= joined[-1][2]:
            if one[2] > joined[-1][2]:
                joined[-1] = one[0], joined[-1][1], one[2]
        else:
            joined.append(one)
    return joined


def _days(first: datetime, last: datetime) -> Sequence[int | None]:
    start, end = first.toordinal(), last.toordinal()
    if start == end:
        return (start,)
    return range(start, end + 1) if end - start <= WIDE else (None,)


class noted:
    """What is looked up within it, and not within another such block inside."""

    __slots__ = ("_before", "_watch", "found")

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self.found: list[tuple[Channel, datetime, datetime]] = []

    def __enter__(self) -> list[tuple[Channel, datetime, datetime]]:
        self._before, self._watch.found = self._watch.found, self.found
        return self.found

    def __exit__(self, *_: object) -> None:
        self._watch.found = self._before
