"""One stay as the rules see it: its bounds and days (T2, T3), and what was charted inside it."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from .ages import plausible_births
from .protocol import Protocol
from .versions import Fact, Message, Observation, VentilatorEvent, facts, observations, ventilator_events


@dataclass(frozen=True)
class Chart:
    """Everything that holds of one stay; observations and ventilator events are those inside it, in order V1."""

    protocol: Protocol
    clock: datetime
    facts: list[Fact]
    admission: Fact
    observations: list[Observation]
    ventilator: list[VentilatorEvent]

    def fact(self, kind: str) -> Fact | None:
        """The fact of a type that has one per stay."""
        return next(iter(self.many(kind)), None)

    def many(self, kind: str) -> list[Fact]:
        """The facts of a type, in order V1."""
        return [fact for fact in self.facts if fact.type == kind]

    @cached_property
    def discharge(self) -> Fact | None:
        """The discharge, unless it lies before the admission and is set aside (T2)."""
        return self._ending("discharged")

    @cached_property
    def death(self) -> Fact | None:
        """The death, unless it lies before the admission and is set aside (T2)."""
        return self._ending("died")

    def _ending(self, kind: str) -> Fact | None:
        fact = self.fact(kind)
        return fact if fact is not None and fact.at >= self.admission.at else None

    @property
    def discharged_alive(self) -> bool:
        """Discharged, with no death at or before it (E2, O1, O2)."""
        return self.discharge is not None and (self.death is None or self.death.at > self.discharge.at)

    @cached_property
    def end(self) -> datetime | None:
        """T2: the earlier of discharge and death; None while the stay is open."""
        return min((fact.at for fact in (self.discharge, self.death) if fact is not None), default=None)

    @cached_property
    def first_day(self) -> date:
        """The admission's local date."""
        return self.protocol.local_date(self.admission.at)

    @cached_property
    def births(self) -> list[date]:
        """Every date on which the child may have been born; none if unknown, or if it cannot be true (E1)."""
        born = self.admission.body.get("birth_date")
        return plausible_births(born, self.first_day, self.protocol["oldest_years"])

    @property
    def no_births(self) -> str:
        """Why there is no birth date: none was stated, or none that can be true (E1); or all lie ahead (A7)."""
        believed = self.births or "birth_date" not in self.admission.body
        return "birth-date-missing" if believed else "birth-date-implausible"

    @cached_property
    def last_day(self) -> date | None:
        """T2: the last local day of the stay; a stay that ends at exactly 00:00 has none that begins there."""
        if self.end is None:
            return None
        day = self.protocol.local_date(self.end)
        return day - timedelta(days=1) if self.protocol.midnight(day) == self.end else day

    def is_day(self, day: date) -> bool:
        """Whether a local day belongs to the stay, begun or not."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)

    @cached_property
    def days(self) -> list[date]:
        """T4: every local day of the stay that has begun by the clock."""
        today = self.protocol.local_date(self.clock)
        span = range((today - self.first_day).days + 1)
        return [day for day in (self.first_day + timedelta(days=n) for n in span) if self.is_day(day)]

    def closed(self, day: date) -> bool:
        """T4: the clock is at or past the day's end plus `finalise_after`."""
        return self.clock >= self.protocol.closes(day)

    @cached_property
    def treatment_day(self) -> date | None:
        """The local date of T0, or None before treatment start is known."""
        started = self.fact("treatment_started")
        return None if started is None else self.protocol.local_date(started.at)

    def trial_days(self, day: date) -> dict[str, Any]:
        """T3: `elapsed_day`, `sdtm_day` and `in_window` of a local day; all None before T0 is known."""
        if self.treatment_day is None:
            return {"elapsed_day": None, "sdtm_day": None, "in_window": None}
        elapsed = (day - self.treatment_day).days
        sdtm = elapsed + 1 if elapsed >= 0 else elapsed
        counted = sdtm if self.protocol["window_days"] == "sdtm" else elapsed
        inside = self.protocol["window_first_day"] <= counted <= self.protocol["window_last_day"]
        return {"elapsed_day": elapsed, "sdtm_day": sdtm, "in_window": inside}

    def usable(self, *variables: str) -> list[Observation]:
        """V1: the usable observations of these variables inside the stay, in order."""
        return [one for one in self.observations if one.variable in variables and one.value is not None]

    def on_day(self, charted: list[Observation], day: date) -> list[Observation]:
        """Those of a local day (T1), in the order given."""
        return [one for one in charted if self.protocol.local_date(one.at) == day]

    def until(self, cutoff: datetime) -> "Chart":
        """The same stay with only what was observed at or before a moment (E4)."""
        return replace(
            self,
            observations=[one for one in self.observations if one.at <= cutoff],
            ventilator=[event for event in self.ventilator if event.at <= cutoff],
        )


def chart_of(stay: list[Message], protocol: Protocol, clock: datetime) -> Chart | None:
    """The chart of one stay from all its messages; None without an admission (T2)."""
    stated = facts(stay)
    admission = next((fact for fact in stated if fact.type == "admitted"), None)
    if admission is None:
        return None
    whole = Chart(protocol, clock, stated, admission, observations(stay, protocol), ventilator_events(stay))

    def inside(at: datetime) -> bool:
        return admission.at <= at and (whole.end is None or at <= whole.end)

    return replace(
        whole,
        observations=[one for one in whole.observations if inside(one.at)],
        ventilator=[event for event in whole.ventilator if inside(event.at)],
    )
