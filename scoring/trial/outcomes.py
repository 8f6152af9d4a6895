"""Outcome milestones (rules O1-O5): emitted once decided, withdrawn when a correction undoes the decision.

Unknown is never alive, and never dead: `death-28d` stays null until somebody says.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from picustream.models.fact import Discharged
from picustream.models.protocol import Protocol
from picustream.models.text import printed
from picustream.models.times import ONE_DAY
from picustream.scoring.chart.chart import Chart
from picustream.scoring.clinical.ards import Ards
from picustream.scoring.clinical.days import closes_at, counted_in, local_date, midnight, window_days
from picustream.scoring.clinical.stay import Stay, follow_up, is_day_of
from picustream.scoring.records.bodies import Body
from picustream.scoring.scores.mods.score import DayScore
from picustream.scoring.trial.records import WindowSummary

FOLLOW_UP_DUE = "follow-up-due"


@dataclass(frozen=True, slots=True)
class Course:
    """A stay as outcomes see it."""

    chart: Chart
    stay: Stay
    protocol: Protocol
    treatment_day: date | None
    ards: Ards | None
    mods_of: Callable[[date], DayScore]
    first_apps: Body | None
    """The `at-24h` record of episode 1."""

    def day_number(self, elapsed: int) -> date | None:
        """The local day with a number counted from T0, or None without T0."""
        return None if self.treatment_day is None else self.treatment_day + elapsed * ONE_DAY


@dataclass(frozen=True, slots=True)
class Milestone:
    """A decided milestone, or (reached None) one whose follow-up is due."""

    reached: bool | None
    at: datetime | None = None
    value: Decimal | WindowSummary | None = None
    unit: str | None = None
    detail: str | None = None
    due_since: datetime | None = None
    """From when the follow-up has been due."""
    caveats: tuple[str, ...] = ()
    """Those of the scores that it shows (A1, M11)."""


def days_shown(treatment_day: date | None, protocol: Protocol) -> list[date]:
    """The days whose MODS milestones show: those of the window, and the start of treatment (O4)."""
    if treatment_day is None:
        return []
    first, last = window_days(protocol)
    return [treatment_day + number * ONE_DAY for number in (0, *range(first, last + 1))]


Decisions = Iterator[tuple[str, Milestone | None]]
"""Milestones by name, each with its decision; None while undecided."""


def of_facts(course: Course, now: datetime) -> Decisions:
    """Milestones that facts and time decide, and no score."""
    yield "picu-discharge", _discharge(course.stay)
    yield "picu-los", _length_of_stay(course, now)
    yield "death-in-picu", _death_in_picu(course.stay)
    death = _death_in_follow_up(course, now)
    yield f"death-{course.protocol.follow_up.days}d", death
    yield f"survival-{course.protocol.follow_up.days}d", _negation(death)
    first, last = window_days(course.protocol)
    for number, name in ((first, course.protocol.window.first_day), (last, course.protocol.window.last_day)):
        yield f"window-day-{name}", _window_day(course, number, now)


def of_window(course: Course, now: datetime) -> Decisions:
    """What the MODS of the window's days decide."""
    first, last = window_days(course.protocol)
    yield "mods-window-summary", _window_summary(course, range(first, last + 1), now)


def of_ards(course: Course, now: datetime) -> Decisions:
    """What the episodes of ARDS decide."""
    yield "ards-onset", _ards_onset(course, now)
    yield "apps-24h", _first_apps(course.first_apps)


EVERY = (of_facts, of_window, of_ards)
"""All milestones, by what they are read from besides facts and the clock."""


def outcome_body(name: str, milestone: Milestone, stay: Stay) -> Body:
    """The record of a milestone; its clinical time is the milestone's, else the admission's."""
    fields = {
        "milestone": name,
        "reached": milestone.reached,
        "at": milestone.at,
        "value": milestone.value,
        "unit": milestone.unit,
        "detail": milestone.detail,
    }
    return Body(fields, milestone.at or stay.start, milestone.caveats, closed=True, asks_since=milestone.due_since)


def _discharge(stay: Stay) -> Milestone | None:
    """O1: false where death came at or before the discharge or instead of it."""
    if stay.died_inside:
        return Milestone(False, detail="died")
    return Milestone(True, at=stay.discharge.at) if stay.discharge else None


def _length_of_stay(course: Course, now: datetime) -> Milestone | None:
    """O1: days from admission to the end, truncated; the first of truncated, died, censored is the detail."""
    stay, longest = course.stay, course.protocol.stay.longest_days
    limit = timedelta(days=longest)
    if (stay.end or now) - stay.start > limit:
        return Milestone(True, at=stay.start + limit, value=Decimal(longest), unit="d", detail="truncated")
    if stay.end is None:
        return None
    days = printed(counted_in(ONE_DAY, stay.end - stay.start))
    return Milestone(True, at=stay.end, value=days, unit="d", detail=_how_it_ended(stay))


def _how_it_ended(stay: Stay) -> str | None:
    if stay.died_inside:
        return "died"
    event = stay.discharge.event if stay.discharge else None
    return "censored" if isinstance(event, Discharged) and event.destination == "other-icu" else None


def _death_in_picu(stay: Stay) -> Milestone | None:
    """O2."""
    if stay.died_inside and stay.death is not None:
        return Milestone(True, at=stay.death.at)
    return Milestone(False) if stay.discharge else None


def _death_in_follow_up(course: Course, now: datetime) -> Milestone | None:
    """O3, primary: death in the PICU, or on a local date at most 28 days after that of the discharge.

    `died` outranks follow-up. Of follow-up: dead on a date within the 28 days is dead, whatever else was reported;
    alive on a later date is not dead within them. Dead on a later date says nothing, for it may be long so; neither
    does alive within.
    """
    stay, zone = course.stay, course.protocol.zone
    if stay.died_inside and stay.death is not None:
        return Milestone(True, at=stay.death.at)
    if stay.discharge is None:
        return None
    limit = local_date(stay.discharge.at, zone) + course.protocol.follow_up.days * ONE_DAY
    if stay.death is not None:
        within = local_date(stay.death.at, zone) <= limit
        return Milestone(True, at=stay.death.at) if within else Milestone(False)
    reports = [(local_date(fact.at, zone), event.alive) for fact, event in follow_up(course.chart)]
    if any(not alive and day <= limit for day, alive in reports):
        return Milestone(True)
    if any(alive and day > limit for day, alive in reports):
        return Milestone(False)
    due = midnight(limit + ONE_DAY, zone)
    return Milestone(None, detail=FOLLOW_UP_DUE, due_since=due) if now >= due else None


def _negation(death: Milestone | None) -> Milestone | None:
    if death is None or death.reached is None:
        return death
    return Milestone(not death.reached, detail=death.detail)


def _window_day(course: Course, number: int, now: datetime) -> Milestone | None:
    """O4: reached when that day has begun and is a day of the stay."""
    day = course.day_number(number)
    if day is None:
        return None
    if not is_day_of(course.stay, day, course.protocol):
        return Milestone(False)
    begins = midnight(day, course.protocol.zone)
    return Milestone(True, at=begins) if now >= begins else None


def _window_summary(course: Course, numbers: Sequence[int], now: datetime) -> Milestone | None:
    """O4: emitted when the last of the window's days in the stay has closed."""
    if course.treatment_day is None:
        return None
    inside = list(_days_of_window(course, numbers))
    if not inside:
        return Milestone(False)
    if now < closes_at(inside[-1], course.protocol):
        return None
    scores = [course.mods_of(day) for day in inside]
    start = course.treatment_day
    at_start = course.mods_of(start) if is_day_of(course.stay, start, course.protocol) else None
    totals = [score.total for score in scores]
    summary = WindowSummary(
        max=max(totals),
        mean=printed(Decimal(sum(totals)) / len(totals)),
        first=totals[0],
        last=totals[-1],
        delta=None if at_start is None else max(totals) - at_start.total,
        days=len(totals),
        days_unmeasured=sum(score.measured == 0 for score in scores),
    )
    shown = scores if at_start is None else [*scores, at_start]
    caveats = {word for score in shown for word in score.caveats}
    end = midnight(inside[-1] + ONE_DAY, course.protocol.zone)
    return Milestone(True, at=end, value=summary, caveats=tuple(sorted(caveats)))


def _days_of_window(course: Course, numbers: Iterable[int]) -> Iterator[date]:
    """The days of the window that are days of the stay."""
    days = (course.day_number(number) for number in numbers)
    return (day for day in days if day is not None and is_day_of(course.stay, day, course.protocol))


def _ards_onset(course: Course, now: datetime) -> Milestone | None:
    """O5: true at the onset or once confirmed; false when refuted, or once the stay has ended without one."""
    if course.ards is not None:
        if course.ards.status == "refuted":
            return Milestone(False, detail="refuted")
        return Milestone(True, at=course.ards.onset, detail=course.ards.status)
    over = course.stay.end is not None and now >= course.stay.end + course.protocol.finalise_after
    return Milestone(False) if over else None


def _first_apps(body: Body | None) -> Milestone | None:
    """O5: APPS at 24 hours of episode 1, once its record has closed."""
    if body is None or not body.closed:
        return None
    if body.fields["total"] is None:
        return Milestone(False, at=None, detail="incomplete")
    detail = {True: "in-window", False: "outside-window", None: "window-unknown"}[body.fields["in_window"]]
    total = Decimal(body.fields["total"])
    return Milestone(True, at=body.effective_at, value=total, unit="{score}", detail=detail, caveats=body.caveats)


def deciding_times(course: Course) -> Iterator[datetime]:
    """The moments at which time alone may decide a milestone."""
    yield from due_times(course)
    first, last = window_days(course.protocol)
    for number in (first, last):
        if (day := course.day_number(number)) is not None:
            yield midnight(day, course.protocol.zone)
    for day in list(_days_of_window(course, range(first, last + 1)))[-1:]:
        yield closes_at(day, course.protocol)


def due_times(course: Course) -> Iterator[datetime]:
    """Those of them at which no day begins or closes."""
    stay, protocol = course.stay, course.protocol
    yield stay.start + timedelta(days=protocol.stay.longest_days, microseconds=1)
    if stay.discharge is not None:
        yield midnight(
            local_date(stay.discharge.at, protocol.zone) + (protocol.follow_up.days + 1) * ONE_DAY, protocol.zone
        )
    if stay.end is not None:
        yield stay.end + protocol.finalise_after
