"""The six organs of the Marshall MODS: the value of a day that each depends on (M1-M6, M10)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from .bands import gcs_points, one_value_points, par_points, pf_points
from .chart import Chart
from .pairing import MINUTES_15, nearest, pair_of, par_triplet, sedated_at, support_at
from .variables import VARIABLES
from .versions import Observation
from .written import printed


@dataclass(frozen=True)
class Finding:
    """What one organ's component of one day depends on; `value` is exact until it is printed (V2)."""

    points: int
    basis: str
    value: Fraction | None = None
    comparator: str | None = None
    unit: str | None = None
    at: datetime | None = None
    inputs: tuple[dict[str, Any], ...] = ()
    reason: str | None = None
    age_hours: Fraction | None = None
    caveats: tuple[str, ...] = ()


def receipt(one: Observation, counted_as: Fraction | None = None) -> dict[str, Any]:
    """An input as the record shows it: the value used, and the original."""
    return {
        "variable": one.variable,
        "value": printed(one.value if counted_as is None else counted_as),
        "comparator": one.comparator,
        "id": one.id,
        "source": one.source,
        "observed_at": one.at,
        "original": one.original,
    }


def _measured(
    points: int, value: Fraction, unit: str, at: datetime, inputs: tuple[dict[str, Any], ...], **more: Any
) -> Finding:
    return Finding(points, "measured", value, unit=unit, at=at, inputs=inputs, **more)


def _respiratory(chart: Chart, day: date) -> Finding | None:
    """M4: the day's first arterial PaO2 that can be paired."""
    for pao2 in chart.on_day(chart.usable("pao2"), day):
        pair = pair_of(chart, pao2)
        if pair is not None:
            inputs = tuple(receipt(one) for one in pair.inputs)
            return _measured(pf_points(pair.ratio), pair.ratio, "mm[Hg]", pair.at, inputs)
    return None


def _first_value(variable: str) -> Callable[[Chart, date], Finding | None]:
    """M3, V4: the day's first usable value; with a comparator the points are those of all it stands for."""

    def finder(chart: Chart, day: date) -> Finding | None:
        for one in chart.on_day(chart.usable(variable), day):
            points, unit = one_value_points(variable, one.value, one.comparator), VARIABLES[variable].unit
            return _measured(points, one.value, unit, one.at, (receipt(one),), comparator=one.comparator)
        return None

    return finder


def _cardiovascular(chart: Chart, day: date) -> Finding | None:
    """M5: the day's first CVP whose triplet can be completed."""
    for cvp in chart.on_day(chart.usable("cvp"), day):
        triplet = par_triplet(chart, cvp)
        if triplet is not None:
            rate, pressure = triplet
            par = rate.value * cvp.value / pressure.value
            inputs = (receipt(cvp), receipt(rate), receipt(pressure))
            return _measured(par_points(par), par, "1", cvp.at, inputs)
    return None


def _neurologic(chart: Chart, day: date) -> Finding | None:
    """M6, M9, M10: the day's first GCS; under sedation it counts as 15, and the charted one stays in the inputs."""
    charted = [_total(chart, one) for one in chart.on_day(chart.usable("gcs_total"), day)]
    charted += [_parts(chart, eye) for eye in chart.on_day(chart.usable("gcs_eye"), day)]
    complete = [finding for finding in charted if finding is not None]
    # At equal times the total goes first: min() keeps the first of equals, and the totals stand first.
    first = min(complete, key=lambda finding: finding.at, default=None)
    if first is not None and sedated_at(chart, first.at):
        return replace(first, points=0, basis="assumed-normal-sedated", value=Fraction(15), reason="sedated")
    return first


def _total(chart: Chart, total: Observation) -> Finding:
    inputs = (receipt(total),)
    caveats = _intubated(chart, total.at)
    return _measured(gcs_points(total.value), total.value, "{score}", total.at, inputs, caveats=caveats)


def _parts(chart: Chart, eye: Observation) -> Finding | None:
    verbal = nearest(chart.usable("gcs_verbal"), eye.at, MINUTES_15)
    motor = nearest(chart.usable("gcs_motor"), eye.at, MINUTES_15)
    if verbal is None or motor is None:
        return None
    caveats = _intubated(chart, eye.at) if verbal.value == 1 else ()
    assume_5 = caveats and not sedated_at(chart, eye.at) and chart.protocol["intubated_verbal"] == "assume-5"
    spoken = Fraction(5) if assume_5 else verbal.value
    score = eye.value + spoken + motor.value
    inputs = (receipt(eye), receipt(verbal, counted_as=spoken), receipt(motor))
    return _measured(gcs_points(score), score, "{score}", eye.at, inputs, caveats=caveats)


def _intubated(chart: Chart, time: datetime) -> tuple[str, ...]:
    return ("intubated-verbal",) if support_at(chart, time) == "invasive" else ()


ORGANS: dict[str, tuple[str, tuple[str, ...], Callable[[Chart, date], Finding | None]]] = {
    "respiratory": ("not-measured", ("pao2",), _respiratory),
    "renal": ("not-measured", ("creatinine",), _first_value("creatinine")),
    "hepatic": ("not-measured", ("bilirubin_total",), _first_value("bilirubin_total")),
    "cardiovascular": ("no-cvp", ("cvp",), _cardiovascular),
    "haematologic": ("not-measured", ("platelets",), _first_value("platelets")),
    "neurologic": ("not-measured", ("gcs_total", "gcs_eye"), _neurologic),
}
"""Organ to: the reason where nothing was charted, the variables a value of the day starts from, its rule."""
