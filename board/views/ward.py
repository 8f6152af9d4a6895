"""The ward by bed: who lies where, how ill, resting on what, and what changed since the morning."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from picustream.board.views import times
from picustream.board.views.beds import Bed, Child, Left, Unit, Ward
from picustream.board.views.figure import Figure, changes, figure
from picustream.board.views.reading import Reading
from picustream.scoring.presence.record import StayRecord
from picustream.scoring.scores.mods.record import MODS, ModsRecord

MORNING = time(7)
"""Since when changes are shown: the hand-over to the day."""
DAYS_SHOWN = 7
HOURS_BACK, DAYS_BACK = 48, 12
"""How far back moments are offered."""
Place = tuple[str | None, str | None]
"""A unit and a bed."""
EMPTY_FOR = timedelta(days=14)
"""For how long a bed keeps its place on the page after a record last named it: no other bed takes it meanwhile."""


def ward(reading: Reading, now: datetime, zone: ZoneInfo, unit: str | None = None) -> Ward:
    """The ward as known at `now`; `unit`: that one alone."""
    now = now.astimezone(zone)
    since = morning(now)
    by_place: dict[Place, list[Child]] = defaultdict(list)
    here = reading.present(unit)
    stays = [str(stay.stay_id) for stay in here]
    found, earlier = reading.current(MODS, stays), reading.earlier(since).current(MODS, stays)
    for stay, name in zip(here, stays, strict=True):
        by_place[stay.unit, stay.bed].append(_child(stay, found[name], figures(earlier[name]), now, since))
    gone: dict[Place, list[Left]] = defaultdict(list)
    for stay in reading.left(since, unit):
        gone[stay.unit, stay.bed].append(_left(stay, now))
    for place in [*gone, *reading.model.places(now - EMPTY_FOR, reading.at)]:
        if unit in (None, place[0]):
            by_place.setdefault(place, [])
    units: dict[str | None, list[Bed]] = defaultdict(list)
    for place in sorted(by_place, key=lambda place: (natural(place[0]), natural(place[1]))):
        children = sorted(by_place[place], key=lambda child: child.stay)
        units[place[0]] += _beds(place, children, gone[place])
    return Ward(tuple(Unit(name, tuple(found)) for name, found in units.items()), since, now.date())


def _beds(place: Place, children: Sequence[Child], left: Sequence[Left]) -> Iterator[Bed]:
    """The bed of a place; where that is not known one for each child, for they are not in one bed."""
    unit, name = place
    together: Sequence[Sequence[Child]] = [children] if name is not None else [[child] for child in children] or [[]]
    for which, found in enumerate(together):
        yield Bed(name, unit, tuple(found), () if which else tuple(left))


def neighbours(reading: Reading, stay: str) -> tuple[tuple[str, str] | None, tuple[str, str] | None]:
    """The stays in the beds before and after a child's, each with the bed's label, as on a round; None at an end."""
    here = sorted(reading.present(None), key=lambda one: (natural(one.unit), natural(one.bed), one.stay_id))
    found = [(one.stay_id, Bed(one.bed, one.unit, (), ()).label) for one in here]
    place = next((place for place, (one, _) in enumerate(found) if one == stay), None)
    if place is None:
        return None, None
    return found[place - 1] if place else None, found[place + 1] if place + 1 < len(found) else None


def moments(now: datetime) -> list[datetime]:
    """What the ward may be looked at, the newest first: each hour of two days, and the mornings of the days before."""
    hour = now.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    hours = [(hour - timedelta(hours=back)).astimezone(now.tzinfo) for back in range(HOURS_BACK + 1)]
    dawn = morning(hours[-1])
    mornings = [dawn - timedelta(days=back) for back in range(DAYS_BACK)]
    return hours + [one for one in mornings if one < hours[-1]]


def natural(name: str | None) -> tuple[bool, list[tuple[bool, int, str]]]:
    """Sorts bed 10 after bed 2, and what has no name to the end."""
    parts = re.findall(r"\d+|\D+", name or "")
    return name is None, [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def morning(now: datetime) -> datetime:
    """The last morning at or before a local moment."""
    today = now.replace(hour=MORNING.hour, minute=MORNING.minute, second=0, microsecond=0, fold=0)
    return today if today <= now else today - timedelta(days=1)


def figures(found: Iterable[object]) -> dict[date, Figure]:
    """A stay's figures by day."""
    shown = (figure(record) for record in found if isinstance(record, ModsRecord))
    return {one.day: one for one in shown if one is not None}


def _child(
    stay: StayRecord, found: Sequence[object], before: Mapping[date, Figure], now: datetime, since: datetime
) -> Child:
    by_day = figures(found)
    latest = by_day[max(by_day)] if by_day else None
    return Child(
        stay.stay_id,
        times.age(stay.age),
        _picu_day(found, latest),
        latest,
        _of_day(latest, now.date()),
        latest is not None and latest.day != now.date(),
        _oldest(latest, now),
        stay.admitted_at is not None and stay.admitted_at > since,
        _arrived(stay, now, since),
        tuple(changes(before[max(before)], latest)) if latest and before else (),
        _unchanged(latest, before, since),
        tuple(_last_days(by_day)),
    )


def _left(stay: StayRecord, now: datetime) -> Left:
    assert stay.left_at is not None
    at = times.clock(stay.left_at.astimezone(now.tzinfo), now.date(), short=True)
    return Left(stay.stay_id, f"{stay.end or 'left'} {at}")


def _arrived(stay: StayRecord, now: datetime, since: datetime) -> str:
    for words, at in (("came", stay.admitted_at), ("moved here", stay.bed_since)):
        if at is not None and at > since:
            return f"{words} {times.clock(at.astimezone(now.tzinfo), now.date(), short=True)}"
    return ""


def _unchanged(latest: Figure | None, before: Mapping[date, Figure], since: datetime) -> str:
    if latest is not None and latest.day < since.date():
        return "nothing new"
    return "no change" if before else "no score then"


def _oldest(latest: Figure | None, now: datetime) -> str:
    if latest is None or latest.oldest is None:
        return ""
    at, short = latest.oldest
    return f"{times.long(times.between(at, now))} ({short})"


def _picu_day(found: Sequence[object], latest: Figure | None) -> int | None:
    days = [one.picu_day for one in found if isinstance(one, ModsRecord) and latest and one.day == latest.day]
    return days[0] if days else None


def _of_day(latest: Figure | None, today: date) -> str:
    if latest is None:
        return ""
    ago = (today - latest.day).days
    return {0: "today", 1: "yesterday"}.get(ago, times.day(latest.day))


def _last_days(by_day: dict[date, Figure]) -> list[Figure | date]:
    if not by_day:
        return []
    last, first = max(by_day), min(by_day)
    days = [last - timedelta(days=back) for back in reversed(range(DAYS_SHOWN))]
    return [by_day.get(day, day) for day in days if day >= first]
