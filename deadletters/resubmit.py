"""Sending dead letters again: which of them would now be accepted, and what is sent for them.

The event that is sent is the one that was refused, byte for byte; what has been mended is the code map, the clock or
the program. A letter that would only be refused again is not sent, and one is not sent twice unless somebody says so
(`choice`), though that does no harm: an event that arrives again changes nothing (I1).
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from picustream.deadletters.choice import Skip
from picustream.deadletters.dead_letter import Letter
from picustream.eventfiles.files import Line
from picustream.models.event import INPUT_TOPICS
from picustream.scoring.faults import Fault, path_pattern
from picustream.scoring.validation import InputRecord, ValidatedInput, Validator
from picustream.streams.kafka.resubmission import RESUBMITTED_HEADER
from picustream.streams.store.outbox import Header


class Post(Protocol):
    """What takes an event to its topic."""

    def send(self, line: Line, stay_id: str | None, headers: Iterable[Header]) -> None:
        """Send one event, keyed by its stay."""


@dataclass(slots=True)
class Refused:
    """Faults of one kind."""

    example: str
    """A letter that has it."""
    count: int = 0


Faults = dict[tuple[str, str, str], Refused]
"""By reason, path with `*` and message."""


@dataclass(slots=True)
class Resubmission:
    """What became of the letters."""

    mended: int = 0
    """Letters whose fault is gone."""
    sent: Counter[str] = field(default_factory=Counter)
    """Events by topic; several letters may be of one event."""
    refused: Faults = field(default_factory=dict)
    """Of letters that are not mended."""
    refused_again: Faults = field(default_factory=dict)
    """Other faults of the events that were sent: each becomes a letter once more, in the place of its older one."""
    skipped: Counter[Skip] = field(default_factory=Counter)
    """Letters that were not looked at, and why."""

    def as_data(self) -> dict[str, Any]:
        return {
            "letters_mended": self.mended,
            "events_sent": self.sent.total(),
            "events_sent_by_topic": dict(sorted(self.sent.items())),
            "letters_skipped": self.skipped.total(),
            "letters_skipped_by_reason": dict(sorted(self.skipped.items())),
            "letters_still_refused": self.still_refused,
            "still_refused": _as_data(self.refused),
            "faults_refused_again": sum(one.count for one in self.refused_again.values()),
            "refused_again": _as_data(self.refused_again),
        }

    @property
    def still_refused(self) -> int:
        return sum(one.count for one in self.refused.values())


def _as_data(faults: Faults) -> list[dict[str, Any]]:
    return [
        {"reason": reason, "path": path, "message": message, "count": one.count, "example": one.example}
        for (reason, path, message), one in sorted(faults.items())
    ]


@dataclass(frozen=True, slots=True)
class Again:
    """Checks letters against the rules as they are now, and sends what is mended."""

    validator: Validator
    latest: Callable[[], datetime]
    """The latest time that is not in the future (T6)."""
    rekey: bool = False
    """Take the stay_id in the event for right where the key said otherwise."""
    original: Callable[[Letter], bytes | None] = lambda letter: None
    """The whole event of a letter that has only its head, None where it cannot be had."""

    def resubmit(
        self, letters: Iterable[Letter], post: Post | None, skip: Callable[[Letter], Skip | None] | None = None
    ) -> Resubmission:
        """Check every letter that is not skipped, and send the events of those that are mended.

        Without `post` only check. Of an event with a faulty observation the others were used: only the fault of the
        letter itself keeps it from being sent.
        """
        outcome = Resubmission()
        sent: set[bytes] = set()
        for letter in letters:
            if skip is not None and (why := skip(letter)) is not None:
                outcome.skipped[why] += 1
                continue
            if letter.is_cut and (whole := self.original(letter)) is not None:
                letter = replace(letter, payload=whole)
            found = self._validated(letter)
            if (fault := _same_fault(letter, found)) is not None:
                _count(outcome.refused, letter, fault)
                continue
            outcome.mended += 1
            if letter.content in sent:
                continue
            sent.add(letter.content)
            outcome.sent[letter.record.topic] += 1
            for other in found.faults:
                _count(outcome.refused_again, letter, other)
            if post is not None:
                header = (RESUBMITTED_HEADER, letter.record.event_id.encode())
                post.send(_line(letter), found.stay_id, [header])
        return outcome

    def _validated(self, letter: Letter) -> ValidatedInput:
        """The validation of the event now."""
        record = letter.record
        key = None if self.rekey or record.key is None else record.key.encode()
        input_record = InputRecord(record.topic, None, None, key, letter.payload)
        if record.topic not in INPUT_TOPICS:
            return ValidatedInput(input_record, None, (Fault("unknown-topic", "", "this letter is of no input topic"),))
        if letter.is_cut:
            return ValidatedInput(input_record, None, (_CUT,))
        return self.validator.validate(input_record, self.latest())


_CUT = Fault("too-large", "", "the letter holds only the head of this event; publish the event itself again")


def _same_fault(letter: Letter, found: ValidatedInput) -> Fault | None:
    if found.event is None:
        return found.faults[0]
    if letter.record.scope == "event":
        return None
    observation = letter.record.path.rpartition("/")[0]
    return next((fault for fault in found.faults if fault.path.rpartition("/")[0] == observation), None)


def _count(faults: Faults, letter: Letter, fault: Fault) -> None:
    key = (fault.reason, path_pattern(fault.path), fault.message)
    faults.setdefault(key, Refused(letter.record.event_id)).count += 1


def _line(letter: Letter) -> Line:
    return Line(f"dead letter {letter.record.event_id}", 1, letter.record.topic, letter.payload)
