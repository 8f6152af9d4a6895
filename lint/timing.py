"""How late and how far out of order a feed files, in memory that does not grow with its events."""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(slots=True)
class Tally:
    """How many, and where the first is (`file:line`)."""

    count: int = 0
    first: str | None = None

    def add(self, where: str) -> None:
        self.count += 1
        self.first = self.first or where


GROWTH = 1.01
"""From one size to the next: what is shown of a spread, the mean of a size, is within 1 % of the truth, and exact where
all have one length; a century has 2,200 sizes."""


class Spread:
    """Median, p95 and greatest of many spans of seconds, none negative: counted by size, not kept."""

    def __init__(self) -> None:
        self._sizes: Counter[int] = Counter()
        self._sums: dict[int, float] = defaultdict(float)
        self.count = 0
        self.greatest = 0.0

    def add(self, seconds: float) -> None:
        self.count += 1
        self.greatest = max(self.greatest, seconds)
        size = math.ceil(math.log(seconds, GROWTH)) if seconds >= 1 else -1
        self._sizes[size] += 1
        self._sums[size] += seconds

    def quantile(self, share: float) -> float | None:
        """The span that a share of all do not pass, within 1 %; None of none."""
        wanted, seen = share * self.count, 0
        for size in sorted(self._sizes):
            seen += self._sizes[size]
            if seen >= wanted:
                return self._sums[size] / self._sizes[size] if size >= 0 else 0.0
        return None

    def as_data(self) -> dict[str, Any]:
        """Seconds, whole: `count`, `median`, `p95`, `max` (the last three null without any)."""
        some = self.count > 0
        quantiles = {"median": self.quantile(0.5), "p95": self.quantile(0.95), "max": self.greatest if some else None}
        return {"count": self.count} | {
            name: None if seconds is None else round(seconds) for name, seconds in quantiles.items()
        }


_STEPS = (3_600, 900, 300, 60, 10, 1)


def about(seconds: float) -> float:
    """Seconds rounded to a step of which they are many, as a person would say them: 30 min for 29 min 57 s."""
    step = next((step for step in _STEPS if step <= 0.04 * seconds), 1)
    return round(seconds / step) * step


@dataclass(slots=True)
class Timing:
    """When the events of one topic and source were filed."""

    lateness: Spread = field(default_factory=Spread)
    """Seconds from what happened to its filing, of the events that say when they were filed."""
    behind: Spread = field(default_factory=Spread)
    """Seconds by which an event was filed before the latest one that came ahead of it; of such events alone."""
    latest: datetime | None = None
    """The greatest filing time so far."""

    def add(self, happened_at: datetime, recorded_at: datetime | None) -> bool:
        """Take note of an event, in the order of arrival. False: it was filed before it happened, and is not counted
        as late."""
        filed_at = recorded_at or happened_at
        if self.latest is not None and filed_at < self.latest:
            self.behind.add((self.latest - filed_at).total_seconds())
        self.latest = filed_at if self.latest is None else max(self.latest, filed_at)
        if recorded_at is None:
            return True
        late = (recorded_at - happened_at).total_seconds()
        if late >= 0:
            self.lateness.add(late)
        return late >= 0


_HOUR = timedelta(hours=1)
_NARROW = 3 * _HOUR
"""An offset from UTC of less than this cannot be distinguished from how long a laboratory takes."""
_EXACTLY = timedelta(seconds=1)


@dataclass(slots=True)
class Apart:
    """Filings that lie as far from what they speak of as a wrong offset would put them."""

    count: int = 0
    """All of the source with both times, without those that speak of an earlier version: these may come at any time."""
    by_offset: Tally = field(default_factory=Tally)
    """About the local offset from UTC away, or less than an hour more."""
    exactly: Tally = field(default_factory=Tally)
    """Measurements exactly so."""

    def add(self, apart: timedelta, offset: timedelta, observed: bool, where: str) -> None:
        """Take note of how long after what it speaks of something was filed; `offset`: from UTC to local time."""
        self.count += 1
        shift = abs(offset)
        if shift < _NARROW:
            return
        if shift <= apart < shift + _HOUR or -shift <= apart < _HOUR - shift:
            self.by_offset.add(where)
        if observed and abs(abs(apart) - shift) < _EXACTLY:
            self.exactly.add(where)

    @property
    def shifted(self) -> Tally | None:
        """Those that look like a wrong offset: nearly all of three or more, or a tenth exactly."""
        if self.count >= 3 and 10 * self.by_offset.count >= 9 * self.count:
            return self.by_offset
        return self.exactly if 10 * self.exactly.count >= max(self.count, 1) else None
