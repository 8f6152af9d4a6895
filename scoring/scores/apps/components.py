"""APPS: age, plateau pressure and P/F (Villar et al., Crit Care Med 2016;44:1361; rules A1, A4-A8).

Total 3-9. A child always scores 1 for age, so 3-7 here, which every record says (`adult-derived-score`). Validations:
Ann Intensive Care s13613-016-0190-0 (AUC 0.62), Respir Res s12931-020-01357-5 (AUC 0.70).

Traps: a missing component is null with a reason and makes the total null, never a default (A7). A plateau of exactly
27 cmH2O is read both ways in public code: a protocol parameter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from picustream.models.protocol import Protocol, hours
from picustream.models.text import printed
from picustream.scoring.chart.entries import Observed
from picustream.scoring.chart.series import nearest
from picustream.scoring.clinical.ards import PRESUMPTIVE_ARDS, Ards
from picustream.scoring.clinical.days import StudyDay, closes_at, local_date, study_day
from picustream.scoring.clinical.pairing import Pair
from picustream.scoring.clinical.stay import ADULT_DERIVED, Stay, may_be_child
from picustream.scoring.clinical.support import peep_in_force
from picustream.scoring.clinical.view import View
from picustream.scoring.records.bodies import Body
from picustream.scoring.records.receipts import birth_input, inputs_of
from picustream.scoring.scores.bands import Bands, Interval


def _interval(low: int | None, high: int | None, **ends: bool) -> Interval:
    return Interval(None if low is None else Decimal(low), None if high is None else Decimal(high), **ends)


AGE = Bands(
    {
        1: _interval(None, 47, with_high=False),
        2: _interval(47, 66, with_low=True),
        3: _interval(66, None),
    },
    "a",
)
"""A1: completed years."""
PF = Bands(
    {
        1: _interval(158, None),
        2: _interval(105, 158, with_low=True),
        3: _interval(None, 105, with_high=False),
    },
    "mm[Hg]",
)
"""A1: P/F."""
PLATEAU = Bands(
    {
        1: _interval(None, 27, with_high=False),
        2: _interval(27, 30, with_low=True),
        3: _interval(30, None),
    },
    "cm[H2O]",
)
"""A1: plateau pressure; the points of exactly 27 are a parameter."""
DISPUTED_PLATEAU = Decimal(27)


def plateau_points(pressure: Decimal, protocol: Protocol) -> int:
    """A1: of a plateau pressure in cmH2O."""
    return protocol.apps.plateau_27_points if pressure == DISPUTED_PLATEAU else PLATEAU.points(pressure)


@dataclass(frozen=True, slots=True)
class ArdsContext:
    """What an APPS record needs to know beside its pair."""

    view: View
    stay: Stay
    ards: Ards
    treatment_day: date | None

    @property
    def protocol(self) -> Protocol:
        return self.view.protocol


def daily_body(context: ArdsContext, day: date, pairs: Sequence[Pair], now: datetime) -> Body | None:
    """A5: a day on or after the onset day with a pair under invasive ventilation: the first such pair."""
    onset, protocol = context.ards.onset, context.protocol
    if onset is None or day < local_date(onset, protocol.zone):
        return None
    pair = next((pair for pair in pairs if pair.invasive), None)
    if pair is None:
        return None
    own: dict[str, object] = {"basis": "daily", "day": day, "episode": None}
    return _body(context, own, onset, pair, day, now >= closes_at(day, protocol), pair.at)


def episode_body(context: ArdsContext, episode: int, pairs: Sequence[Pair], now: datetime) -> Body | None:
    """A4: 24 h after an episode's onset: the pair nearest to it, whatever the support; None before there is one."""
    onset = context.ards.onsets[episode - 1]
    target = onset + hours(context.protocol.apps.target_hours)
    first, last = episode_window(onset, context.protocol)
    within = [pair.sample for pair in pairs if first <= pair.at <= last]
    chosen = nearest(within, target)
    pair = next((pair for pair in pairs if pair.sample is chosen), None)
    closed = now >= episode_closes_at(onset, context.protocol)
    if pair is None and not closed:
        return None
    own: dict[str, object] = {"basis": "at-24h", "day": None, "episode": episode}
    return _body(context, own, onset, pair, local_date(target, context.protocol.zone), closed, target)


def episode_window(onset: datetime, protocol: Protocol) -> tuple[datetime, datetime]:
    """The first and the last moment of the pairs that an episode's APPS may be made of (A4)."""
    return onset + hours(protocol.apps.earliest_hours), onset + hours(protocol.apps.latest_hours)


def episode_closes_at(onset: datetime, protocol: Protocol) -> datetime:
    """The moment from which an episode's APPS is closed (A4)."""
    return episode_window(onset, protocol)[1] + protocol.finalise_after


def _body(
    context: ArdsContext,
    own: dict[str, object],
    onset: datetime,
    pair: Pair | None,
    day: date,
    closed: bool,
    effective_at: datetime,
) -> Body:
    components = {"age": _age(context, onset), "pf": _pf(pair), "plateau": _plateau(context.view, pair)}
    points: list[int | None] = [component["points"] for component in components.values()]
    counted: StudyDay = study_day(day, context.treatment_day, context.protocol)
    fields = own | {
        "onset_at": onset,
        "ards": context.ards.status,
        "total": None if None in points else sum(point for point in points if point is not None),
        "components": components,
        "standard_settings": _standard_settings(context.view, pair),
        "elapsed_day": counted.elapsed_day,
        "sdtm_day": counted.sdtm_day,
        "in_window": counted.in_window,
    }
    caveats = [PRESUMPTIVE_ARDS] if context.ards.status == "presumptive" else []
    if may_be_child(context.stay, day, context.protocol):
        caveats.append(ADULT_DERIVED)
    return Body(fields, effective_at, tuple(sorted(caveats)), closed)


def _age(context: ArdsContext, onset: datetime) -> dict[str, Any]:
    """A7: completed years at the onset; a birth date without a day is enough where every possible one agrees.

    Dates after the onset are no possible ones, and neither is one that makes the patient too old to be true (E1).
    """
    stay, day = context.stay, local_date(onset, context.protocol.zone)
    if stay.birth_is_implausible(context.protocol):
        return _missing("birth-date-implausible")
    stated = stay.admitted.birth_date
    possible = stated.up_to(day) if stated is not None else None
    if possible is None:
        return _missing("birth-date-missing")
    youngest, oldest = possible.years_on(day)
    inputs = [birth_input(stay.admission, str(stated))]
    least, most = AGE.points(Decimal(youngest)), AGE.points(Decimal(oldest))
    points = least if least == most else None
    value = Decimal(youngest) if youngest == oldest else None
    reason = None if points is not None else "birth-date-imprecise"
    return _component(points, value, None if value is None else AGE.unit, inputs, reason)


def _pf(pair: Pair | None) -> dict[str, Any]:
    if pair is None:
        return _missing("no-pair")
    return _component(PF.points(pair.ratio), printed(pair.ratio), PF.unit, inputs_of(pair.sources))


def _plateau(view: View, pair: Pair | None) -> dict[str, Any]:
    """A6: the plateau nearest to the pair's sample; else a peak under pressure control, which the reason names."""
    if pair is None:
        return _missing("no-pair")
    within = hours(view.protocol.apps.plateau_within_hours)
    chosen, reason = view.nearest_plateau(pair.at, within, partial(_above_peep, view)), None
    if chosen is None:
        chosen = view.nearest_pressure_peak(pair.at, within, partial(_above_peep, view))
        reason = "peak-in-pressure-control"
    if chosen is None:
        return _missing("not-measured")
    points = plateau_points(chosen.exact, view.protocol)
    return _component(points, printed(chosen.exact), PLATEAU.unit, inputs_of((chosen,)), reason)


def _above_peep(view: View, value: Observed) -> bool:
    """A6: not below the PEEP in force at its own time; an unknown PEEP excludes nothing."""
    peep = peep_in_force(view, value.at)
    return peep is None or value.exact >= peep


def _standard_settings(view: View, pair: Pair | None) -> bool | None:
    """A8: PEEP of at least 10 cmH2O and FiO2 of at least 0.5; false as soon as one fails, null while undecided."""
    if pair is None:
        return None
    apps, peep = view.protocol.apps, peep_in_force(view, pair.at)
    if pair.fraction < apps.standard_fio2 or (peep is not None and peep < apps.standard_peep):
        return False
    return None if peep is None else True


def _missing(reason: str) -> dict[str, Any]:
    return _component(None, None, None, [], reason)


def _component(
    points: int | None,
    value: Decimal | None,
    unit: str | None,
    inputs: list[dict[str, Any]],
    reason: str | None = None,
) -> dict[str, Any]:
    """The fields of `AppsComponent`, in its order."""
    return {"points": points, "value": value, "unit": unit, "inputs": inputs, "reason": reason}
