"""One look at a stay: as of when, what is known of it, and what comes of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from picustream.scoring.clinical.stay import Stay
from picustream.scoring.clinical.view import View
from picustream.scoring.records.bodies import Body, RecordKey

Bodies = dict[RecordKey, Body | None]
"""The bodies of the records looked at; None: there is (no longer) such a record."""
Known = Mapping[str, Collection[RecordKey]]
"""Keys that ever had a record, by their group."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a stay: as of when, and at how much."""

    stay: Stay
    view: View
    now: datetime
    known: Known
    since: datetime | None
    """The look before; None: everything has to be looked at."""
    passed: bool
    """Whether a due time has passed since then."""

    def known_of(self, group: str) -> Bodies:
        """The known keys of a group, each without a body so far."""
        return dict.fromkeys(self.known.get(group, ()))

    def known_days(self, group: str) -> set[date]:
        """The days that ever had a record of a group."""
        return {date.fromisoformat(key.part.rpartition("/")[2]) for key in self.known.get(group, ())}
