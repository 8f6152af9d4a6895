"""What the page of the ward shows: units, their beds, who lies in them, and what a sentence about all of them says."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from picustream.board.views import times
from picustream.board.views.figure import Change, Figure

MOST_PLACES = 3
"""What a bed takes at most, however many children are recorded in it."""


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
    """How long ago its oldest value was taken, and of which organ it is."""
    came: bool
    """Whether the child was admitted since the morning."""
    arrived: str
    """`came 09:10`, `moved here 10:40`; empty for who lay here in the morning."""
    changes: tuple[Change, ...]
    unchanged: str
    """What is said where there are none: that there is no change, or that there is nothing to see one by."""
    days: tuple[Figure | date, ...]
    """The last days, oldest first; a date alone where there is no record."""

    @property
    def before(self) -> Figure | None:
        """The figure of the day before."""
        return self.on(self.figure.day - timedelta(days=1)) if self.figure else None

    def on(self, day: date) -> Figure | None:
        """The figure of a day that is shown."""
        return next((one for one in self.days if isinstance(one, Figure) and one.day == day), None)


@dataclass(frozen=True, slots=True)
class Left:
    """A child that lay in a bed in the morning."""

    stay: str
    words: str
    """`discharged 16:06`."""


@dataclass(frozen=True, slots=True)
class Bed:
    """A place on the ward. More than one child in it is a conflict, and shown as one."""

    name: str | None
    unit: str | None
    children: tuple[Child, ...]
    left: tuple[Left, ...]
    """Those who left the PICU from here since the morning."""

    @property
    def anchor(self) -> str:
        """A name for the page."""
        name = self.name or "-".join(["none", *(child.stay for child in self.children)])
        return "bed-" + re.sub(r"[^A-Za-z0-9]+", "-", name)

    @property
    def label(self) -> str:
        return f"Bed {self.name}" if self.name else "No bed known"

    @property
    def places(self) -> int:
        """How many places on the page it takes, so that each child in it can be read."""
        return min(max(len(self.children), 1), MOST_PLACES)

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
    def sizes(self) -> list[int]:
        """How many places each unit takes."""
        return [sum(bed.places for bed in unit.beds) for unit in self.units]

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
    def worst_is_open(self) -> bool:
        """Whether the highest is not measured in whole, of any who has it."""
        return any(child.figure is not None and child.figure.open for _, child in self.worst)

    @property
    def could_be_worse(self) -> list[tuple[Bed, Child]]:
        """Those whose total could be higher than the highest, for something is not measured."""
        return [
            (bed, child)
            for bed, child in self.children
            if child.figure and (bed, child) not in self.worst and child.figure.high > (self.highest or 0)
        ]

    @property
    def changed(self) -> list[tuple[Bed, Child]]:
        """Those of whom an organ has other points than in the morning."""
        return [pair for pair in self.children if pair[1].changes]

    @property
    def came(self) -> int:
        return sum(child.came for _, child in self.children)

    @property
    def left(self) -> int:
        return sum(len(bed.left) for unit in self.units for bed in unit.beds)

    @property
    def unscored(self) -> int:
        """How many have no figure at all."""
        return sum(child.figure is None for _, child in self.children)

    @property
    def organs(self) -> int:
        """How many organs there are of those who have a figure."""
        return sum(len(child.figure.cells) for _, child in self.children if child.figure)

    @property
    def measured(self) -> int:
        """How many of them were measured today."""
        return sum(found.by_kind["measured"] for _, child in self.children if (found := child.on(self.today)))

    @property
    def early(self) -> bool:
        """Whether so little is measured of this day that yesterday says more."""
        return 2 * self.measured < self.organs

    @property
    def yesterday(self) -> date:
        return self.today - timedelta(days=1)

    @property
    def worst_yesterday(self) -> list[tuple[Bed, Figure]]:
        """The highest of yesterday, of those who are here."""
        found = [(bed, one) for bed, child in self.children if (one := child.on(self.yesterday)) and one.counted]
        highest = max((one.counted for _, one in found), default=0)
        return [pair for pair in found if pair[1].counted == highest]

    def called(self, bed: Bed) -> str:
        """The bed as a sentence about the ward calls it, with its unit where there are several."""
        return f"{bed.unit} {bed.label[0].lower()}{bed.label[1:]}" if len(self.units) > 1 and bed.unit else bed.label

    @property
    def since_words(self) -> str:
        return times.clock(self.since, self.today, short=True)
