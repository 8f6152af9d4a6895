"""What a score says of itself, in words and data: `explain`, `lint` and the demo know a score by this alone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from picustream.models.event import ADT, LAB, VENTILATOR
from picustream.models.record import ScorePart
from picustream.models.variable import Variable
from picustream.scoring.clinical.support import INVASIVE, ROOM_AIR

BIRTH_DATE = "birth-date"
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


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a record that a feed makes possible, with the rule that says what it is made of."""

    of: str
    """`MODS`, `eligibility`."""
    name: str
    rule: str
    needs: tuple[Need, ...]


def any_of(name: str, topic: str, *given: str) -> Need:
    """A need that any one of these meets."""
    return Need(name, tuple((one,) for one in given), topic)


PAO2 = any_of("arterial PaO2", LAB, Variable.PAO2)
FIO2 = any_of("FiO2 (or support room-air)", VENTILATOR, Variable.FIO2, ROOM_AIR)
BIRTH = any_of("birth date", ADT, BIRTH_DATE)


@dataclass(frozen=True, slots=True)
class PartText:
    """One part of a record, an organ or a component, as a receipt shows it."""

    verdict: str
    """Points and their band, or that there are none."""
    known: bool
    """Whether the verdict depends on a value."""
    basis: str
    """How the value was chosen, or why there is none."""
    measure: str
    """What a formula makes: `P/F`, `charted GCS`."""
    band: str | None
    """As an interval, `(150, 225]`; None where no value fell into one."""
    band_in_words: str | None
    possible: tuple[int, int]
    """Points that it could have."""
    why_not_measured: str | None
    rules: tuple[str, ...]
    """Numbers of the rules that make its points (`docs/rules.md`)."""


class Description(Protocol):
    """A score in words. `record` is always one of its own."""

    name: str
    """`MODS`."""
    highest: int
    """Highest total."""
    components: tuple[Component, ...]
    """What its parts need of a feed."""
    part_names: tuple[str, ...]
    """In the order of a record."""
    caveats: Mapping[str, str]
    """Each code as a sentence."""
    pictured: bool
    """Whether its parts have a basis, which a picture of five characters shows."""
    tail_head: str
    """Over the last column of the table of all days."""
    legend: str
    """Below it."""

    def title(self, record: Any) -> str:
        """`MODS of 2025-01-02`."""

    def day(self, record: Any) -> date:
        """The local day it speaks of. Times in records carry the offset of the protocol's zone."""

    def place(self, record: Any) -> tuple[Any, ...]:
        """Which record of the stay it is, in the order in which they are shown."""

    def headings(self, record: Any) -> Iterator[tuple[str, str]]:
        """Lines above the parts, each with its label."""

    def parts(self, record: Any) -> Mapping[str, ScorePart]:
        """By name; none of a withdrawn record."""

    def label(self, name: str) -> str:
        """A part as it is called in a sentence."""

    def head(self, name: str) -> str:
        """Over its column in the table of all days."""

    def part(self, record: Any, name: str) -> PartText:
        """One of its parts."""

    def possible_total(self, record: Any) -> tuple[int, int] | None:
        """What the total could be; None of a withdrawn record."""

    def tail(self, record: Any) -> str:
        """Its last column in the table of all days."""

    def why_passed_over(self, name: str, reason: str) -> str:
        """Why another value of the day was not used for a part."""

    def faults(self, record: Any) -> Iterable[str]:
        """What does not follow from the record itself, beside the conversion of its inputs; empty for a sound one."""
