"""Ages from birth dates that may lack a day or a month (E1, A7, M11)."""

from datetime import date, timedelta


def born_by(births: list[date], admission: date) -> list[date]:
    """Those of them up to an admission; all of them where none is (E1)."""
    return [born for born in births if born <= admission] or births


def possible_births(birth_date: str | None) -> list[date]:
    """Every date that `YYYY`, `YYYY-MM` or `YYYY-MM-DD` can mean; none for no birth date."""
    if birth_date is None:
        return []
    parts = [int(part) for part in birth_date.split("-")]
    if len(parts) == 3:
        return [date(*parts)]
    year, month = parts[0], parts[1] if len(parts) == 2 else None
    first = date(year, month or 1, 1)
    year_of_days = [first + timedelta(days=n) for n in range(366)]
    return [day for day in year_of_days if day.year == year and month in (None, day.month)]


def birthday(birth: date, years: int) -> date:
    """The birthday on which somebody is `years` old; born 29 February: 1 March in common years (E1)."""
    try:
        return birth.replace(year=birth.year + years)
    except ValueError:
        return date(birth.year + years, 3, 1)


def completed_years(birth: date, day: date) -> int:
    """Age on a day in completed years; before the birth it is negative."""
    years = day.year - birth.year
    return years if birthday(birth, years) <= day else years - 1
