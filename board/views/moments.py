"""The moments at which something became known, for whoever wants to go back to one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from picustream.board.views import times

LONGEST_LABEL = 60
"""Of a moment in the list of them."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One of them, and what it was."""

    at: datetime
    label: str


def labelled(what: Mapping[datetime, str], zone: ZoneInfo) -> tuple[Moment, ...]:
    """Of what became known at each moment of UTC, the newest first, in the zone.

    UTC, for Python takes the two moments of a zone for one at which its clocks show the same, where they are put back.
    """
    newest_first = [(at.astimezone(zone), what[at]) for at in sorted(what, reverse=True)]
    return tuple(Moment(at, _cut(f"{times.clock(at)} · {words}")) for at, words in newest_first)


def chosen(moments: Sequence[Moment], at: datetime | None) -> Moment | None:
    """The last one at or before a moment that was asked for; None: now."""
    return None if at is None else next((one for one in moments if one.at.timestamp() <= at.timestamp()), None)


def _cut(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
