"""The daily MODS record: what is carried forward or assumed, the counts and the range (M7-M9, M11, T4)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from .ages import completed_years
from .bands import ONE_VALUE
from .chart import Chart
from .organs import ORGANS, Finding
from .protocol import hours, in_hours
from .written import printed


def _reason(chart: Chart, organ: str, day: date) -> str:
    """Why there is no value of the day: unpaired, else implausible, else withdrawn, else nothing charted."""
    nothing, anchors, _ = ORGANS[organ]
    of_day = [one for one in chart.on_day(chart.observations, day) if one.variable in anchors]
    if any(one.value is not None for one in of_day):
        return "unpaired"
    faults = {one.fault for one in of_day}
    return next((fault for fault in ("implausible", "withdrawn") if fault in faults), nothing)


def component_by_day(chart: Chart, organ: str) -> dict[date, Finding]:
    """One organ on every day: its value of that day, else the last one measured before, else assumed normal (M7)."""
    find = ORGANS[organ][2]
    of_day = {day: find(chart, day) for day in chart.days}
    components = {}
    last_measured: Finding | None = None
    for day, finding in of_day.items():
        components[day] = finding or _not_measured(chart, organ, day, last_measured)
        if finding is not None and finding.basis == "measured":
            last_measured = finding
    return components


def _not_measured(chart: Chart, organ: str, day: date, last: Finding | None) -> Finding:
    reason = _reason(chart, organ, day)
    if last is not None:
        age = in_hours(chart.protocol.day_end(day) - last.at)
        if not _too_old(chart, age):
            return replace(last, basis="carried-forward", age_hours=age, reason=reason, caveats=())
    return Finding(0, "assumed-normal", reason=reason)


def _too_old(chart: Chart, age: Fraction) -> bool:
    limit = chart.protocol["carry_forward_hours"]
    return limit is not None and age > in_hours(hours(limit))


def mods_by_day(chart: Chart) -> dict[date, dict[str, Any]]:
    """The MODS records of the stay's days; none for a day that is neither closed nor has a value yet (T4)."""
    organs = {organ: component_by_day(chart, organ) for organ in ORGANS}
    records = {day: _record(chart, day, {organ: by_day[day] for organ, by_day in organs.items()}) for day in chart.days}
    return {day: record for day, record in records.items() if record is not None}


def _record(chart: Chart, day: date, findings: dict[str, Finding]) -> dict[str, Any] | None:
    bases = [finding.basis for finding in findings.values()]
    of_the_day = any(basis in ("measured", "assumed-normal-sedated") for basis in bases)
    if not (of_the_day or chart.closed(day)):
        return None
    measured = [finding.points for finding in findings.values() if finding.basis == "measured"]
    return {
        "day": day.isoformat(),
        "window": {"start": chart.protocol.midnight(day), "end": chart.protocol.day_end(day)},
        "picu_day": (day - chart.first_day).days + 1,
        **chart.trial_days(day),
        "total": sum(finding.points for finding in findings.values()),
        "range": {"min": sum(measured), "max": sum(measured) + 4 * (len(ORGANS) - len(measured))},
        "measured": len(measured),
        "carried": bases.count("carried-forward"),
        "assumed": bases.count("assumed-normal") + bases.count("assumed-normal-sedated"),
        "caveats": sorted({*adult_derived(chart, day), *(word for one in findings.values() for word in one.caveats)}),
        "patient_id": chart.admission.body["patient_id"],
        "closed": chart.closed(day),
        "components": [
            {**_shown(organ, finding), **_passed_over(chart, organ, day)} for organ, finding in findings.items()
        ],
    }


def _passed_over(chart: Chart, organ: str, day: date) -> dict[str, Any]:
    """Of an organ of one value (M3), the values of the day that are not usable, up to the time of the one that is."""
    _, anchors, _ = ORGANS[organ]
    if not set(anchors) <= ONE_VALUE.keys():
        return {}
    of_day = [one for one in chart.on_day(chart.observations, day) if one.variable in anchors]
    until = next((one.at for one in of_day if one.value is not None), chart.protocol.day_end(day))
    passed = [one for one in of_day if one.value is None and one.at <= until]
    words = {"valueless": "no-value"}
    return {"candidates_rejected": [{"id": one.id, "reason": words.get(one.fault, one.fault)} for one in passed][:8]}


def adult_derived(chart: Chart, day: date) -> list[str]:
    """M11: unless the patient is certainly 18 or older on that day."""
    births = chart.births
    adult = bool(births) and all(completed_years(birth, day) >= 18 for birth in births)
    return [] if adult else ["adult-derived-score"]


def _shown(organ: str, finding: Finding) -> dict[str, Any]:
    return {
        "organ": organ,
        "points": finding.points,
        "basis": finding.basis,
        "value": printed(finding.value),
        "comparator": finding.comparator,
        "unit": finding.unit,
        "observed_at": finding.at,
        "age_hours": printed(finding.age_hours),
        "reason": finding.reason,
        "inputs": list(finding.inputs),
    }
