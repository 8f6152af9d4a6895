"""What a demo came to, held against what the topics hold."""

from dataclasses import dataclass
from typing import Any

from picustream.demo.listen import Holdings


@dataclass(frozen=True)
class Sums:
    """`summary` as the view counted it; `held` as the topics read anew have it.

    `day` of the ward's `days` on which it ended; `closed`: all its days are over and final, and nothing more will come.
    """

    summary: dict[str, Any]
    held: Holdings
    day: int
    days: int
    closed: bool

    @property
    def true(self) -> bool:
        """Whether the topics hold what was shown, each record once."""
        return dict(self.held.records) == self.summary["records"] and not self.held.repeated

    def lines(self) -> list[str]:
        """What the view's own summary does not say."""
        lines = [] if self.closed else [f"ended early        on the ward's day {self.day} of {self.days}"]
        return [*lines, f"read anew          {self._compared()}"]

    def as_json(self) -> dict[str, Any]:
        """For a program to read."""
        return {
            **self.summary,
            "closed": self.closed,
            "topics_hold": dict(sorted(self.held.records.items())),
            "repeated_event_ids": self.held.repeated,
        }

    def _compared(self) -> str:
        if self.true:
            return "the topics hold just these records, no event_id twice"
        found = ", ".join(f"{topic} {count:,}" for topic, count in sorted(self.held.records.items())) or "nothing"
        return f"the topics hold something else: {found}; {self.held.repeated} with an event_id of another one"
