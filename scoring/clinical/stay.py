"""What the facts say of a stay: its bounds, its patient, its treatment (rules T2, T3, V1)."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import TypeVar, cast

from picustream.models.birth import Birth
from picustream.models.fact import (
    Admitted,
    ArdsAssessed,
    Consent,
    DataCollection,
    Died,
    Discharged,
    FactEvent,
    Sedation,
    TreatmentStarted,
    VitalStatus,
)
from picustream.models.protocol import Protocol
from picustream.models.times import EARLIEST, ONE_DAY
from picustream.scoring.chart.chart import Chart
from picustream.scoring.chart.entries import Fact
from picustream.scoring.chart.series_index import SEDATION
from picustream.scoring.clinical.days import local_date, midnight

F = TypeVar("F", bound=FactEvent)


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay that has an admission. Ends before the admission are set aside, not used (T2)."""

    admission: Fact
    discharge: Fact | None
    death: Fact | None
    set_aside: tuple[Fact, ...]

    @property
    def start(self) -> datetime:
        return self.admission.at

    @property
    def end(self) -> datetime | None:
        """The earlier of discharge and death, or None while the stay is open (T2)."""
        if self.discharge is None:
            return None if self.death is None else self.death.at
        return self.discharge.at if self.death is None else min(self.discharge.at, self.death.at)

    @property
    def died_inside(self) -> bool:
        """Whether death came at or before the discharge, or instead of it (O1, O2)."""
        return self.death is not None and (self.discharge is None or self.death.at <= self.discharge.at)

    @property
    def admitted(self) -> Admitted:
        return cast(Admitted, self.admission.event)

    @property
    def patient_id(self) -> str:
        """The admission's patient, whom every record names (docs/topics.md)."""
        return self.admission.event.patient_id

    def birth_is_implausible(self, protocol: Protocol) -> bool:
        """Whether the birth date is a dummy (E1)."""
        stated = self.admitted.birth_date
        return stated is not None and is_dummy(stated, self.start, protocol)

    def birth_by(self, protocol: Protocol) -> Birth | None:
        """The birth date, None where none is known or the one stated is a dummy (E1, A7, M11)."""
        return None if self.birth_is_implausible(protocol) else self.admitted.birth_date


def is_dummy(birth: Birth, admitted_at: datetime, protocol: Protocol) -> bool:
    """E1: whether every day that a birth date may mean makes the patient `oldest_years` or older at an admission."""
    return years_on(birth, local_date(admitted_at, protocol.zone))[0] >= protocol.age.oldest_years


@lru_cache(maxsize=1024)  # each record of a stay asks for the same few days
def years_on(birth: Birth, day: date) -> tuple[int, int]:
    """`Birth.years_on`."""
    return birth.years_on(day)


def in_force(chart: Chart, kind: str, model: type[F]) -> tuple[Fact, F] | None:
    """The one fact of a type, if it states anything."""
    fact = chart.facts.get((kind,))
    if fact is None or not fact.in_force or not isinstance(fact.event, model):
        return None
    return fact, fact.event


def all_in_force(chart: Chart, model: type[F]) -> list[tuple[Fact, F]]:
    """The facts of a type with many facts per stay that state anything, in the order V1."""
    found = [(fact, fact.event) for fact in chart.facts.values() if fact.in_force and isinstance(fact.event, model)]
    return sorted(found, key=lambda pair: pair[0].order)


def stay_of(chart: Chart) -> Stay | None:
    """The stay that the facts describe, or None without an admission (T2)."""
    admitted = in_force(chart, "admitted", Admitted)
    if admitted is None:
        return None
    start = admitted[0].at
    aside: list[Fact] = []
    ends: list[Fact | None] = []
    for found in (in_force(chart, "discharged", Discharged), in_force(chart, "died", Died)):
        fact = found[0] if found else None
        if fact is not None and fact.at < start:
            aside.append(fact)
            fact = None
        ends.append(fact)
    return Stay(admitted[0], ends[0], ends[1], tuple(aside))


def treatment_start(chart: Chart) -> datetime | None:
    """T0, if known (T3)."""
    found = in_force(chart, "treatment_started", TreatmentStarted)
    return found[0].at if found else None


def treatment_day(chart: Chart, protocol: Protocol) -> date | None:
    """The local day of T0, if known (T3)."""
    t0 = treatment_start(chart)
    return local_date(t0, protocol.zone) if t0 else None


def assessment(chart: Chart) -> ArdsAssessed | None:
    """The clinicians' verdict on ARDS, if there is one (A3)."""
    found = in_force(chart, "ards_assessed", ArdsAssessed)
    return found[1] if found else None


def data_verdict(chart: Chart) -> tuple[Fact, DataCollection] | None:
    """The data manager's verdict, if there is one (E4)."""
    return in_force(chart, "data_collection", DataCollection)


def consents(chart: Chart) -> list[tuple[Fact, Consent]]:
    """Consent decisions in the order V1; the last one holds (E3)."""
    return all_in_force(chart, Consent)


def follow_up(chart: Chart) -> list[tuple[Fact, VitalStatus]]:
    """What follow-up reports of the patient's life (O3)."""
    return all_in_force(chart, VitalStatus)


def sedated(chart: Chart, moment: datetime) -> bool:
    """Whether sedation without intrinsic alteration is on at a moment; it may have begun before the stay (M6, T2)."""
    chart.index.watch.note(SEDATION, EARLIEST, moment)
    so_far = [event for fact, event in all_in_force(chart, Sedation) if fact.at <= moment]
    return bool(so_far) and so_far[-1].state == "on" and not so_far[-1].intrinsic_alteration


def last_day(stay: Stay, protocol: Protocol) -> date | None:
    """The last local day of an ended stay, or None while it is open (T2)."""
    if stay.end is None:
        return None
    day = local_date(stay.end, protocol.zone)
    return day - ONE_DAY if stay.end == midnight(day, protocol.zone) else day


def is_day_of(stay: Stay, day: date, protocol: Protocol) -> bool:
    """Whether a local day belongs to the stay, whatever the clock says; by a correction it may do so no more (T5)."""
    last = last_day(stay, protocol)
    return local_date(stay.start, protocol.zone) <= day and (last is None or day <= last)


ADULT_DERIVED = "adult-derived-score"
"""The caveat of a score of a patient who may be a child (M11)."""


def may_be_child(stay: Stay, day: date, protocol: Protocol) -> bool:
    """M11: whether the patient may be under 18 on a day; an unknown age may."""
    birth = stay.birth_by(protocol)
    return birth is None or years_on(birth, day)[0] < protocol.age.adult_from_years
