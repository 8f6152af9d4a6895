"""Which scores a feed can give at all: a component whose parts never come has no points, whatever else is sent (I6)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from picustream.models.event import ADT, LAB, VENTILATOR, VITAL
from picustream.models.variable import Variable

BIRTH_DATE = "birth-date"
ROOM_AIR = "room-air"
INVASIVE = "invasive"
PEAK_UNDER_PRESSURE_CONTROL = "peak-under-pressure-control"
ARDS_ONSET = "ards-onset"

PARTS: tuple[str, ...] = (*Variable, BIRTH_DATE, ROOM_AIR, INVASIVE, PEAK_UNDER_PRESSURE_CONTROL, ARDS_ONSET)
"""What a stay can have: a usable value of a variable, or what an event says beside its values."""
_BITS = {part: 1 << place for place, part in enumerate(PARTS)}


def bits(parts: Iterable[str]) -> int:
    """Parts as one integer: a stay keeps no more of what it had."""
    return sum(_BITS[part] for part in set(parts))


@dataclass(frozen=True, slots=True)
class Need:
    """Something a component cannot do without."""

    name: str
    ways: tuple[tuple[str, ...], ...]
    """Any of these will do, each whole."""
    topic: str
    """Where it usually comes from."""

    def met(self, had: int) -> bool:
        """Whether a stay that had these parts meets it."""
        return any(had & (wanted := bits(way)) == wanted for way in self.ways)


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a score, with the rule that says what it is made of."""

    score: str
    name: str
    rule: str
    needs: tuple[Need, ...]

    def scorable(self, had: int) -> bool:
        """Whether a stay that had these parts could have it."""
        return all(need.met(had) for need in self.needs)


def _any(name: str, topic: str, *variables: str) -> Need:
    return Need(name, tuple((variable,) for variable in variables), topic)


_PAO2 = _any("arterial PaO2", LAB, Variable.PAO2)
_FIO2 = _any("FiO2 (or support room-air)", VENTILATOR, Variable.FIO2, ROOM_AIR)
_PAR = (
    _any("CVP", VITAL, Variable.CVP),
    _any("heart rate", VITAL, Variable.HEART_RATE),
    _any("mean arterial pressure", VITAL, Variable.MAP_INVASIVE, Variable.MAP_NONINVASIVE),
)
_EYE_VERBAL_MOTOR = (Variable.GCS_EYE, Variable.GCS_VERBAL, Variable.GCS_MOTOR)
_GCS = Need("GCS total, or eye, verbal and motor", ((Variable.GCS_TOTAL,), _EYE_VERBAL_MOTOR), VITAL)
_PLATEAU = _any(
    "plateau pressure, or peak pressure with control pressure",
    VENTILATOR,
    Variable.PLATEAU_PRESSURE,
    PEAK_UNDER_PRESSURE_CONTROL,
)
_ONSET = Need(
    "PEEP with support invasive, or the onset of a confirmed ARDS",
    ((Variable.PEEP, INVASIVE), (Variable.PEEP_MEASURED, INVASIVE), (ARDS_ONSET,)),
    VENTILATOR,
)
_BIRTH = _any("birth date", ADT, BIRTH_DATE)

COMPONENTS = (
    Component("MODS", "respiratory", "M4", (_PAO2, _FIO2)),
    Component("MODS", "renal", "M3", (_any("creatinine", LAB, Variable.CREATININE),)),
    Component("MODS", "hepatic", "M3", (_any("bilirubin", LAB, Variable.BILIRUBIN_TOTAL),)),
    Component("MODS", "cardiovascular", "M5", _PAR),
    Component("MODS", "haematologic", "M3", (_any("platelets", LAB, Variable.PLATELETS),)),
    Component("MODS", "neurologic", "M6", (_GCS,)),
    Component("APPS", "age", "A7", (_BIRTH,)),
    Component("APPS", "P/F", "A4", (_PAO2, _FIO2)),
    Component("APPS", "plateau", "A6", (_PLATEAU,)),
    Component("APPS", "onset", "A2", (_PAO2, _FIO2, _ONSET)),
    Component("eligibility", "age", "E1", (_BIRTH,)),
)
"""The table of what is needed for what; clinical traps are told where the rules stand (`docs/rules.md`)."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """In how many stays of a feed a component could be scored, and what no stay had."""

    component: Component
    stays: int
    missing: tuple[Need, ...]
    """Needs that no stay met; empty while some stay could be scored, or where no stay had all of them at once."""

    def never(self, topics: Collection[str]) -> bool:
        """Whether no stay could be scored, and what is missing would have come on one of these topics."""
        return self.stays == 0 and (not self.missing or any(need.topic in topics for need in self.missing))


def prospects(stays: Iterable[int]) -> list[Prospect]:
    """Every component's, from what each stay had."""
    had = list(stays)
    return [_prospect(component, had) for component in COMPONENTS]


def _prospect(component: Component, had: list[int]) -> Prospect:
    count = sum(component.scorable(one) for one in had)
    missing = () if count else tuple(need for need in component.needs if not any(need.met(one) for one in had))
    return Prospect(component, count, missing)
