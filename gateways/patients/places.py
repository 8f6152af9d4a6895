"""Where a patient is, without the name of a patient: wards are named by hand, and homes after who lives there."""

from dataclasses import replace

from picustream.gateways.patients.stated import Stamp, spot_of
from picustream.gateways.patients.units import Units
from picustream.gateways.private import Private
from picustream.gateways.statement import Movement, Place


def nameless(movement: Movement, private: Private, units: Units, now: Stamp) -> Movement:
    """A movement whose places name nobody; a unit stays what it is to the site."""
    places = [movement.place, movement.prior, *(part.place for part in movement.history)]
    if not any(private.hides(text) for place in places if place is not None for text in (place.unit, place.bed)):
        return movement
    return replace(
        movement,
        place=_nameless(movement.place, private, units, now),
        prior=_nameless(movement.prior, private, units, now),
        history=tuple(
            replace(part, place=_nameless(part.place, private, units, now) or part.place) for part in movement.history
        ),
    )


def _nameless(place: Place | None, private: Private, units: Units, now: Stamp) -> Place | None:
    if place is None:
        return None
    other = replace(place, unit=private.without(place.unit), bed=private.without(place.bed))
    is_same = units.kind_of(spot_of(other), now) == units.kind_of(spot_of(place), now)
    return other if is_same else replace(other, unit=place.unit)  # the site's own file has that name
