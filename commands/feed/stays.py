"""Stays that cannot be scored as they are, and stays that fall silent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from picustream.commands.feed.components import bits
from picustream.commands.feed.memory import Memory, moment
from picustream.commands.feed.tallies import StayTally
from picustream.models.variable import Variable
from picustream.scoring.alerts.alerts import SILENT_AFTER

RESULTS = (Variable.CREATININE, Variable.BILIRUBIN_TOTAL, Variable.PLATELETS, Variable.PAO2)
"""What a laboratory gives to the scores; a day without any is brought forward (M7)."""


@dataclass(frozen=True, slots=True)
class Silence:
    """The longest time within a stay without a vital sign, or without a laboratory result."""

    stay_id: str
    since: datetime
    length: timedelta

    @property
    def alarming(self) -> bool:
        """Whether `stay-silent` would have been raised, if it is of vital signs."""
        return self.length >= SILENT_AFTER

    def as_data(self) -> dict[str, Any]:
        return {"stay_id": self.stay_id, "since": self.since, "seconds": int(self.length.total_seconds())}


def without_admission(stays: dict[str, StayTally]) -> list[str]:
    """Stays that nobody admitted, in the order in which they came: nothing is told of them but an alert (T2)."""
    return [stay_id for stay_id, stay in stays.items() if stay.admitted_at is None]


def silences(
    stays: dict[str, StayTally], memory: Memory, clock: datetime | None, of: Iterable[Variable]
) -> list[Silence]:
    """The longest time of each stay without any `of` these, the longest first. A stay that is open ends where the feed
    does (`clock`).

    From the admission, or the first of them where there is none, to the end of the stay (T2).
    """
    names = {stay.number: stay_id for stay_id, stay in stays.items()}
    heard: dict[int, Silence | None] = {}
    for number, rows in groupby(memory.moments(bits(of)), key=itemgetter(0)):
        moments = (moment(at) for _, at in rows)
        heard[number] = _longest(names[number], stays[names[number]], moments, clock)
    found = [
        heard[stay.number] if stay.number in heard else _longest(stay_id, stay, (), clock)
        for stay_id, stay in stays.items()
    ]
    return sorted((one for one in found if one is not None), key=lambda one: (-one.length, one.stay_id))


def _longest(stay_id: str, stay: StayTally, moments: Iterable[datetime], clock: datetime | None) -> Silence | None:
    """None where no time passed that could have been silent."""
    before, end = stay.admitted_at, stay.ended_at or clock
    longest: Silence | None = None
    for at in chain(moments, [None]):
        if at is not None and ((before is not None and at < before) or (end is not None and at > end)):
            continue  # outside the stay: no score and no alert looks at it
        now = at or end
        if before is not None and now is not None and (longest is None or now - before > longest.length):
            longest = Silence(stay_id, before, max(now - before, timedelta(0)))
        before = now
    return longest
