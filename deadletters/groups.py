"""Dead letters counted, alike ones together: memory grows with the kinds of faults and not with their number."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from picustream.deadletters.dead_letter import DecodedDeadLetter
from picustream.deadletters.history import OPEN, SETTLED, State

Key = tuple[str, str | None, str, str, str | None, str]
"""Topic, source, reason, path with `*`, the code and unit at fault, and the message, which names the variable."""


@dataclass(slots=True)
class Group:
    """Dead letters of one topic and source with the same fault."""

    topic: str
    source: str | None
    scope: str
    reason: str
    path: str
    observed: str | None
    message: str
    first: datetime
    last: datetime
    """`first_seen_at` of the first and the last dead letter."""
    example: str
    """`event_id` of a dead letter, to show: the first that is open, else the first."""
    count: int = 0
    resubmitted: int = 0
    """Those among them that are about an event that had been sent again."""
    states: Counter[State] = field(default_factory=Counter)
    """How many have become what."""

    @property
    def open(self) -> int:
        """Dead letters that somebody has still to see to."""
        return opened(self.states)

    def add(self, dead_letter: DecodedDeadLetter, state: State) -> None:
        seen = dead_letter.record.first_seen_at
        self.first, self.last = min(self.first, seen), max(self.last, seen)
        self.count += 1
        self.resubmitted += dead_letter.record.resubmitted
        if state in OPEN and not self.open:
            self.example = dead_letter.record.event_id
        self.states[state] += 1

    def as_data(self) -> dict[str, Any]:
        plain = {name: getattr(self, name) for name in self.__slots__ if name != "states"}
        return plain | counted(self.states)


def opened(states: Counter[State]) -> int:
    return sum(states[state] for state in OPEN)


def counted(states: Counter[State]) -> dict[str, int]:
    """For a program: those that are open, refused again among them, and those that are not."""
    settled = {state.replace("-", "_"): states[state] for state in ("refused-again", *SETTLED)}
    return {"open": opened(states)} | settled


def grouped(dead_letters: Iterable[tuple[DecodedDeadLetter, State]]) -> list[Group]:
    """The groups, those with the most open dead letters first."""
    found: dict[Key, Group] = {}
    for dead_letter, state in dead_letters:
        record = dead_letter.record
        key = (record.topic, dead_letter.source, record.reason, dead_letter.path, dead_letter.observed, record.message)
        if key not in found:
            found[key] = Group(
                topic=record.topic,
                source=dead_letter.source,
                scope=record.scope,
                reason=record.reason,
                path=dead_letter.path,
                observed=dead_letter.observed,
                message=record.message,
                first=record.first_seen_at,
                last=record.first_seen_at,
                example=record.event_id,
            )
        found[key].add(dead_letter, state)
    return sorted(found.values(), key=_order)


def _order(group: Group) -> tuple[int, int, str, str, str, str]:
    return -group.open, -group.count, group.topic, group.reason, group.path, group.message
