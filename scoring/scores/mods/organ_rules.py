"""What one local day states of each organ (Marshall et al., Crit Care Med 1995;23:1638).

Organs of 0-4 points each, from the FIRST measured value of the local day, not the worst (M2).

Traps:
- Bands (`scoring/scores/bands.py`) are open below and closed above, and nothing is rounded first (M1). Printed tables
  leave gaps between integers.
- SI units only: reproductions of the table in mg/dL contradict one another.
- Not the "modified Marshall" of pancreatitis, which has three organs.
- At equal times a total of the Glasgow Coma Scale goes before its parts (M6). The verbal part of an intubated child
  cannot be tested (M10).
- A CVP is never defaulted: an infant with a rate of 150 and a pressure of 50 would get 3 points from an invented 8.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from heapq import merge
from typing import Literal

from picustream.models.protocol import minutes
from picustream.models.record import MOST_PASSED_OVER, Comparator
from picustream.models.variable import Variable
from picustream.scoring.chart.entries import Observed, Ventilation
from picustream.scoring.clinical.pairing import pair_of, triplet_of
from picustream.scoring.clinical.stay import sedated
from picustream.scoring.clinical.support import INVASIVE, support_in_force
from picustream.scoring.clinical.view import View

Reason = Literal["not-measured", "no-cvp", "unpaired", "implausible", "withdrawn", "sedated"]
Source = Observed | Ventilation


SEDATED: Literal["assumed-normal-sedated"] = "assumed-normal-sedated"
NORMAL_GCS = Decimal(15)
INTUBATED_VERBAL = "intubated-verbal"
_TOTAL = Variable.GCS_TOTAL
_COMA = (_TOTAL, Variable.GCS_EYE)
_ASSUMED_VERBAL = Decimal(5)


@dataclass(frozen=True, slots=True)
class OrganDay:
    """What one local day says of one organ, before anything is brought forward."""

    basis: Literal["measured", "assumed-normal-sedated"] | None
    """None: nothing usable of that day."""
    value: Decimal | None
    """Exact, in the organ's unit."""
    observed_at: datetime | None
    sources: tuple[Source, ...]
    reason: Reason | None
    rejected: tuple[tuple[str, str], ...]
    """(id, reason) of the values passed over, in the order V1."""
    counted_as: tuple[tuple[Source, Decimal], ...] = ()
    """Sources that count as another value than was charted (M10)."""
    caveats: tuple[str, ...] = ()
    comparator: Comparator | None = None
    """The true value lies on that side of `value`, and gives the same points wherever it does (V4)."""


def measured(
    value: Decimal, at: datetime, sources: Iterable[Source], rejected: list[Observed], unpaired: list[Observed]
) -> OrganDay:
    """A measured organ; with the values that were passed over."""
    return OrganDay("measured", value, at, tuple(sources), None, _passed_over(rejected, unpaired, at))


def not_measured(rejected: list[Observed], unpaired: list[Observed], otherwise: Reason = "not-measured") -> OrganDay:
    """An organ without a usable value, and the reason that helps most to fix it."""
    faults = {observed.fault for observed in rejected}
    reason: Reason = otherwise
    if unpaired:
        reason = "unpaired"
    elif "implausible" in faults:
        reason = "implausible"
    elif "withdrawn" in faults:
        reason = "withdrawn"
    return OrganDay(None, None, None, (), reason, _passed_over(rejected, unpaired, None))


def _passed_over(
    rejected: list[Observed], unpaired: list[Observed], before: datetime | None
) -> tuple[tuple[str, str], ...]:
    found = [(o.order, o.id, o.fault or "unpaired") for o in [*rejected, *unpaired]]
    return tuple((id_, why) for order, id_, why in sorted(found) if before is None or order[0] <= before)[
        :MOST_PASSED_OVER
    ]


def first_value(variable: Variable) -> Callable[[View, date], OrganDay]:
    """M2, M3, V4: the day's first usable value of one variable; creatinine regardless of dialysis."""

    def organ(view: View, day: date) -> OrganDay:
        hours_of = view.hours_of(day)
        rejected = view.refused(variable, *hours_of)
        for value in view.walk(variable, *hours_of):
            found = measured(value.exact, value.at, (value,), rejected, [])
            return found if value.comparator is None else replace(found, comparator=value.comparator)
        return not_measured(rejected, [])

    return organ


def respiratory(view: View, day: date) -> OrganDay:
    """M4: the day's first arterial PaO2 that can be paired, whatever the ventilation mode or PEEP."""
    hours_of = view.hours_of(day)
    rejected = view.refused(Variable.PAO2, *hours_of)
    unpaired: list[Observed] = []
    for sample in view.walk(Variable.PAO2, *hours_of):
        pair = pair_of(view, sample)
        if pair is not None:
            return measured(pair.ratio, pair.at, pair.sources, rejected, unpaired)
        unpaired.append(sample)
    return not_measured(rejected, unpaired)


def cardiovascular(view: View, day: date) -> OrganDay:
    """M5: the day's first CVP whose triplet can be completed; never the product of three separate first values."""
    hours_of = view.hours_of(day)
    rejected = view.refused(Variable.CVP, *hours_of)
    unpaired: list[Observed] = []
    for cvp in view.walk(Variable.CVP, *hours_of):
        triplet = triplet_of(view, cvp)
        if triplet is not None:
            sources = (triplet.cvp, triplet.heart_rate, triplet.pressure)
            return measured(triplet.pressure_adjusted_rate, cvp.at, sources, rejected, unpaired)
        unpaired.append(cvp)
    return not_measured(rejected, unpaired, otherwise="no-cvp")


def neurologic(view: View, day: date) -> OrganDay:
    """M6: the day's first GCS, a total or three parts; under sedation it counts as 15, as an assumption."""
    hours_of = view.hours_of(day)
    totals_and_eyes = (view.walk(v, *hours_of) for v in _COMA)
    anchors = merge(*totals_and_eyes, key=lambda o: (o.at, o.variable is not _TOTAL, o.order))
    rejected = [o for v in _COMA for o in view.refused(v, *hours_of)]
    unpaired: list[Observed] = []
    for anchor in anchors:
        parts = (anchor,) if anchor.variable is _TOTAL else _parts(view, anchor)
        if parts is not None:
            return _gcs(view, parts, _passed_over(rejected, unpaired, anchor.at))
        unpaired.append(anchor)
    return not_measured(rejected, unpaired)


def _parts(view: View, eye: Observed) -> tuple[Observed, ...] | None:
    """Verbal and motor nearest to an eye value; they may lie on the neighbouring day."""
    within = minutes(view.protocol.pairing.gcs_within_minutes)
    verbal = view.nearest(Variable.GCS_VERBAL, eye.at, within)
    motor = view.nearest(Variable.GCS_MOTOR, eye.at, within)
    return (eye, verbal, motor) if verbal is not None and motor is not None else None


def _gcs(view: View, parts: tuple[Observed, ...], rejected: tuple[tuple[str, str], ...]) -> OrganDay:
    """M6, M9, M10: what the day's first GCS counts as, a total or eye, verbal and motor.

    Sedated without intrinsic alteration: 15, assumed and never carried forward. It stays the day's first value, so a
    later one without sedation does not replace it. Intubated with a verbal 1, or with a total: the caveat
    `intubated-verbal`, for the verbal part cannot be tested, or is not charted. Points are as charted, or with a
    verbal 5 for the 1 where the protocol says `assume-5`; the charted 1 stays in the inputs.
    """
    at = parts[0].at
    verbal = parts[1].exact if len(parts) == 3 else None
    intubated = support_in_force(view, at) == INVASIVE and verbal in (None, Decimal(1))
    caveats = (INTUBATED_VERBAL,) if intubated else ()
    if sedated(view.chart, at):
        return OrganDay(SEDATED, NORMAL_GCS, at, parts, "sedated", rejected, caveats=caveats)
    assume = intubated and verbal is not None and view.protocol.mods.intubated_verbal == "assume-5"
    counted = {parts[1]: _ASSUMED_VERBAL} if assume else {}
    value = sum((counted.get(part, part.exact) for part in parts), Decimal(0))
    return OrganDay("measured", value, at, parts, None, rejected, tuple(counted.items()), caveats)
