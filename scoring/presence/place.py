"""Whether a child is here, and where it lies (rules S1, S2).

Traps: a bed that is not named after a change of unit is not known, and is not the old one; a place that is said again
begins nothing; what is dated before the admission, or after the end, is of another stay.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from picustream.models.fact import Discharged, Moved
from picustream.models.protocol import Protocol
from picustream.scoring.chart.chart import Chart
from picustream.scoring.chart.entries import Fact
from picustream.scoring.clinical.days import local_date
from picustream.scoring.clinical.stay import Stay, all_in_force
from picustream.scoring.records.bodies import Body


@dataclass(frozen=True, slots=True)
class Place:
    """Where a child lies, and since when."""

    unit: str | None
    bed: str | None
    since: datetime


def presence_body(chart: Chart, stay: Stay, protocol: Protocol, now: datetime) -> Body:
    """S1: present until the end of the stay has come, and then left, in the place that held last."""
    left = stay.end is not None and stay.end <= now
    place = place_at(chart, stay, now)
    fields = {
        "state": "left" if left else "present",
        "unit": place.unit,
        "bed": place.bed,
        "bed_since": place.since if place.bed is not None else None,
        "admitted_at": stay.start,
        "left_at": stay.end if left else None,
        "end": _end(stay) if left else None,
        "destination": _destination(stay) if left else None,
        "age": _months(stay, protocol),
        "sex": stay.admitted.sex,
    }
    return Body(fields, stay.start, (), closed=left)


def place_at(chart: Chart, stay: Stay, now: datetime) -> Place:
    """S2: the latest admission or move at or before a moment, in the order V1, holds."""
    admitted = stay.admitted
    place = Place(admitted.unit, admitted.bed, stay.start)
    for fact, moved in _moves(chart, stay):
        if fact.at <= now:
            place = _moved(place, fact, moved)
    return place


def moments(chart: Chart, stay: Stay) -> Iterator[datetime]:
    """When time alone may change the record."""
    yield from (fact.at for fact, _ in _moves(chart, stay))
    if stay.end is not None:
        yield stay.end


def _moves(chart: Chart, stay: Stay) -> Iterator[tuple[Fact, Moved]]:
    """S2: those within the stay, its end not included: whoever leaves at that moment moves nowhere in it."""
    for fact, moved in all_in_force(chart, Moved):
        after = fact.order > stay.admission.order if fact.at == stay.start else fact.at > stay.start
        if after and (stay.end is None or fact.at < stay.end):
            yield fact, moved


def _moved(place: Place, fact: Fact, moved: Moved) -> Place:
    """S2: a move within the unit may leave the unit out; one to another unit without a bed leaves the bed unknown."""
    unit = place.unit if moved.unit is None else moved.unit
    bed = place.bed if moved.bed is None and unit == place.unit else moved.bed
    return place if (unit, bed) == (place.unit, place.bed) else Place(unit, bed, fact.at)


def _end(stay: Stay) -> str:
    return "died" if stay.died_inside else "discharged"


def _destination(stay: Stay) -> Any:
    """Where a discharged child went; whoever died went nowhere."""
    if stay.died_inside or stay.discharge is None:
        return None
    event = stay.discharge.event
    return event.destination if isinstance(event, Discharged) else None


def _months(stay: Stay, protocol: Protocol) -> int | None:
    """S1: age in completed months on the local day of the admission, where every possible birth date agrees."""
    birth = stay.birth_by(protocol)
    day = local_date(stay.start, protocol.zone)
    possible = birth.up_to(day) if birth else None
    if possible is None:
        return None
    least, most = possible.months_on(day)
    return least if least == most else None
