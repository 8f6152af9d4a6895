"""What the desk asks of a read model, now or as it was known at a moment."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from picustream.board.views.due import record_of
from picustream.board.views.reading import Reading
from picustream.models.record import ALERT, WITHDRAWN
from picustream.readmodel.asking import Stays
from picustream.readmodel.rows import DeskRow, Row
from picustream.scoring.presence.record import STAY
from picustream.scoring.trial.records import ELIGIBILITY, OUTCOME

CONSENT_DUE, FOLLOW_UP_DUE = "consent-due", "follow-up-due"
"""Alerts of the trial office that ask for an act."""
FIRING = "firing"


class Office(Protocol):
    """A read model, as far as the desk needs one."""

    def current(
        self,
        topic: str,
        *,
        stay: Stays | None = None,
        record: Stays | None = None,
        state: str | None = None,
        name: str | None = None,
    ) -> Sequence[Row]: ...
    def known_at(
        self,
        at: datetime,
        topic: str,
        *,
        stay: Stays | None = None,
        record: Stays | None = None,
        state: str | None = None,
        name: str | None = None,
    ) -> Sequence[Row]: ...
    def changed(self, topic: str, since: datetime, until: datetime | None = None) -> Sequence[str]: ...
    def standing(self, topic: str, at: datetime | None = None) -> Sequence[tuple[str, str]]: ...
    def published(self, topic: str, since: datetime, until: datetime | None = None) -> Sequence[Row]: ...
    def revisions(self, topic: str, *, stay: str) -> Sequence[Row]: ...
    def desk(
        self,
        *,
        stay: Stays | None = None,
        type: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Sequence[DeskRow]: ...


def at_desk(reading: Reading, office: Office, since: datetime) -> list[str]:
    """Who is listed: the children who are here, whose stay changed since a moment, and whoever waits for an act."""
    here = (row.stay for row in in_force(reading, office, STAY, state="present"))
    review = (row.stay for row in in_force(reading, office, ELIGIBILITY, state="review"))
    changed = (*office.changed(STAY, since, reading.at), *office.changed(ELIGIBILITY, since, reading.at))
    due = (row.stay for name in (CONSENT_DUE, FOLLOW_UP_DUE) for row in firing(reading, office, name))
    return sorted({stay for stay in (*here, *review, *changed, *due) if stay is not None})


def in_force(
    reading: Reading,
    office: Office,
    topic: str,
    stays: Stays | None = None,
    state: str | None = None,
    record: Stays | None = None,
    name: str | None = None,
) -> Sequence[Row]:
    if reading.at is None:
        return office.current(topic, stay=stays, state=state, record=record, name=name)
    return office.known_at(reading.at, topic, stay=stays, state=state, record=record, name=name)


def firing(reading: Reading, office: Office, name: str, stays: Stays | None = None) -> Sequence[Row]:
    """The alerts of a name that fire."""
    return in_force(reading, office, ALERT, stays, FIRING, name=name)


def asked_since(reading: Reading, office: Office, stays: Stays) -> dict[str | None, datetime]:
    """From when consent is asked for, as the alerts have it, by stay."""
    return {
        row.stay: datetime.fromisoformat(row.json()["since"]) for row in firing(reading, office, CONSENT_DUE, stays)
    }


def decided(reading: Reading, office: Office, stays: Iterable[str], days: int) -> set[str | None]:
    """Those of the stays of which it is known whether the child lived through the follow-up."""
    rows = in_force(reading, office, OUTCOME, record=[record_of(stay, days) for stay in stays])
    return {row.stay for row in rows if row.status != WITHDRAWN and row.json()["reached"] is not None}
