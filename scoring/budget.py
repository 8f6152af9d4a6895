"""How much is done in one go: a stay that spans years is worked off in pieces, so that no other has to wait for it."""

import math
from collections.abc import Iterator
from typing import Any, Protocol, TypeVar


class Sortable(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...


T = TypeVar("T", bound=Sortable)

LOT = 50
"""Days, pairs, episodes or alerts of one stay that a worker looks at in one go, about 0.4 ms each: a stay of weeks in
one piece, and on a busy machine nobody waits for more than some tenths of a second."""
LOTS = 10
"""After so many a call takes no further event in: a batch of small changes is one call, for each call costs a
transaction."""
MOST_RECORDS, MOST_BYTES = 1_000, 4 * 1024 * 1024
"""Outputs after which an engine takes no further event into the same transaction: one event may add two hundred."""


class Budget:
    """What is left of one look at a stay."""

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
        """Takes items out of a set, in their order, as far as it goes."""
        for one in sorted(some) if some and not self.spent else ():
            some.remove(one)
            self.spend()
            yield one
            if self.spent:
                return
