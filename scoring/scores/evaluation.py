"""One evaluation of a stay: as of when, what is known of it, and what comes of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from picustream.models.protocol import Protocol
from picustream.models.times import ONE_DAY
from picustream.scoring.chart.chart import Chart
from picustream.scoring.clinical.days import closes_at, days_between, local_date, midnight
from picustream.scoring.clinical.stay import Stay, last_day
from picustream.scoring.clinical.view import View
from picustream.scoring.records.bodies import Bodies, RecordKey
from picustream.scoring.scores.day_cache import DayCache

Known = Mapping[str, Collection[RecordKey]]
"""Keys that ever had a record, by their group."""


@dataclass  # never changed; frozen, it would take three times as long to make
class Evaluation:
    """As of when, and of how much."""

    chart: Chart
    stay: Stay
    view: View
    protocol: Protocol
    treatment_day: date | None
    days: DayCache
    now: datetime
    known: Known
    since: datetime | None
    """The evaluation before; None: everything has to be evaluated."""
    passed: bool
    """Whether a due time has passed since then."""
    facts: bool
    """Whether facts have changed since then: the admission, the end, the patient, what the trial has decided."""
    changed: frozenset[tuple[str, date]]
    """The day parts, by name, and the local days of which the value changed since then."""
    others: Mapping[str, Any]
    """The records of the stay of every kind, by its name: the trial speaks of scores."""
    scores: Sequence[Any]
    """Those of its scores."""
    found: Bodies = field(default_factory=dict)
    """The bodies made so far."""

    @cached_property
    def span(self) -> tuple[date, date]:
        """The first and the last local day of the stay up to the clock (T4); the last before the first: none."""
        zone = self.protocol.zone
        today, last = local_date(self.now, zone), last_day(self.stay, self.protocol)
        return local_date(self.stay.start, zone), today if last is None else min(today, last)

    @cached_property
    def days_turned(self) -> frozenset[date]:
        """The days that have begun or closed since the evaluation before (T4)."""
        if not self.passed or self.since is None:
            return frozenset()
        zone, later = self.protocol.zone, self.protocol.finalise_after
        begun = days_between(local_date(self.since, zone) + ONE_DAY, self.span[1])
        closed = days_between(local_date(self.since - later, zone), local_date(self.now - later, zone) - ONE_DAY)
        return frozenset((*begun, *closed))

    def changed_days(self, part: str) -> set[date]:
        """The days of which a part changed."""
        return {day for name, day in self.changed if name == part}

    def known_of(self, group: str) -> Bodies:
        """The known keys of a group, each without a body so far."""
        return dict.fromkeys(self.known.get(group, ()))

    def known_days(self, group: str) -> set[date]:
        """The days that ever had a record of a group."""
        return {date.fromisoformat(key.part.rpartition("/")[2]) for key in self.known.get(group, ())}

    @cached_property
    def days_due(self) -> tuple[datetime, ...]:
        """When the next day closes, and when the next one begins (T4)."""
        protocol, last = self.protocol, last_day(self.stay, self.protocol)
        first = local_date(self.stay.start, protocol.zone)
        closing = max(first, local_date(self.now - protocol.finalise_after, protocol.zone))
        tomorrow = max(first, local_date(self.now, protocol.zone) + ONE_DAY)
        closes = (closes_at(closing, protocol),) if last is None or closing <= last else ()
        begins = (midnight(tomorrow, protocol.zone),) if last is None or tomorrow <= last else ()
        return closes + begins
