"""Things ordered in time: the order of observations everywhere (rule V1), and the look-ups that rules make in it."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

Order = tuple[datetime, datetime, str, str]
"""(happened at, filed at, source, id): rule V1."""

TICK = timedelta(microseconds=1)
"""The resolution of time here: the smallest step past a moment."""


class Ordered(Protocol):
    @property
    def order(self) -> Order: ...


T = TypeVar("T", bound=Ordered)


class Series(Generic[T]):
    """Items in the order V1, no two alike."""

    __slots__ = ("_items", "_orders")

    def __init__(self) -> None:
        self._orders: list[Order] = []
        self._items: list[T] = []

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def add(self, item: T) -> None:
        """Puts an item in its place."""
        place = bisect_left(self._orders, item.order)
        self._orders.insert(place, item.order)
        self._items.insert(place, item)

    def remove(self, item: T) -> None:
        """Takes an item out. Raises `KeyError` when it is not there."""
        place = bisect_left(self._orders, item.order)
        if place == len(self._orders) or self._orders[place] != item.order:
            raise KeyError(item)
        del self._orders[place]
        del self._items[place]

    def last_at(self) -> datetime | None:
        """When the last item happened."""
        return self._orders[-1][0] if self._orders else None

    def before(self, moment: datetime) -> int:
        """How many items happened before a moment."""
        return bisect_left(self._orders, (moment,))

    def between(self, first: datetime, last: datetime) -> list[T]:
        """Items that happened from `first` to `last`, both included."""
        return self._items[self.before(first) : self.before(last + TICK)]

    def latest(self, first: datetime, last: datetime) -> T | None:
        """The last item in the order V1 that happened from `first` to `last`, both included."""
        place = self.before(last + TICK) - 1
        if place < 0 or self._orders[place][0] < first:
            return None
        return self._items[place]


def nearest(items: list[T], moment: datetime) -> T | None:
    """The item nearest in time; at equal distance the earlier in the order V1."""
    return min(items, key=lambda item: (abs(item.order[0] - moment), item.order), default=None)
