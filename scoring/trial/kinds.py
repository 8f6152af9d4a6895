"""Eligibility and outcomes as the core sees them: the same contract as that of a score."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any, cast

from picustream.models.protocol import Protocol
from picustream.scoring.budget import Budget
from picustream.scoring.chart.chart import Chart
from picustream.scoring.chart.entries import Fact
from picustream.scoring.chart.series import TICK
from picustream.scoring.clinical.ards import Ards
from picustream.scoring.clinical.days import days_between, local_date
from picustream.scoring.clinical.stay import last_day, treatment_start
from picustream.scoring.clinical.view import view_of
from picustream.scoring.records.bodies import Bodies, Body, RecordKey
from picustream.scoring.records.conditions import Condition
from picustream.scoring.scores.apps.score import KIND as APPS_KIND
from picustream.scoring.scores.apps.score import AppsOfStay, apps_episode_key
from picustream.scoring.scores.description import BIRTH, Component
from picustream.scoring.scores.evaluation import Evaluation
from picustream.scoring.scores.mods.score import KIND as MODS_KIND
from picustream.scoring.scores.mods.score import ModsOfStay, mods_key
from picustream.scoring.trial.eligibility import Screening, decided_after, eligibility_body
from picustream.scoring.trial.outcomes import (
    EVERY,
    FOLLOW_UP_DUE,
    Course,
    Decisions,
    Milestone,
    days_shown,
    deciding_times,
    due_times,
    of_ards,
    of_window,
    outcome_body,
)
from picustream.scoring.trial.records import ELIGIBILITY, OUTCOME, EligibilityRecord, OutcomeRecord

ELIGIBILITY_KEY = RecordKey("eligibility", "")
MEASURED_EARLY = "eligibility/measured-early"
"""What E4 reads, under the local day of its limit."""


_FIRST_EPISODE = apps_episode_key(1)


def outcome_key(milestone: str) -> RecordKey:
    """The record of a milestone."""
    return RecordKey("outcome", milestone)


def _mods(evaluation: Evaluation) -> ModsOfStay:
    return cast(ModsOfStay, evaluation.others[MODS_KIND])


def _apps(evaluation: Evaluation) -> AppsOfStay:
    return cast(AppsOfStay, evaluation.others[APPS_KIND])


class Eligibility:
    """The screening of a stay."""

    kind = "eligibility"
    topic = ELIGIBILITY
    record = EligibilityRecord
    summary = "The screening state of a stay, with a reason per criterion."
    parts = ()
    components = (Component("eligibility", "age", "E1", (BIRTH,)),)

    def of_stay(self, chart: Chart, terms: Protocol) -> "EligibilityOfStay":
        return EligibilityOfStay(chart, terms)

    def conditions(self, part: str, body: Body, terms: Protocol) -> Iterator[Condition]:
        if body.fields["state"] == "eligible":
            yield Condition("eligible", body.fields["eligible_since"])
        criteria = {one["criterion"]: one for one in body.fields["criteria"]}
        consent = criteria.pop("consent")
        if consent["detail"] == "consent-not-recorded" and all(one["met"] for one in criteria.values()):
            yield Condition("consent-due", body.asks_since or body.effective_at)

    def withdrawn(self, part: str) -> dict[str, Any]:
        return dict.fromkeys(("state", "eligible_since", "next_change_at", "closes_at")) | {"criteria": []}


class EligibilityOfStay:
    """The screening of one stay."""

    pending = rescheduled = False

    def __init__(self, chart: Chart, protocol: Protocol) -> None:
        self._chart = chart
        self._protocol = protocol
        self._measured_early: bool | None = None
        """E4; None: not known."""
        self._touched = False
        self._terms: tuple[Any, ...] = ()
        """The facts that E4 depends on besides what was measured."""

    def plan(self, evaluation: Evaluation) -> None:
        if evaluation.facts or evaluation.since is None:
            before, self._terms = self._terms, (evaluation.stay.start, treatment_start(self._chart))
            self._measured_early = self._measured_early if before == self._terms else None
            self._touched = True
        if evaluation.changed_days(MEASURED_EARLY):
            self._measured_early, self._touched = None, True

    def bodies(self, evaluation: Evaluation, budget: Budget) -> Bodies:
        since, decided = evaluation.since, decided_after(evaluation.stay, self._protocol)
        called_for = self._touched or since is None or since <= decided < evaluation.now
        self._touched = False
        if not called_for:
            return {}
        early = partial(self._is_measured_early, evaluation)
        screening = Screening(self._chart, evaluation.stay, self._protocol, early)
        return {ELIGIBILITY_KEY: eligibility_body(screening, evaluation.now)}

    def _is_measured_early(self, evaluation: Evaluation) -> bool:
        """E4: whether, up to the earlier of 48 h and T0 alone, some day has a component with basis `measured`."""
        if self._measured_early is None:
            stay, protocol = evaluation.stay, self._protocol
            limit, t0 = decided_after(stay, protocol), treatment_start(self._chart)
            limit = limit if t0 is None else min(limit, t0)
            view = view_of(self._chart, protocol, stay, until=limit)
            day, last = local_date(limit, protocol.zone), last_day(stay, protocol)
            days = days_between(local_date(stay.start, protocol.zone), day if last is None else min(day, last))
            with evaluation.days.watched(MEASURED_EARLY, day):
                self._measured_early = _mods(evaluation).measures_any(view, days)
        return self._measured_early

    def due(self, evaluation: Evaluation) -> Iterator[datetime]:
        yield decided_after(evaluation.stay, self._protocol) + TICK


class Outcomes:
    """The milestones of a stay."""

    kind = "outcome"
    topic = OUTCOME
    record = OutcomeRecord
    summary = "Outcome milestones of a stay."
    parts = ()
    components: tuple[Component, ...] = ()

    def of_stay(self, chart: Chart, terms: Protocol) -> "OutcomesOfStay":
        return OutcomesOfStay(chart, terms)

    def conditions(self, part: str, body: Body, terms: Protocol) -> Iterator[Condition]:
        if part.startswith("death-") and body.fields["detail"] == FOLLOW_UP_DUE:
            yield Condition("follow-up-due", body.asks_since or body.effective_at, detail=part)

    def withdrawn(self, part: str) -> dict[str, Any]:
        return dict.fromkeys(("reached", "at", "value", "unit", "detail")) | {"milestone": part}


class OutcomesOfStay:
    """The milestones of one stay: they depend on its scores, so they come once these are made."""

    rescheduled = False

    def __init__(self, chart: Chart, protocol: Protocol) -> None:
        self._chart = chart
        self._protocol = protocol
        self._called_for: set[Callable[[Course, datetime], Decisions]] = set()
        """Of `EVERY`."""
        self._decided: dict[str, Milestone | None] = {}
        """As last given: of a hundred decisions six are other than before."""
        self._admission: Fact | None = None
        """Whose patient is in all records."""
        self._ards: Ards | None = None
        self._shown: frozenset[RecordKey] = frozenset()
        """The MODS that a milestone shows: of most days that changed it shows nothing."""
        self._moments: tuple[datetime, ...] = ()
        """When time alone may decide a milestone: at most of the moments that fall due for scores it decides none."""

    @property
    def pending(self) -> bool:
        return bool(self._called_for)

    def plan(self, evaluation: Evaluation) -> None:
        if evaluation.facts or evaluation.since is None:
            self._called_for.update(EVERY)
            self._shown = frozenset(map(mods_key, days_shown(evaluation.treatment_day, self._protocol)))
            self._moments = tuple(deciding_times(self._course(evaluation)))
            if self._admission is not evaluation.stay.admission:
                self._admission, self._decided = evaluation.stay.admission, {}
        elif any(evaluation.since < moment <= evaluation.now for moment in self._moments):
            self._called_for.update(EVERY)

    def bodies(self, evaluation: Evaluation, budget: Budget) -> Bodies:
        ards, made = _apps(evaluation).ards, evaluation.found.keys()
        if ards != self._ards or _FIRST_EPISODE in made:
            self._called_for.add(of_ards)
        if not made.isdisjoint(self._shown):
            self._called_for.add(of_window)
        self._ards = ards
        if not self._called_for or any(records.pending for records in evaluation.scores):
            return {}
        # At first also milestones that the protocol does not have (any more): they are to be withdrawn.
        found = {} if self._decided else evaluation.known_of("outcome")
        course, decided = self._course(evaluation), self._decided
        for name, milestone in chain.from_iterable(some(course, evaluation.now) for some in self._called_for):
            if name not in decided or decided[name] != milestone:
                decided[name] = milestone
                found[outcome_key(name)] = outcome_body(name, milestone, evaluation.stay) if milestone else None
        self._called_for.clear()
        return found

    def _course(self, evaluation: Evaluation) -> Course:
        mods, apps = _mods(evaluation), _apps(evaluation)
        scores = partial(mods.day_score, evaluation)
        stay, treatment_day = evaluation.stay, evaluation.treatment_day
        return Course(self._chart, stay, self._protocol, treatment_day, apps.ards, scores, apps.first_body)

    def due(self, evaluation: Evaluation) -> Iterator[datetime]:
        yield from due_times(self._course(evaluation))
