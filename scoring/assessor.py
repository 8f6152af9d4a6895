"""From a chart and a moment to the current records of a stay.

`Assessor.bodies` gives the bodies that may have changed since it was last asked: after a change of facts all of them,
after an observation those of the days it reaches, after the clock those that it closes. So the cost of an event does
not grow with the length of the stay (I9), and time enters as a value (I8).

Where that is more than a budget, it is done in pieces: the days in their order, then the gases, then what is made of
them, and the outcomes once all of it is known (`scoring/pending.py`).
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from picustream.scoring.budget import Budget
from picustream.scoring.chart.bands import Organ
from picustream.scoring.chart.chart import Chart
from picustream.scoring.chart.entries import Changes
from picustream.scoring.chart.series import TICK
from picustream.scoring.clinical.apps import (
    ArdsContext,
    daily_body,
    episode_body,
    episode_closes_at,
    episode_window,
)
from picustream.scoring.clinical.ards import Ards, assessed, onsets_of
from picustream.scoring.clinical.days import ONE_DAY, closes_at, local_date, midnight
from picustream.scoring.clinical.eligibility import Screening, decided_after, eligibility_body
from picustream.scoring.clinical.mods import DayContext, mods_body
from picustream.scoring.clinical.organs import ORGANS, RULES
from picustream.scoring.clinical.outcomes import Course, DayScore, due_times, milestones, outcome_body
from picustream.scoring.clinical.stay import Stay, assessment, last_day, stay_of, treatment_day, treatment_start
from picustream.scoring.clinical.view import View, view_of
from picustream.scoring.day_cache import DayBook, days_between
from picustream.scoring.evaluation import Bodies, Known, Look
from picustream.scoring.pending import Owed
from picustream.scoring.records.bodies import (
    ELIGIBILITY,
    Body,
    apps_daily_key,
    apps_episode_key,
    mods_key,
    outcome_key,
)
from picustream.scoring.rules import Rules

NO_ARDS = Ards("refuted", ())
"""Stands for no onset: no APPS."""


class Assessor:
    """One stay's records, looked at again only where a change or the clock may have touched them."""

    def __init__(self, rules: Rules, chart: Chart) -> None:
        self._protocol = rules.protocol
        self._chart = chart
        self._book = DayBook(rules)
        self.stay: Stay | None = None
        """As of the last look."""
        self.due: datetime | None = None
        """When time alone may next change a record, as of the last look (I8)."""
        self._forget()

    def _forget(self) -> None:
        self._book.forget()
        self._view: View | None = None
        self._ards: Ards | None = None
        self._made_out_at: datetime | None = None
        """As of when the onsets were made out last; None: not yet."""
        self._first_apps: Body | None = None
        self._treatment_day: date | None = None
        self._scores: dict[date, DayScore] = {}
        self._looked_at: datetime | None = None
        self._early: bool | None = None
        self._early_touched = False
        self._owed = Owed()

    @property
    def unfinished(self) -> bool:
        """Whether there was more to look at than the budget allowed: ask again."""
        return bool(self._owed)

    def note(self, changes: Changes) -> None:
        """Takes note of what filing an event changed."""
        if changes.facts:
            self._forget()
            return
        self._book.note(changes)
        if self._early is not None and self.stay is not None:
            limit = self._early_limit(self.stay)
            if any(moment <= limit for _, moment in changes.touched):
                self._early, self._early_touched = None, True

    def bodies(self, now: datetime, known: Known, budget: Budget | None = None) -> Bodies:
        """The bodies that may differ from those given before; with a budget some of them, and `unfinished` says so."""
        budget = budget or Budget()
        since, self._looked_at = self._looked_at, now
        if since is None:
            self.stay = stay_of(self._chart)
            self._view = view_of(self._chart, self._protocol, self.stay) if self.stay else None
            self._treatment_day = treatment_day(self._chart, self._protocol)
            self._book.dirty.clear()
        if self.stay is None or self._view is None:
            self._book.dirty.clear()
            self.due = None
            if since is None:
                self._owed.withdrawn = {key for group, keys in known.items() if group != "alert" for key in keys}
            return dict.fromkeys(budget.drain(self._owed.withdrawn))
        passed = self.due is not None and now >= self.due
        if since is not None and not passed and not self._book.dirty and not self.unfinished:
            return {}
        look = Look(self.stay, self._view, now, known, since, passed)
        ards = self._ards
        self._owe(look)
        found = self._look(look, budget)
        self._early_touched = False
        if since is None or passed or ards != self._ards:
            self.due = min((moment for moment in self._due_times(look) if moment > now), default=None)
        return found

    def _owe(self, look: Look) -> None:
        """Notes what a change, or the time that has passed, calls for."""
        first, last = self._days_so_far(look)
        if look.since is None:
            self._owed.mods = set(days_between(first, last)) | look.known_days("mods")
            self._owed.onsets = self._owed.outcomes = self._owed.every_outcome = True
            return
        changed, breathing = self._book.refresh(look.view)
        days = {told for organ, day in changed for told in self._told_on(organ, day, last)}
        if look.passed:
            turned = set(days_between(local_date(look.since - self._protocol.finalise_after, self._zone), last))
            days, breathing = days | turned, breathing | turned
        self._owed.mods |= {day for day in days if first <= day <= last}
        self._owed.breathing |= {day for day in breathing if first <= day <= last}
        self._owed.onsets = self._owed.onsets or look.passed or bool(breathing)
        self._owed.outcomes = self._owed.outcomes or look.passed

    def _look(self, look: Look, budget: Budget) -> Bodies:
        found = self._mods(look, budget) | self._apps(look, budget)
        if (
            look.since is None
            or self._early_touched
            or look.since <= decided_after(look.stay, self._protocol) < look.now
        ):
            found[ELIGIBILITY] = self._eligibility(look)
        self._owed.outcomes = self._owed.outcomes or bool(found)
        if self._owed.outcomes and not self._owed.scores:
            found |= self._outcomes(look)
        return found

    @property
    def _zone(self) -> ZoneInfo:
        return self._protocol.zone

    def _days_so_far(self, look: Look) -> tuple[date, date]:
        """The first and the last local day of the stay up to the clock (T4); the last before the first: none."""
        today, last = local_date(look.now, self._zone), last_day(look.stay, self._protocol)
        return local_date(look.stay.start, self._zone), today if last is None else min(today, last)

    def _told_on(self, organ: Organ, day: date, last: date) -> Iterator[date]:
        """The days on which a day's organ is told: itself, and those it may be brought forward to (M7)."""
        yield day
        for later in days_between(day + ONE_DAY, last):
            yield later
            if self._book.is_measured(organ, later):
                return

    # The records. --------------------------------------------------------------------------------------------------

    def _mods(self, look: Look, budget: Budget) -> Bodies:
        first, last = self._days_so_far(look)
        found: Bodies = {}
        for day in budget.drain(self._owed.mods):
            self._scores.pop(day, None)
            found[mods_key(day)] = self._mods_of(look, day, look.now) if first <= day <= last else None
        return found

    def _mods_of(self, look: Look, day: date, now: datetime) -> Body | None:
        context = DayContext(day, look.stay, self._treatment_day, self._protocol)
        return mods_body(context, self._book.today(look.view, day), partial(self._book.last_measured, look.view), now)

    def _score_of(self, look: Look, day: date) -> DayScore:
        if day not in self._scores:
            body = self._mods_of(look, day, closes_at(day, self._protocol))
            assert body is not None  # a closed day of the stay always has a record (T4)
            self._scores[day] = DayScore(body.fields["total"], body.fields["measured"], body.caveats)
        return self._scores[day]

    def _apps(self, look: Look, budget: Budget) -> Bodies:
        if self._owed.onsets and not self._owed.mods and self._book.read_pairs(look.view, budget):
            self._make_out_onsets(look)
        if self._owed.onsets:
            return {}
        first, last = self._days_so_far(look)
        context = ArdsContext(look.view, look.stay, self._ards or NO_ARDS, self._treatment_day)
        found: Bodies = {}
        for day in budget.drain(self._owed.apps):
            pairs = [pair for pair, _ in self._book.pairs(look.view, day)]
            found[apps_daily_key(day)] = daily_body(context, day, pairs, look.now) if first <= day <= last else None
        for number in budget.drain(self._owed.episodes):
            body = self._episode(look, context, number)
            found[apps_episode_key(number)] = body
            self._first_apps = body if number == 1 else self._first_apps
        return found

    def _episode(self, look: Look, context: ArdsContext, number: int) -> Body | None:
        if number > len(context.ards.onsets):
            return None
        window = episode_window(context.ards.onsets[number - 1], self._protocol)
        return episode_body(context, number, self._book.pairs_of(look.view, *window), look.now)

    def _make_out_onsets(self, look: Look) -> None:
        """A3; notes which APPS that, or what has changed of the gases, calls for."""
        onsets = tuple(onsets_of(self._book.all_pairs(look.view), self._protocol))
        before, self._ards = self._ards, assessed(onsets, assessment(self._chart))
        since, self._made_out_at = self._made_out_at, look.now
        owed, onsets = self._owed, (self._ards or NO_ARDS).onsets
        if since is None or before != self._ards:
            owed.apps = look.known_days("apps/daily")
            owed.apps |= set(days_between(*self._days_so_far(look))) if onsets else set()
            owed.episodes = {int(key.part.rpartition("/")[2]) for key in look.known.get("apps/at-24h", ())}
            owed.episodes |= set(range(1, len(onsets) + 1))
            self._first_apps, owed.outcomes = None, True
        elif onsets:
            owed.apps |= owed.breathing
            owed.episodes |= set(self._episodes_touched(onsets, since, look.now))
        owed.breathing, owed.onsets = set(), False

    def _episodes_touched(self, onsets: Sequence[datetime], since: datetime, now: datetime) -> Iterator[int]:
        """Episodes with a changed day in their window (A4), and those that have closed."""
        for number, onset in enumerate(onsets, start=1):
            first, last = (local_date(moment, self._zone) for moment in episode_window(onset, self._protocol))
            touched = not self._owed.breathing.isdisjoint(days_between(first, last))
            if touched or since < episode_closes_at(onset, self._protocol) <= now:
                yield number

    def _eligibility(self, look: Look) -> Body:
        screening = Screening(self._chart, look.stay, self._protocol, partial(self._measured_early, look.stay))
        return eligibility_body(screening, look.now)

    def _measured_early(self, stay: Stay) -> bool:
        """E4: whether, up to the earlier of 48 h and T0 alone, some day has a component with basis `measured`."""
        if self._early is None:
            limit = self._early_limit(stay)
            view = view_of(self._chart, self._protocol, stay, until=limit)
            day, last = local_date(limit, self._zone), last_day(stay, self._protocol)
            days = days_between(local_date(stay.start, self._zone), day if last is None else min(day, last))
            self._early = any(RULES[organ](view, day).basis == "measured" for day in days for organ in ORGANS)
        return self._early

    def _early_limit(self, stay: Stay) -> datetime:
        limit, t0 = decided_after(stay, self._protocol), treatment_start(self._chart)
        return limit if t0 is None else min(limit, t0)

    def _course(self, look: Look) -> Course:
        scores = partial(self._score_of, look)
        return Course(self._chart, look.stay, self._protocol, self._treatment_day, self._ards, scores, self._first_apps)

    def _outcomes(self, look: Look) -> Bodies:
        found: Bodies = look.known_of("outcome") if self._owed.every_outcome else {}
        for name, milestone in milestones(self._course(look), look.now):
            found[outcome_key(name)] = outcome_body(name, milestone, look.stay) if milestone else None
        self._owed.outcomes = self._owed.every_outcome = False
        return found

    # When to look again. -------------------------------------------------------------------------------------------

    def _due_times(self, look: Look) -> Iterator[datetime]:
        protocol, last = self._protocol, last_day(look.stay, self._protocol)
        first = local_date(look.stay.start, self._zone)
        closing = max(first, local_date(look.now - protocol.finalise_after, self._zone))
        if last is None or closing <= last:
            yield closes_at(closing, protocol)
        tomorrow = max(first, local_date(look.now, self._zone) + ONE_DAY)
        if last is None or tomorrow <= last:
            yield midnight(tomorrow, self._zone)
        yield decided_after(look.stay, protocol) + TICK
        for onset in self._ards.onsets if self._ards else ():
            yield episode_closes_at(onset, protocol)
        yield from due_times(self._course(look))
