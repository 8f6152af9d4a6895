"""How much one call does: a stay that spans years is evaluated in pieces, so that no other waits for it."""

import math
from collections.abc import Iterator
from typing import Any, Protocol, TypeVar


class Sortable(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...


T = TypeVar("T", bound=Sortable)

LOT = 250
"""Days, pairs, episodes or alerts of one stay that a worker evaluates at a time, some 0.1 ms each: a stay of weeks in
one piece (140 were the most of 140 real stays), and no other stay waits for more than some hundredths of a second."""
LOTS = 2
"""After so many lots a call files no further event: a batch of small changes is one call, for each call costs a
transaction."""
MOST_RECORDS, MOST_BYTES = 1_000, 4 * 1024 * 1024
"""Outputs after which a call files no further event: one event may add two hundred."""


class Budget:
    """What is left for one evaluation of a stay."""

    def __init__(self, units: int | None = None) -> None:
        """`units` None: no limit."""
        self._left = math.inf if units is None else units
        self.used = 0

    @property
    def spent(self) -> bool:
        return self._left <= 0

    @property
    def left(self) -> int | None:
        """Units; None: no limit."""
        return None if math.isinf(self._left) else max(0, int(self._left))

    def spend(self, units: int = 1) -> None:
        self._left -= units
        self.used += units

    def drain(self, some: set[T]) -> Iterator[T]:
        """Removes items from a set, in their order, and yields them, until the budget is spent."""
        for one in sorted(some) if some and not self.spent else ():
            some.remove(one)
            self.spend()
            yield one
            if self.spent:
                return
