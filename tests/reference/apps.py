"""ARDS onset and APPS (rules A1-A8)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from .ages import completed_years
from .chart import Chart
from .mods import adult_derived
from .pairing import HOURS_4, HOURS_24, Pair, nearest, pairs, peep_at, support_at
from .protocol import moment
from .versions import Observation
from .written import printed


@dataclass(frozen=True)
class Ards:
    """A3: the onsets of the episodes in order, and what is known of them: presumptive, confirmed or refuted."""

    status: str
    onsets: list[datetime]


def is_candidate(chart: Chart, pair: Pair) -> bool:
    """A2: P/F <= 200 while support in force is invasive and PEEP in force is >= 5."""
    peep = peep_at(chart, pair.at)
    return pair.ratio <= 200 and support_at(chart, pair.at) == "invasive" and peep is not None and peep >= 5


def presumptive_onsets(chart: Chart) -> list[datetime]:
    """A3: an episode starts at the first candidate, and at each one 24 h or more after the one before it with a
    pair above 200 in between."""
    onsets: list[datetime] = []
    last_candidate: datetime | None = None
    recovered = False
    for pair in pairs(chart):
        if is_candidate(chart, pair):
            if last_candidate is None or (recovered and pair.at - last_candidate >= HOURS_24):
                onsets.append(pair.at)
            last_candidate, recovered = pair.at, False
        elif pair.ratio > 200:
            recovered = True
    return onsets


def ards(chart: Chart) -> Ards:
    """A3: the episodes after the trial office's assessment."""
    onsets = presumptive_onsets(chart)
    assessed = chart.fact("ards_assessed")
    if assessed is None:
        return Ards("presumptive", onsets)
    if assessed.body["result"] == "refuted":
        return Ards("refuted", [])
    if "onset_at" in assessed.body:
        first = moment(assessed.body["onset_at"])
        onsets = [first] + [onset for onset in onsets[1:] if onset > first]
    return Ards("confirmed", onsets)


def at_24h(chart: Chart, found: Ards) -> dict[int, dict[str, Any]]:
    """A4: one record per episode, by its number; none before a pair exists or the record closes."""
    records = {}
    for episode, onset in enumerate(found.onsets, start=1):
        pair = _pair_at_24h(chart, onset)
        if pair is None and not at_24h_closed(chart, onset):
            continue
        target = onset + HOURS_24
        records[episode] = {
            "basis": "at-24h",
            "episode": episode,
            **_record(chart, found, onset, pair),
            **chart.trial_days(chart.protocol.local_date(target)),
            "caveats": _caveats(chart, found, chart.protocol.local_date(target)),
            "closed": at_24h_closed(chart, onset),
        }
    return records


def at_24h_closed(chart: Chart, onset: datetime) -> bool:
    """A4: closed at onset + 30 h + `finalise_after`."""
    return chart.clock >= onset + timedelta(hours=30) + chart.protocol.finalise_after


def _pair_at_24h(chart: Chart, onset: datetime) -> Pair | None:
    target, reach = onset + HOURS_24, timedelta(hours=6)
    near = [pair for pair in pairs(chart) if abs(pair.at - target) <= reach]
    return min(near, key=lambda pair: (abs(pair.at - target), pair.pao2.order), default=None)


def daily(chart: Chart, found: Ards) -> dict[date, dict[str, Any]]:
    """A5: each day of the stay on or after the onset day with a pair sampled on invasive support."""
    if not found.onsets:
        return {}
    onset = found.onsets[0]
    invasive = [pair for pair in pairs(chart) if support_at(chart, pair.at) == "invasive"]
    records = {}
    for day in chart.days:
        pair = next((one for one in invasive if chart.protocol.local_date(one.at) == day), None)
        if pair is not None and day >= chart.protocol.local_date(onset):
            records[day] = {
                "basis": "daily",
                "day": day.isoformat(),
                **_record(chart, found, onset, pair),
                **chart.trial_days(day),
                "caveats": _caveats(chart, found, day),
                "closed": chart.closed(day),
            }
    return records


def _caveats(chart: Chart, found: Ards, day: date) -> list[str]:
    """A1: said wherever a score is shown; M11 and A3 say when."""
    presumptive = ["presumptive-ards"] if found.status == "presumptive" else []
    return sorted([*adult_derived(chart, day), *presumptive])


def _record(chart: Chart, found: Ards, onset: datetime, pair: Pair | None) -> dict[str, Any]:
    components = {
        "age": _age(chart, onset),
        "pf": _pf(pair),
        "plateau": _plateau(chart, pair),
    }
    points = [component["points"] for component in components.values()]
    return {
        "onset_at": onset,
        "ards": found.status,
        "total": None if None in points else sum(points),
        "components": components,
        "standard_settings": _standard_settings(chart, pair),
    }


def _component(points: int | None, value: Fraction | None, unit: str, reason: str | None) -> dict[str, Any]:
    return {"points": points, "value": printed(value), "unit": None if value is None else unit, "reason": reason}


def _age(chart: Chart, onset: datetime) -> dict[str, Any]:
    """A7: completed years on the local date of the onset; enough if every possible birth date gives the same points.

    Dates after the onset are no possible ones; where none is left, there is no birth date.
    """
    day = chart.protocol.local_date(onset)
    births = [birth for birth in chart.births if birth <= day]
    years = {completed_years(birth, day) for birth in births}
    points = {age_points(age) for age in years}
    if not births:
        return _component(None, None, "a", chart.no_births)
    if len(points) > 1:
        return _component(None, None, "a", "birth-date-imprecise")
    return _component(points.pop(), Fraction(years.pop()) if len(years) == 1 else None, "a", None)


def age_points(years: int) -> int:
    """APPS points of age in completed years."""
    return 1 + (years >= 47) + (years > 66)


def pf_points(ratio: Fraction) -> int:
    """APPS points of P/F in mmHg."""
    return 3 - (ratio >= 105) - (ratio > 158)


def plateau_points(pressure: Fraction, points_at_27: int) -> int:
    """APPS points of plateau pressure in cmH2O; exactly 27 as the protocol says (A1)."""
    if pressure == 27:
        return points_at_27
    return 1 + (pressure > 27) + (pressure > 30)


def _pf(pair: Pair | None) -> dict[str, Any]:
    if pair is None:
        return _component(None, None, "mm[Hg]", "no-pair")
    return _component(pf_points(pair.ratio), pair.ratio, "mm[Hg]", None)


def _plateau(chart: Chart, pair: Pair | None) -> dict[str, Any]:
    """A6: the nearest plateau within 4 h that is not below PEEP, else such a peak in pressure control."""
    if pair is None:
        return _component(None, None, "cm[H2O]", "no-pair")
    for charted, reason in (
        (chart.usable("plateau_pressure"), None),
        (_peaks_in_pressure_control(chart), "peak-in-pressure-control"),
    ):
        qualified = [one for one in charted if _not_below_peep(chart, one)]
        pressure = nearest(qualified, pair.at, HOURS_4)
        if pressure is not None:
            points = plateau_points(pressure.value, chart.protocol["plateau_27_points"])
            return _component(points, pressure.value, "cm[H2O]", reason)
    return _component(None, None, "cm[H2O]", "not-measured")


def _peaks_in_pressure_control(chart: Chart) -> list[Observation]:
    controlled = {event.event for event in chart.ventilator if event.control == "pressure"}
    return [one for one in chart.usable("peak_pressure") if one.event in controlled]


def _not_below_peep(chart: Chart, pressure: Observation) -> bool:
    peep = peep_at(chart, pressure.at)
    return peep is None or pressure.value >= peep


def _standard_settings(chart: Chart, pair: Pair | None) -> bool | None:
    """A8: PEEP in force >= 10 and FiO2 of the pair >= 0.5; false once one is known to fail, None while undecided."""
    if pair is None:
        return None
    peep = peep_at(chart, pair.at)
    met = [None if peep is None else peep >= 10, pair.fio2 >= Fraction(1, 2)]
    if False in met:
        return False
    return None if None in met else True
