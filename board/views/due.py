"""What the trial office has to ask for, and from when: consent, and whether a child lived to the end of the follow-up.

By the records of screening, stay and outcome, so that there is a date before an alert fires.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from picustream.models.times import ONE_DAY
from picustream.scoring.clinical.days import local_date, midnight
from picustream.scoring.presence.record import StayRecord
from picustream.scoring.trial.records import EligibilityRecord

CONSENT, FOLLOW_UP = "consent", "follow-up"
NOT_RECORDED = "consent-not-recorded"


@dataclass(frozen=True, slots=True)
class Due:
    """Something to ask for."""

    what: str
    at: datetime
    """From when."""
    now: bool
    """Whether that is over; else it is ahead, unless something changes."""


def consent(screened: EligibilityRecord, since: datetime, zone: ZoneInfo) -> Due | None:
    """A decision on consent, where none is recorded and nothing else stands against it. `since`: from when it is asked
    for, where every other criterion is met; where time alone is missing, it will be when time decides."""
    criteria = {one.criterion: one for one in screened.criteria}
    asked = criteria.pop("consent", None)
    if asked is None or asked.detail != NOT_RECORDED:
        return None
    others = {one.met for one in criteria.values()}
    if others == {True}:
        return Due(CONSENT, since.astimezone(zone), True)
    decided = screened.next_change_at
    if False in others or decided is None or _is_over(screened.closes_at, decided):
        return None
    return Due(CONSENT, decided.astimezone(zone), False)


def follow_up(stay: StayRecord | None, decided: bool, days: int, now: datetime, zone: ZoneInfo) -> Due | None:
    """Whether a child that left alive lived `days` more, unless that is `decided`: from the midnight after them."""
    if stay is None or decided or stay.left_at is None or not left_alive(stay):
        return None
    due = midnight(local_date(stay.left_at, zone) + (days + 1) * ONE_DAY, zone)
    return Due(FOLLOW_UP, due.astimezone(zone), due <= now)


def left_alive(stay: StayRecord) -> bool:
    """Whether the stay ended, and not by death."""
    return stay.end == "discharged"


def record_of(stay: str, days: int) -> str:
    """The record of the outcome that ends the follow-up of a stay."""
    return f"{stay}/outcome/death-{days}d"


def _is_over(closes: datetime | None, at: datetime) -> bool:
    return closes is not None and closes <= at
