"""Ages from birth dates that may lack a day or a month (E1, A7, M11)."""

from calendar import monthrange
from datetime import date


def born_by(births: list[date], admission: date) -> list[date]:
    """Those of them up to an admission; all of them where none is (E1)."""
    return [born for born in births if born <= admission] or births


def plausible_births(birth_date: str | None, admission: date, oldest_years: int) -> list[date]:
    """E1: every date it can mean; none where each of them makes the child so many years old or older."""
    births = possible_births(birth_date)
    return births if any(completed_years(birth, admission) < oldest_years for birth in births) else []


def possible_births(birth_date: str | None) -> list[date]:
    """Every date that `YYYY`, `YYYY-MM` or `YYYY-MM-DD` can mean; none for no birth date."""
    if birth_date is None:
        return []
    parts = [int(part) for part in birth_date.split("-")]
    if len(parts) == 3:
        return [date(*parts)]
    year, months = parts[0], parts[1:] or range(1, 13)
    return [date(year, month, day) for month in months for day in range(1, monthrange(year, month)[1] + 1)]


def completed_years(birth: date, day: date) -> int:
    """Age on a day in completed years; before the birth it is negative.

    Who was born on 29 February is a year older on 1 March of a common year (E1): no 29 February comes before.
    """
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
