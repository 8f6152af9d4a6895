"""The stays that an engine has in memory: pruned, unloaded when there is no room, and what is stored of them."""

from collections import OrderedDict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain, islice

from picustream.scoring.batch import Effects
from picustream.scoring.budget import LOTS
from picustream.scoring.memory import Memory
from picustream.scoring.stay_state import StayState

LARGE = 1 << 20
"""Bytes of a stay that takes 0.1 s to read back, and is read back for each of its milestones."""

Order = OrderedDict[str, int]
"""Stays and their sizes, those touched last at the end."""


class StayCache:
    """Stays by their ids. What is asked for each batch is kept as it changes, and costs the same however many they
    are."""

    def __init__(
        self, prunes: bool, lot: int | None, memory: Memory, unloaded: Callable[[StayState], None] | None = None
    ) -> None:
        """`unloaded` gets each stay that leaves; see `Engine`."""
        self._prunes = prunes
        self._lot = lot
        self._memory = memory
        self._unloaded = unloaded
        self.stays: dict[str, StayState] = {}
        self._finished, self._left, self._open = Order(), Order(), Order()
        self._order: dict[str, Order] = {}
        """In which of these a stay is."""
        self._touched: dict[str, None] = {}
        """Stays that were used since they were last put into these, those used last at the end: of a batch of a ward's
        events each stay has dozens."""
        self._last_first = True
        self.size = 0
        """Bytes, as `StayState.size` has them."""
        self.pruning_deferred = False
        """Whether there is more to prune: there was a backlog, or more than a lot allows."""
        self._whole: set[str] = set()
        """Stays whose history was needed, as long as there is a backlog in which it may be needed again."""
        self._unsaved: dict[str, StayState] = {}
        """Stays of which something is to be stored."""
        self._stored: dict[str, set[str]] = {}
        """The stored fields of stays whose history was read again, until they are saved."""
        memory.join(self)

    def touch(self, stay: StayState) -> None:
        """Holds a stay, which was used just now, or has changed."""
        stay_id = stay.stay_id
        self.stays[stay_id] = stay
        self._touched.pop(stay_id, None)
        self._touched[stay_id] = None

    def _put_in_order(self) -> None:
        """Takes note of how large the stays are that were touched, and when they may leave."""
        for stay_id in self._touched:
            self._drop(stay_id)
            stay = self.stays[stay_id]
            order = self._finished if stay.due is None else self._open if stay.is_open else self._left
            self._order[stay_id], order[stay_id] = order, stay.size
            self.size += order[stay_id]
        self._touched.clear()

    def _drop(self, stay_id: str) -> None:
        order = self._order.pop(stay_id, None)
        if order is not None:
            self.size -= order.pop(stay_id)

    def take(self, stay: StayState, now: datetime, effects: Effects) -> None:
        """Takes over a stay that was rebuilt."""
        self.touch(stay)
        if self._prunes:
            self.pruning_deferred = not self._prune([stay.stay_id], now) or self.pruning_deferred

    def reload(self, stay: StayState, fields: Mapping[str, bytes]) -> None:
        """Takes over a stay with its whole history; `fields`: what the store has of it."""
        self.touch(stay)
        self._stored[stay.stay_id] = set(fields)
        self._whole.add(stay.stay_id)

    def tidy(
        self,
        touched: Iterable[str],
        busy: Container[str],
        clock: datetime | None,
        *,
        behind: bool,
        effects: Effects,
    ) -> None:
        """Prunes the stays touched, and unloads others where there is no room, but no `busy` one.

        `behind`: there is a backlog, in which only stays for which there is no room are pruned, and none whose history
        was needed.
        """
        if self._prunes:
            done = behind or self._prune(list(self.stays) if self.pruning_deferred else touched, clock)
            if not behind:
                self._whole.clear()
            self.pruning_deferred = behind or not done
        self.write(effects)
        self.make_room(busy, clock, effects)

    def _prune(self, stays: Iterable[str], clock: datetime | None) -> bool:
        """Prunes stays; whether all of it is done."""
        work = 0
        if clock is None:
            return True
        for stay_id in stays:
            if self._lot is not None and work >= LOTS * self._lot:
                return False
            stay = self.stays[stay_id]
            work += stay.prune(clock)
            if stay.is_unsaved:
                self.save(stay)
        return True

    def make_room(self, busy: Container[str], clock: datetime | None, effects: Effects) -> None:
        """Prunes and unloads stays until the others are within the budget, but no `busy` one."""
        self._put_in_order()
        excess = self._memory.excess(self)
        aim = self.size - excess
        for stay_id in self._dispensable(excess, busy):
            if self._prunes:
                self._prune([stay_id], clock)
                self._put_in_order()
            self.write(effects)
            if self.size <= aim:
                return
            stay = self.stays.pop(stay_id)
            self._drop(stay_id)
            if self._unloaded is not None:
                self._unloaded(stay)

    def _dispensable(self, excess: int, busy: Container[str]) -> list[str]:
        """Stays of a size together: finished ones first, then children who have left, each touched longest ago.

        Of children who are here now the one touched longest ago and the one touched last in turn. Their events come
        round and round, and of a few more than there is room for the one touched longest ago is needed next.
        """
        found: list[str] = []
        if excess <= 0:
            return found
        self._last_first = not self._last_first
        every = self._memory.open_too
        here = _from_both_ends(self._open, self._last_first) if every else ()
        left = (one for one in self._left if every or self._left[one] <= LARGE)
        for stay_id in chain(self._finished, left, here):
            if excess <= 0:
                break
            if stay_id not in busy and stay_id not in self._whole:
                found.append(stay_id)
                excess -= self._order[stay_id][stay_id]
        return found

    def save(self, stay: StayState) -> None:
        """Holds a stay, which was used just now and of which something may have to be stored."""
        self.touch(stay)
        self._unsaved[stay.stay_id] = stay

    def write(self, effects: Effects) -> None:
        """Adds to the effects what is to be stored: once for each stay, however many of its events a batch has.

        Of a stay whose history was read again it is what is left, and not what came and went meanwhile. Where stays are
        `unloaded` whole, nothing of them is stored before.
        """
        for stay_id in (*self._unsaved, *(self._stored.keys() - self._unsaved.keys())):
            stay, stored = self.stays[stay_id], self._stored.get(stay_id)
            if self._unloaded is not None:
                stay.forget_unsaved()
            elif fields := stay.take_unsaved():
                if stored is not None:
                    fields = {name: one for name, one in fields.items() if one is not None or name in stored}
                effects.writes.setdefault(stay_id, {}).update(fields)
        self._unsaved.clear()
        self._stored.clear()


def _from_both_ends(order: Order, last_first: bool) -> Iterator[str]:
    """First, last, second, last but one ..., or last, first, ..."""
    ends = (order, reversed(order))
    return islice(chain.from_iterable(zip(*(reversed(ends) if last_first else ends), strict=True)), len(order))
