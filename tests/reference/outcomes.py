"""Outcome milestones (rules O1-O5). A milestone that is not decided is not there."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from .apps import ards, at_24h, at_24h_closed
from .chart import Chart
from .mods import mods_by_day
from .protocol import in_days
from .written import printed

DAYS_28 = timedelta(days=28)

Milestone = dict[str, Any]


def milestone(
    reached: bool | None,
    at: datetime | None = None,
    value: Any = None,
    unit: str | None = None,
    detail: str | None = None,
    caveats: Iterable[str] = (),
) -> Milestone:
    """One milestone's fields that follow from the data."""
    said = {"reached": reached, "at": at, "value": value, "unit": unit, "detail": detail}
    return {**said, "caveats": sorted(set(caveats))}


def outcomes(chart: Chart) -> dict[str, Milestone]:
    """Every milestone that is decided, or due for follow-up, at the clock."""
    first, last = chart.protocol["window_first_day"], chart.protocol["window_last_day"]
    found = {
        "picu-discharge": picu_discharge(chart),
        "picu-los": picu_los(chart),
        "death-in-picu": death_in_picu(chart),
        "death-28d": death_28d(chart),
        "survival-28d": survival_28d(chart),
        "ards-onset": ards_onset(chart),
        f"window-day-{first}": window_day(chart, first),
        f"window-day-{last}": window_day(chart, last),
        "mods-window-summary": mods_window_summary(chart),
        "apps-24h": apps_24h(chart),
    }
    return {name: one for name, one in found.items() if one is not None}


def _died_in_picu(chart: Chart) -> bool:
    return chart.death is not None and not chart.discharged_alive


def picu_discharge(chart: Chart) -> Milestone | None:
    """O1."""
    if _died_in_picu(chart):
        return milestone(False, detail="died")
    return milestone(True, at=chart.discharge.at) if chart.discharged_alive else None


def picu_los(chart: Chart) -> Milestone | None:
    """O1: days, fractional, truncated at 28.0; an open stay past that is decided too."""
    limit = chart.admission.at + DAYS_28
    end = chart.end
    if (end is None and chart.clock > limit) or (end is not None and end > limit):
        return milestone(True, limit, printed(Fraction(28)), "d", "truncated")
    if end is None:
        return None
    detail = None
    if _died_in_picu(chart):
        detail = "died"
    elif chart.discharge.body["destination"] == "other-icu":
        detail = "censored"
    return milestone(True, end, printed(in_days(end - chart.admission.at)), "d", detail)


def death_in_picu(chart: Chart) -> Milestone | None:
    """O2."""
    if _died_in_picu(chart):
        return milestone(True, at=chart.death.at)
    return milestone(False) if chart.discharged_alive else None


def death_28d(chart: Chart) -> Milestone | None:
    """O3: by `died` first, then by a reported death, then by a report of life; else unknown once 28 days passed."""
    if _died_in_picu(chart):
        return milestone(True, at=chart.death.at)
    if not chart.discharged_alive:
        return None
    last_day = chart.protocol.local_date(chart.discharge.at) + DAYS_28
    if chart.death is not None:
        within = chart.protocol.local_date(chart.death.at) <= last_day
        return milestone(True, at=chart.death.at) if within else milestone(False)
    reports = [(chart.protocol.local_date(one.at), one.body["alive"]) for one in chart.many("vital_status")]
    if any(not alive and day <= last_day for day, alive in reports):
        return milestone(True)
    if any(alive and day > last_day for day, alive in reports):
        return milestone(False)
    if chart.clock >= chart.protocol.day_end(last_day):
        return milestone(None, detail="follow-up-due")
    return None


def survival_28d(chart: Chart) -> Milestone | None:
    """O3: the negation of `death-28d`; unknown stays unknown."""
    death = death_28d(chart)
    if death is None or death["reached"] is None:
        return death
    return milestone(not death["reached"])


def _window_date(chart: Chart, number: int) -> date | None:
    """The local date of a window day by its number, elapsed or SDTM as the protocol counts (T3)."""
    if chart.treatment_day is None:
        return None
    elapsed = number - 1 if chart.protocol["window_days"] == "sdtm" and number > 0 else number
    return chart.treatment_day + timedelta(days=elapsed)


def window_day(chart: Chart, number: int) -> Milestone | None:
    """O4: reached when the day has begun and is a day of the stay; false if the stay lies before or after it."""
    day = _window_date(chart, number)
    if day is None:
        return None
    if day in chart.days:
        return milestone(True, at=chart.protocol.midnight(day))
    return None if chart.is_day(day) else milestone(False)


def mods_window_summary(chart: Chart) -> Milestone | None:
    """O4: over the MODS of the window days of the stay, once the last of them has closed."""
    first = _window_date(chart, chart.protocol["window_first_day"])
    last = _window_date(chart, chart.protocol["window_last_day"])
    if first is None or last is None:
        return None
    window = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    days = [day for day in window if chart.is_day(day)]
    if not days:
        return milestone(False)
    if not chart.closed(days[-1]):
        return None
    mods = mods_by_day(chart)
    totals = [mods[day]["total"] for day in days]
    baseline = mods.get(chart.treatment_day)
    value = {
        "max": max(totals),
        "mean": printed(Fraction(sum(totals), len(totals))),
        "first": totals[0],
        "last": totals[-1],
        "delta": None if baseline is None else max(totals) - baseline["total"],
        "days": len(days),
        "days_unmeasured": sum(mods[day]["measured"] == 0 for day in days),
    }
    shown = [*days, *([chart.treatment_day] if baseline else [])]
    caveats = [word for day in shown for word in mods[day]["caveats"]]
    return milestone(True, chart.protocol.day_end(days[-1]), value, caveats=caveats)


def ards_onset(chart: Chart) -> Milestone | None:
    """O5."""
    found = ards(chart)
    if found.status == "refuted":
        return milestone(False, detail="refuted")
    if found.onsets or found.status == "confirmed":
        return milestone(True, at=found.onsets[0] if found.onsets else None, detail=found.status)
    ended = chart.end is not None and chart.clock >= chart.end + chart.protocol.finalise_after
    return milestone(False) if ended else None


def apps_24h(chart: Chart) -> Milestone | None:
    """O5: episode 1, once its record has closed."""
    found = ards(chart)
    if not found.onsets or not at_24h_closed(chart, found.onsets[0]):
        return None
    record = at_24h(chart, found)[1]
    if record["total"] is None:
        return milestone(False, detail="incomplete")
    words = {True: "in-window", False: "outside-window", None: "window-unknown"}
    at = found.onsets[0] + timedelta(hours=24)
    return milestone(True, at, record["total"], "{score}", words[record["in_window"]], record["caveats"])
