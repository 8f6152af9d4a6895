"""Which places are of our unit, by name and by date."""

import re
from datetime import UTC, date
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from picustream.gateways.patients.stated import Spot, Stamp, moment
from picustream.gateways.site.config import Site
from picustream.gateways.site.config import Units as Named


class Units:
    """The units of a site."""

    def __init__(self, site: Site) -> None:
        self._named = [(re.compile(units.match), units) for units in site.unit]
        self.zone = ZoneInfo(site.zone) if site.zone else UTC
        """By which a day is meant."""
        self.kind = lru_cache(maxsize=10_000)(self._kind)
        self._dated = any(units.from_ or units.until for units in site.unit)

    def inside(self, spot: Spot | None, at: Stamp) -> bool:
        """Whether a place is of a PICU of ours, then."""
        return self.kind_of(spot, at) == "picu"

    def kind_of(self, spot: Spot | None, at: Stamp) -> Literal["picu", "other-icu"] | None:
        """What a place is, then; None: neither."""
        if spot is None:
            return None
        return self.kind(spot.unit, self.day(at) if self._dated else None)

    def day(self, at: Stamp) -> date:
        """The day of a moment, by the clock of the site."""
        return moment(at).astimezone(self.zone).date()

    def _kind(self, unit: str, day: date | None) -> Literal["picu", "other-icu"] | None:
        return next((units.kind for form, units in self._named if form.fullmatch(unit) and _holds(units, day)), None)


def _holds(units: Named, day: date | None) -> bool:
    return day is None or ((units.from_ or day) <= day and (units.until is None or day < units.until))
