"""What is known of the versions of one thing: whether a correction met any, and how far apart in time its `final`
versions lie. The least and the greatest of them are enough.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from picustream.models.event import STATUS_RANK, Status
from picustream.scoring.chart.entries import Version

ANOTHER_TIME = timedelta(hours=1)
"""Versions that lie further apart in clinical time than this do not speak of one moment."""
FINAL, AMENDED = STATUS_RANK[Status.FINAL], STATUS_RANK[Status.AMENDED]
STATES_NOTHING = STATUS_RANK[Status.UNKNOWN]


@dataclass(slots=True)
class Lineage:
    """The versions of one thing."""

    plain: Version | None = None
    first: tuple[Version, datetime] | None = None
    last: Version | None = None
    void: Version | None = None
    early: tuple[datetime, Version] | None = None
    late: tuple[datetime, Version] | None = None

    def add(self, version: Any) -> None:
        rank, at = version.rank, version.at
        if rank[1] >= AMENDED:
            self.first, self.last = min(self.first or (rank, at), (rank, at)), max(self.last or rank, rank)
        else:
            self.plain = min(self.plain or rank, rank)
        if rank[1] == STATES_NOTHING:
            self.void = max(self.void or rank, rank)
        if rank[1] == FINAL:
            if self.early is None or at < self.early[0] or (at == self.early[0] and rank > self.early[1]):
                self.early = at, rank
            self.late = max(self.late or (at, rank), (at, rank))

    @property
    def unmatched(self) -> tuple[Version, datetime] | None:
        if self.first is None or self.last is None:
            return None
        met = self.plain is not None and self.plain < self.last
        closed = self.void is not None and self.void > self.last
        return None if met or closed else self.first

    @property
    def two_moments(self) -> tuple[tuple[datetime, Version], tuple[datetime, Version]] | None:
        if self.early is None or self.late is None or self.late[0] - self.early[0] <= ANOTHER_TIME:
            return None
        older, newer = sorted((self.early, self.late), key=lambda dated: dated[1])
        return None if self.last is not None and self.last > older[1] else (older, newer)
