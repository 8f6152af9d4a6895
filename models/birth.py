"""Birth dates of day, month or year precision, and ages in completed years and months."""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema


@dataclass(frozen=True, slots=True)
class Birth:
    """Every date on which the patient may have been born, both ends included."""

    first: date
    last: date

    @property
    def complete(self) -> bool:
        """Whether the day is known."""
        return self.first == self.last

    def __str__(self) -> str:
        day = self.first.isoformat()
        if self.complete:
            return day
        return day[:7] if self.first.month == self.last.month else day[:4]

    def up_to(self, day: date) -> "Birth | None":
        """The possible dates that do not lie after a day, or None where all of them do."""
        return Birth(self.first, min(self.last, day)) if self.first <= day else None

    def years_on(self, day: date) -> tuple[int, int]:
        """The least and the greatest possible age in completed years on a day."""
        return completed_years(self.last, day), completed_years(self.first, day)

    def months_on(self, day: date) -> tuple[int, int]:
        """Likewise in completed months; the possible dates must not lie after the day."""
        return completed_months(self.last, day), completed_months(self.first, day)


def birthday(born: date, years: int) -> date:
    """The day on which somebody turns `years`; born on 29 February: 1 March in common years (rule E1)."""
    year = born.year + years
    if born.month == 2 and born.day == 29 and not calendar.isleap(year):
        return date(year, 3, 1)
    return born.replace(year=year)


def completed_years(born: date, day: date) -> int:
    """Age in completed years on a day."""
    years = day.year - born.year
    return years if day >= birthday(born, years) else years - 1


def completed_months(born: date, day: date) -> int:
    """Age in completed months on a day; born on the 31st: a month is complete on the 1st after a shorter one."""
    months = 12 * (day.year - born.year) + day.month - born.month
    return months if day.day >= born.day else months - 1


_FORMS = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


def parse_birth(text: str) -> Birth:
    """`YYYY-MM-DD`, `YYYY-MM` or `YYYY`. Raises `ValueError` for anything else."""
    match = _FORMS.fullmatch(text)
    if match is None:
        raise ValueError("a birth date is YYYY-MM-DD, YYYY-MM or YYYY")
    year, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None  # the form has one
    try:
        if month is None:
            return Birth(date(year, 1, 1), date(year, 12, 31))
        if day is None:
            return Birth(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))
        return Birth(date(year, month, day), date(year, month, day))
    except ValueError:
        raise ValueError("no such birth date in the calendar; leave out one that is not known") from None


def _birth(value: Any) -> Birth:
    if isinstance(value, Birth):
        return value
    if not isinstance(value, str):
        raise ValueError("a birth date is a string")
    return parse_birth(value)


BirthDate = Annotated[
    Birth,
    BeforeValidator(_birth),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$"}),
]
