"""A stay: its days by organ, what each comes from, every change with its cause, and what was known at a moment."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain as joined
from typing import cast
from zoneinfo import ZoneInfo

from picustream.board.views import times
from picustream.board.views.figure import SCORE, STATUSES, Cell, Figure, figure
from picustream.board.views.moments import Moment, labelled
from picustream.board.views.reading import Reading
from picustream.board.views.receipt import Receipt, receipt
from picustream.explain.chains import Chain, StayScores, collect
from picustream.explain.changes import changes
from picustream.models.record import WITHDRAWN, Record, ScoreRecord
from picustream.scoring.presence.record import STAY, StayRecord
from picustream.scoring.scores import words
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.scores.description import Description
from picustream.scoring.scores.mods.record import MODS

MEANINGS = {**STATUSES, WITHDRAWN: "withdrawn"}


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the table, as known at the moment that is shown, and as known now."""

    day: date
    figure: Figure | None
    """None where nothing was known of it yet."""
    now: Figure | None

    def pairs(self, organs: Iterable[str]) -> list[tuple[Cell | None, Cell | None]]:
        """An organ's cell then, and now where it is another one."""
        then, now = _by_organ(self.figure), _by_organ(self.now)
        return [(then.get(organ), now.get(organ) if _differ(then.get(organ), now.get(organ)) else None)
                for organ in organs]  # fmt: skip

    @property
    def differs(self) -> bool:
        """Whether its total is another one now."""
        return self.now is not None and (self.figure is None or self.figure.big != self.now.big)


@dataclass(frozen=True, slots=True)
class Revision:
    """Something that became known of a day."""

    at: datetime
    day: date
    title: str
    total: str
    changes: tuple[str, ...]
    cause: str
    late: bool
    """Whether it changed a day that had been closed."""


@dataclass(frozen=True, slots=True)
class Stay:
    """What the page of a stay shows."""

    stay: str
    patient: str | None
    place: str
    presence: str
    who: str
    organs: tuple[tuple[str, str], ...]
    """Name and short name, in the order of the table."""
    days: tuple[Day, ...]
    chosen: date | None
    receipts: tuple[Receipt, ...]
    """Of the chosen day, MODS first."""
    revisions: tuple[Revision, ...]
    """All that are known by the moment, the newest first."""
    moments: tuple[Moment, ...]
    """All that there are, the newest first."""

    @property
    def of_day(self) -> list[Revision]:
        """The revisions of the chosen day."""
        return [one for one in self.revisions if one.day == self.chosen]

    def revised(self, day: date) -> tuple[int, int]:
        """How many revisions of a day's records there are, and how many of them changed it after it was closed."""
        found = [one.late for one in self.revisions if one.day == day]
        return len(found), sum(found)

    def row(self, place: int) -> list[tuple[Day, Cell | None, Cell | None]]:
        """An organ's cells, day by day: then, and now where it is another one."""
        names = [name for name, _ in self.organs]
        return [(day, *day.pairs(names)[place]) for day in self.days]


def stay(reading: Reading, stay_id: str, zone: ZoneInfo, chosen: date | None = None) -> Stay | None:
    """The stay as known at the reading's moment; None where nothing is known of it at all."""
    today = Reading(reading.model)
    known, ever = scores(reading, stay_id), scores(today, stay_id)
    presence = [chain[-1] for chain in reading.revisions(STAY, stay_id)]
    found = cast(StayRecord, presence[0]) if presence else None
    all_presence = today.revisions(STAY, stay_id)
    if not ever.chains and not all_presence:
        return None
    days = tuple(_days(_figures(known), _figures(ever)))
    if chosen not in {day.day for day in days}:  # the newest of which anything was known then
        chosen = max(((day.figure is not None, day.day) for day in days), default=(False, None))[1]
    return Stay(
        stay=stay_id,
        patient=found.patient_id if found else None,
        place=_place(found, zone),
        presence=_presence(found, zone),
        who=times.age(found.age) if found else "",
        organs=tuple((name, SCORE.description.head(name)) for name in SCORE.description.part_names),
        days=days,
        chosen=chosen,
        receipts=tuple(receipt(one, known.first_counted, MEANINGS) for one in _of_day(known, chosen)),
        revisions=tuple(sorted(_revisions(known, zone), key=lambda one: one.at.timestamp(), reverse=True)),
        moments=_moments(ever, all_presence, zone),
    )


def scores(reading: Reading, stay_id: str) -> StayScores:
    """The scores of a stay with all their revisions."""
    found = (reading.revisions(topic, stay_id) for topic in (MODS, APPS))
    return collect(cast(ScoreRecord, one) for chains in found for one in joined.from_iterable(chains))


def _of_day(known: StayScores, day: date | None) -> Iterable[Chain]:
    return () if day is None else known.of_day(day).chains


def _figures(known: StayScores) -> dict[date, Figure]:
    found = (figure(chain.current) for chain in known.by_score.get(SCORE.description.name, []))
    return {one.day: one for one in found if one is not None}


def _days(known: Mapping[date, Figure], ever: Mapping[date, Figure]) -> Iterator[Day]:
    for day in sorted(known.keys() | ever.keys()):
        yield Day(day, known.get(day), ever.get(day))


def _by_organ(one: Figure | None) -> dict[str, Cell]:
    return {} if one is None else {cell.organ: cell for cell in one.cells}


def _differ(then: Cell | None, now: Cell | None) -> bool:
    return now is not None and (then is None or then.mark != now.mark)


def _place(found: StayRecord | None, zone: ZoneInfo) -> str:
    if found is None:
        return "not here yet"
    bed = f"Bed {found.bed}" if found.bed else "no bed known"
    unit = f", {found.unit}" if found.unit else ""
    since = f" since {times.clock(found.bed_since.astimezone(zone))}" if found.bed_since else ""
    return f"{bed}{unit}{since}"


def _presence(found: StayRecord | None, zone: ZoneInfo) -> str:
    if found is None or found.admitted_at is None:
        return ""
    came = f"admitted {times.clock(found.admitted_at.astimezone(zone))}"
    if found.state != "left" or found.left_at is None:
        return came
    end = found.end or "left"
    where = f" to {found.destination}" if found.destination and found.destination != "unknown" else ""
    return f"{came}, {end}{where} {times.clock(found.left_at.astimezone(zone))}"


def _revisions(known: StayScores, zone: ZoneInfo) -> Iterator[Revision]:
    for chain in known.chains:
        before: ScoreRecord | None = None
        description = chain.score.description
        for record in chain.revisions:
            yield Revision(
                at=record.emitted_at.astimezone(zone),
                day=description.day(record),
                title=description.name,
                total=_total(chain, record),
                changes=_changes(description, before, record),
                cause=words.cause(record.cause),
                late=record.status == "amended",
            )
            before = record


def _changes(description: Description, before: ScoreRecord | None, record: ScoreRecord) -> tuple[str, ...]:
    """What a revision changed, without what every reader knows by now."""
    found = [str(one) for one in changes(description, before, record) if one.what not in ("status", "caveats")]
    if before is None or before.status != record.status or not found:
        found.append(f"the day is {MEANINGS[record.status]}")
    return tuple(found)


def _total(chain: Chain, record: ScoreRecord) -> str:
    possible = chain.score.description.possible_total(record)
    if possible is not None and possible[0] != possible[1]:
        return f"{possible[0]}–{possible[1]}"
    return "–" if record.total is None else str(record.total)


def _moments(ever: StayScores, presence: Iterable[list[Record]], zone: ZoneInfo) -> tuple[Moment, ...]:
    """With what changed first in each."""
    what: dict[datetime, str] = {}
    for one in _revisions(ever, zone):
        what.setdefault(one.at.astimezone(UTC), f"{one.title} of {times.day(one.day)}: {one.changes[0]}")
    for record in joined.from_iterable(presence):
        what.setdefault(record.emitted_at.astimezone(UTC), words.cause(record.cause))
    return labelled(what, zone)
