"""When time alone may next change a stay, and which stays are unfinished."""

import heapq
from collections.abc import Container, Iterable, Iterator
from datetime import datetime
from itertools import islice

from picustream.models.record import Cause

LATE_AT_ONCE = 20
"""Stays that a worker loads at a time because they fall due: after months of standstill that may be all of them."""
OUTDATED = 64
"""Entries of the queue, besides as many as there are stays, after which those that hold no longer are thrown out."""


class DueTimes:
    """Due times of stays, the earliest first. What is asked costs by how many fall due, not by how many there are."""

    def __init__(self) -> None:
        self._due: dict[str, datetime] = {}
        self._queue: list[tuple[datetime, str]] = []
        """A heap with every due time, and some that hold no longer."""
        self.unfinished: dict[str, Cause] = {}
        """Stays of which more is to be evaluated, in turn, and the cause of it. In the store they are due at the moment
        of the last evaluation, so that a new engine evaluates them again."""

    def install(self, due: Iterable[tuple[str, datetime]]) -> None:
        """Takes over what the store keeps."""
        for stay_id, moment in due:
            self._set(stay_id, moment)

    def next(self) -> tuple[datetime, str] | None:
        """The earliest moment, and the stay."""
        queue, due = self._queue, self._due
        while queue:
            moment, stay_id = first = queue[0]
            if due.get(stay_id) == moment:
                return first
            heapq.heappop(queue)
        return None

    def late(self, until: datetime, loaded: Container[str], most: int | None) -> set[str]:
        """Stays that fall due up to a moment and are not loaded; of many the earliest."""
        return set(islice((stay_id for stay_id in self._until(until) if stay_id not in loaded), most))

    def _until(self, moment: datetime) -> Iterator[str]:
        """Stays that fall due up to a moment, the earliest first: no entry of a heap is before the one above it."""
        queue, open_ = self._queue, [(self._queue[0], 0)] if self._queue else []
        while open_ and open_[0][0][0] <= moment:
            entry, place = heapq.heappop(open_)
            if self._holds(entry):
                yield entry[1]
            for below in (2 * place + 1, 2 * place + 2):
                if below < len(queue):
                    heapq.heappush(open_, (queue[below], below))

    def _holds(self, entry: tuple[datetime, str]) -> bool:
        return self._due.get(entry[1]) == entry[0]

    def finished(self, stay_id: str, due: datetime | None) -> bool:
        """A stay was evaluated and falls due next at a moment; whether that is to be stored."""
        changed = self.unfinished.pop(stay_id, None) is not None or due != self._due.get(stay_id)
        if changed:
            self._set(stay_id, due)
        return changed

    def goes_on(self, stay_id: str, cause: Cause) -> None:
        """A stay was evaluated, and there is more."""
        self.unfinished.pop(stay_id, None)
        self.unfinished[stay_id] = cause
        self._due.pop(stay_id, None)

    def _set(self, stay_id: str, moment: datetime | None) -> None:
        if moment is None:
            self._due.pop(stay_id, None)
            return
        self._due[stay_id] = moment
        heapq.heappush(self._queue, (moment, stay_id))
        if len(self._queue) > 2 * len(self._due) + OUTDATED:
            self._queue = [(moment, stay_id) for stay_id, moment in self._due.items()]
            heapq.heapify(self._queue)
