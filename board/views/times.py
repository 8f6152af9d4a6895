"""Moments, days and ages as a person on a ward says them. Local times are those of the protocol's zone."""

from datetime import UTC, date, datetime, timedelta

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STEP = 5
MONTHS_IN_WORDS = 24
"""Below this age a child's months are said."""


def day(on: date) -> str:
    """`Wed 4 Mar`."""
    return f"{on:%a} {on.day} {on:%b}"


def clock(at: datetime, today: date | None = None, short: bool = False) -> str:
    """`07:41`, with its day where that is not `today`: `Wed 4 Mar 07:41`; `short`: `Wed 07:41`."""
    time = f"{at:%H:%M}{_which(at)}"
    if at.date() == today:
        return time
    return f"{weekday(at.date()) if short else day(at.date())} {time}"


def _which(at: datetime) -> str:
    """The offset, in the hour that there is twice when clocks are put back."""
    return f" {at:%z}" if other(at) else ""


def other(at: datetime) -> datetime | None:
    """The other moment at which clocks showed the same, in the hour that there is twice."""
    twin = at.replace(fold=1 - at.fold)
    return None if at.utcoffset() == twin.utcoffset() else twin


def weekday(on: date) -> str:
    """The day of the week, in three letters."""
    return f"{on:%a}"


def between(then: datetime, now: datetime) -> timedelta:
    """How long it is from one moment to another.

    To subtract two moments of one zone gives what its clocks showed: an hour more or less in the nights in which they
    are changed.
    """
    return now.astimezone(UTC) - then.astimezone(UTC)


def long(length: timedelta) -> str:
    """How long something has lasted, in one unit: `12 min`, `5 h`, `3 days`."""
    if length < HOUR:
        return f"{max(0, length // timedelta(minutes=1))} min"
    if length < 2 * DAY:
        return f"{length // HOUR} h"
    return f"{length // DAY} days"


def short(length: timedelta) -> str:
    """Likewise, in steps of some seconds below two minutes: with each of them a page is made anew."""
    seconds = max(0, int(length.total_seconds()))
    return f"{seconds // STEP * STEP} s" if seconds < 120 else long(length)


def age(months: int | None) -> str:
    """An age in completed months: `7 months`, `4 years`; empty where it is not known."""
    if months is None:
        return ""
    if months < MONTHS_IN_WORDS:
        return f"{months} month{'' if months == 1 else 's'}"
    return f"{months // 12} years"


def exact(at: datetime) -> str:
    """`Wed 4 Mar 07:41:09`."""
    return f"{day(at.date())} {at:%H:%M:%S}{_which(at)}"
