"""Sending dead letters again: which of them would now be accepted, and what is sent for them.

The event that is sent is the one that was refused, byte for byte; what has been fixed is the code map, the clock or
the program. A dead letter that would only be refused again is not sent, and one is not sent twice unless somebody asks
for it (`choice`), though that does no harm: an event that arrives again changes nothing (I1).
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from picustream.deadletters.choice import Skip
from picustream.deadletters.dead_letter import DecodedDeadLetter
from picustream.models.event import INPUT_TOPICS
from picustream.scoring.faults import Fault, path_pattern
from picustream.scoring.validation import InputRecord, ValidatedInput, Validator
from picustream.streams.kafka.resubmission import RESUBMITTED_HEADER
from picustream.streams.store.outbox import Header


class Sender(Protocol):
    """What takes an event to its topic."""

    def send(
        self, topic: str, value: bytes | None, key: bytes | None, headers: Iterable[Header] = (), *, origin: str
    ) -> None:
        """Send one event; `origin` names it in messages."""


@dataclass(slots=True)
class Refused:
    """Faults of one kind."""

    example: str
    """A dead letter that has it."""
    count: int = 0


Faults = dict[tuple[str, str, str], Refused]
"""By reason, path with `*` and message."""


@dataclass(slots=True)
class Resubmission:
    """What became of the dead letters."""

    fixed: int = 0
    """Dead letters whose fault is gone."""
    sent: Counter[str] = field(default_factory=Counter)
    """Events by topic; several dead letters may be of one event."""
    refused: Faults = field(default_factory=dict)
    """Of dead letters that are not fixed."""
    refused_again: Faults = field(default_factory=dict)
    """Other faults of the events that were sent: each becomes a dead letter once more, instead of its older one."""
    skipped: Counter[Skip] = field(default_factory=Counter)
    """Dead letters that were not checked, and why."""

    def as_data(self) -> dict[str, Any]:
        return {
            "letters_mended": self.fixed,
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
class Resubmitter:
    """Checks dead letters against the rules as they are now, and sends what is fixed."""

    validator: Validator
    latest: Callable[[], datetime]
    """The latest time that is not in the future (T6)."""
    rekey: bool = False
    """Take the stay_id in the event for right where the key differs."""
    original: Callable[[DecodedDeadLetter], bytes | None] = lambda dead_letter: None
    """The whole event of a dead letter that has only its head, None where it cannot be had."""

    def resubmit(
        self,
        dead_letters: Iterable[DecodedDeadLetter],
        sender: Sender | None,
        skip: Callable[[DecodedDeadLetter], Skip | None] | None = None,
    ) -> Resubmission:
        """Check every dead letter that is not skipped, and send the events of those that are fixed.

        Without `post` only check. Of an event with a faulty observation the others were used: only the fault of the
        dead letter itself keeps it from being sent.
        """
        outcome = Resubmission()
        sent: set[bytes] = set()
        for dead_letter in dead_letters:
            if skip is not None and (why := skip(dead_letter)) is not None:
                outcome.skipped[why] += 1
                continue
            if dead_letter.is_cut and (whole := self.original(dead_letter)) is not None:
                dead_letter = replace(dead_letter, payload=whole)
            validated = self._validated(dead_letter)
            if (fault := _same_fault(dead_letter, validated)) is not None:
                _count(outcome.refused, dead_letter, fault)
                continue
            outcome.fixed += 1
            if dead_letter.content in sent:
                continue
            sent.add(dead_letter.content)
            outcome.sent[dead_letter.record.topic] += 1
            for other in validated.faults:
                _count(outcome.refused_again, dead_letter, other)
            if sender is not None:
                _send(dead_letter, validated.stay_id, sender)
        return outcome

    def _validated(self, dead_letter: DecodedDeadLetter) -> ValidatedInput:
        """The validation of the event now."""
        record = dead_letter.record
        key = None if self.rekey or record.key is None else record.key.encode()
        input_record = InputRecord(record.topic, None, None, key, dead_letter.payload)
        if record.topic not in INPUT_TOPICS:
            return ValidatedInput(
                input_record, None, (Fault("unknown-topic", "", "this dead letter is of no input topic"),)
            )
        if dead_letter.is_cut:
            return ValidatedInput(input_record, None, (_CUT,))
        return self.validator.validate(input_record, self.latest())


_CUT = Fault("too-large", "", "the dead letter holds only the head of this event; publish the event itself again")


def _same_fault(dead_letter: DecodedDeadLetter, validated: ValidatedInput) -> Fault | None:
    if validated.accepted is None:
        return validated.faults[0]
    if dead_letter.record.scope == "event":
        return None
    observation = dead_letter.record.path.rpartition("/")[0]
    return next((fault for fault in validated.faults if fault.path.rpartition("/")[0] == observation), None)


def _count(faults: Faults, dead_letter: DecodedDeadLetter, fault: Fault) -> None:
    key = (fault.reason, path_pattern(fault.path), fault.message)
    faults.setdefault(key, Refused(dead_letter.record.event_id)).count += 1


def _send(dead_letter: DecodedDeadLetter, stay_id: str | None, sender: Sender) -> None:
    """Send the event, keyed by its stay, with the name of the dead letter that it is of."""
    event_id, key = dead_letter.record.event_id, None if stay_id is None else stay_id.encode()
    header = (RESUBMITTED_HEADER, event_id.encode())
    sender.send(dead_letter.record.topic, dead_letter.payload, key, [header], origin=f"dead letter {event_id}")
