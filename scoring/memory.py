"""How much memory the stays of a process may take: one budget for all of its engines."""

from typing import Protocol
from weakref import WeakSet

SLACK = 20
"""Whoever is over the budget unloads one part in so many more than need be, and not a stay with each batch."""


class Holder(Protocol):
    @property
    def size(self) -> int:
        """Bytes held."""


class Memory:
    """A budget in bytes, and who shares it. A worker has an engine per partition, and all of them one thread."""

    def __init__(self, budget: int | None = None, *, open_too: bool = True) -> None:
        """`budget` None: no limit. `open_too`: whether the stays of children who are here now, and large ones as long
        as time may change them, may be unloaded. Where nothing is pruned they are read back again and again, and that
        takes as long as everything else."""
        self.budget = budget
        self.open_too = open_too
        self._holders: WeakSet[Holder] = WeakSet()

    def join(self, holder: Holder) -> None:
        """One more shares the budget, for as long as it is there."""
        self._holders.add(holder)

    @property
    def used(self) -> int:
        """Bytes."""
        return sum(one.size for one in self._holders)

    def excess(self, holder: Holder) -> int:
        """Bytes that a holder is to unload, 0 for none: nobody goes below an equal share for the sake of others."""
        if self.budget is None:
            return 0
        share = self.budget // len(self._holders)
        over = min(self.used - self.budget, holder.size - share)
        return over + min(self.budget, holder.size) // SLACK if over > 0 else 0
