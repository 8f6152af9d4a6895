"""The ward by bed: who lies where, how ill, resting on what, and what changed since the morning."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from picustream.board.views import times
from picustream.board.views.figure import Change, Figure, changes, figure
from picustream.board.views.reading import Reading
from picustream.scoring.presence.record import StayRecord
from picustream.scoring.scores.mods.record import MODS, ModsRecord

MORNING = time(7)
"""Since when changes are shown: the hand-over to the day."""
DAYS_SHOWN = 7
EMPTY_FOR = timedelta(days=14)
"""For how long a bed keeps its place on the page after a record last named it: no other bed takes it meanwhile."""


@dataclass(frozen=True, slots=True)
class Child:
    """A stay as its bed shows it."""

    stay: str
    who: str
    """`4 years`; empty where nothing is known."""
    picu_day: int | None
    figure: Figure | None
    of_day: str
    """Which day the figure speaks of: `today`, `yesterday`, `Wed 4 Mar`."""
    old: bool
    """Whether the figure is not of today."""
    oldest: str
    """How long ago its oldest value was taken."""
    changes: tuple[Change, ...]
    new: bool
    """Whether it had no figure in the morning."""
    days: tuple[Figure | date, ...]
    """The last days, oldest first; a date alone where there is no record."""

    @property
    def before(self) -> Figure | None:
        """The figure of the day before."""
        found = self.days[-2] if len(self.days) > 1 else None
        return found if isinstance(found, Figure) else None


@dataclass(frozen=True, slots=True)
class Bed:
    """A place on the ward. More than one child in it is a conflict, and shown as one."""

    name: str | None
    children: tuple[Child, ...]

    @property
    def anchor(self) -> str:
        """A name for the page."""
        return "bed-" + re.sub(r"[^A-Za-z0-9]+", "-", self.name or "none")

    @property
    def label(self) -> str:
        return f"Bed {self.name}" if self.name else "No bed known"

    @property
    def conflict(self) -> bool:
        return self.name is not None and len(self.children) > 1


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit's beds, in the order of their names."""

    name: str | None
    beds: tuple[Bed, ...]

    @property
    def children(self) -> list[tuple[Bed, Child]]:
        return [(bed, child) for bed in self.beds for child in bed.children]


@dataclass(frozen=True, slots=True)
class Ward:
    """What the page of the ward shows."""

    units: tuple[Unit, ...]
    since: datetime
    today: date

    @property
    def children(self) -> list[tuple[Bed, Child]]:
        return [pair for unit in self.units for pair in unit.children]

    @property
    def highest(self) -> int | None:
        """The highest total, if any child has one above 0."""
        totals = [child.figure.counted for _, child in self.children if child.figure]
        return max(totals, default=0) or None

    @property
    def worst(self) -> list[tuple[Bed, Child]]:
        """Those who have it."""
        return [pair for pair in self.children if pair[1].figure and pair[1].figure.counted == self.highest]

    @property
    def could_be_worse(self) -> list[tuple[Bed, Child]]:
        """Those whose total could be higher than the highest, for something is not measured."""
        return [
            (bed, child)
            for bed, child in self.children
            if child.figure and (bed, child) not in self.worst and child.figure.high > (self.highest or 0)
        ]

    @property
    def changed(self) -> int:
        return sum(bool(child.changes) for _, child in self.children)

    @property
    def since_words(self) -> str:
        return times.clock(self.since, self.today, short=True)


def ward(reading: Reading, now: datetime, zone: ZoneInfo, unit: str | None = None) -> Ward:
    """The ward as known at `now`; `unit`: that one alone."""
    now = now.astimezone(zone)
    since = morning(now)
    by_place: dict[tuple[str | None, str | None], list[Child]] = defaultdict(list)
    for stay in reading.present(unit):
        by_place[stay.unit, stay.bed].append(_child(reading, stay, now, since))
    for place in reading.model.places(now - EMPTY_FOR, reading.at):
        if unit in (None, place[0]):
            by_place.setdefault(place, [])
    units: dict[str | None, list[Bed]] = defaultdict(list)
    for name, bed in sorted(by_place, key=lambda place: (natural(place[0]), natural(place[1]))):
        children = sorted(by_place[name, bed], key=lambda child: child.stay)
        units[name].append(Bed(bed, tuple(children)))
    return Ward(tuple(Unit(name, tuple(found)) for name, found in units.items()), since, now.date())


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


def _child(reading: Reading, stay: StayRecord, now: datetime, since: datetime) -> Child:
    found = reading.current(MODS, stay.stay_id)
    by_day, before = figures(found), figures(reading.earlier(since).current(MODS, stay.stay_id))
    latest = by_day[max(by_day)] if by_day else None
    return Child(
        stay.stay_id,
        times.age(stay.age),
        _picu_day(found, latest),
        latest,
        _of_day(latest, now.date()),
        latest is not None and latest.day != now.date(),
        times.long(now - latest.oldest) if latest and latest.oldest else "",
        tuple(changes(before[max(before)], latest)) if latest and before else (),
        not before,
        tuple(_last_days(by_day)),
    )


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
