"""The organs of the Marshall MODS, each with all that is known of it: its rule, its bands and its words.

To add one: a rule in `organ_rules.py`, an `Organ` here with its place in `ORGANS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from picustream.models.event import LAB, VITAL
from picustream.models.record import Comparator
from picustream.models.variable import Variable
from picustream.scoring.chart.units import QUANTITIES
from picustream.scoring.clinical.view import View
from picustream.scoring.scores.bands import Bands, beyond, closed_above
from picustream.scoring.scores.description import FIO2, PAO2, Need, any_of
from picustream.scoring.scores.mods.organ_rules import (
    OrganDay,
    cardiovascular,
    first_value,
    neurologic,
    respiratory,
)
from picustream.scoring.scores.parts import DayPart

POINTS = 4
"""Highest of an organ."""


@dataclass(frozen=True, slots=True)
class OrganWords:
    """How an organ is spoken of."""

    measure: str
    """What is banded: `P/F`."""
    short: str
    """Five letters, for a column: `lungs`."""
    reading: str
    """`P/F mmHg`, for the head of a column of values."""
    first_of_day: str
    nothing_came: str
    unpaired: str = "unpaired"
    """Why a value is passed over that lacks another beside it."""
    never_assumed: str = ""
    """What else a reader should know where nothing was measured."""
    whole: tuple[int, int] | None = None
    """Lowest and highest of a measure that is whole: its bands are read as the values in them."""


@dataclass(frozen=True, slots=True, eq=False)
class Organ:
    """One organ: what a day states of it, and the points of that."""

    name: str
    rule: Callable[[View, date], OrganDay]
    anchors: tuple[Variable, ...]
    """The variables without a usable value of which the organ is not measured that day."""
    bands: Bands
    rules: tuple[str, ...]
    """Numbers of the rules that make its points (`docs/rules.md`), the one of its own first after M1."""
    needs: tuple[Need, ...]
    words: OrganWords
    one_value: Variable | None = None
    """Where its points come from one value (M3): of these alone a value with a comparator can be used (V4)."""

    @property
    def day(self) -> DayPart[OrganDay]:
        """What a local day states of it, as a part of the score."""
        return DayPart(f"mods/{self.name}", self.rule)

    def points(self, value: Decimal, comparator: Comparator | None = None) -> int | None:
        """0-4 points of a value in the bands' unit; with a comparator None where they are not certain (V4)."""
        if comparator is None:
            return self.bands.points(value)
        if self.one_value is None:
            return None
        quantity = QUANTITIES[self.one_value]
        return self.bands.points_within(beyond(value, comparator, quantity.low, quantity.high))


def _of_one_value(name: str, variable: Variable, bands: Bands, words: OrganWords, need: str) -> Organ:
    return Organ(
        name=name,
        rule=first_value(variable),
        anchors=(variable,),
        bands=bands,
        rules=("M1", "M3"),
        needs=(any_of(need, LAB, variable),),
        words=words,
        one_value=variable,
    )


RESPIRATORY = Organ(
    name="respiratory",
    rule=respiratory,
    anchors=(Variable.PAO2,),
    bands=closed_above((300, 225, 150, 75), "mm[Hg]", high_is_bad=False),
    rules=("M1", "M4", "P1", "P3"),
    needs=(PAO2, FIO2),
    words=OrganWords(
        measure="P/F",
        short="lungs",
        reading="P/F mmHg",
        first_of_day="the day's first arterial PaO2 that an FiO2 belongs to",
        nothing_came="no arterial PaO2 of this day",
        unpaired="no FiO2 belongs to it",
    ),
)
RENAL = _of_one_value(
    "renal",
    Variable.CREATININE,
    closed_above((100, 200, 350, 500), "umol/L", high_is_bad=True),
    OrganWords("creatinine", "renal", "crea µmol/L", "the day's first creatinine", "no creatinine of this day"),
    "creatinine",
)
HEPATIC = _of_one_value(
    "hepatic",
    Variable.BILIRUBIN_TOTAL,
    closed_above((20, 60, 120, 240), "umol/L", high_is_bad=True),
    OrganWords("bilirubin", "liver", "bili µmol/L", "the day's first bilirubin", "no bilirubin of this day"),
    "bilirubin",
)
CARDIOVASCULAR = Organ(
    name="cardiovascular",
    rule=cardiovascular,
    anchors=(Variable.CVP,),
    bands=closed_above((10, 15, 20, 30), "1", high_is_bad=True),
    rules=("M1", "M5", "P4"),
    needs=(
        any_of("CVP", VITAL, Variable.CVP),
        any_of("heart rate", VITAL, Variable.HEART_RATE),
        any_of("mean arterial pressure", VITAL, Variable.MAP_INVASIVE, Variable.MAP_NONINVASIVE),
    ),
    words=OrganWords(
        measure="PAR",
        short="heart",
        reading="PAR",
        first_of_day="the day's first CVP with a heart rate and an arterial pressure beside it",
        nothing_came="no CVP of this day",
        unpaired="no heart rate or no arterial pressure beside it",
        never_assumed="A CVP is never assumed.",
    ),
)
HAEMATOLOGIC = _of_one_value(
    "haematologic",
    Variable.PLATELETS,
    closed_above((120, 80, 50, 20), "10*9/L", high_is_bad=False),
    OrganWords("platelets", "blood", "plt 10⁹/L", "the day's first platelet count", "no platelet count of this day"),
    "platelets",
)
_EYE_VERBAL_MOTOR = (Variable.GCS_EYE, Variable.GCS_VERBAL, Variable.GCS_MOTOR)
NEUROLOGIC = Organ(
    name="neurologic",
    rule=neurologic,
    anchors=(Variable.GCS_TOTAL, Variable.GCS_EYE),
    bands=closed_above((14, 12, 9, 6), "{score}", high_is_bad=False),
    rules=("M1", "M6"),
    needs=(Need("GCS total, or eye, verbal and motor", ((Variable.GCS_TOTAL,), _EYE_VERBAL_MOTOR), VITAL),),
    words=OrganWords(
        measure="GCS",
        short="brain",
        reading="GCS",
        first_of_day="the day's first GCS",
        nothing_came="no GCS of this day",
        unpaired="an eye score without verbal and motor beside it",
        whole=(3, 15),
    ),
)

ORGANS = (RESPIRATORY, RENAL, HEPATIC, CARDIOVASCULAR, HAEMATOLOGIC, NEUROLOGIC)
"""In the order of every record."""
