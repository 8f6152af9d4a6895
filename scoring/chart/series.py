"""Series: observations ordered in time (rule V1), and the look-ups that rules make in them.

Items that no record depends on may have been pruned (`pruning.py`, invariant I9). A series knows the spans in which
they lay, and every look-up knows the span that its answer depends on: where the two meet, the series does not guess and
raises `HistoryNeeded`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from heapq import merge
from operator import attrgetter, itemgetter
from typing import Generic, Protocol, TypeVar

from picustream.models.times import ONE_DAY

Order = tuple[datetime, datetime, str, str]
"""(happened at, filed at, source, id): rule V1."""
Span = tuple[datetime, datetime]
"""From one moment to another, both included."""
Run = tuple[int, int]
"""Places of items: of the first, and behind the last."""

Channel = str
"""What a look-up asks: one series, or several together. Spans of different channels never meet."""

TICK = timedelta(microseconds=1)
"""The resolution of time here: the smallest step past a moment."""


class HistoryNeeded(Exception):
    """An answer may depend on something that was pruned: the history of the stay `stay_id` is needed."""

    stay_id: str = ""


class Ordered(Protocol):
    @property
    def at(self) -> datetime: ...

    @property
    def order(self) -> Order: ...


T = TypeVar("T", bound=Ordered)
_order = attrgetter("order")


class Watch:
    """Takes note of what answers are read from, while somebody watches (`reads.py`)."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: list[tuple[Channel, datetime, datetime]] | None = None
        """None: nobody watches."""

    def note(self, channel: Channel, first: datetime, last: datetime) -> None:
        """An answer depends on everything from one moment to another, both included."""
        if self.found is not None and first <= last:
            self.found.append((channel, first, last))


class Series(Generic[T]):
    """Items in the order V1, no two alike."""

    __slots__ = ("_items", "_moments", "_watch", "added", "channel", "gaps")

    def __init__(self, channel: Channel = "", watch: Watch | None = None) -> None:
        """`channel`: its name. `watch`: who takes note of what is looked up in it."""
        self.channel = channel
        self._watch = watch
        self._moments: list[datetime] = []
        self._items: list[T] = []
        """Those of one moment in the rest of the order."""
        self.gaps: list[Span] = []
        """The spans in which something was pruned, in time, none touching another."""
        self.added = 0
        """Items added since the last pruning, or the last count for it."""

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def add(self, item: T) -> None:
        """Puts an item in its place."""
        self.added += 1
        moments, moment = self._moments, item.at
        if not moments or moment > moments[-1]:  # as most come
            moments.append(moment)
            self._items.append(item)
            return
        place = self._place(item)
        moments.insert(place, moment)
        self._items.insert(place, item)

    def remove(self, item: T) -> None:
        """Takes an item out. Raises `KeyError` when it is not there."""
        place = self._place(item)
        if place == len(self._items) or self._items[place].order != item.order:
            raise KeyError(item)
        del self._moments[place]
        del self._items[place]

    def _place(self, item: T) -> int:
        """How many items are before one in the order V1."""
        moments, moment = self._moments, item.at
        first, last = bisect_left(moments, moment), bisect_right(moments, moment)
        return bisect_left(self._items, item.order, first, last, key=_order) if first < last else first

    def before(self, moment: datetime) -> int:
        """How many items happened before a moment."""
        return bisect_left(self._moments, moment)

    def days(self, since: datetime) -> Iterator[Run]:
        """Of each day of UTC with items, their places, from a midnight on."""
        moments, place = self._moments, self.before(since)
        while place < len(moments):
            end = self.before(midnight(moments[place].date() + ONE_DAY))
            yield place, end
            place = end

    def moment(self, place: int) -> datetime:
        """When the item at a place happened."""
        return self._moments[place]

    def part(self, run: Run) -> list[T]:
        """The items at some places."""
        return self._items[slice(*run)]

    def is_pruned_on_day_of(self, place: int) -> bool:
        """Whether a pruned span touches the day of UTC of the item at a place."""
        start = midnight(self._moments[place].date())
        gap = bisect_left(self.gaps, (start + ONE_DAY,)) - 1
        return gap >= 0 and self.gaps[gap][1] >= start

    def newest(self) -> datetime | None:
        """When the last item happened, of those that are here."""
        return self._moments[-1] if self._moments else None

    def last_at(self) -> datetime | None:
        """When the last item happened."""
        last = self.newest()
        if self.gaps and (last is None or last < self.gaps[-1][1]):
            raise HistoryNeeded
        return last

    def walk(self, first: datetime, last: datetime) -> Iterator[T]:
        """Items that happened from `first` to `last`, both included; depends on no more than was walked."""
        for place in range(self.before(first), self.before(last + TICK)):
            self._depends_on(first, self._moments[place])
            yield self._items[place]
        self._depends_on(first, last)

    def between(self, first: datetime, last: datetime) -> list[T]:
        """Likewise, all of them."""
        self._depends_on(first, last)
        return self._items[self.before(first) : self.before(last + TICK)]

    def latest(self, first: datetime, last: datetime) -> T | None:
        """The last item in the order V1 that happened from `first` to `last`, both included."""
        place = self.before(last + TICK) - 1
        found = place >= 0 and self._moments[place] >= first
        self._depends_on(self._moments[place] if found else first, last)
        return self._items[place] if found else None

    def nearest(
        self, moment: datetime, first: datetime, last: datetime, fits: Callable[[T], bool] = lambda _: True
    ) -> T | None:
        """Of the items from `first` to `last` that fit the one nearest to a moment, at equal distance the earlier."""
        for item in self._outward(moment, first, last):
            if fits(item):
                distance = abs(item.at - moment)
                self._depends_on(max(first, moment - distance), min(last, moment + distance))
                return item
        self._depends_on(first, last)
        return None

    def is_pruned_at(self, moment: datetime) -> bool:
        """Whether a moment lies in a pruned span."""
        place = bisect_right(self.gaps, moment, key=lambda gap: gap[0])
        return place > 0 and self.gaps[place - 1][1] >= moment

    def prune(self, runs: Sequence[Run], answers: Sequence[Span], since: datetime) -> list[T]:
        """Removes the items at some places (there is one), gives them back, and remembers where they lay.

        `runs`: in order, each without an answer between its first item and its last. `answers`: the spans that answers
        depend on, in time, from `since` on; runs are of no earlier items, and no earlier gap grows by them.
        """
        gone = [item for run in runs for item in self.part(run)]
        spans = [(self._moments[first], self._moments[end - 1]) for first, end in runs]
        for first, end in reversed(runs):
            del self._items[first:end]
            del self._moments[first:end]
        # What lies before the gap that the first of them may join is as it was.
        place = max(bisect_left(self.gaps, since, key=_end), bisect_left(self.gaps, spans[0]) - 1)
        self.gaps[place:] = self._joined(sorted(self.gaps[place:] + spans), answers)
        self.added = 0
        return gone

    def _joined(self, spans: list[Span], answers: Sequence[Span]) -> list[Span]:
        """Spans in time, as one where nothing lies between them: no item, and no answer that there was none."""

        def apart(end: datetime, first: datetime) -> bool:
            answer = bisect_left(answers, (end + TICK,))
            return self.before(first) > self.before(end + TICK) or (
                answer < len(answers) and answers[answer][0] < first
            )

        joined: list[Span] = []
        for first, last in spans:
            if not joined or apart(joined[-1][1], first):
                joined.append((first, last))
            else:
                joined[-1] = joined[-1][0], max(joined[-1][1], last)
        return joined

    def _depends_on(self, first: datetime, last: datetime) -> None:
        """Notes the span that an answer depends on. Raises `HistoryNeeded` where something of it was pruned."""
        if last < first:
            return
        if self._watch is not None:
            self._watch.note(self.channel, first, last)
        if self.gaps:
            place = bisect_right(self.gaps, last, key=lambda gap: gap[0])
            if place > 0 and self.gaps[place - 1][1] >= first:
                raise HistoryNeeded

    def _outward(self, moment: datetime, first: datetime, last: datetime) -> Iterator[T]:
        """Items from `first` to `last` by their distance to a moment, at equal distance in the order V1."""
        middle, end = self.before(moment), self.before(last + TICK)
        earlier = self._backward(min(middle, end), self.before(first))
        later = (self._items[place] for place in range(max(middle, self.before(first)), end))
        return merge(earlier, later, key=lambda item: (abs(item.at - moment), item.order))

    def _backward(self, end: int, start: int) -> Iterator[T]:
        """Items from place `end` back to `start`, those of one moment in the order V1."""
        while end > start:
            begin = max(start, self.before(self._moments[end - 1]))
            yield from self._items[begin:end]
            end = begin


_end = itemgetter(1)


def midnight(day: date) -> datetime:
    """When a day of UTC begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def nearest(items: list[T], moment: datetime) -> T | None:
    """The item nearest in time; at equal distance the earlier in the order V1."""
    return min(items, key=lambda item: (abs(item.at - moment), item.order), default=None)


def union(spans: Iterable[Span]) -> Iterator[Span]:
    """The same moments in spans that lie apart, in time."""
    current: Span | None = None
    for first, last in sorted(spans):
        if current is None or first > current[1]:
            if current is not None:
                yield current
            current = first, last
        else:
            current = current[0], max(current[1], last)
    if current is not None:
        yield current
