"""From a chart and a moment to the current records of a stay.

`Assessor.bodies` gives the bodies that may have changed since it was last asked: after an observation those that were
read from where it falls (`scoring/chart/reads.py`), after the clock those that it closes, after a change of facts those
that speak of these. All of them are evaluated at first, and where facts show more of the stay than before; where they
show less of it, as a discharge does, what was read from the rest holds. So the cost of an event does not grow with the
length of the stay (I9), and time enters as a value (I8). What there is to evaluate the kinds of record say
(`scoring/scores/contract.py`).

Where that is more than a budget, it is done in pieces: one score after another, and what depends on the scores once all
of them are made. What is called for and not made yet is lost with the memory, and called for again by the evaluation of
everything that a stay begins with: what of it was published is recognised by its head.
"""

from datetime import date, datetime

from picustream.scoring.budget import Budget
from picustream.scoring.chart.chart import Chart
from picustream.scoring.chart.entries import Changes
from picustream.scoring.chart.reads import Reads
from picustream.scoring.clinical.stay import Stay, stay_of, treatment_day
from picustream.scoring.clinical.view import View, view_of
from picustream.scoring.records.bodies import ALERT, Bodies, RecordKey
from picustream.scoring.rules import Rules
from picustream.scoring.scores.contract import StayRecords
from picustream.scoring.scores.day_cache import DayCache
from picustream.scoring.scores.evaluation import Evaluation, Known


class Assessor:
    """One stay's records, evaluated again only where a change or the clock may have touched them."""

    def __init__(self, rules: Rules, chart: Chart) -> None:
        self._rules = rules
        self._chart = chart
        self._days = DayCache([part for kind in rules.kinds for part in kind.parts], chart, rules.protocol)
        self.stay: Stay | None = None
        """As of the last evaluation."""
        self.due: datetime | None = None
        """When time alone may next change a record, as of the last evaluation (I8)."""
        self._forget()

    def _forget(self) -> None:
        self._days.forget()
        self._view: View | None = None
        self._treatment_day: date | None = None
        self._evaluated_at: datetime | None = None
        self._facts_changed = False
        """Since the last evaluation."""
        self.unfinished = False
        """Whether there was more to evaluate than the budget allowed: ask again."""
        self._withdrawn: set[RecordKey] = set()
        """Records to be withdrawn of a stay that has no admission (any more)."""
        kinds, chart, protocol = self._rules.kinds, self._chart, self._rules.protocol
        self._records: dict[str, StayRecords] = {kind.kind: kind.of_stay(chart, protocol) for kind in kinds}
        self._scores = [self._records[score.kind] for score in kinds.scores]
        self._others = [self._records[kind.kind] for kind in kinds.others]

    @property
    def reads(self) -> Reads:
        """What the records were read from, as of the last evaluation."""
        return self._days.reads

    def may_change(self, now: datetime) -> bool:
        """Whether `bodies` could give any."""
        passed = self._evaluated_at is None or (self.due is not None and now >= self.due)
        return passed or self.unfinished or self._facts_changed or bool(self._days.dirty)

    def note(self, changes: Changes) -> None:
        """Take note of what filing an event changed."""
        self._facts_changed |= changes.facts
        self._days.note(changes)

    def bodies(self, now: datetime, known: Known, budget: Budget | None = None) -> Bodies:
        """The bodies that may differ from those given before; with a budget some of them, and `unfinished` says so."""
        found = self._bodies(now, known, budget or Budget())
        self.unfinished = bool(self._withdrawn) or any(records.pending for records in self._records.values())
        return found

    def _bodies(self, now: datetime, known: Known, budget: Budget) -> Bodies:
        facts = self._facts_changed
        if facts and self._evaluated_at is not None and not self._keeps_up():
            self._forget()
        since, self._evaluated_at, self._facts_changed = self._evaluated_at, now, False
        if since is None:
            self._begin()
        if self.stay is None or self._view is None:
            self._days.dirty.clear()
            self.due = None
            if since is None:
                self._withdrawn = {key for group, keys in known.items() if group != ALERT for key in keys}
            return dict.fromkeys(budget.drain(self._withdrawn))
        passed = self.due is not None and now >= self.due
        if since is not None and not (passed or facts or self._days.dirty or self.unfinished):
            return {}
        changed = frozenset(self._days.refresh(self._view)) if since is not None else frozenset()
        if since is not None and not (passed or facts or changed or self.unfinished):
            return {}  # of values that changed, one in three gives what was known
        evaluation = Evaluation(
            self._chart, self.stay, self._view, self._rules.protocol, self._treatment_day, self._days,
            now, known, since, passed, facts, changed, self._records, self._scores,
        )  # fmt: skip
        return self._evaluated(evaluation, budget)

    def _begin(self) -> None:
        protocol = self._rules.protocol
        self.stay = stay_of(self._chart)
        self._view = view_of(self._chart, protocol, self.stay) if self.stay else None
        self._treatment_day = treatment_day(self._chart, protocol)
        self._days.dirty.clear()

    def _keeps_up(self) -> bool:
        """Takes over the facts as they are now; whether what was read of the days still holds, or is marked.

        It does where no more of the stay is seen than before: whatever was read from within the new bounds is read from
        the same values again.
        """
        stay, before = stay_of(self._chart), self._view
        if stay is None or before is None:
            return False
        view = view_of(self._chart, self._rules.protocol, stay)
        if view.start != before.start or view.end > before.end:
            return False
        if view.end < before.end:
            self._days.narrow(view.end)
        self.stay, self._view = stay, view
        self._treatment_day = treatment_day(self._chart, self._rules.protocol)
        return True

    def _evaluated(self, evaluation: Evaluation, budget: Budget) -> Bodies:
        for records in self._records.values():
            records.plan(evaluation)
        found = evaluation.found
        for records in self._scores:
            found.update(records.bodies(evaluation, budget))
            if records.pending:
                break
        for records in self._others:
            found.update(records.bodies(evaluation, budget))
        rescheduled = any(records.rescheduled for records in self._records.values())
        if evaluation.since is None or evaluation.facts or evaluation.passed or rescheduled:
            moments = (moment for records in self._records.values() for moment in records.due(evaluation))
            self.due = min((moment for moment in moments if moment > evaluation.now), default=None)
        return found
