"""Which values belong together: FiO2 with a PaO2 (P1, P3), heart rate and arterial pressure with a CVP (P4).

No public rule was found for the triplet of the pressure-adjusted rate; the windows are protocol parameters.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from functools import cached_property

from picustream.models.protocol import hours, minutes
from picustream.models.variable import Variable
from picustream.scoring.chart.entries import Observed, Ventilation
from picustream.scoring.chart.series import TICK
from picustream.scoring.chart.units import ROOM_AIR as ROOM_AIR_FIO2
from picustream.scoring.clinical.support import INVASIVE, ROOM_AIR, support_in_force
from picustream.scoring.clinical.view import View

RATIO_DIGITS = 200
"""Enough that no quotient of values of at most 40 digits can be rounded across a band edge (V2)."""


def ratio(numerator: Decimal, denominator: Decimal) -> Decimal:
    """A quotient that no rounding can move across a band (V2)."""
    with localcontext() as context:
        context.prec = RATIO_DIGITS
        return numerator / denominator


@dataclass(frozen=True, eq=False)
class Pair:
    """An arterial PaO2 with its FiO2 (P1)."""

    sample: Observed
    fio2: Observed | None
    """None: room air, as `room_air` says."""
    room_air: Ventilation | None
    support: str | None
    """In force at the sample (P2)."""

    @property
    def at(self) -> datetime:
        return self.sample.at

    @cached_property
    def fraction(self) -> Decimal:
        """FiO2 as a fraction."""
        return self.fio2.exact if self.fio2 is not None else ROOM_AIR_FIO2

    @cached_property
    def ratio(self) -> Decimal:
        """P3: P/F in mmHg."""
        return ratio(self.sample.exact, self.fraction)

    @property
    def invasive(self) -> bool:
        return self.support == INVASIVE

    @property
    def sources(self) -> tuple[Observed | Ventilation, ...]:
        """The inputs of the ratio; room air is stated by a ventilator event."""
        other: Observed | Ventilation | None = self.fio2 or self.room_air
        assert other is not None
        return (self.sample, other)


def pair_of(view: View, sample: Observed) -> Pair | None:
    """P1: the FiO2 of a PaO2, or None where the sample stays unpaired; an FiO2 is never invented.

    The FiO2 of the same event; else the latest at most 4 h old, unless the support changed after it; else 0.21 where
    the latest ventilator event says room air; else, where the protocol looks ahead, one charted after the sample.
    """
    fio2, room_air = _of_same_event(view, sample) or _before(view, sample), None
    if fio2 is None:
        room_air = _breathing_room_air(view, sample.at)
        fio2 = _after(view, sample) if room_air is None else None
    if fio2 is None and room_air is None:
        return None
    return Pair(sample, fio2, room_air, support_in_force(view, sample.at))


def _of_same_event(view: View, sample: Observed) -> Observed | None:
    identity = (sample.filed.source, sample.filed.event_id)
    others = view.chart.same_event.of(identity)
    return next((o for o in others if o.variable is Variable.FIO2 and view.sees(o.at)), None)


def _before(view: View, sample: Observed) -> Observed | None:
    fio2 = view.latest(Variable.FIO2, sample.at, hours(view.protocol.pairing.fio2_look_back_hours))
    if fio2 is None or _support_changed(view, fio2.at, sample.at):
        return None  # an older FiO2 is not tried
    return fio2


def _after(view: View, sample: Observed) -> Observed | None:
    ahead = minutes(view.protocol.pairing.fio2_look_ahead_minutes)
    found = next(view.walk(Variable.FIO2, sample.at + TICK, sample.at + ahead), None)
    if found is None or _support_changed(view, sample.at, found.at):
        return None
    return found


def _support_changed(view: View, since: datetime, until: datetime) -> bool:
    """Whether an event after `since` names another support than the one in force then; unknown blocks nothing."""
    before = support_in_force(view, since)
    if before is None:
        return False
    return view.ventilation(since + TICK, until, but=(None, before)) is not None


def _breathing_room_air(view: View, moment: datetime) -> Ventilation | None:
    back = hours(view.protocol.pairing.room_air_look_back_hours)
    latest = view.ventilation(moment - back, moment)
    return latest if latest is not None and latest.support == ROOM_AIR else None


@dataclass(frozen=True, eq=False)
class Triplet:
    """A CVP with its heart rate and mean arterial pressure (P4)."""

    cvp: Observed
    heart_rate: Observed
    pressure: Observed

    @cached_property
    def pressure_adjusted_rate(self) -> Decimal:
        """PAR = HR x CVP / MAP, without unit; at most 0 where the CVP is (M5)."""
        with localcontext() as context:
            context.prec = RATIO_DIGITS
            return self.heart_rate.exact * self.cvp.exact / self.pressure.exact


def triplet_of(view: View, cvp: Observed) -> Triplet | None:
    """P4: anchored on the CVP. The neighbours may lie on the neighbouring day, inside the stay."""
    pairing = view.protocol.pairing
    within, back = minutes(pairing.par_within_minutes), minutes(pairing.par_look_back_minutes)
    rate = _near(view, cvp.at, (Variable.HEART_RATE,), within, back)
    pressure = _near(view, cvp.at, (Variable.MAP_INVASIVE, Variable.MAP_NONINVASIVE), within, back)
    return Triplet(cvp, rate, pressure) if rate is not None and pressure is not None else None


def _near(
    view: View, moment: datetime, variables: tuple[Variable, ...], within: timedelta, back: timedelta
) -> Observed | None:
    """The nearest within reach either side, in order of preference; else the latest before, in the same order."""
    for variable in variables:
        if (found := view.nearest(variable, moment, within)) is not None:
            return found
    for variable in variables:
        if (found := view.latest(variable, moment, back)) is not None:
            return found
    return None
