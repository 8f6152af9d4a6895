"""What the pages ask of a read model, now or as it was known at another moment. They are given what the ward may see.

A read model for the ward holds no more than that anyway; of one that holds everything, the rest is left out here.
"""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol, cast

from picustream.models.record import Record
from picustream.readmodel.asking import Stays
from picustream.readmodel.blinding import completed, digest_of, seen_by_ward
from picustream.scoring.presence.record import STAY, StayRecord
from picustream.scoring.scores.registry import MODELS

REMEMBERED = 8192
"""Records kept as read: a revision never changes, and a wall asks for the same ones all day."""


class Row(Protocol):
    """A revision as it is stored."""

    @property
    def topic(self) -> str: ...
    @property
    def record(self) -> str: ...
    @property
    def state(self) -> str | None: ...
    @property
    def body(self) -> str: ...


class Model(Protocol):
    """A read model, as far as these pages need one."""

    def snapshot(self) -> AbstractContextManager["Model"]:
        """It, standing still."""

    def current(self, topic: str, *, stay: Stays | None = None) -> Sequence[Row]:
        """The records in force."""

    def known_at(
        self, at: datetime, topic: str, *, stay: Stays | None = None, state: str | None = None
    ) -> Sequence[Row]:
        """Those that were in force at a moment."""

    def revisions(self, topic: str, *, stay: str) -> Sequence[Row]:
        """All revisions of a stay's records, each record's in order."""

    def present(self, unit: str | None = None) -> Sequence[Row]:
        """The records of the stays of those who are in the PICU."""

    def published(self, topic: str, since: datetime, until: datetime | None = None) -> Sequence[Row]:
        """The revisions that were published since a moment, until another, in the order of their records."""

    def places(self, since: datetime, until: datetime | None = None) -> Sequence[tuple[str | None, str]]:
        """Units and beds that were named since a moment."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A read model as known at `at`; None: now."""

    model: Model
    at: datetime | None = None

    def current(self, topic: str, stays: Collection[str]) -> dict[str, list[Record]]:
        """The records of stays that were in force, by stay."""
        rows = (
            self.model.current(topic, stay=stays)
            if self.at is None
            else self.model.known_at(self.at, topic, stay=stays)
        )
        found: dict[str, list[Record]] = {stay: [] for stay in stays}
        for one in records(rows):
            found[str(one.stay_id)].append(one)
        return found

    def present(self, unit: str | None) -> list[StayRecord]:
        """The stays of those who were there, in a unit or in any."""
        rows = self.model.present(unit) if self.at is None else self.model.known_at(self.at, STAY, state="present")
        stays = [record for record in records(rows) if isinstance(record, StayRecord)]
        return [stay for stay in stays if unit in (None, stay.unit)]

    def left(self, since: datetime, unit: str | None) -> list[StayRecord]:
        """The stays that ended since a moment, in a unit or in any."""
        newest = {row.record: row for row in self.model.published(STAY, since, self.at)}
        stays = [record for record in records([*newest.values()]) if isinstance(record, StayRecord)]
        return [one for one in stays if one.left_at is not None and one.left_at > since and unit in (None, one.unit)]

    def revisions(self, topic: str, stay: str) -> list[list[Record]]:
        """Each of a stay's records with its revisions, oldest first."""
        chains: dict[str, list[Row]] = {}
        for row in self.model.revisions(topic, stay=stay):
            chains.setdefault(row.record, []).append(row)
        return [found for rows in chains.values() if (found := self._seen(rows))]

    def earlier(self, at: datetime) -> "Reading":
        """The same, as known at an earlier moment."""
        return Reading(self.model, at if self.at is None else min(at, self.at, key=datetime.timestamp))

    def _seen(self, rows: Sequence[Row]) -> list[Record]:
        """The revisions that changed what is seen, counted anew: the count would give away the others."""
        found: list[Record] = []
        last = None
        for row in rows:
            seen = record(row.topic, row.body)
            if self.at is not None and seen.emitted_at > self.at:
                continue
            digest = _digest(row.topic, row.body)
            if digest != last:
                number = len(found) + 1
                own = {"revision": number, "event_id": f"{row.record}/w{number}", "supersedes": None}
                found.append(seen.model_copy(update=own))
            last = digest
        return found


def records(rows: Sequence[Row]) -> list[Record]:
    """The records of rows."""
    return [record(row.topic, row.body) for row in rows]


@lru_cache(REMEMBERED)
def record(topic: str, body: str) -> Record:
    """A record of a stay from its text: what the ward may see of it, and nothing in all other fields."""
    return cast(Record, MODELS[topic].model_validate(completed(topic, seen_by_ward(topic, body))))


@lru_cache(REMEMBERED)
def _digest(topic: str, body: str) -> str:
    return digest_of(seen_by_ward(topic, body))
