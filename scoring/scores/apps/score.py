"""APPS as the core sees it: the onsets of ARDS, and the records of days and episodes that they call for."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from picustream.models.protocol import Protocol
from picustream.models.record import Comparator
from picustream.models.variable import Variable
from picustream.scoring.budget import Budget
from picustream.scoring.chart.chart import Chart
from picustream.scoring.clinical.ards import Ards, assessed, is_candidate, onsets_of
from picustream.scoring.clinical.days import days_between, local_date
from picustream.scoring.clinical.pairing import Pair, pair_of
from picustream.scoring.clinical.stay import assessment
from picustream.scoring.clinical.view import View
from picustream.scoring.records.bodies import Bodies, Body, RecordKey
from picustream.scoring.records.conditions import Condition
from picustream.scoring.scores.apps.components import (
    ArdsContext,
    daily_body,
    episode_body,
    episode_closes_at,
    episode_window,
)
from picustream.scoring.scores.apps.describe import AppsDescription
from picustream.scoring.scores.apps.record import APPS, AppsRecord
from picustream.scoring.scores.evaluation import Evaluation
from picustream.scoring.scores.parts import DayPart

KIND: Literal["apps"] = "apps"
NO_ARDS = Ards("refuted", ())
"""Stands for no onset: no APPS."""

CandidatePairs = list[tuple[Pair, bool]]


def apps_daily_key(day: date) -> RecordKey:
    """The record of a local day."""
    return RecordKey(KIND, f"daily/{day.isoformat()}")


def apps_episode_key(episode: int) -> RecordKey:
    """The record 24 hours after the onset of an episode."""
    return RecordKey(KIND, f"at-24h/{episode}")


def _pairs(view: View, day: date) -> CandidatePairs:
    """The P/F pairs sampled on a local day in the order V1, and whether each is an ARDS candidate."""
    paired = (pair_of(view, sample) for sample in view.between(Variable.PAO2, *view.hours_of(day)))
    return [(pair, is_candidate(view, pair)) for pair in paired if pair is not None]


PAIRS: DayPart[CandidatePairs] = DayPart("apps/pairs", _pairs, tells_all=False, calls_for=(Variable.PAO2,))
OF_DAYS, OF_DAY, OF_EPISODE = "apps/days", "apps/daily", "apps/at-24h"
"""What is read beside the pairs: of the whole stay on which days there are any, of a record the pressures near its
pair and the PEEP beside them (A6, A8), of an episode under the first day of its window."""


class Apps:
    """APPS of each day since the onset of ARDS, and 24 hours after each onset."""

    kind = KIND
    topic = APPS
    record = AppsRecord
    summary = "APPS of a stay: of a day, and 24 hours after the onset of each episode of ARDS."
    parts = (PAIRS,)
    description = AppsDescription()
    components = description.components
    makers = (Variable.PAO2,)

    def is_certain(self, variable: Variable, value: Decimal, comparator: Comparator) -> bool | None:
        """V4: no component is made of a value of which one side is known."""
        return None

    def of_stay(self, chart: Chart, terms: Protocol) -> "AppsOfStay":
        return AppsOfStay(chart, terms)

    def conditions(self, part: str, body: Body, terms: Protocol) -> Iterator[Condition]:
        return iter(())

    def withdrawn(self, part: str) -> dict[str, Any]:
        basis, _, which = part.partition("/")
        own: dict[str, Any] = {"basis": basis, "day": which if basis == "daily" else None}
        if basis == "at-24h":
            own["episode"] = int(which)
        return dict.fromkeys(_NULLED) | own


_NULLED = (
    "episode", "onset_at", "ards", "total", "components", "standard_settings", "elapsed_day", "sdtm_day", "in_window",
)  # fmt: skip


class AppsOfStay:
    """The ARDS episodes of one stay, and its APPS."""

    def __init__(self, chart: Chart, protocol: Protocol) -> None:
        self._chart = chart
        self._protocol = protocol
        self.ards: Ards | None = None
        """As of the last time that the onsets were made out."""
        self.first_body: Body | None = None
        """Of episode 1."""
        self._gases: tuple[datetime, datetime] | None = None
        """When the first and the last were taken; None: not known."""
        self._onsets: tuple[datetime, ...] | None = None
        """As the gases have them; None: not known."""
        self._made_out_at: datetime | None = None
        """None: not yet."""
        self._onsets_pending = False
        """Whether the gases, or the time, may have changed the episodes, or the APPS made of them."""
        self._terms: tuple[Any, ...] = ()
        """What every record speaks of besides its gases: the stay, the start of treatment, the clinicians' verdict."""
        self._all = False
        """Whether all records are called for."""
        self._changed: set[date] = set()
        """Days of which the gases or the pressures changed since the episodes were made out."""
        self._days: set[date] = set()
        self._episodes: set[int] = set()
        self.rescheduled = False

    @property
    def pending(self) -> bool:
        return bool(self._onsets_pending or self._days or self._episodes)

    def plan(self, evaluation: Evaluation) -> None:
        self.rescheduled = False
        if evaluation.facts or evaluation.since is None:
            before, self._terms = self._terms, (evaluation.stay, evaluation.treatment_day, assessment(self._chart))
            if self._terms != before:
                self._onsets_pending = self._all = True
                self._gases = self._onsets = None
                return
        if any(name in (OF_DAYS, PAIRS.name) for name, _ in evaluation.changed):
            self._gases = self._onsets = None
        first, last = evaluation.span
        names = (PAIRS.name, OF_DAY, OF_EPISODE)
        changed = evaluation.days_turned.union(*(evaluation.changed_days(name) for name in names))
        self._changed |= {day for day in changed if first <= day <= last}
        self._onsets_pending = self._onsets_pending or evaluation.passed or bool(changed)

    def bodies(self, evaluation: Evaluation, budget: Budget) -> Bodies:
        if self._onsets_pending and (self._onsets is not None or self._read_pairs(evaluation, budget)):
            self._make_out_onsets(evaluation)
        if self._onsets_pending:
            return {}
        first, last = evaluation.span
        context = ArdsContext(evaluation.view, evaluation.stay, self.ards or NO_ARDS, evaluation.treatment_day)
        found: Bodies = {}
        for day in budget.drain(self._days):
            pairs = [pair for pair, _ in self._pairs(evaluation, day)]
            inside = first <= day <= last
            with evaluation.days.watched(OF_DAY, day):
                found[apps_daily_key(day)] = daily_body(context, day, pairs, evaluation.now) if inside else None
        for number in budget.drain(self._episodes):
            body = self._episode(evaluation, context, number)
            found[apps_episode_key(number)] = body
            self.first_body = body if number == 1 else self.first_body
        return found

    def _episode(self, evaluation: Evaluation, context: ArdsContext, number: int) -> Body | None:
        if number > len(context.ards.onsets):
            return None
        first, last = episode_window(context.ards.onsets[number - 1], self._protocol)
        zone = self._protocol.zone
        days = days_between(local_date(first, zone), local_date(last, zone))
        pairs = [pair for day in days for pair, _ in self._pairs(evaluation, day) if first <= pair.at <= last]
        with evaluation.days.watched(OF_EPISODE, local_date(first, zone)):
            return episode_body(context, number, pairs, evaluation.now)

    def _make_out_onsets(self, evaluation: Evaluation) -> None:
        """A3; notes which APPS that, or what has changed of the gases, calls for."""
        if self._onsets is None:
            every = (pair for day in self._days_with_gases(evaluation) for pair in self._pairs(evaluation, day))
            self._onsets = tuple(onsets_of(every, self._protocol))
        before, self.ards = self.ards, assessed(self._onsets, assessment(self._chart))
        since, self._made_out_at = self._made_out_at, evaluation.now
        onsets = (self.ards or NO_ARDS).onsets
        if self._all or before != self.ards:
            self.rescheduled = True
            self._days = evaluation.known_days("apps/daily")
            self._days |= set(days_between(*evaluation.span)) if onsets else set()
            self._episodes = {int(key.part.rpartition("/")[2]) for key in evaluation.known.get("apps/at-24h", ())}
            self._episodes |= set(range(1, len(onsets) + 1))
            self.first_body = None
        elif onsets and since is not None:
            self._days |= self._changed
            self._episodes |= set(self._episodes_touched(onsets, since, evaluation.now))
        self._changed, self._onsets_pending, self._all = set(), False, False

    def _episodes_touched(self, onsets: Sequence[datetime], since: datetime, now: datetime) -> Iterator[int]:
        """Episodes with a changed day in their window (A4), and those that have closed."""
        zone = self._protocol.zone
        for number, onset in enumerate(onsets, start=1):
            first, last = (local_date(moment, zone) for moment in episode_window(onset, self._protocol))
            touched = not self._changed.isdisjoint(days_between(first, last))
            if touched or since < episode_closes_at(onset, self._protocol) <= now:
                yield number

    def _read_pairs(self, evaluation: Evaluation, budget: Budget) -> bool:
        """Read the pairs of the days that are not known yet, as far as a budget goes; whether all are known now."""
        for day in self._days_with_gases(evaluation):
            if evaluation.days.known(PAIRS, day) is None:
                if budget.spent:
                    return False
                budget.spend(len(self._pairs(evaluation, day)))
        return True

    def _pairs(self, evaluation: Evaluation, day: date) -> CandidatePairs:
        return evaluation.days.value(evaluation.view, PAIRS, day)

    def _days_with_gases(self, evaluation: Evaluation) -> Iterator[date]:
        zone = self._protocol.zone
        if self._gases is None:
            with evaluation.days.watched(OF_DAYS, local_date(evaluation.stay.start, zone)):
                self._gases = evaluation.view.first_and_last(Variable.PAO2)
        return days_between(*(local_date(moment, zone) for moment in self._gases)) if self._gases else iter(())

    def due(self, evaluation: Evaluation) -> Iterator[datetime]:
        yield from evaluation.days_due
        for onset in self.ards.onsets if self.ards else ():
            yield episode_closes_at(onset, self._protocol)
