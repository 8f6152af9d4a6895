"""Sources of which next to nothing is read, as the alert `feed-unread` counts, and those of which nothing is."""

from dataclasses import dataclass
from datetime import datetime

from picustream.models.feeds import SourceMap
from picustream.scoring.alerts.feed_alerts import is_unread
from picustream.scoring.alerts.source import Source, readings_of
from picustream.scoring.validation import ValidatedInput


@dataclass(slots=True)
class Readings:
    """Observations of one source, on whatever topics it sends, and how many of them no rule reads."""

    count: int = 0
    unread: int = 0
    first: str | None = None
    """Where the first that is not read is (`file:line`)."""
    alarming: bool = False
    """Whether the alert would have been raised, by the record clock."""
    source: Source | None = None
    states_support: bool = False
    """Whether support or control of its ventilator events is read, with values or without."""

    @property
    def nothing_is_read(self) -> bool:
        return self.unread == self.count > 0 and not self.states_support


class Unread:
    """Counts what no rule reads, source by source."""

    def __init__(self, limits: SourceMap) -> None:
        self._limits = limits
        self.sources: dict[str, Readings] = {}

    def note(self, one: ValidatedInput, clock: datetime | None, where: str) -> None:
        """Takes note of the result of a line's validation, at the time that a replay's clock would read."""
        count, unread = readings_of(one)
        readings = self.sources.setdefault(one.source, Readings())
        if one.accepted is not None and (statement := one.accepted.reading.ventilation) is not None:
            readings.states_support = readings.states_support or statement.stated
        if not count:
            return
        readings.count += count
        readings.unread += unread
        if unread:
            readings.first = readings.first or where
        if clock is None or readings.alarming:
            return
        readings.source = readings.source or Source(clock)
        readings.source.note(one, clock, ())
        if unread:
            limits = self._limits.limits(one.source, True)
            readings.alarming = is_unread(*readings.source.read(clock), limits, False)
