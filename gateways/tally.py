"""What became of messages and their values, in numbers: every value has exactly one fate."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(slots=True)
class Tally:
    """Of one message, or of many."""

    messages: int = 0
    seen: int = 0
    sent: int = 0
    empty: int = 0
    """There was no value: a row that holds others, or a value that its device calls invalid."""
    waiting: int = 0
    """Of a message whose stay is not known yet."""
    events: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    """By code, and by why it is not used."""
    letters: Counter[str] = field(default_factory=Counter)
    """Values that became letters, by reason."""
    used: Counter[str] = field(default_factory=Counter)
    """Movements of patients of our units, by kind of message."""
    unused: Counter[str] = field(default_factory=Counter)
    """Messages and movements of which nothing is used, by kind and why."""
    warnings: Counter[str] = field(default_factory=Counter)

    @property
    def values(self) -> Mapping[str, int]:
        """The fates of values: seen = sent + ignored + empty + letters, once nothing waits."""
        return {
            "seen": self.seen,
            "sent": self.sent,
            "ignored": self.ignored.total(),
            "empty": self.empty,
            "letters": self.letters.total(),
        }

    def add(self, other: "Tally") -> None:
        """Count another one in."""
        for one in fields(self):
            mine, theirs = getattr(self, one.name), getattr(other, one.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            else:
                setattr(self, one.name, mine + theirs)

    def as_json(self) -> dict[str, Any]:
        """Messages and values, and what is behind their numbers."""
        return {
            "messages": self.messages,
            "values": dict(self.values),
            "events": self.events,
            **{
                f"{name}_by": dict(sorted(getattr(self, name).items()))
                for name in ("ignored", "letters", "used", "unused", "warnings")
            },
        }
