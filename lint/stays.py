"""Stays that cannot be scored as they are, and stays that fall silent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from picustream.lint.components import bits
from picustream.lint.memory import Memory, moment
from picustream.lint.tallies import StayTally
from picustream.models.protocol import Protocol
from picustream.models.variable import Variable
from picustream.scoring.alerts.alerts import SILENT_AFTER
from picustream.scoring.clinical.days import local_date
from picustream.scoring.clinical.stay import is_dummy

RESULTS = (Variable.CREATININE, Variable.BILIRUBIN_TOTAL, Variable.PLATELETS, Variable.PAO2)
"""What a laboratory gives to the scores; a day without any is brought forward (M7)."""


@dataclass(frozen=True, slots=True)
class Silence:
    """The longest time within a stay without a vital sign, or without a laboratory result."""

    first: str
    """Where the stay is first named (`file:line`): its id is not shown."""
    since: datetime
    length: timedelta

    @property
    def alarming(self) -> bool:
        """Whether `stay-silent` would have been raised, if it is of vital signs."""
        return self.length >= SILENT_AFTER

    def as_data(self) -> dict[str, Any]:
        return {"stay_first": self.first, "since": self.since, "seconds": int(self.length.total_seconds())}


def without_admission(stays: dict[str, StayTally]) -> list[str]:
    """Where stays that nobody admitted are first named, in that order: they have no record but an alert (T2)."""
    return [stay.first for stay in stays.values() if stay.admitted_at is None]


def unborn(stays: dict[str, StayTally], protocol: Protocol) -> list[str]:
    """Admissions in force whose birth date is a dummy (E1) or lies after them."""
    places = []
    for stay in stays.values():
        admission = stay.facts.get("admitted")
        if admission is None or admission.at is None or admission.birth is None:
            continue
        unborn_yet = admission.birth.first > local_date(admission.at, protocol.zone)
        if unborn_yet or is_dummy(admission.birth, admission.at, protocol):
            places.append(admission.where)
    return places


def silences(
    stays: dict[str, StayTally], memory: Memory, clock: datetime | None, of: Iterable[Variable]
) -> list[Silence]:
    """The longest time of each stay without any `of` these, the longest first. A stay that is open ends where the feed
    does (`clock`).

    From the admission, or the first of them where there is none, to the end of the stay (T2).
    """
    known = {stay.number: stay for stay in stays.values()}
    longest: dict[int, Silence | None] = {}
    for number, rows in groupby(memory.moments(bits(of)), key=itemgetter(0)):
        moments = (moment(at) for _, at in rows)
        longest[number] = _longest(known[number], moments, clock)
    found = [longest[stay.number] if stay.number in longest else _longest(stay, (), clock) for stay in stays.values()]
    return sorted((one for one in found if one is not None), key=lambda one: -one.length)


def _longest(stay: StayTally, moments: Iterable[datetime], clock: datetime | None) -> Silence | None:
    """None where no time passed that could have been silent."""
    before, end = stay.admitted_at, stay.ended_at or clock
    longest: Silence | None = None
    for at in chain(moments, [None]):
        if at is not None and ((before is not None and at < before) or (end is not None and at > end)):
            continue  # outside the stay: no score and no alert reads it
        now = at or end
        if before is not None and now is not None and (longest is None or now - before > longest.length):
            longest = Silence(stay.first, before, max(now - before, timedelta(0)))
        before = now
    return longest
