"""When something changed at the desk: the moments that its slider goes through."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from picustream.board.views.moments import Moment, labelled
from picustream.board.views.office import Office
from picustream.board.views.screening import said
from picustream.readmodel.rows import DeskRow, Row
from picustream.scoring.trial.records import ELIGIBILITY

AROUND = timedelta(days=3)
"""Before the moment that is shown, and after it, of which the changes of all stays are listed."""


def of_all(office: Office, at: datetime | None, now: datetime, zone: ZoneInfo) -> tuple[Moment, ...]:
    """The changes of all stays about a moment, or up to now."""
    since, until = (at or now) - AROUND, None if at is None else at + AROUND
    return _moments(office.published(ELIGIBILITY, since, until), office.desk(since=since, until=until), zone)


def of_stay(office: Office, stay: str, zone: ZoneInfo) -> tuple[Moment, ...]:
    """All changes of a stay."""
    return _moments(office.revisions(ELIGIBILITY, stay=stay), office.desk(stay=stay), zone)


def _moments(screenings: Iterable[Row], entries: Iterable[DeskRow], zone: ZoneInfo) -> tuple[Moment, ...]:
    """With the state that each screening came to, and what was entered."""
    what = {row.emitted_at: f"{row.stay} {row.state or 'withdrawn'}" for row in screenings}
    what |= {one.at: f"{one.stay} {said(one)}, {one.by}" for one in entries if one.stay is not None}
    return labelled(what, zone)
