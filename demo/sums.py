"""What a demo came to, held against what the topics hold."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from picustream.eventfiles.files import record_line
from picustream.runtime.errors import UserError
from picustream.scoring.scores.registry import OUTPUT_TOPICS

_FATES = (("sent", "sent"), ("ignored", "ignored"), ("empty", "empty"), ("letters", "became letters"))
"""What becomes of a value, and how it is said."""


class Record(Protocol):
    """A record as it is in a topic."""

    topic: str
    value: bytes
    partition: int
    offset: int
    timestamp: int


@dataclass(frozen=True)
class Sums:
    """`summary` as the view counted it; `records` as the topics hold them, in order of arrival.

    `day` of the ward's `days` on which it ended; `closed`: all days are over and final, and nothing more will come.
    """

    summary: dict[str, Any]
    records: list[Record]
    day: int
    days: int
    closed: bool
    spoken: dict[str, int] | None = None
    """Where the ward spoke HL7 v2: messages that the gateway acknowledged, and what became of their values."""

    @property
    def held(self) -> dict[str, int]:
        """Records that the topics hold, by topic."""
        return dict(sorted(Counter(record.topic for record in self.records).items()))

    @property
    def repeated(self) -> int:
        """Records whose `event_id` another one has (I3: none)."""
        return len(self.records) - len({json.loads(record.value)["event_id"] for record in self.records})

    @property
    def true(self) -> bool:
        """Whether the topics hold what was shown, each record once."""
        return self.held == self.summary["records"] and not self.repeated

    def lines(self) -> list[str]:
        """What the view's own summary does not have."""
        lines = [] if self.closed else [f"ended early        on day {self.day} of {self.days}"]
        if self.spoken is not None:
            lines += _spoken(self.spoken)
        return [*lines, f"read anew          {self._compared()}"]

    def as_json(self) -> dict[str, Any]:
        """For a program to read."""
        sums = {**self.summary, "closed": self.closed, "topics_hold": self.held, "repeated_event_ids": self.repeated}
        return sums if self.spoken is None else {**sums, "hl7": self.spoken}

    def _compared(self) -> str:
        if self.true:
            return "the topics hold just these records, no event_id twice"
        found = ", ".join(f"{topic} {count:,}" for topic, count in self.held.items()) or "nothing"
        return f"the topics hold something else: {found}; {self.repeated:,} with the event_id of another one"


def _spoken(spoken: dict[str, int]) -> list[str]:
    values = ", ".join(f"{spoken.get(fate, 0):,} {word}" for fate, word in _FATES)
    return [f"HL7 v2 by MLLP     {spoken['acknowledged']:,} messages acknowledged", f"their values       {values}"]


def keep(records: Iterable[Record], folder: Path) -> None:
    """Write records as event files, one per output topic, as `replay` does. Raises `UserError`."""
    lines: dict[str, list[bytes]] = {topic: [] for topic in OUTPUT_TOPICS}
    for record in records:
        one = record_line(record.topic, record.value, record.partition, record.offset, record.timestamp)
        lines[record.topic].append(one)
    prepare(folder)
    try:
        for topic, those in lines.items():
            (folder / f"{topic}.ndjson").write_bytes(b"".join(those))
    except OSError as error:
        raise _unwritable(folder, error) from error


def prepare(folder: Path) -> None:
    """Make the folder for `keep`, unless it is there. Raises `UserError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> UserError:
    return UserError(f"{folder} cannot be written: {error.strerror}.", "Name another folder with --out.")
