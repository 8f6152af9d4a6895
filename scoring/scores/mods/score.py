"""The MODS as the core sees it: a record per day of a stay, evaluated again where a change or the clock reached it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property, partial
from typing import Any, Literal

from picustream.models.protocol import Protocol
from picustream.models.record import Comparator
from picustream.models.times import ONE_DAY
from picustream.models.variable import Variable
from picustream.scoring.budget import Budget
from picustream.scoring.chart.chart import Chart
from picustream.scoring.clinical.days import closes_at, days_between, local_date, midnight
from picustream.scoring.clinical.view import View
from picustream.scoring.records.bodies import Bodies, Body, RecordKey
from picustream.scoring.records.conditions import Condition
from picustream.scoring.scores.description import Component
from picustream.scoring.scores.evaluation import Evaluation
from picustream.scoring.scores.mods.day import DayContext, mods_body
from picustream.scoring.scores.mods.describe import ModsDescription
from picustream.scoring.scores.mods.organ_rules import OrganDay
from picustream.scoring.scores.mods.organs import ORGANS, Organ
from picustream.scoring.scores.mods.record import MODS, ModsRecord, record_of
from picustream.scoring.scores.parts import DayPart

KIND: Literal["mods"] = "mods"
BROUGHT_FORWARD = "mods/brought-forward"
"""What a day's record reads of the days before it (M7)."""
FEW_ORGANS = 3
"""The trial office hears of a closed window day with fewer organs measured than this."""


def mods_key(day: date) -> RecordKey:
    """The record of a local day."""
    return RecordKey(KIND, day.isoformat())


@dataclass(frozen=True, slots=True)
class DayScore:
    """What the summary of a window needs of one day's MODS."""

    total: int
    measured: int
    caveats: tuple[str, ...]


@dataclass(frozen=True)
class Mods:
    """Daily Marshall MODS of these organs."""

    organs: tuple[Organ, ...] = ORGANS
    kind = KIND
    topic = MODS
    summary = "Daily Marshall MODS of a stay."

    @cached_property
    def record(self) -> type[ModsRecord]:
        return record_of(self.organs)

    @cached_property
    def parts(self) -> tuple[DayPart[OrganDay], ...]:
        """What a local day states of each organ."""
        return tuple(organ.day for organ in self.organs)

    @cached_property
    def description(self) -> ModsDescription:
        return ModsDescription(self.organs)

    @property
    def components(self) -> tuple[Component, ...]:
        return self.description.components

    @property
    def makers(self) -> tuple[Variable, ...]:
        return tuple(variable for organ in self.organs for variable in organ.anchors)

    def is_certain(self, variable: Variable, value: Decimal, comparator: Comparator) -> bool | None:
        """V4, of the organs whose points come from this one value."""
        points = [organ.points(value, comparator) for organ in self.organs if organ.one_value is variable]
        return None not in points if points else None

    def of_stay(self, chart: Chart, terms: Protocol) -> "ModsOfStay":
        return ModsOfStay(self, terms)

    def conditions(self, part: str, body: Body, terms: Protocol) -> Iterator[Condition]:
        fields = body.fields
        if body.closed and fields["in_window"] and fields["measured"] < FEW_ORGANS:
            closed = fields["window"]["end"] + terms.finalise_after
            yield Condition("window-day-unmeasured", closed, part, f"{fields['measured']}-organs-measured")

    def withdrawn(self, part: str) -> dict[str, Any]:
        return dict.fromkeys(_NULLED) | {"day": part, "components": []}


_NULLED = (
    "window", "picu_day", "elapsed_day", "sdtm_day", "in_window", "total", "range", "measured", "carried", "assumed",
)  # fmt: skip


class ModsOfStay:
    """The MODS of one stay, by local day."""

    rescheduled = False

    def __init__(self, score: Mods, protocol: Protocol) -> None:
        self._score = score
        self._protocol = protocol
        self._part = dict(zip(score.organs, score.parts, strict=True))
        self._organ = {part.name: organ for organ, part in self._part.items()}
        self._days: set[date] = set()
        """Whose record is called for."""
        self._terms: tuple[Any, ...] = ()
        """What every record speaks of besides its day: the admission with its patient, and the start of treatment."""
        self._totals: dict[date, DayScore] = {}
        self._measured_before: dict[Organ, dict[date, OrganDay | None]] = {organ: {} for organ in score.organs}
        """What was measured last before a day that has values and measures nothing: such days are passed over once, and
        not again by each day after them."""

    @property
    def pending(self) -> bool:
        return bool(self._days)

    def plan(self, evaluation: Evaluation) -> None:
        first, last = evaluation.span
        changed = [(self._organ[name], day) for name, day in evaluation.changed if name in self._organ]
        for organ, _ in changed:
            self._measured_before[organ].clear()
        if evaluation.facts or evaluation.since is None:
            before, self._terms = self._terms, (evaluation.stay.admission, evaluation.treatment_day)
            known = evaluation.known_days(KIND)
            if self._terms != before:
                self._days = set(days_between(first, last)) | known
                return
            self._days |= {day for day in known if day > last}
        days = {shown for organ, day in changed for shown in self._shown_on(evaluation, organ, day, last)}
        self._days |= {day for day in days | evaluation.days_turned if first <= day <= last}

    def _shown_on(self, evaluation: Evaluation, organ: Organ, day: date, last: date) -> Iterator[date]:
        """The days whose record shows a day's organ: itself, and those it may be brought forward to (M7).

        Not one that has a basis of its own: if that has changed as well, the day is shown for its own sake.
        """
        yield day
        for later in days_between(day + ONE_DAY, last):
            known = evaluation.days.known(self._part[organ], later)
            basis = None if known is None else known.basis
            if basis is None:
                yield later
            elif basis == "measured":
                return

    def bodies(self, evaluation: Evaluation, budget: Budget) -> Bodies:
        first, last = evaluation.span
        found: Bodies = {}
        for day in budget.drain(self._days):
            self._totals.pop(day, None)
            inside = first <= day <= last
            found[mods_key(day)] = self._body(evaluation, day, evaluation.now) if inside else None
        return found

    def _body(self, evaluation: Evaluation, day: date, now: datetime) -> Body | None:
        with evaluation.days.watched(BROUGHT_FORWARD, day):
            return self._made(evaluation, day, now)

    def _made(self, evaluation: Evaluation, day: date, now: datetime) -> Body | None:
        context = DayContext(day, evaluation.stay, evaluation.treatment_day, self._protocol)
        today = {organ: evaluation.days.value(evaluation.view, part, day) for organ, part in self._part.items()}
        return mods_body(context, today, partial(self._last_measured, evaluation), now)

    def _last_measured(self, evaluation: Evaluation, organ: Organ, day: date) -> OrganDay | None:
        """M7: what the most recent earlier day of the stay measured."""
        known, passed = self._measured_before[organ], []
        last: OrganDay | None = None
        zone, view = self._protocol.zone, evaluation.view
        while (taken := view.last_before(organ.anchors, midnight(day, zone))) is not None:
            day = local_date(taken, zone)
            found = evaluation.days.value(view, self._part[organ], day)
            if found.basis == "measured":
                last = found
                break
            if day in known:
                last = known[day]
                break
            passed.append(day)
        known.update(dict.fromkeys(passed, last))
        return last

    def due(self, evaluation: Evaluation) -> Iterator[datetime]:
        yield from evaluation.days_due

    def day_score(self, evaluation: Evaluation, day: date) -> DayScore:
        """Of a closed day of the stay."""
        if day not in self._totals:
            body = self._body(evaluation, day, closes_at(day, self._protocol))
            assert body is not None  # a closed day of the stay always has a record (T4)
            self._totals[day] = DayScore(body.fields["total"], body.fields["measured"], body.caveats)
        return self._totals[day]

    def measures_any(self, view: View, days: Iterable[date]) -> bool:
        """E4: whether any of these days has a measured organ, as far as `view` goes."""
        return any(organ.rule(view, day).basis == "measured" for day in days for organ in self._score.organs)
