"""A record's body: what it says, before status, revision and the rest of the book-keeping are added."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

ALERT = "alert"
"""The kind of the records that are no records of a score or of the trial."""


class RecordKey(NamedTuple):
    """What has one current record: a stay's day, basis, screening, milestone or alert."""

    kind: str
    part: str
    """`2025-01-31`, `daily/2025-01-31`, `at-24h/1`, `picu-los`, ... ; empty for eligibility."""

    def __str__(self) -> str:
        return f"{self.kind}/{self.part}" if self.part else self.kind

    @property
    def group(self) -> str:
        """The kind, or a basis within it: `mods`, `apps/daily`, `apps/at-24h`, `alert`."""
        basis, slash, _ = self.part.partition("/")
        return f"{self.kind}/{basis}" if slash and self.kind != ALERT else self.kind

    @classmethod
    def parse(cls, written: str) -> "RecordKey":
        """The key that `str` wrote."""
        kind, _, part = written.partition("/")
        return cls(kind, part)


@dataclass(frozen=True, slots=True)
class Body:
    """The current content of one record; None instead of a body means that there is (no longer) such a record."""

    fields: dict[str, Any]
    effective_at: datetime
    caveats: tuple[str, ...]
    closed: bool
    """Whether the record is final from here on (T4)."""
    compared: dict[str, Any] | None = None
    """The fields that make a revision when they change, where they are not all of them."""
    asks_since: datetime | None = None
    """Since when somebody has been asked for something by this record (`consent-due`, `follow-up-due`)."""


Bodies = dict[RecordKey, Body | None]
"""By record; None: there is (no longer) such a record."""
