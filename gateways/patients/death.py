"""Life and death of a patient, from all that was stated of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from picustream.gateways.patients.course import Course, in_order
from picustream.gateways.patients.stated import Stamp, Stated
from picustream.gateways.patients.units import Units
from picustream.scoring.faults import Fault

_UNKNOWN = Fault(
    "death-time-unknown", "", "a death without the minute it came: send the time of death, or have a person enter it"
)
_TOO_EARLY = Fault("death-before-admission", "", "the time of death is before every stay of the patient")


@dataclass(frozen=True, slots=True)
class Death:
    """What holds."""

    at: Stamp | None
    """When the patient died, where that is known."""
    said: tuple[Stated, ...]
    """All that was said of it, in order of filing."""


def death_of(courses: Iterable[Course]) -> Death:
    """The last word holds; one that knows no time leaves the one that is known."""
    said = in_order(one for course in courses for one in course.deaths() if one.dead is not None)
    at = None
    for one in said:
        at = (one.died or at) if one.dead else None
    return Death(at, tuple(said))


def fault_of(said: Stated, death: Death, starts: list[Stamp], units: Units) -> Fault | None:
    """What is wrong with what one statement says of a death; nothing, where it was said before or is none of ours."""
    own = next((one for one in death.said if one.key == said.key), None)
    if own is None or not own.dead or not starts:
        return None
    if own.died is None:
        if death.at is not None and own.died_on in (None, units.day(death.at).isoformat()):
            return None
        before = (one for one in death.said if one.filed < own.filed and one.dead)
        return None if any(one.died_on == own.died_on for one in before) else _UNKNOWN
    return _TOO_EARLY if own.died == death.at and own.died < min(starts) else None
