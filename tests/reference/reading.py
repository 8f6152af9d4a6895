"""One observation read: its variable, its value in the canonical unit, or why it is not usable (V1, V4)."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .bands import COMPARATORS, decides
from .schema import VALUELESS, WITHDRAWN, observation_status, word_of
from .variables import UnusableError, canonical_value, under_another_system, variable_of
from .written import is_number

Body = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """Why an observation became a dead letter, and which of its fields says so."""

    reason: str
    field: str


@dataclass(frozen=True)
class Value:
    """What an observation of a variable comes to: a value, or the reason why it is not usable.

    A `comparator` stands beside a value that is usable by V4 alone.
    """

    number: Fraction | None
    reason: str | None = None
    comparator: str | None = None


def fault_of(event: Body, one: Body) -> Fault | None:
    """The first fault of an observation, in the order system, value, comparator, unit, range."""
    if under_another_system(one):
        return Fault("system-unknown", "system")
    variable = variable_of(one, word_of(event, "specimen"))
    if variable is None or observation_status(event, one) in WITHDRAWN | VALUELESS:
        return None
    if not is_number(one["value"]):
        return Fault("value-not-numeric", "value")
    if "comparator" in one and one["comparator"] not in COMPARATORS:
        return Fault("word-unknown", "comparator")
    try:
        canonical_value(variable, one["value"], one.get("unit"))
    except UnusableError as error:
        return Fault(error.reason, error.field)
    return None


def value_of(event: Body, one: Body, variable: str, use_preliminary: bool) -> Value:
    """The value of an observation of this variable, in its canonical unit, where it is usable."""
    status = observation_status(event, one)
    if status in WITHDRAWN:
        return Value(None, "withdrawn")
    if status in VALUELESS or (status == "preliminary" and not use_preliminary):
        return Value(None, "valueless")
    fault = fault_of(event, one)
    if fault is not None:
        return Value(None, fault.reason)
    number = canonical_value(variable, one["value"], one.get("unit"))
    comparator = one.get("comparator")
    if comparator is not None and not decides(variable, comparator, number):
        return Value(None, "comparator")
    return Value(number, comparator=comparator)
