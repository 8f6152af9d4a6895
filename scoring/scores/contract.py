"""What the core asks of a kind of record of a stay: of a score, of the trial's eligibility, of its outcomes.

A kind is a folder: what one local day gives it (`parts`), the records made of that (`of_stay`), the model they are
published as (`record`), and its words. The core knows kinds by `registry.py` and none by name.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from picustream.models import protocol
from picustream.models.record import Comparator, Record
from picustream.models.variable import Variable
from picustream.scoring.budget import Budget
from picustream.scoring.chart.chart import Chart
from picustream.scoring.records.bodies import Bodies, Body
from picustream.scoring.records.conditions import Condition
from picustream.scoring.scores.description import Component, Description
from picustream.scoring.scores.evaluation import Evaluation
from picustream.scoring.scores.parts import DayPart


class StayRecords(Protocol):
    """The records of one kind of one stay. Made anew where a change of facts shows more of the stay than before."""

    @property
    def pending(self) -> bool:
        """Whether there are records called for that are not made yet."""

    @property
    def rescheduled(self) -> bool:
        """Whether the last evaluation changed the moments of `due` otherwise than by the passing of time."""

    def plan(self, evaluation: Evaluation) -> None:
        """Note which records a change of values or of facts, or the time that has passed, calls for."""

    def bodies(self, evaluation: Evaluation, budget: Budget) -> Bodies:
        """Those that are called for, as far as a budget goes."""

    def due(self, evaluation: Evaluation) -> Iterator[datetime]:
        """The moments at which time alone may change a record (I8)."""


class Kind(Protocol):
    """One kind of record."""

    @property
    def kind(self) -> str:
        """In keys, in the store and on the command line: `mods`."""

    @property
    def topic(self) -> str:
        """Where its records are published."""

    @property
    def record(self) -> type[Record]:
        """The model of its records."""

    @property
    def summary(self) -> str:
        """Its topic in a sentence."""

    @property
    def parts(self) -> Sequence[DayPart[Any]]:
        """What it needs of each local day."""

    @property
    def components(self) -> Sequence[Component]:
        """What a feed makes possible of it."""

    def of_stay(self, chart: Chart, terms: protocol.Protocol) -> StayRecords:
        """Its records of one stay."""

    def conditions(self, part: str, body: Body, terms: protocol.Protocol) -> Iterator[Condition]:
        """The conditions of a record that raise an alert; `amended-after-final` holds of every score."""

    def withdrawn(self, part: str) -> dict[str, Any]:
        """The fields of a withdrawn record: its key, and nothing that could be taken for a result."""


class Score(Kind, Protocol):
    """A kind of record that holds a score."""

    @property
    def description(self) -> Description:
        """It in words."""

    @property
    def makers(self) -> Sequence[Variable]:
        """The variables without a usable value of which nothing is measured."""

    def is_certain(self, variable: Variable, value: Decimal, comparator: Comparator) -> bool | None:
        """V4: whether every value on that side of a canonical value counts the same; None where it uses none such."""
