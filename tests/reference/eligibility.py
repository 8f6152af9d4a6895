"""Screening (rules E1-E5)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from .ages import born_by, completed_years
from .chart import Chart
from .organs import ORGANS
from .protocol import hours, in_hours
from .versions import Fact

HOURS_48 = timedelta(hours=48)


@dataclass(frozen=True)
class Criterion:
    """One criterion: met (None = undecided), the reason in machine-readable words, and since when it is true."""

    name: str
    met: bool | None
    detail: str | None = None
    since: datetime | None = None
    by_time: bool = False
    """Undecided only until admission + 48 h has passed."""


def eligibility(chart: Chart) -> dict[str, Any]:
    """The eligibility record of an admitted stay (E5)."""
    criteria = [
        Criterion("in-picu", True, "admitted", chart.admission.at),
        age(chart),
        stay_48h(chart),
        consent(chart),
        data_complete(chart),
    ]
    state = _state(chart, criteria)
    waiting = any(one.by_time for one in criteria)
    return {
        "state": state,
        "criteria": [{"criterion": one.name, "met": one.met, "detail": one.detail} for one in criteria],
        "eligible_since": max(one.since for one in criteria) if state == "eligible" else None,
        "next_change_at": after_48h(chart) if waiting else None,
        "closes_at": _closes_at(chart),
    }


def _closes_at(chart: Chart) -> datetime | None:
    """When enrolment closes, where the protocol says so."""
    span = chart.protocol["closes_after_hours"]
    return None if span is None else chart.admission.at + hours(span)


def _state(chart: Chart, criteria: list[Criterion]) -> str:
    """E5, in its order."""
    last = latest_consent(chart)
    if last is not None and last.body["decision"] == "withdrawn":
        return "withdrawn"
    if any(one.met is False for one in criteria):
        return "ineligible"
    if _age_in_review(chart):
        return "review"
    return "eligible" if all(one.met for one in criteria) else "screening"


def after_48h(chart: Chart) -> datetime:
    """Admission + 48 h 00 min of real time (E2, E4)."""
    return chart.admission.at + HOURS_48


def _age_verdict(chart: Chart, birth: date) -> str:
    """E1 for one birth date: young, met, review or old."""
    admitted = chart.first_day
    if (admitted - birth).days < chart.protocol["minimum_age_days"]:
        return "young"
    years = completed_years(birth, admitted)
    if years < chart.protocol["adult_age_years"]:
        return "met"
    return "review" if years < chart.protocol["review_age_years"] else "old"


def age(chart: Chart) -> Criterion:
    """E1, from every date the birth date can mean."""
    births = born_by(chart.births, chart.first_day)
    if not births:
        return Criterion("age", None, chart.no_births)
    verdicts = {_age_verdict(chart, birth) for birth in births}
    if verdicts == {"met"}:
        return Criterion("age", True, _age_words(chart, births), chart.admission.at)
    if verdicts <= {"young", "old"}:
        return Criterion("age", False, _age_words(chart, births))
    if verdicts == {"review"}:
        return Criterion("age", None, f"age-{chart.protocol['adult_age_years']}-review")
    return Criterion("age", None, "birth-date-imprecise")


def _age_in_review(chart: Chart) -> bool:
    return age(chart).met is None and bool(chart.births)


def _age_words(chart: Chart, births: list[date]) -> str | None:
    """`age-27-days` up to the first birthday, then `age-5-years`; None where the birth date leaves it open."""
    words = set()
    for birth in births:
        years = completed_years(birth, chart.first_day)
        if birth > chart.first_day:
            words.add("born-after-admission")
            continue
        words.add(f"age-{years}-years" if years >= 1 else f"age-{(chart.first_day - birth).days}-days")
    return words.pop() if len(words) == 1 else None


def stay_48h(chart: Chart) -> Criterion:
    """E2: not discharged alive within 48 h of admission, exactly 48 h included."""
    limit = after_48h(chart)

    def within(fact: Fact | None) -> bool:
        return fact is not None and fact.at <= limit

    if chart.discharged_alive and within(chart.discharge):
        if chart.discharge.body["destination"] == "other-icu":
            return Criterion("stay-48h", True, "transfer-before-48h", chart.end)
        return Criterion("stay-48h", False, "discharged-before-48h")
    if within(chart.death):
        return Criterion("stay-48h", True, "died-before-48h", chart.end)
    if chart.end is not None or chart.clock > limit:
        return Criterion("stay-48h", True, "stayed-48h", limit)
    return Criterion("stay-48h", None, _to_go(limit - chart.clock), by_time=True)


def _to_go(span: timedelta) -> str:
    return f"{float(round(in_hours(span), 1))}-h-to-go"


def latest_consent(chart: Chart) -> Fact | None:
    """E3: the latest decision by `occurred_at`."""
    decisions = chart.many("consent")
    return decisions[-1] if decisions else None


def consent(chart: Chart) -> Criterion:
    """E3; it came true with the first of the unbroken run of `given` that ends the decisions."""
    since = None
    for decision in chart.many("consent"):
        given = decision.body["decision"] == "given"
        since = (since or decision.at) if given else None
    last = latest_consent(chart)
    if last is None:
        return Criterion("consent", None, "consent-not-recorded")
    return Criterion("consent", since is not None, f"consent-{last.body['decision']}", since)


def data_complete(chart: Chart) -> Criterion:
    """E4: the verdict, else, once the clock is past admission + 48 h, what is known by then."""
    verdict = chart.fact("data_collection")
    if verdict is not None:
        complete = verdict.body["complete"]
        return Criterion("data-complete", complete, "verdict", verdict.at if complete else None)
    limit = after_48h(chart)
    if chart.clock <= limit:
        return Criterion("data-complete", None, "not-yet", by_time=True)
    lacking = [
        word
        for word, there in (
            ("sex", chart.admission.body.get("sex", "unknown") != "unknown"),
            ("birth-date", _birth_date_suffices(chart)),
            ("component", _something_measured(chart)),
        )
        if not there
    ]
    if lacking:
        return Criterion("data-complete", False, f"missing-{'-'.join(lacking)}")
    return Criterion("data-complete", True, "computed", limit)


def _birth_date_suffices(chart: Chart) -> bool:
    return age(chart).met is not None or len(chart.births) == 1


def _something_measured(chart: Chart) -> bool:
    """E4: some day has a measured component, from the observations up to admission + 48 h and T0 alone."""
    treatment = chart.fact("treatment_started")
    cutoff = after_48h(chart) if treatment is None else min(after_48h(chart), treatment.at)
    early = chart.until(cutoff)
    found = [find(early, day) for day in early.days for _, _, find in ORGANS.values()]
    return any(finding is not None and finding.basis == "measured" for finding in found)
