"""The stays of a visit: how long the patient was in our unit without leaving it, and in which beds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from picustream.gateways.patients.course import Point
from picustream.gateways.patients.stated import Spot, Stamp
from picustream.gateways.patients.units import Units
from picustream.gateways.site.config import Site


@dataclass(slots=True)
class Presence:
    """One stay, as the course of its visit has it."""

    opener: str
    """The key of the point with which it began."""
    places: list[tuple[Stamp, Spot]]
    """From when on in which bed, in order of time; the first is the admission."""
    end: Stamp | None = None
    destination: str = "unknown"
    dies: bool = False
    """Whether it ended with the patient's death."""

    @property
    def start(self) -> Stamp:
        """When it began."""
        return self.places[0][0]


def presences(points: Sequence[Point], units: Units, site: Site) -> list[Presence]:
    """The stays of a course, in order of time."""
    found: list[Presence] = []
    current: Presence | None = None
    for point in points:
        if point.spot is not None and units.inside(point.spot, point.at):
            if current is None:
                current = Presence(point.key, [(point.at, point.spot)])
                found.append(current)
            elif point.spot[:2] != current.places[-1][1][:2]:
                current.places.append((point.at, point.spot))
        elif current is not None:
            current.end, current.dies = point.at, point.dies
            current.destination = _destination(point, units, site)
            current = None
    return found


def _destination(point: Point, units: Units, site: Site) -> str:
    if point.spot is not None:
        return "other-icu" if units.kind_of(point.spot, point.at) == "other-icu" else "ward"
    for word in (point.disposition, point.destination.casefold()):
        if word in _words(site.home):
            return "home"
        if word in _words(site.other_hospital):
            return "other-hospital"
    return "other-icu" if units.kind_of(Spot(point.destination), point.at) == "other-icu" else "unknown"


def _words(listed: list[str]) -> set[str]:
    return {word.strip().casefold() for word in listed}


def row_of(presence: Presence) -> dict[str, Any]:
    """What is kept of a stay to find it by time and bed."""
    return {"start": presence.start, "end": presence.end, "places": [[at, *spot] for at, spot in presence.places]}
