"""What an alert is raised for, as long as it holds (docs/alerts.md)."""

from dataclasses import dataclass
from datetime import datetime

from picustream.scoring.records.bodies import ALERT, RecordKey


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a stay, or of a source."""

    name: str
    """Of the alert."""
    since: datetime
    subject: str = ""
    """What it is about within the stay: a day, an event."""
    detail: str | None = None

    @property
    def key(self) -> RecordKey:
        """Of the alert's record."""
        return RecordKey(ALERT, f"{self.name}/{self.subject}" if self.subject else self.name)
