"""Sending dead letters again: which of them the door would now let in, and what is sent for them.

The event that is sent is the one that was refused, byte for byte; what has been mended is the code map, the clock or
the program. A letter that would only be refused again is not sent. Sending twice does no harm: an event that arrives
again changes nothing (I1).
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, Protocol

from picustream.commands.letters.letter import Letter, pattern
from picustream.models.event import INPUT_TOPICS
from picustream.scoring.door import Admission, Arrival, Door, Fault
from picustream.streams.files import Line
from picustream.streams.outbox import Header
from picustream.streams.resubmission import RESUBMITTED_HEADER


class Post(Protocol):
    """What takes an event to its topic."""

    def send(self, line: Line, stay_id: str | None, headers: Iterable[Header]) -> None:
        """Send one event, keyed by its stay."""


@dataclass(slots=True)
class Refused:
    """Letters that are still refused for one reason."""

    fault: Fault
    example: str
    count: int = 0


@dataclass(slots=True)
class Resubmission:
    """What became of the letters."""

    mended: int = 0
    """Letters whose fault is gone."""
    sent: Counter[str] = field(default_factory=Counter)
    """Events by topic; several letters may be of one event."""
    refused: dict[tuple[str, str], Refused] = field(default_factory=dict)
    """By reason and path with `*`."""

    def as_data(self) -> dict[str, Any]:
        still = [
            {"reason": one.fault.reason, "path": path, "message": one.fault.message, "count": one.count}
            | {"example": one.example}
            for (_, path), one in sorted(self.refused.items())
        ]
        return {
            "letters_mended": self.mended,
            "events_sent": self.sent.total(),
            "events_sent_by_topic": dict(sorted(self.sent.items())),
            "letters_still_refused": self.still_refused,
            "still_refused": still,
        }

    @property
    def still_refused(self) -> int:
        return sum(one.count for one in self.refused.values())


@dataclass(frozen=True, slots=True)
class Again:
    """Checks letters against the rules as they are now, and sends what is mended."""

    door: Door
    latest: Callable[[], datetime]
    """The latest time that is not in the future (T6)."""
    rekey: bool = False
    """Take the stay_id in the event for right where the key said otherwise."""

    def fault(self, letter: Letter) -> tuple[Fault | None, str | None]:
        """What is still wrong with what the letter is about, None if nothing is; and the stay of the event.

        Of an event with a faulty observation the others were used: only the fault of the letter itself is asked for.
        """
        record = letter.record
        if record.topic not in INPUT_TOPICS:
            return Fault("unknown-topic", "", "this letter is of no input topic"), None
        key = None if self.rekey or record.key is None else record.key.encode()
        found = self.door.admit(Arrival(record.topic, None, None, key, letter.payload), self.latest())
        return _same_fault(letter, found), found.stay_id

    def resubmit(self, letters: Iterable[Letter], post: Post | None) -> Resubmission:
        """Check every letter, and send the events of those that are mended; without `post` only check."""
        outcome = Resubmission()
        sent: set[bytes] = set()
        for letter in letters:
            fault, stay_id = self.fault(letter)
            if fault is not None:
                _still_refused(outcome, letter, fault)
                continue
            outcome.mended += 1
            name = blake2b(letter.record.topic.encode() + b"\n" + letter.payload, digest_size=16).digest()
            if name in sent:
                continue
            sent.add(name)
            outcome.sent[letter.record.topic] += 1
            if post is not None:
                post.send(_line(letter), stay_id, [(RESUBMITTED_HEADER, letter.record.event_id.encode())])
        return outcome


def _same_fault(letter: Letter, found: Admission) -> Fault | None:
    if found.event is None:
        return found.faults[0]
    if letter.record.scope == "event":
        return None
    observation = letter.record.path.rpartition("/")[0]
    return next((fault for fault in found.faults if fault.path.rpartition("/")[0] == observation), None)


def _still_refused(outcome: Resubmission, letter: Letter, fault: Fault) -> None:
    key = (fault.reason, pattern(fault.path))
    outcome.refused.setdefault(key, Refused(fault, letter.record.event_id)).count += 1


def _line(letter: Letter) -> Line:
    return Line(f"dead letter {letter.record.event_id}", 1, letter.record.topic, letter.payload)
