"""The daily MODS record: its organs, what was brought forward, and what the total could have been (M7-M9, M11, T4)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from picustream.models.protocol import Protocol, hours
from picustream.models.text import printed
from picustream.models.times import ONE_DAY
from picustream.scoring.clinical.days import closes_at, counted_in, local_date, midnight, study_day
from picustream.scoring.clinical.stay import ADULT_DERIVED, Stay, may_be_child
from picustream.scoring.records.bodies import Body
from picustream.scoring.records.receipts import inputs_of, rejected
from picustream.scoring.scores.mods.organ_rules import OrganDay
from picustream.scoring.scores.mods.organs import POINTS, Organ
from picustream.scoring.scores.mods.record import Basis

LastMeasured = Callable[[Organ, date], OrganDay | None]
"""What the most recent day before a given one measured of an organ (M7)."""


@dataclass(frozen=True, slots=True)
class DayContext:
    """What a day's record needs to know beside its organs."""

    day: date
    stay: Stay
    treatment_day: date | None
    protocol: Protocol


def mods_body(
    context: DayContext,
    today: Mapping[Organ, OrganDay],
    last_measured: LastMeasured,
    now: datetime,
) -> Body | None:
    """The MODS of one local day of the stay, or None as long as there is nothing to record (T4)."""
    protocol = context.protocol
    closed = now >= closes_at(context.day, protocol)
    if not closed and all(organ.basis is None for organ in today.values()):
        return None
    end = midnight(context.day + ONE_DAY, protocol.zone)
    components = [
        _component(organ, found, last_measured(organ, context.day) if found.basis is None else None, end, protocol)
        for organ, found in today.items()
    ]
    caveats = {caveat for found in today.values() for caveat in found.caveats}
    if may_be_child(context.stay, context.day, protocol):
        caveats.add(ADULT_DERIVED)
    start = midnight(context.day, protocol.zone)
    fields = _day_fields(context, start, end) | _totals(components) | {"components": components}
    return Body(fields, start, tuple(sorted(caveats)), closed)


def _component(
    organ: Organ, today: OrganDay, earlier: OrganDay | None, end: datetime, protocol: Protocol
) -> dict[str, Any]:
    """M7: measured today, else sedated, else brought forward, else assumed normal; never one for another (M8).

    The fields of `ModsComponent`, in its order.
    """
    found, age = today, None
    basis: Basis | None = today.basis
    if basis is None and earlier is not None and _young_enough(earlier, end, protocol):
        found, basis = earlier, "carried-forward"
        age = printed(_hours_until(found, end))
    value = found.value
    return {
        "organ": organ.name,
        "points": 0 if value is None else _points(organ, found),
        "basis": basis or "assumed-normal",
        "value": None if value is None else printed(value),
        "comparator": found.comparator,
        "unit": None if value is None else organ.bands.unit,
        "observed_at": found.observed_at,
        "age_hours": age,
        "inputs": inputs_of(found.sources, dict(found.counted_as)),
        "reason": today.reason,
        "candidates_rejected": rejected(today.rejected),
    }


def _points(organ: Organ, found: OrganDay) -> int:
    assert found.value is not None
    points = organ.points(found.value, found.comparator)
    assert points is not None  # a value whose points are not certain is not usable (V4)
    return points


def _hours_until(found: OrganDay, end: datetime) -> Decimal:
    assert found.observed_at is not None
    return counted_in(timedelta(hours=1), end - found.observed_at)


def _young_enough(found: OrganDay, end: datetime, protocol: Protocol) -> bool:
    limit = protocol.mods.carry_forward_hours
    return limit is None or (found.observed_at is not None and end - found.observed_at <= hours(limit))


def _totals(components: list[dict[str, Any]]) -> dict[str, object]:
    """M8, M9: the three kinds of basis counted apart; what is not measured that day is 0 at least and 4 at most."""
    certain = [c["points"] for c in components if c["basis"] == "measured"]
    carried = sum(c["basis"] == "carried-forward" for c in components)
    unmeasured = len(components) - len(certain)
    return {
        "total": sum(c["points"] for c in components),
        "range": {"min": sum(certain), "max": sum(certain) + POINTS * unmeasured},
        "measured": len(certain),
        "carried": carried,
        "assumed": unmeasured - carried,
    }


def _day_fields(context: DayContext, start: datetime, end: datetime) -> dict[str, object]:
    protocol = context.protocol
    counted = study_day(context.day, context.treatment_day, protocol)
    admission_day = local_date(context.stay.start, protocol.zone)
    return {
        "day": context.day,
        "window": {"start": start, "end": end, "timezone": protocol.time.zone},
        "picu_day": (context.day - admission_day).days + 1,
        "elapsed_day": counted.elapsed_day,
        "sdtm_day": counted.sdtm_day,
        "in_window": counted.in_window,
    }
