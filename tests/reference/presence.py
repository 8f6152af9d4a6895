"""Who is here, and in which bed (rules S1, S2)."""

from datetime import date
from typing import Any

from .chart import Chart


def presence(chart: Chart) -> dict[str, Any]:
    """The record of an admitted stay (S1)."""
    gone = chart.end is not None and chart.end <= chart.clock
    alive = chart.discharged_alive
    runs = _runs(chart)
    unit, bed = runs[-1][1:]
    return {
        "state": "left" if gone else "present",
        "unit": unit,
        "bed": bed,
        "bed_since": None if bed is None else runs[-1][0],
        "admitted_at": chart.admission.at,
        "left_at": chart.end if gone else None,
        "end": ("discharged" if alive else "died") if gone else None,
        "destination": chart.discharge.body["destination"] if gone and alive and chart.discharge else None,
        "age": _age(chart),
        "sex": chart.admission.body.get("sex", "unknown"),
        "closed": gone,
    }


def _runs(chart: Chart) -> list[tuple[Any, Any, Any]]:
    """S2: since when, in which unit, in which bed; a new one only where unit or bed differ from those before."""
    facts = sorted([chart.admission, *chart.many("moved")], key=lambda fact: fact.order)
    facts = facts[facts.index(chart.admission) :]
    runs = [(chart.admission.at, chart.admission.body.get("unit"), chart.admission.body.get("bed"))]
    for fact in facts[1:]:
        if fact.at > chart.clock or (chart.end is not None and fact.at >= chart.end):
            continue
        _, unit, bed = runs[-1]
        if fact.body.get("unit", unit) != unit:
            place = (fact.body["unit"], fact.body.get("bed"))
        else:
            place = (unit, fact.body.get("bed", bed))
        if place != (unit, bed):
            runs.append((fact.at, *place))
    return runs


def _age(chart: Chart) -> int | None:
    """S1: months between the days, one less where the day of the month is not reached."""
    ages = {_months(born, chart.first_day) for born in chart.births if born <= chart.first_day}
    return ages.pop() if len(ages) == 1 else None


def _months(born: date, day: date) -> int:
    whole = 0
    while (born.year * 12 + born.month + whole + 1, born.day) <= (day.year * 12 + day.month, day.day):
        whole += 1
    return whole
