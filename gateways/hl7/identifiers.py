"""Whom a message speaks of: identifiers (CX) and places (PL), as they are written."""

from picustream.gateways.hl7.cells import Cell, alike
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
    if segment is None or not segment.raw(field):
        return ()
    return _identifiers(segment.cell(field), f"{segment.name}-{field}")


@alike
def _identifiers(cell: Cell, field: str) -> tuple[Identifier, ...]:
    found = []
    for one in cell.repetitions():
        if value := _said(one, 1):
            found.append(Identifier(value, _said(one, 4) or _said(one, 4, 2), _said(one, 5), field))
    return tuple(found)


def place(pv1: Segment | None, field: int) -> Place | None:
    """Unit, bed and facility; a bed is named with its room, for a bed `A` is in every room."""
    return _place(pv1.cell(field)) if pv1 is not None and pv1.raw(field) else None


@alike
def _place(cell: Cell) -> Place | None:
    unit, room, bed, facility = (_said(cell.repetitions()[0], component) for component in (1, 2, 3, 4))
    if room and bed and room != bed:
        bed = f"{room}-{bed}"
    return Place(unit, bed or room, facility) if unit else None


def _said(cell: Cell, component: int, subcomponent: int = 1) -> str:
    text = cell.text(component, subcomponent).strip()
    return "" if text == DELETED else text
