"""Which measurement belongs to which: V3, P1-P4, and the sedation in force (M6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import TypeVar

from .chart import Chart
from .versions import Observation, VentilatorEvent

MINUTES_15 = timedelta(minutes=15)
HOUR = timedelta(hours=1)
HOURS_4 = timedelta(hours=4)
HOURS_24 = timedelta(hours=24)
ROOM_AIR = Fraction("0.21")

Charted = TypeVar("Charted", Observation, VentilatorEvent)


@dataclass(frozen=True)
class Pair:
    """An arterial PaO2 with its FiO2 (P1); `fio2_from` is None where room air was concluded from the support."""

    pao2: Observation
    fio2: Fraction
    fio2_from: Observation | None

    @property
    def at(self) -> datetime:
        """The sample's time."""
        return self.pao2.at

    @property
    def ratio(self) -> Fraction:
        """P3: PaO2 (mmHg) / FiO2 (fraction)."""
        return self.pao2.value / self.fio2

    @property
    def inputs(self) -> list[Observation]:
        """The observations it was made from."""
        return [self.pao2] if self.fio2_from is None else [self.pao2, self.fio2_from]


def pairs(chart: Chart) -> list[Pair]:
    """Every PaO2 of the stay that can be paired, in order V1 of the PaO2s."""
    found = [pair_of(chart, pao2) for pao2 in chart.usable("pao2")]
    return [pair for pair in found if pair is not None]


def pair_of(chart: Chart, pao2: Observation) -> Pair | None:
    """P1: the FiO2 of the same event, else the latest of 4 h unless the support changed, else room air."""
    fio2 = chart.usable("fio2")
    same_event = next((one for one in fio2 if one.event == pao2.event), None)
    if same_event is not None:
        return Pair(pao2, same_event.value, same_event)
    earlier = latest_within(fio2, pao2.at, HOURS_4)
    if earlier is not None and not _support_changed(chart, earlier.at, pao2.at):
        return Pair(pao2, earlier.value, earlier)
    last_event = latest_within(chart.ventilator, pao2.at, HOURS_4)
    if last_event is not None and last_event.support == "room-air":
        return Pair(pao2, ROOM_AIR, None)
    look_ahead = timedelta(minutes=chart.protocol["fio2_look_ahead_minutes"])
    later = next((one for one in fio2 if pao2.at < one.at <= pao2.at + look_ahead), None)
    if later is not None and not _support_changed(chart, pao2.at, later.at):
        return Pair(pao2, later.value, later)
    return None


def _support_changed(chart: Chart, since: datetime, until: datetime) -> bool:
    """P1: an event after `since`, up to `until`, reports another known support than the one in force at `since`."""
    in_force = support_at(chart, since)
    reported = {event.support for event in _with_support(chart) if since < event.at <= until}
    return in_force is not None and bool(reported - {in_force})


def support_at(chart: Chart, time: datetime) -> str | None:
    """P2: the support of the latest ventilator event that knows it, at or before a time and at most 24 h old."""
    event = latest_within(_with_support(chart), time, HOURS_24)
    return None if event is None else event.support


def _with_support(chart: Chart) -> list[VentilatorEvent]:
    return [event for event in chart.ventilator if event.support != "unknown"]


def peep_at(chart: Chart, time: datetime) -> Fraction | None:
    """V3: the latest set PEEP at or before a time and at most 4 h old, else the latest such measured PEEP."""
    peep = latest_within(chart.usable("peep"), time, HOURS_4) or latest_within(
        chart.usable("peep_measured"), time, HOURS_4
    )
    return None if peep is None else peep.value


def sedated_at(chart: Chart, time: datetime) -> bool:
    """M6: sedation is on, without `intrinsic_alteration`; sedation begun before the stay still holds (T2)."""
    stated = [fact for fact in chart.many("sedation") if fact.at <= time]
    if not stated:
        return False
    last = stated[-1].body
    return last["state"] == "on" and not last.get("intrinsic_alteration", False)


def par_triplet(chart: Chart, cvp: Observation) -> tuple[Observation, Observation] | None:
    """P4: the heart rate and the arterial pressure that belong to a CVP, or None."""
    rate = chart.usable("heart_rate")
    invasive, noninvasive = chart.usable("map_invasive"), chart.usable("map_noninvasive")
    heart_rate = nearest(rate, cvp.at, MINUTES_15) or latest_within(rate, cvp.at, HOUR)
    pressure = (
        nearest(invasive, cvp.at, MINUTES_15)
        or nearest(noninvasive, cvp.at, MINUTES_15)
        or latest_within(invasive, cvp.at, HOUR)
        or latest_within(noninvasive, cvp.at, HOUR)
    )
    return None if heart_rate is None or pressure is None else (heart_rate, pressure)


def nearest(charted: list[Observation], time: datetime, reach: timedelta) -> Observation | None:
    """The nearest within `reach` either side; equal distance: the earlier; equal time: the first in order V1."""
    near = [one for one in charted if abs(one.at - time) <= reach]
    return min(near, key=lambda one: (abs(one.at - time), one.order), default=None)


def latest_within(charted: list[Charted], time: datetime, age: timedelta) -> Charted | None:
    """The last in order V1 that lies at or before a time and is at most `age` old then."""
    before = [one for one in charted if time - age <= one.at <= time]
    return before[-1] if before else None
