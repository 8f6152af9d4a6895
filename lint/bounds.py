"""What lies outside its stay, and what names another patient: judged by the bounds and the admission in force at the
end, wherever in the files they are (T2). What a later version replaced or withdrew is passed over.
"""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass

from picustream.lint.identity import numbers
from picustream.lint.memory import LATEST_FIRST, Memory, hashed, microseconds, where
from picustream.lint.tallies import StayTally
from picustream.models.envelope import WITHDRAWN

_STAYS = "CREATE TABLE stay (number INTEGER PRIMARY KEY, start INTEGER, finish INTEGER, patient INTEGER)"
_DOUBTFUL = """
    CREATE TABLE doubtful AS
    SELECT feed, stay, place, usable, parts, event.patient,
           at < start AS early, at > finish AS late, event.patient <> stay.patient AS strange
    FROM event JOIN stay ON event.stay = stay.number
    WHERE event.patient <> stay.patient OR (usable > 0 AND (at < start OR at > finish))
"""
_REPLACED = f"""
    DELETE FROM doubtful WHERE place NOT IN (SELECT place FROM
    (SELECT place, status, RANK() OVER (PARTITION BY name ORDER BY {LATEST_FIRST}) AS nth FROM thing
     WHERE name IN (SELECT name FROM thing WHERE place IN (SELECT place FROM doubtful)))
    WHERE nth = 1 AND status NOT IN ({numbers(WITHDRAWN)}))
"""
_OUTSIDE = """
    SELECT feed, SUM(early * usable), SUM(late * usable), COUNT(DISTINCT stay), MIN(place) FROM doubtful
    WHERE usable > 0 AND (early OR late) GROUP BY feed
"""
_MISMATCHED = """
    SELECT feed, COUNT(*), COUNT(DISTINCT stay), COUNT(DISTINCT stay || ' ' || patient), MIN(place) FROM doubtful
    WHERE strange GROUP BY feed
"""
_PARTS_INSIDE = """
    SELECT DISTINCT stay, parts FROM event JOIN stay ON event.stay = stay.number
    WHERE parts <> 0 AND at BETWEEN start AND finish
"""
_PARTS_OUTSIDE = "SELECT DISTINCT parts FROM doubtful WHERE early OR late"
_EVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Outside:
    """Usable values of one feed that no score will read."""

    early: int
    """Before the admission."""
    late: int
    """After the end."""
    stays: int
    place: tuple[int, int]
    """Numbers of the file and the line of the first."""

    @property
    def count(self) -> int:
        return self.early + self.late


@dataclass(frozen=True, slots=True)
class PatientMismatch:
    """Events of one feed that name another patient than the admission of their stay."""

    count: int
    stays: int
    named: int
    """Stays and patients named in them, each an alert."""
    place: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of the events once all bounds were known."""

    outside: dict[int, Outside]
    """By feed."""
    mismatch: dict[int, PatientMismatch]
    """By feed."""
    had: list[int]
    """`components.bits` of what each stay had within its bounds, in the order of the stays."""
    had_outside: int
    """The same of what lay outside, of all stays together."""


def judge(stays: Iterable[StayTally], memory: Memory) -> Judged:
    """Every event by the final bounds of its stay. A stay that nobody admitted has no beginning to lie before."""
    memory.write()
    known = list(stays)
    run = memory.database.execute
    run(_STAYS)
    memory.database.executemany("INSERT INTO stay VALUES (?, ?, ?, ?)", map(_row, known))
    for step in (_DOUBTFUL, _REPLACED):
        run(step)
    had: dict[int, int] = defaultdict(int)
    with closing(run(_PARTS_INSIDE)) as rows:
        for stay, parts in rows:
            had[stay] |= parts
    beyond = 0
    for (parts,) in run(_PARTS_OUTSIDE):
        beyond |= parts
    return Judged(
        outside={feed: Outside(early, late, stays, where(place)) for feed, early, late, stays, place in run(_OUTSIDE)},
        mismatch={
            feed: PatientMismatch(count, stays, named, where(place))
            for feed, count, stays, named, place in run(_MISMATCHED)
        },
        had=[had[stay.number] | stay.stated_parts for stay in known],
        had_outside=beyond,
    )


def _row(stay: StayTally) -> tuple[int, int, int, int]:
    start, end = stay.admitted_at, stay.ended_at
    return (
        stay.number,
        -_EVER if start is None else microseconds(start),
        _EVER if end is None else microseconds(end),
        hashed(stay.patient_id),
    )
