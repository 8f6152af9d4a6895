"""Local calendar days (rules T1, T3, T4). Days of 23 and 25 hours count as one day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from picustream.models.protocol import Protocol
from picustream.models.times import ONE_DAY


@lru_cache(maxsize=4096)
def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a local day, in UTC. Where clocks skip midnight, the moment they skip at."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    """The local calendar day of a moment (T1)."""
    return moment.astimezone(zone).date()


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both included."""
    while first <= last:
        yield first
        first += ONE_DAY


def counted_in(unit: timedelta, span: timedelta) -> Decimal:
    """How many of a unit of time a span holds, in decimals (V2)."""
    return Decimal(span // timedelta.resolution) / Decimal(unit // timedelta.resolution)


def closes_at(day: date, protocol: Protocol) -> datetime:
    """The moment from which a day is closed (T4)."""
    return midnight(day + ONE_DAY, protocol.zone) + protocol.finalise_after


@dataclass(frozen=True, slots=True)
class StudyDay:
    """A day counted from the start of treatment (T3); all None before that is known."""

    elapsed_day: int | None
    sdtm_day: int | None
    in_window: bool | None


def study_day(day: date, treatment_day: date | None, protocol: Protocol) -> StudyDay:
    """Rule T3: `elapsed_day` counts from 0, `sdtm_day` knows no day 0."""
    if treatment_day is None:
        return StudyDay(None, None, None)
    elapsed = (day - treatment_day).days
    sdtm = elapsed + 1 if elapsed >= 0 else elapsed
    first, last = window_days(protocol)
    return StudyDay(elapsed, sdtm, first <= elapsed <= last)


def window_days(protocol: Protocol) -> tuple[int, int]:
    """The first and the last elapsed day of the analysis window."""
    window = protocol.window
    if window.counted_in == "elapsed":
        return window.first_day, window.last_day
    return _elapsed(window.first_day), _elapsed(window.last_day)


def _elapsed(sdtm_day: int) -> int:
    return sdtm_day - 1 if sdtm_day > 0 else sdtm_day
