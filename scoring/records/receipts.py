"""Receipts: from a value back to the observations it was made of, as the feed wrote them (invariant I7)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from picustream.models.record import Input, Original, Rejected
from picustream.models.text import printed
from picustream.scoring.chart.entries import Fact, Observed, Ventilation
from picustream.scoring.chart.units import QUANTITIES


def inputs_of(
    sources: Iterable[Observed | Ventilation], counted_as: Mapping[Observed | Ventilation, Decimal] | None = None
) -> list[Input]:
    """The inputs of a point, in the order the rule used them; `original` is what was charted, whatever it counts as."""
    counted = counted_as or {}
    return [_observation(s, counted.get(s, s.exact)) if isinstance(s, Observed) else _support(s) for s in sources]


def _observation(observed: Observed, value: Decimal) -> Input:
    assert observed.variable is not None
    return Input(
        variable=observed.variable.value,
        value=printed(value),
        comparator=observed.comparator,
        unit=QUANTITIES[observed.variable].unit,
        original=Original(value=observed.original, unit=observed.unit),
        observed_at=observed.at,
        recorded_at=observed.filed.recorded_at,
        source=observed.filed.source,
        id=observed.id,
        topic=observed.filed.topic,
    )


def _support(event: Ventilation) -> Input:
    return _stated("support", event.support, event)


def birth_input(admission: Fact, birth: str) -> Input:
    """The birth date an age was computed from."""
    return _stated("birth_date", birth, admission)


def _stated(variable: str, word: str | None, by: Ventilation | Fact) -> Input:
    """Something an event states that is no measurement."""
    return Input(
        variable=variable,
        value=word,
        unit=None,
        original=None,
        observed_at=by.at,
        recorded_at=by.filed.recorded_at,
        source=by.filed.source,
        id=by.filed.event_id,
        topic=by.filed.topic,
    )


def rejected(passed_over: Iterable[tuple[str, str]]) -> list[Rejected]:
    """The values that were passed over, each with its reason."""
    return [Rejected(id=id_, reason=reason) for id_, reason in passed_over]
