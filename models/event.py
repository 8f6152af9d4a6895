"""What comes in: the events of the five input topics (`docs/topics.md`).

Closed: an unknown field is refused, so that a typing error in a feed is seen and not swallowed. A value that has a
meaning only together with its status is checked by the event as a whole.
"""

from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter

from picustream.models import text
from picustream.models.fact import AdtEvent, FactEvent, TrialEvent
from picustream.models.observation import LabEvent, ObservationEvent, VentilatorEvent, VitalEvent

LAB = "picu.lab.v1"
VITAL = "picu.vital.v1"
VENTILATOR = "picu.ventilator.v1"
ADT = "picu.adt.v1"
TRIAL = "picu.trial.v1"
OBSERVATION_TOPICS = (LAB, VITAL, VENTILATOR)
INPUT_TOPICS = (*OBSERVATION_TOPICS, ADT, TRIAL)

MAX_EVENT_BYTES = 1 << 20
"""A message over 1 MiB is refused."""

Event = ObservationEvent | FactEvent

ADAPTERS: dict[str, TypeAdapter[Any]] = {
    LAB: TypeAdapter(LabEvent),
    VITAL: TypeAdapter(VitalEvent),
    VENTILATOR: TypeAdapter(VentilatorEvent),
    ADT: TypeAdapter(AdtEvent),
    TRIAL: TypeAdapter(TrialEvent),
}
"""The validator of each input topic."""
validate: dict[str, Callable[[Any], Event]] = {
    topic: adapter.validator.validate_python for topic, adapter in ADAPTERS.items()
}
"""Likewise without the adapter around it, which costs a tenth. Raises `pydantic.ValidationError`."""


def to_bytes(event: Event) -> bytes:
    """An event as a feed sends it: what was not given is left out, and every number is written as it was."""
    return text.encode(event.model_dump(mode="python", exclude_unset=True)).encode()
