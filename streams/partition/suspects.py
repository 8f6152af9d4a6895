"""Which record is it that the program fails at? Found by halving the batch that failed, from one take-over to the next.

Whatever makes a batch fail for good - a fault of ours, a record that nobody thought of - must not stop the other
children of the partition. So it is tried with half of the records, and half of those, until one fails by itself. That
one is set aside (`unprocessable`), and a dead letter and an alert say so.
"""

import time
from collections.abc import Callable, Sequence

from picustream.runtime.errors import BUG, UserError

Place = tuple[str, int]
"""Topic and offset of a record of a partition."""

MOST_SET_ASIDE, WITHIN = 10, 600.0
"""Records in so many seconds. Where there are more it is not the records."""
STUMBLES = 5
"""Failures of the same batch in a row, each with a server that answered before and after, that are no accident."""
LASTS = 60.0
"""Seconds for which a single record has to stumble before it is taken for the cause."""


class TooManySetAside(UserError):
    """The program fails at one record after another."""

    def __init__(self) -> None:
        super().__init__(
            f"More than {MOST_SET_ASIDE} records made the worker fail within {WITHIN / 60:.0f} minutes: this is a bug.",
            "Nothing is lost. Put a version in its place that bears them, then: picustream deadletters resubmit.",
            BUG,
        )


class QuarantineCount:
    """Counts what this worker has set aside lately, over all its partitions."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._claimed: dict[tuple[int, Place], float] = {}

    def claim(self, partition: int, place: Place) -> None:
        """Asked before a record is set aside, each time that it is tried. Raises TooManySetAside."""
        now = self._clock()
        self._claimed = {record: moment for record, moment in self._claimed.items() if now - moment <= WITHIN}
        if (partition, place) in self._claimed:
            return
        if len(self._claimed) >= MOST_SET_ASIDE:
            raise TooManySetAside
        self._claimed[partition, place] = now


class Suspects:
    """What is under suspicion in one partition."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._most: int | None = None
        self._left = 0
        self._stumbles = 0
        self._since: float | None = None
        self.condemned: Place | None = None
        """The record that failed by itself; to be set aside."""
        self.failing_stays: set[str] = set()
        """Stays that fail when their time comes; to be put off."""

    @property
    def active(self) -> bool:
        """Whether a record is being looked for."""
        return self._most is not None

    def bounded(self, records: int) -> int:
        """How many records to try at once, where `records` would be usual."""
        return records if self._most is None else min(records, self._most)

    def failed(self, places: Sequence[Place]) -> bool:
        """The program failed at the records of `places`; whether there is still something to try."""
        if not places or (len(places) == 1 and self.condemned == places[0]):
            return False
        self.condemned = places[0] if len(places) == 1 else None
        self._most, self._left = max(1, len(places) // 2), len(places)
        self._stumbles, self._since = 0, None
        return True

    def stumbled(self, places: Sequence[Place]) -> None:
        """A server failed at the records of `places`, and answers otherwise: in the end they are at fault."""
        self._stumbles += 1
        self._since = self._since if self._since is not None else self._clock()
        if self._stumbles >= STUMBLES and (len(places) > 1 or self._clock() - self._since >= LASTS):
            self.failed(places)

    def passed(self, records: int) -> None:
        """So many records went through."""
        self._stumbles, self._since = 0, None
        self._left -= records
        if self._left <= 0:
            self.acquit()

    def acquit(self) -> None:
        """Nothing is under suspicion any more."""
        self._most, self._left, self.condemned = None, 0, None
