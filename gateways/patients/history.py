"""A history of locations (FHIR Encounter) as points of time."""

from datetime import timedelta

from picustream.gateways.patients.stated import Spot, Stamp, Stated, moment
from picustream.gateways.patients.units import Units

BRIDGED = timedelta(hours=1)
"""So long a gap between two beds of the unit is one of the bookkeeping and not of the stay."""


def spots_of(said: Stated, units: Units) -> list[tuple[Stamp, Spot | None]]:
    """From when on the patient was where; None: it had left."""
    parts = sorted(said.history, key=lambda part: part.start)
    points: list[tuple[Stamp, Spot | None]] = []
    for index, part in enumerate(parts):
        points.append((part.start, part.spot))
        following = parts[index + 1] if index + 1 < len(parts) else None
        if following is None:
            if end := part.end or (said.discharged if said.ended else None):
                points.append((max(end, part.start), None))
        elif part.end is not None and part.end < following.start:
            out = units.inside(following.spot, following.start)
            if not out:
                points.append((max(part.end, part.start), following.spot))
            elif moment(following.start) - moment(part.end) > BRIDGED:
                points.append((max(part.end, part.start), None))
    return points
