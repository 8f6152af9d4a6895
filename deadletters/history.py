"""What has become of letters: which are open, and which were sent again, refused once more or overtaken since.

A letter is never changed or taken back. What became of it shows in what came later: a newer letter about the same
trouble, or a record of the input topics that holds the same event.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from picustream.deadletters.dead_letter import EventName, Letter, Place

State = Literal["open", "refused-again", "sent-again", "superseded", "overtaken"]
OPEN: tuple[State, State] = ("open", "refused-again")
"""Somebody has still to see to these."""
SETTLED: tuple[State, State, State] = ("sent-again", "superseded", "overtaken")
MARGIN_MS = 60_000
"""How far the clocks of brokers, which stamp the records, may differ."""

Trouble = tuple[EventName | bytes, str, str]
"""The event (its digest, where it has no name), the path of the fault and its reason."""


@dataclass(frozen=True, slots=True)
class Later:
    """An input record that came after a letter and holds the event of one."""

    place: tuple[str, int, int]
    stamped: int
    event: EventName | None
    content: bytes
    letter_id: str | None
    """The letter that it was taken from, if it was."""


class History:
    """All letters, without their events, and what came later. Memory: some 2 KB for each letter."""

    def __init__(self, letters: Iterable[Letter]) -> None:
        """All letters there are, in order of arrival."""
        self.letters: list[Letter] = []
        self._newest: dict[Trouble, str] = {}
        self._refused: set[Place] = set()
        self._sent: set[str] = set()
        self._copies: defaultdict[bytes, list[Later]] = defaultdict(list)
        self._events: defaultdict[EventName, list[Later]] = defaultdict(list)
        for letter in letters:
            self.letters.append(letter.light)
            self._newest[_trouble(letter)] = letter.record.event_id
            if letter.record.scope == "event":
                self._refused.add(letter.place)

    def note(self, later: Later) -> None:
        """Take note of an input record."""
        if later.letter_id is not None:
            self._sent.add(later.letter_id)
            self._copies[later.content].append(later)
        if later.event is not None:
            self._events[later.event].append(later)

    def superseded(self, letter: Letter) -> bool:
        """Whether a newer letter is about the same fault of the same event."""
        return self._newest.get(_trouble(letter), letter.record.event_id) != letter.record.event_id

    def state(self, letter: Letter) -> State:
        """What has become of a letter. Its event stands accepted if a later record of it was not refused as a whole."""
        if self.superseded(letter):
            return "superseded"
        copies = self._copies.get(letter.content, ())
        if letter.record.event_id in self._sent or any(_came_after(letter, one) for one in copies):
            return "sent-again"
        same = self._events.get(letter.event, ()) if letter.event is not None else ()
        if any(_came_after(letter, one) and one.place not in self._refused for one in same):
            return "overtaken"
        return "refused-again" if letter.record.resubmitted else "open"


def _trouble(letter: Letter) -> Trouble:
    return letter.event or letter.content, letter.record.path, letter.record.reason


def _came_after(letter: Letter, later: Later) -> bool:
    """Within a partition by offset, else by the brokers' clocks."""
    topic, partition, offset = letter.place
    if offset is not None and later.place[:2] == (topic, partition):
        return later.place[2] > offset
    return letter.stamped is not None and later.stamped >= letter.stamped - MARGIN_MS
