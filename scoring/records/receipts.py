"""Receipts: from a value back to the observations it was made of, as the feed wrote them (invariant I7)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from picustream.models.text import printed
from picustream.scoring.chart.entries import Fact, Observed, Ventilation
from picustream.scoring.chart.units import QUANTITIES


def inputs_of(
    sources: Iterable[Observed | Ventilation], counted_as: Mapping[Observed | Ventilation, Decimal] | None = None
) -> list[dict[str, Any]]:
    """The inputs of a point, in the order the rule used them; `original` is what was charted, whatever it counts as.

    They are fields of `Input` in its order: a model each would take longer than all else of a record.
    """
    counted = counted_as or {}
    return [_observation(s, counted.get(s, s.exact)) if isinstance(s, Observed) else _support(s) for s in sources]


def _observation(observed: Observed, value: Decimal) -> dict[str, Any]:
    assert observed.variable is not None
    filed, original = observed.filed, observed.original
    return {
        "variable": observed.variable.value,
        "value": printed(value),
        "comparator": observed.comparator,
        "unit": QUANTITIES[observed.variable].unit,
        "original": {"value": None if original is None else Decimal(original), "unit": observed.unit},
        "observed_at": observed.at,
        "recorded_at": filed.recorded_at,
        "source": filed.source,
        "id": observed.id,
        "topic": filed.topic,
    }


def _support(event: Ventilation) -> dict[str, Any]:
    return _stated("support", event.support, event)


def birth_input(admission: Fact, birth: str) -> dict[str, Any]:
    """The birth date an age was computed from."""
    return _stated("birth_date", birth, admission)


def _stated(variable: str, word: str | None, by: Ventilation | Fact) -> dict[str, Any]:
    """Something an event states that is no measurement."""
    return {
        "variable": variable,
        "value": word,
        "comparator": None,
        "unit": None,
        "original": None,
        "observed_at": by.at,
        "recorded_at": by.filed.recorded_at,
        "source": by.filed.source,
        "id": by.filed.event_id,
        "topic": by.filed.topic,
    }


def rejected(passed_over: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """The values that were passed over, each with its reason: fields of `Rejected`."""
    return [{"id": id_, "reason": reason} for id_, reason in passed_over]
