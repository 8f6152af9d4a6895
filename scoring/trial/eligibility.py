"""Screening: five criteria, each with its reason and evidence, and the state they make (rules E1-E5).

Traps: 48 hours are hours, not days; exactly 48 h 00 min still counts as within. Death or transfer within 48 h is not
discharge. Whether data are complete is judged on what was measured up to then, whenever it was filed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import takewhile
from typing import Any

from picustream.models.birth import Birth, birthday
from picustream.models.fact import Discharged
from picustream.models.protocol import Age, Protocol, hours
from picustream.scoring.chart.chart import Chart
from picustream.scoring.chart.entries import Fact
from picustream.scoring.clinical.days import local_date
from picustream.scoring.clinical.stay import Stay, consents, data_verdict
from picustream.scoring.records.bodies import Body

IMPRECISE_REVIEW = "birth-date-imprecise-review"


@dataclass(frozen=True, slots=True)
class Met:
    """One criterion: whether it is met, why, by what evidence, and since when (clinical time)."""

    met: bool | None
    detail: str | None
    evidence: tuple[Fact, ...] = ()
    since: datetime | None = None
    """When it came true; None also for the age, which is that of the admission."""
    review: bool = False
    """Whether somebody has to decide (E5)."""


@dataclass(frozen=True, slots=True)
class Screening:
    """What screening needs to know."""

    chart: Chart
    stay: Stay
    protocol: Protocol
    measured_early: Callable[[], bool]
    """Whether, up to the earlier of 48 h and T0, some day has a measured component (E4)."""

    @property
    def decided_after(self) -> datetime:
        return decided_after(self.stay, self.protocol)


def decided_after(stay: Stay, protocol: Protocol) -> datetime:
    """Admission + 48 h: what time alone decides, it decides past this moment, not at it (E2, E4)."""
    return stay.start + hours(protocol.stay.minimum_hours)


def closes_at(stay: Stay, protocol: Protocol) -> datetime | None:
    """When enrolment closes for the stay, where the protocol sets a limit."""
    limit = protocol.enrolment.closes_after_hours
    return None if limit is None else stay.start + hours(limit)


def eligibility_body(screening: Screening, now: datetime) -> Body:
    """E5: the state, a reason per criterion, and when time alone would change it."""
    found: dict[str, Met] = {
        "in-picu": Met(True, "admitted", (screening.stay.admission,), screening.stay.start),
        "age": age_criterion(screening),
        "stay-48h": stay_criterion(screening, now),
        "consent": consent_criterion(screening),
        "data-complete": data_criterion(screening, now),
    }
    state = _state(found)
    waiting = None in (found["stay-48h"].met, found["data-complete"].met)
    since = [met.since for met in found.values() if met.since is not None]
    criteria = [_criterion(name, met) for name, met in found.items()]
    fields = {
        "state": state,
        "criteria": criteria,
        "eligible_since": max(since) if state == "eligible" else None,
        "next_change_at": screening.decided_after if waiting else None,
        "closes_at": closes_at(screening.stay, screening.protocol),
    }
    closed = now > screening.decided_after
    steady = [one | {"detail": _without_countdown(one["detail"])} for one in criteria]
    compared = fields | {"criteria": steady}
    return Body(fields, screening.stay.start, (), closed, compared, asks_since=max(since))


COUNTDOWN = "-h-to-go"


def _without_countdown(detail: str | None) -> str | None:
    """A detail that only counts down makes no new revision."""
    return COUNTDOWN if detail is not None and detail.endswith(COUNTDOWN) else detail


def _criterion(name: str, met: Met) -> dict[str, Any]:
    """The fields of `Criterion`, in its order."""
    evidence = [fact.filed.event_id for fact in met.evidence]
    return {"criterion": name, "met": met.met, "detail": met.detail, "evidence": evidence}


def _state(found: dict[str, Met]) -> str:
    """E5: withdrawn before ineligible before review before eligible before screening."""
    if found["consent"].detail == "consent-withdrawn":
        return "withdrawn"
    if any(met.met is False for met in found.values()):
        return "ineligible"
    if found["age"].review:
        return "review"
    return "eligible" if all(met.met for met in found.values()) else "screening"


def age_on(birth: date, day: date, age: Age) -> bool | None:
    """E1 for one possible birth date: true, false, or None for review."""
    if (day - birth).days < age.from_days or day >= birthday(birth, age.below_years):
        return False
    return None if day >= birthday(birth, age.review_from_years) else True


def age_criterion(screening: Screening) -> Met:
    """E1: age at the admission's local date; an imprecise birth date decides where every possible one agrees."""
    stay, protocol = screening.stay, screening.protocol
    if stay.birth_is_implausible(protocol):
        return Met(None, "birth-date-implausible", (stay.admission,))
    birth = stay.admitted.birth_date
    if birth is None:
        return Met(None, "birth-date-missing", (stay.admission,))
    day = local_date(stay.start, protocol.zone)
    verdicts = _verdicts(birth, day, protocol.age)
    evidence = (stay.admission,)
    if len(verdicts) > 1:
        return Met(None, IMPRECISE_REVIEW, evidence, review=True)
    [verdict] = verdicts
    if verdict is None:
        return Met(None, f"age-{protocol.age.review_from_years}-review", evidence, review=True)
    return Met(verdict, _age_detail(birth, day), evidence)


@lru_cache(maxsize=1024)
def _verdicts(birth: Birth, day: date, age: Age) -> frozenset[bool | None]:
    """Of a year there are 365, and a stay is screened some ten times."""
    return frozenset(age_on(born, day, age) for born in _possible_dates(birth, day))


def _possible_dates(birth: Birth, admission: date) -> set[date]:
    """Nobody is born after the admission; a birth date that says so all the same is too young on each of its days."""
    last = min(birth.last, max(birth.first, admission))
    return {birth.first + timedelta(days=n) for n in range((last - birth.first).days + 1)}


def _age_detail(birth: Birth, day: date) -> str:
    if day < birth.first:
        return "born-after-admission"
    youngest, oldest = (max(years, 0) for years in birth.years_on(day))
    if birth.complete and not oldest:
        return f"age-{(day - birth.first).days}-days"
    return f"age-{youngest}-years" if youngest == oldest else f"age-{youngest}-or-{oldest}-years"


def stay_criterion(screening: Screening, now: datetime) -> Met:
    """E2: not discharged alive within 48 h; death or transfer within them is not discharge."""
    stay, limit = screening.stay, screening.decided_after
    admission, limit_word = stay.admission, f"{screening.protocol.stay.minimum_hours.normalize():f}h"
    if stay.died_inside and stay.death is not None and stay.death.at <= limit:
        return Met(True, f"died-before-{limit_word}", (admission, stay.death), stay.death.at)
    left = stay.discharge  # alive: a death at or before it would have come within the limit, too
    if left is not None and left.at <= limit:
        if isinstance(left.event, Discharged) and left.event.destination == "other-icu":
            return Met(True, f"transfer-before-{limit_word}", (admission, left), left.at)
        return Met(False, f"discharged-within-{limit_word}", (admission, left))
    if stay.end is not None or now > limit:
        return Met(True, f"stayed-{limit_word}", (admission,), limit)
    return Met(None, f"{hours_to_go(now, limit)}{COUNTDOWN}", (admission,))


def hours_to_go(now: datetime, limit: datetime) -> Decimal:
    """Hours until a moment, to one decimal."""
    return Decimal(round((limit - now) / timedelta(minutes=6))).scaleb(-1)


def consent_criterion(screening: Screening) -> Met:
    """E3: the latest decision; none recorded is unknown, not refused."""
    decisions = consents(screening.chart)
    if not decisions:
        return Met(None, "consent-not-recorded")
    fact, latest = decisions[-1]
    if latest.decision != "given":
        return Met(False, f"consent-{latest.decision}", (fact,))
    unbroken = takewhile(lambda decision: decision[1].decision == "given", reversed(decisions))
    return Met(True, "consent-given", (fact,), min(given.at for given, _ in unbroken))


def data_criterion(screening: Screening, now: datetime) -> Met:
    """E4: the data manager's verdict, else computed once the clock is past 48 h."""
    verdict = data_verdict(screening.chart)
    if verdict is not None:
        fact, judged = verdict
        word = "complete" if judged.complete else "incomplete"
        return Met(bool(judged.complete), f"verdict-{word}", (fact,), fact.at if judged.complete else None)
    stay, limit = screening.stay, screening.decided_after
    evidence = (stay.admission,)
    if now <= limit:
        return Met(None, "not-evaluated", evidence)
    if stay.admitted.sex == "unknown":
        return Met(False, "sex-missing", evidence)
    birth = stay.birth_by(screening.protocol)
    if birth is None or not (birth.complete or age_criterion(screening).met is not None):
        return Met(False, "birth-date-incomplete", evidence)
    if not screening.measured_early():
        return Met(False, "nothing-measured", evidence)
    return Met(True, "computed", evidence, limit)
