"""What comes in: the events of the five input topics (`docs/topics.md`).

Closed: an unknown field is refused, so that a typing error in a feed is seen and not swallowed. A value that has a
meaning only together with its status is checked by the event as a whole.
"""

from typing import Any

from pydantic import TypeAdapter

from picustream.models.envelope import (
    NEEDS_FILING_TIME,
    SAYS_NOTHING,
    STATUS_RANK,
    WITHDRAWN,
    Id,
    Status,
    id_of,
    stay_of_key,
)
from picustream.models.fact import (
    Admitted,
    AdtEvent,
    ArdsAssessed,
    Consent,
    DataCollection,
    Died,
    Discharged,
    FactEvent,
    Moved,
    Sedation,
    TreatmentStarted,
    TrialEvent,
    VitalStatus,
)
from picustream.models.observation import (
    COMPARATORS,
    LOINC,
    VARIABLE,
    LabEvent,
    Observation,
    ObservationEvent,
    VentilatorEvent,
    VitalEvent,
)

__all__ = [
    "ADAPTERS", "ADT", "COMPARATORS", "INPUT_TOPICS", "LAB", "LOINC", "MAX_EVENT_BYTES", "NEEDS_FILING_TIME",
    "SAYS_NOTHING", "STATUS_RANK", "TRIAL", "VARIABLE", "VENTILATOR", "VITAL", "WITHDRAWN", "Admitted",
    "ArdsAssessed", "Consent", "DataCollection", "Died", "Discharged", "Event", "FactEvent", "Id", "LabEvent",
    "Moved", "Observation", "ObservationEvent", "Sedation", "Status", "TreatmentStarted", "VentilatorEvent",
    "VitalEvent", "VitalStatus", "id_of", "stay_of_key",
]  # fmt: skip

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
