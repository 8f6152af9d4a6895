"""Dead letters counted: alike ones together, in memory that grows with the kinds of faults and not with the letters."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from picustream.commands.letters.letter import Letter

Key = tuple[str, str | None, str, str, str | None]
"""Topic, source, reason, path with `*`, and the code and unit at fault."""


@dataclass(slots=True)
class Group:
    """Letters of one topic and source with the same fault."""

    topic: str
    source: str | None
    scope: str
    reason: str
    path: str
    observed: str | None
    message: str
    """Of the first."""
    first: datetime
    last: datetime
    """`first_seen_at` of the first and the last letter."""
    example: str
    """`event_id` of the first letter seen, to show."""
    count: int = 0
    resubmitted: int = 0
    """Those among them that had been sent again."""

    def add(self, letter: Letter) -> None:
        seen = letter.record.first_seen_at
        self.first, self.last = min(self.first, seen), max(self.last, seen)
        self.count += 1
        self.resubmitted += letter.record.resubmitted

    def as_data(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def grouped(letters: Iterable[Letter]) -> list[Group]:
    """The groups, the largest first."""
    found: dict[Key, Group] = {}
    for letter in letters:
        record = letter.record
        key = (record.topic, letter.source, record.reason, letter.path, letter.observed)
        if key not in found:
            found[key] = Group(
                topic=record.topic,
                source=letter.source,
                scope=record.scope,
                reason=record.reason,
                path=letter.path,
                observed=letter.observed,
                message=record.message,
                first=record.first_seen_at,
                last=record.first_seen_at,
                example=record.event_id,
            )
        found[key].add(letter)
    return sorted(found.values(), key=lambda group: (-group.count, group.topic, group.reason, group.path))
