"""The whole history of some stays, read again because an answer depends on what was pruned (I9)."""

from collections.abc import Collection

from picustream.models import text
from picustream.scoring.batch import Batch
from picustream.scoring.dead_letters import STAYS_REFUSED, dead_letter_id
from picustream.scoring.port import EnginePort
from picustream.scoring.validation import LATEST, InputRecord


class History:
    """Dead letters first (`note_dead_letter`), then inputs (`take`), both by offset, then `read`."""

    def __init__(self, stays: Collection[str]) -> None:
        self._keys = {stay.encode() for stay in stays}
        self._refused: set[str] = set()
        self._records: list[InputRecord] = []

    def note_dead_letter(self, value: bytes) -> None:
        """Takes note of a dead letter: an event that was refused as in the future is not used later either (T6)."""
        letter = text.parse(value)
        if letter["reason"] in STAYS_REFUSED:
            self._refused.add(letter["event_id"])

    def take(self, record: InputRecord) -> None:
        """Takes note of an input record that was processed, if it may be of one of the stays."""
        ours = record.key is None or record.key in self._keys
        if ours and dead_letter_id(record, 0) not in self._refused:
            self._records.append(record)

    def read(self, engine: EnginePort) -> Batch:
        """The noted records, validated."""
        return engine.read_until(self._records, LATEST)
