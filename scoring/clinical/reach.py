"""How far a change reaches: the local days whose results a changed observation can touch.

Each look-up in time has its reach next to it; a property test compares what is left out because of it with a
computation from scratch.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from picustream.models.variable import Variable
from picustream.scoring.clinical.days import ONE_DAY, local_date

Changed = Variable | Literal["ventilator"]
"""What changed: observations of a variable, or what ventilator events state."""

NOW = timedelta()


@dataclass(frozen=True, slots=True)
class Span:
    """From `back` before a change to `ahead` after it."""

    back: timedelta = NOW
    ahead: timedelta = NOW

    def days(self, moment: datetime, zone: ZoneInfo) -> Iterator[date]:
        """The local days that a change at a moment can touch."""
        day, last = local_date(moment - self.back, zone), local_date(moment + self.ahead, zone)
        while day <= last:
            yield day
            day += ONE_DAY


Reach = Mapping[Changed, tuple[Span, ...]]
"""By what changes."""


def at_its_time(*variables: Variable) -> Reach:
    """Of values that count on their own day alone."""
    return dict.fromkeys(variables, (Span(),))


def together(*reaches: Reach) -> Reach:
    """What any of them touches."""
    changed = dict.fromkeys(one for reach in reaches for one in reach)
    return {one: tuple(span for reach in reaches for span in reach.get(one, ())) for one in changed}
