"""How the sources are watched: a site's own limits, as data next to its code map (`[feeds]`, `[sources.<name>]`)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from picustream.models.envelope import Id

Hours = Annotated[Decimal, Field(gt=0, le=8760)]
Percent = Annotated[Decimal, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=1)]


class SourceLimits(BaseModel):
    """`[sources.<name>]`: what holds for one source; what is left out is as `[feeds]` says."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    silence_after_hours: Hours = Decimal(24)
    """A source without a record for this long, while a stay is open, is silent."""
    dead_letter_percent: Percent = Decimal(5)
    """Share of its events with a dead letter above which there is an alert."""
    dead_letter_events: Count = 5
    """So many events with a dead letter there must be at least: one bad event of three wakes nobody."""
    unread_percent: Annotated[Percent, Field(gt=0)] = Decimal(90)
    """Share of its observations of a day that were ignored or refused from which on somebody is alerted."""
    unread_observations: Count = 20
    """So many such observations there must be at least."""


class FeedLimits(SourceLimits):
    """`[feeds]`: what holds for every source that has no table of its own."""

    facts_silence_after_hours: Hours = Decimal(168)
    """In the place of `silence_after_hours` for a source that sends admissions or trial events alone: no news of these
    for some days is how a small unit is."""


class SourceMap:
    """The limits of the merged files, ready for look-up."""

    def __init__(self) -> None:
        self._every = FeedLimits()
        self._own: dict[str, dict[str, object]] = {}
        self._limits: dict[tuple[str | None, bool], SourceLimits] = {}
        """By the source that has a table of its own (None: every other), and whether it sends measurements."""

    def add(self, feeds: FeedLimits, sources: Mapping[str, SourceLimits]) -> None:
        """Add a file; its limits go before those of earlier files."""
        self._limits.clear()
        self._every = self._every.model_copy(update=feeds.model_dump(exclude_unset=True))
        for name, limits in sources.items():
            self._own.setdefault(name, {}).update(limits.model_dump(exclude_unset=True))

    def limits(self, source: str, measures: bool) -> SourceLimits:
        """What holds for a source; `measures`: whether it sends measurements."""
        key = source if source in self._own else None, measures
        found = self._limits.get(key)
        if found is None:
            found = self._limits[key] = self._joined(*key)
        return found

    def _joined(self, source: str | None, measures: bool) -> SourceLimits:
        own = self._own[source] if source is not None else {}
        hours = self._every.silence_after_hours if measures else self._every.facts_silence_after_hours
        return SourceLimits.model_construct(**self._every.model_dump() | {"silence_after_hours": hours} | own)


Sources = dict[Id, SourceLimits]
