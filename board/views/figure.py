"""A day's MODS as the board shows it: a figure that is never more certain than the record, and its organs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from picustream.models.record import WITHDRAWN, Record
from picustream.scoring.scores.mods.record import MODS, ModsComponent, ModsRecord
from picustream.scoring.scores.registry import SHIPPED

SCORE = next(score for score in SHIPPED.scores if score.topic == MODS)
KINDS = {
    "measured": "measured",
    "carried-forward": "carried",
    "assumed-normal": "unmeasured",
    "assumed-normal-sedated": "sedated",
}
"""How an organ's points came about, by the basis in the record."""
IN_WORDS = {"measured": "measured", "carried": "carried forward", "unmeasured": "not measured", "sedated": "sedated"}
UNKNOWN = "?"
"""For points that there are none of."""
STATUSES = {"preliminary": "open", "final": "closed", "amended": "changed after closing"}


@dataclass(frozen=True, slots=True)
class Cell:
    """An organ of a day."""

    organ: str
    short: str
    """`lungs`."""
    kind: str
    """One of `KINDS`."""
    points: int
    observed_at: datetime | None

    @property
    def mark(self) -> str:
        """The points; `2←` carried forward, `?` not measured, `z` sedated: never a 0 that nobody measured."""
        return {"measured": f"{self.points}", "carried": f"{self.points}←", "sedated": "z"}.get(self.kind, UNKNOWN)

    @property
    def level(self) -> str:
        """The points where there are any: what the cell's colour and border follow."""
        return str(self.points) if self.kind in ("measured", "carried") else "none"

    @property
    def said(self) -> str:
        """For who does not see the mark: `lungs 2 points, carried forward`."""
        points = f" {self.points} point{'' if self.points == 1 else 's'}," if self.level != "none" else ""
        return f"{self.short}{points} {IN_WORDS[self.kind]}"


@dataclass(frozen=True, slots=True)
class Figure:
    """The MODS of one day."""

    day: date
    low: int
    high: int
    counted: int
    """The total as the protocol counts it: an organ that was not measured counts 0."""
    status: str
    cells: tuple[Cell, ...]

    @property
    def open(self) -> bool:
        """Whether the total could be another one, for something was not measured."""
        return self.low != self.high

    @property
    def big(self) -> str:
        """What stands large: the range wherever it is open."""
        return f"{self.low}–{self.high}" if self.open else str(self.counted)

    @property
    def status_words(self) -> str:
        return STATUSES[self.status]

    @property
    def by_kind(self) -> Mapping[str, int]:
        """How many organs there are of each kind."""
        return {kind: sum(cell.kind == kind for cell in self.cells) for kind in KINDS.values()}

    @property
    def counts(self) -> str:
        """`4 of 6 measured, 2 carried`."""
        counts = self.by_kind
        named = {"carried": "carried", "unmeasured": "not measured", "sedated": "sedated"}
        others = [f"{counts[kind]} {words}" for kind, words in named.items() if counts[kind]]
        return ", ".join([f"{counts['measured']} of {len(self.cells)} measured", *others])

    @property
    def early(self) -> bool:
        """Whether less than half of the organs are measured: so it is after midnight, when the day is young."""
        return 2 * self.by_kind["measured"] < len(self.cells)

    @property
    def oldest(self) -> tuple[datetime, str] | None:
        """When the oldest value was taken that has a say in the figure, and of which organ it is."""
        taken = [(cell.observed_at, cell.short) for cell in self.cells if cell.level != "none" and cell.observed_at]
        return min(taken, default=None)


def figure(record: Record) -> Figure | None:
    """A record's figure; None of one that was withdrawn."""
    assert isinstance(record, ModsRecord)
    if record.status == WITHDRAWN or record.range is None or record.total is None:
        return None
    cells = tuple(map(cell, record.components))
    return Figure(record.day, record.range.min, record.range.max, record.total, record.status, cells)


def cell(component: ModsComponent) -> Cell:
    """An organ of a record."""
    short = SCORE.description.head(component.organ)
    kind = KINDS[component.basis]
    return Cell(component.organ, short, kind, component.points, component.observed_at)


@dataclass(frozen=True, slots=True)
class Change:
    """An organ whose points are not what they were."""

    short: str
    before: str
    after: str

    @property
    def words(self) -> str:
        return f"{self.short} {self.before}→{self.after}"

    @property
    def course(self) -> str:
        """`worse`, `better`; `known` or `unknown` where there were no points, or are none: neither is either."""
        if self.before == UNKNOWN:
            return "known"
        if self.after == UNKNOWN:
            return "unknown"
        return "worse" if int(self.after) > int(self.before) else "better"

    @property
    def arrow(self) -> str:
        return {"worse": "▲", "better": "▼"}.get(self.course, "")


def changes(before: Figure | None, after: Figure) -> Iterator[Change]:
    """What an organ's points were and are; that the same points are measured now, or carried, is no change."""
    earlier = {} if before is None else {cell.organ: cell for cell in before.cells}
    for cell in after.cells:
        old = earlier.get(cell.organ)
        was = UNKNOWN if old is None or old.level == "none" else old.level
        now = UNKNOWN if cell.level == "none" else cell.level
        if was != now:
            yield Change(cell.short, was, now)
