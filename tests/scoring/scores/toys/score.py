"""A third score: the fastest pulse of each day, once the day has closed."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from picustream.models.protocol import Protocol
from picustream.models.record import Comparator
from picustream.models.text import printed
from picustream.models.variable import Variable
from picustream.scoring.budget import Budget
from picustream.scoring.chart.chart import Chart
from picustream.scoring.chart.entries import Observed
from picustream.scoring.clinical.days import closes_at, days_between, midnight, study_day
from picustream.scoring.clinical.view import View
from picustream.scoring.records.bodies import Bodies, Body, RecordKey
from picustream.scoring.records.conditions import Condition
from picustream.scoring.records.receipts import inputs_of
from picustream.scoring.scores.evaluation import Evaluation
from picustream.scoring.scores.parts import DayPart
from tests.scoring.scores.toys.describe import BANDS, PulseDescription
from tests.scoring.scores.toys.record import PULSE, PulsePart, PulseRecord


def _fastest(view: View, day: date) -> Observed | None:
    pulses = view.between(Variable.HEART_RATE, *view.hours_of(day))
    return max(pulses, key=lambda pulse: pulse.exact, default=None)


FASTEST: DayPart[Observed | None] = DayPart("pulse/fastest", _fastest)


class Pulse:
    kind = "pulse"
    topic = PULSE
    record = PulseRecord
    summary = "The fastest pulse of a day."
    parts = (FASTEST,)
    description = PulseDescription()
    components = description.components
    makers = (Variable.HEART_RATE,)

    def is_certain(self, variable: Variable, value: Decimal, comparator: Comparator) -> bool | None:
        return None

    def of_stay(self, chart: Chart, terms: Protocol) -> "PulseOfStay":
        return PulseOfStay(terms)

    def conditions(self, part: str, body: Body, terms: Protocol) -> Iterator[Condition]:
        return iter(())

    def withdrawn(self, part: str) -> dict[str, Any]:
        empty = dict.fromkeys(("total", "elapsed_day", "sdtm_day", "in_window", "pulse"))
        return empty | {"day": part}


class PulseOfStay:
    rescheduled = False

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._days: set[date] = set()

    @property
    def pending(self) -> bool:
        return bool(self._days)

    def plan(self, evaluation: Evaluation) -> None:
        first, last = evaluation.span
        if evaluation.facts or evaluation.since is None:
            self._days = set(days_between(first, last)) | evaluation.known_days("pulse")
            return
        days = evaluation.changed_days(FASTEST.name) | evaluation.days_turned
        self._days |= {day for day in days if first <= day <= last}

    def bodies(self, evaluation: Evaluation, budget: Budget) -> Bodies:
        first, last = evaluation.span
        found: Bodies = {}
        for day in budget.drain(self._days):
            closed = evaluation.now >= closes_at(day, self._protocol)
            inside = closed and first <= day <= last
            found[RecordKey("pulse", day.isoformat())] = self._body(evaluation, day) if inside else None
        return found

    def _body(self, evaluation: Evaluation, day: date) -> Body:
        pulse = evaluation.days.value(evaluation.view, FASTEST, day)
        points = None if pulse is None else BANDS.points(pulse.exact)
        part = PulsePart(
            points=points,
            value=None if pulse is None else printed(pulse.exact),
            unit=None if pulse is None else BANDS.unit,
            inputs=[] if pulse is None else inputs_of((pulse,)),
            reason="not-measured" if pulse is None else None,
        )
        counted = study_day(day, evaluation.treatment_day, self._protocol)
        fields = {
            "day": day,
            "total": points,
            "elapsed_day": counted.elapsed_day,
            "sdtm_day": counted.sdtm_day,
            "in_window": counted.in_window,
            "pulse": part,
        }
        return Body(fields, midnight(day, self._protocol.zone), (), closed=True)

    def due(self, evaluation: Evaluation) -> Iterator[datetime]:
        yield from evaluation.days_due
