"""Whom a message speaks of: identifiers (CX) and places (PL), as they are written."""

from picustream.gateways.hl7.message import DELETED, Segment
from picustream.gateways.statement import Identifier, Place, Subject


def subject(pid: Segment | None, pv1: Segment | None) -> Subject:
    """Patient, visit and place of a group of segments."""
    return Subject(
        tuple(one for field in (3, 2, 4) for one in identifiers(pid, field)),
        tuple(one for segment, field in ((pv1, 19), (pid, 18), (pv1, 50)) for one in identifiers(segment, field)),
        place(pv1, 3),
    )


def identifiers(segment: Segment | None, field: int) -> tuple[Identifier, ...]:
    """Every identifier of a repeating field."""
    if segment is None:
        return ()
    found = []
    for repetition in range(1, segment.repetitions(field) + 1):
        value = _text(segment, field, repetition, 1)
        if value:
            authority = _text(segment, field, repetition, 4) or _text(segment, field, repetition, 4, 2)
            kind = _text(segment, field, repetition, 5)
            found.append(Identifier(value, authority, kind, f"{segment.name}-{field}"))
    return tuple(found)


def place(pv1: Segment | None, field: int) -> Place | None:
    """Unit, bed and facility; a bed is named with its room, for a bed `A` is in every room."""
    if pv1 is None or not (unit := _text(pv1, field, 1, 1)):
        return None
    room, bed, facility = (_text(pv1, field, 1, component) for component in (2, 3, 4))
    if room and bed and room != bed:
        bed = f"{room}-{bed}"
    return Place(unit, bed or room, facility)


def _text(segment: Segment, field: int, repetition: int, component: int, subcomponent: int = 1) -> str:
    text = segment.text(field, repetition, component, subcomponent).strip()
    return "" if text == DELETED else text
