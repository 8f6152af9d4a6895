"""What has become of dead letters: which are open, and which were sent again, refused once more or overtaken since.

A dead letter is never changed or taken back. What became of it shows in what came later: a newer dead letter about the
same fault, or a record of the input topics that holds the same event.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from picustream.deadletters.dead_letter import DecodedDeadLetter, EventName, Position

State = Literal["open", "refused-again", "sent-again", "superseded", "overtaken"]
OPEN: tuple[State, State] = ("open", "refused-again")
"""Somebody has still to see to these."""
SETTLED: tuple[State, State, State] = ("sent-again", "superseded", "overtaken")
MARGIN_MS = 60_000
"""How far the clocks of brokers, which stamp the records, may differ."""

FaultKey = tuple[EventName | bytes, str, str]
"""The event (its digest, where it has no name), the path of the fault and its reason."""


@dataclass(frozen=True, slots=True)
class LaterRecord:
    """An input record that came after a dead letter and holds the event of one."""

    position: tuple[str, int, int]
    arrived_at_ms: int
    event: EventName | None
    content: bytes
    dead_letter_id: str | None
    """The dead letter that it was taken from, if it was."""


class History:
    """All dead letters, without their events, and what came later. Memory: some 2 KB for each dead letter."""

    def __init__(self, dead_letters: Iterable[DecodedDeadLetter]) -> None:
        """All dead letters there are, in order of arrival."""
        self.dead_letters: list[DecodedDeadLetter] = []
        self._newest: dict[FaultKey, str] = {}
        self._refused: set[Position] = set()
        self._sent: set[str] = set()
        self._copies: defaultdict[bytes, list[LaterRecord]] = defaultdict(list)
        self._events: defaultdict[EventName, list[LaterRecord]] = defaultdict(list)
        for dead_letter in dead_letters:
            self.dead_letters.append(dead_letter.without_event)
            self._newest[_fault_key(dead_letter)] = dead_letter.record.event_id
            if dead_letter.record.scope == "event":
                self._refused.add(dead_letter.position)

    def note(self, later: LaterRecord) -> None:
        """Take note of an input record."""
        if later.dead_letter_id is not None:
            self._sent.add(later.dead_letter_id)
            self._copies[later.content].append(later)
        if later.event is not None:
            self._events[later.event].append(later)

    def superseded(self, dead_letter: DecodedDeadLetter) -> bool:
        """Whether a newer dead letter is about the same fault of the same event."""
        return self._newest.get(_fault_key(dead_letter), dead_letter.record.event_id) != dead_letter.record.event_id

    def state(self, dead_letter: DecodedDeadLetter) -> State:
        """What has become of a dead letter. Its event is accepted if a later record of it is not refused as a whole."""
        if self.superseded(dead_letter):
            return "superseded"
        copies = self._copies.get(dead_letter.content, ())
        if dead_letter.record.event_id in self._sent or any(_came_after(dead_letter, one) for one in copies):
            return "sent-again"
        same = self._events.get(dead_letter.event, ()) if dead_letter.event is not None else ()
        if any(_came_after(dead_letter, one) and one.position not in self._refused for one in same):
            return "overtaken"
        return "refused-again" if dead_letter.record.resubmitted else "open"


def _fault_key(dead_letter: DecodedDeadLetter) -> FaultKey:
    return dead_letter.event or dead_letter.content, dead_letter.record.path, dead_letter.record.reason


def _came_after(dead_letter: DecodedDeadLetter, later: LaterRecord) -> bool:
    """Within a partition by offset, else by the brokers' clocks."""
    topic, partition, offset = dead_letter.position
    if offset is not None and later.position[:2] == (topic, partition):
        return later.position[2] > offset
    return dead_letter.arrived_at_ms is not None and later.arrived_at_ms >= dead_letter.arrived_at_ms - MARGIN_MS
