"""Two different texts of one and the same version (docs/topics.md, `conflicting-duplicate`)."""

from collections.abc import Iterable
from datetime import datetime

from picustream.scoring.chart.entries import Filed, Identity, Piece


class Conflicts:
    """Pieces whose current version is one of two that tie in all but their text.

    By piece, not by event: a later version of one value leaves the others of its event alone (I1).
    """

    def __init__(self) -> None:
        self._of: dict[Piece, tuple[Identity, datetime]] = {}
        self.changes = 0
        """How often any of them has changed."""

    @property
    def events(self) -> dict[Identity, datetime]:
        """(source, event id) of every event with such a piece, and the earliest moment of one."""
        found: dict[Identity, datetime] = {}
        for event, moment in self._of.values():
            found[event] = min(moment, found.get(event, moment))
        return found

    def note(self, piece: Piece, chosen: Filed) -> None:
        """Notes that two versions tie, and which was chosen."""
        self._of[piece] = (chosen.source, chosen.event_id), chosen.happened_at
        self.changes += 1

    def resolve(self, piece: Piece) -> bool:
        """A later version came into force; whether the piece was in conflict."""
        resolved = self._of.pop(piece, None) is not None
        self.changes += resolved
        return resolved

    def to_store(self) -> list[list[str]]:
        """For `restore`."""
        return [[*event, moment.isoformat(), *piece] for piece, (event, moment) in sorted(self._of.items())]

    def restore(self, stored: Iterable[list[str]]) -> None:
        """Takes over what `to_store` gave."""
        for source, event_id, moment, *piece in stored:
            self._of[tuple(piece)] = (source, event_id), datetime.fromisoformat(moment)
            self.changes += 1
