"""The stays that an engine has in memory: pruned, unloaded when touched longest ago, and what is stored of them."""

from collections.abc import Container, Iterable, Mapping
from datetime import datetime

from picustream.scoring.batch import Effects
from picustream.scoring.budget import LOTS, Budget
from picustream.scoring.stay_state import StayState

MOST_IN_MEMORY = 50_000
"""Values and records that a bounded engine keeps in memory from one batch to the next, about 2 kB each, of the stays
touched last. The others are in the store."""


class StayCache:
    """Stays by their ids, those touched last at the end."""

    def __init__(self, bounded: bool, lot: int | None) -> None:
        """See `Engine`."""
        self._bounded = bounded
        self._lot = lot
        self.stays: dict[str, StayState] = {}
        self.pruning_deferred = False
        """Whether there is more to prune: there was a backlog, or more than a lot allows."""
        self._whole: set[str] = set()
        """Stays whose history was needed, as long as there is a backlog in which it may be needed again."""
        self._stored: dict[str, set[str]] = {}
        """The stored fields of stays whose history was read again, until they are saved."""

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
        """Takes over a stay with its whole history; `fields`: what the store has of it."""
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
        """Prunes the stays touched, and unloads those touched longest ago, but no `busy` one.

        `behind`: there is a backlog, in which only stays beyond the memory limit are pruned, and none whose history was
        needed.
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
        """Prunes stays; whether all of it is done."""
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
        """Unloads stays beyond the limit of a bounded engine, those touched longest ago first, but no `busy` one."""
        size = self.size if self._bounded else 0
        for stay_id in [one for one in self.stays if one not in self._whole and one not in busy]:
            if size > MOST_IN_MEMORY:
                size -= self.stays.pop(stay_id).size

    def save(self, stay: StayState, effects: Effects) -> None:
        """Adds what is to be stored of a stay to the effects."""
        if stay.stay_id not in self._stored and (unsaved := stay.take_unsaved()):
            effects.writes.setdefault(stay.stay_id, {}).update(unsaved)

    def _save_reloaded(self, effects: Effects) -> None:
        """Stores what is left of a stay whose history was read again, and not what came and went meanwhile."""
        for stay_id, stored in self._stored.items():
            unsaved = self.stays[stay_id].take_unsaved()
            fields = {name: value for name, value in unsaved.items() if value is not None or name in stored}
            effects.writes.setdefault(stay_id, {}).update(fields)
        self._stored.clear()
