"""What a score says of itself, as data: what it needs. `explain`, `lint` and the demo know a score by this alone."""

from dataclasses import dataclass

from picustream.models.event import ADT, LAB, VENTILATOR
from picustream.models.variable import Variable

BIRTH_DATE = "birth-date"
ROOM_AIR = "room-air"
INVASIVE = "invasive"
PEAK_UNDER_PRESSURE_CONTROL = "peak-under-pressure-control"
ARDS_ONSET = "ards-onset"

GIVEN: tuple[str, ...] = (*Variable, BIRTH_DATE, ROOM_AIR, INVASIVE, PEAK_UNDER_PRESSURE_CONTROL, ARDS_ONSET)
"""What a stay can have: a usable value of a variable, or what an event states beside its values."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something a component cannot do without."""

    name: str
    ways: tuple[tuple[str, ...], ...]
    """Any of these will do, each whole; items of `GIVEN`."""
    topic: str
    """Where it usually comes from."""


def any_of(name: str, topic: str, *given: str) -> Need:
    """A need that any one of these meets."""
    return Need(name, tuple((one,) for one in given), topic)


PAO2 = any_of("arterial PaO2", LAB, Variable.PAO2)
FIO2 = any_of("FiO2 (or support room-air)", VENTILATOR, Variable.FIO2, ROOM_AIR)
BIRTH = any_of("birth date", ADT, BIRTH_DATE)
