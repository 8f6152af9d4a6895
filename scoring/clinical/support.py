"""Respiratory support and PEEP in force at a time (rules P2, V3)."""

from datetime import datetime
from decimal import Decimal

from picustream.models.protocol import hours
from picustream.models.variable import Variable
from picustream.scoring.clinical.view import View

INVASIVE = "invasive"
ROOM_AIR = "room-air"


def support_in_force(view: View, moment: datetime) -> str | None:
    """P2: the known support of the latest ventilator event that names one, at or before a moment, at most 24 h old."""
    back = hours(view.protocol.pairing.support_look_back_hours)
    latest = view.ventilation(moment - back, moment, but=(None,))
    return latest.support if latest is not None else None


def peep_in_force(view: View, moment: datetime) -> Decimal | None:
    """V3: the latest set PEEP at or before a moment and at most 4 h old, else the latest measured one, in cmH2O."""
    back = hours(view.protocol.pairing.peep_look_back_hours)
    for variable in (Variable.PEEP, Variable.PEEP_MEASURED):
        found = view.latest(variable, moment, back)
        if found is not None:
            return found.exact
    return None
