"""Everything trial-specific that docs/rules.md names as a parameter, with its default, and the local calendar (T1)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from .written import exact

DEFAULTS: dict[str, Any] = {
    "timezone": "Asia/Shanghai",  # T1
    "finalise_after_hours": 6,  # T4
    "window_first_day": 3,  # T3
    "window_last_day": 15,  # T3
    "window_days": "elapsed",  # T3: or "sdtm"
    "use_preliminary": True,  # docs/topics.md
    "carry_forward_hours": None,  # M7: no limit
    "intubated_verbal": "as-charted",  # M10: or "assume-5"
    "fio2_look_ahead_minutes": 0,  # P1
    "plateau_27_points": 2,  # A1
    "minimum_age_days": 28,  # E1
    "adult_age_years": 18,  # E1: met up to the day before this birthday
    "review_age_years": 19,  # E1: from there, review up to the day before this birthday
    "oldest_years": 120,  # E1: a birth date that makes nobody younger is none
    "earliest": "2000-01-01T00:00:00Z",  # T6
    "closes_after_hours": None,  # enrolment does not close
}


@dataclass(frozen=True)
class Protocol:
    """One trial's parameters, answering the questions the rules put to them."""

    settings: dict[str, Any]

    @classmethod
    def of(cls, overrides: dict[str, Any] | None) -> "Protocol":
        """The defaults with some entries replaced; an entry nobody knows is a ValueError."""
        unknown = set(overrides or {}) - set(DEFAULTS)
        if unknown:
            raise ValueError(f"no such protocol parameter: {', '.join(sorted(unknown))}")
        return cls({**DEFAULTS, **(overrides or {})})

    def __getitem__(self, name: str) -> Any:
        return self.settings[name]

    @property
    def finalise_after(self) -> timedelta:
        """T4."""
        return hours(self["finalise_after_hours"])

    @property
    def earliest(self) -> datetime:
        """T6: what states a time before this moment is refused. A TOML file may state it as text or as a time."""
        stated = self["earliest"]
        return stated if isinstance(stated, datetime) else moment(stated)

    def local_date(self, time: datetime) -> date:
        """T1: the local calendar day a moment belongs to."""
        return time.astimezone(self._zone).date()

    def midnight(self, day: date) -> datetime:
        """T1: the moment at which a local day begins, in UTC."""
        return datetime(day.year, day.month, day.day, tzinfo=self._zone).astimezone(UTC)

    def day_end(self, day: date) -> datetime:
        """T1: the moment at which a local day ends: 23, 24 or 25 hours after it began."""
        return self.midnight(day + timedelta(days=1))

    def closes(self, day: date) -> datetime:
        """T4: the moment from which a day is closed."""
        return self.day_end(day) + self.finalise_after

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self["timezone"])


UTC = ZoneInfo("UTC")


def hours(number: Any) -> timedelta:
    """A number of hours as a span of real time."""
    return timedelta(microseconds=int(exact(number) * 3_600_000_000))


def in_hours(span: timedelta) -> Fraction:
    """A span of real time in hours, exactly."""
    return Fraction(span // timedelta(microseconds=1), 3_600_000_000)


def in_days(span: timedelta) -> Fraction:
    """A span of real time in days of 24 hours, exactly."""
    return in_hours(span) / 24


def moment(text: str) -> datetime:
    """An instant from ISO 8601 with an offset, in UTC; a ValueError where there is no offset."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("a time needs an offset")
    try:
        return time.astimezone(UTC)
    except OverflowError:  # in UTC the year 0, or 10000: early or late all the same
        return (datetime.min if time.year == 1 else datetime.max).replace(tzinfo=UTC)
