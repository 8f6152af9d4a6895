"""The stays that an engine holds: kept small, the oldest forgotten; and what of them the store is to write."""

from collections.abc import Container, Iterable, Mapping
from datetime import datetime

from picustream.scoring.batch import Effects
from picustream.scoring.budget import LOTS, Budget
from picustream.scoring.stay_state import StayState

MOST_IN_MEMORY = 50_000
"""Values and records that a bounded engine keeps in memory from one batch to the next, about 2 kB each; the stays
touched last. The others are in the store."""


class StayCache:
    """Stays by their ids, those touched last at the end."""

    def __init__(self, bounded: bool, lot: int | None) -> None:
        """See `Engine`."""
        self._bounded = bounded
        self._lot = lot
        self.stays: dict[str, StayState] = {}
        self.pruning_deferred = False
        """Whether there is more to let go of: there was a backlog, or more of it than a lot."""
        self._whole: set[str] = set()
        """Stays whose history was needed, as long as there is a backlog in which it may be needed again."""
        self._stored: dict[str, set[str]] = {}
        """Fields in the store of stays that were read anew, until they are saved."""

    @property
    def size(self) -> int:
        """Values and records."""
        return sum(stay.size for stay in self.stays.values())

    def take(self, stay: StayState, now: datetime, effects: Effects) -> None:
        """Takes over a stay that was rebuilt."""
        self.stays[stay.stay_id] = stay
        if self._bounded:
            self.pruning_deferred = not self._prune([stay.stay_id], now, effects) or self.pruning_deferred

    def reload(self, stay: StayState, fields: Mapping[str, bytes]) -> None:
        """Takes over a stay with its whole history; `fields`: what the store holds of it."""
        self.stays[stay.stay_id] = stay
        self._stored[stay.stay_id] = set(fields)
        self._whole.add(stay.stay_id)

    def prune(
        self,
        touched: Iterable[str],
        busy: Container[str],
        clock: datetime | None,
        *,
        behind: bool,
        effects: Effects,
    ) -> None:
        """Keeps the stays touched small, and in memory those touched last; the `busy` ones stay.

        While there is a backlog only what is too much for the memory, and no stay whose history was needed in it.
        """
        if self._bounded:
            for stay_id in touched:
                self.stays[stay_id] = self.stays.pop(stay_id)
            done = behind or self._prune(list(self.stays) if self.pruning_deferred else touched, clock, effects)
            if not behind:
                self._whole.clear()
            self.pruning_deferred = behind or not done
            if self.size > MOST_IN_MEMORY:
                self._prune(self.stays.keys() - self._whole, clock, effects)
        self._save_reloaded(effects)
        self.forget_the_oldest(busy)

    def _prune(self, stays: Iterable[str], clock: datetime | None, effects: Effects) -> bool:
        """Lets go of what the stays do not need; whether that is done."""
        done, work = True, 0
        if clock is None:
            return True
        for stay_id in stays:
            if self._lot is not None and work >= LOTS * self._lot:
                return False
            budget = Budget(self._lot)
            done = self.stays[stay_id].prune(clock, budget) and done
            work += budget.used
            self.save(self.stays[stay_id], effects)
        return done

    def forget_the_oldest(self, busy: Container[str]) -> None:
        """Where it is too much for a bounded engine; not a stay that is in the midst of something."""
        size = self.size if self._bounded else 0
        for stay_id in [one for one in self.stays if one not in self._whole and one not in busy]:
            if size > MOST_IN_MEMORY:
                size -= self.stays.pop(stay_id).size

    def save(self, stay: StayState, effects: Effects) -> None:
        """Notes what the store is to write of a stay."""
        if stay.stay_id not in self._stored and (unsaved := stay.take_unsaved()):
            effects.writes.setdefault(stay.stay_id, {}).update(unsaved)

    def _save_reloaded(self, effects: Effects) -> None:
        """Of a stay that was read anew what is left of it, and not what came and went since."""
        for stay_id, stored in self._stored.items():
            unsaved = self.stays[stay_id].take_unsaved()
            fields = {name: value for name, value in unsaved.items() if value is not None or name in stored}
            effects.writes.setdefault(stay_id, {}).update(fields)
        self._stored.clear()
