"""The moments at which something became known, for whoever wants to go back to one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from picustream.board.views import times

LONGEST_LABEL = 60
"""Of a moment in the list of them."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One of them, and what it was."""

    at: datetime
    label: str


def labelled(what: Mapping[datetime, str]) -> tuple[Moment, ...]:
    """Of what became known at each moment, the newest first."""
    newest_first = sorted(what, key=datetime.timestamp, reverse=True)
    return tuple(Moment(at, _cut(f"{times.clock(at)} · {what[at]}")) for at in newest_first)


def chosen(moments: Sequence[Moment], at: datetime | None) -> Moment | None:
    """The last one at or before a moment that was asked for; None: now."""
    return None if at is None else next((one for one in moments if one.at <= at), None)


def _cut(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
