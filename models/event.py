"""What comes in: the events of the five input topics (`docs/topics.md`).

Closed: an unknown field is refused, so that a typing error in a feed is seen and not swallowed. A value that has a
meaning only together with its status is checked by the event as a whole.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from picustream.models.birth import BirthDate
from picustream.models.times import Instant

LOINC = "http://loinc.org"
VARIABLE = "urn:picustream:variable"

LAB = "picu.lab.v1"
VITAL = "picu.vital.v1"
VENTILATOR = "picu.ventilator.v1"
ADT = "picu.adt.v1"
TRIAL = "picu.trial.v1"
OBSERVATION_TOPICS = (LAB, VITAL, VENTILATOR)
INPUT_TOPICS = (*OBSERVATION_TOPICS, ADT, TRIAL)

MAX_EVENT_BYTES = 1 << 20
"""A message over 1 MiB is refused."""


class Status(StrEnum):
    """FHIR ObservationStatus."""

    REGISTERED = "registered"
    PRELIMINARY = "preliminary"
    FINAL = "final"
    AMENDED = "amended"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"
    UNKNOWN = "unknown"


WITHDRAWN = frozenset({Status.CANCELLED, Status.ENTERED_IN_ERROR})
"""Withdraws what earlier versions said."""
SAYS_NOTHING = frozenset({Status.REGISTERED, Status.UNKNOWN})
"""Carries no usable value."""
NEEDS_FILING_TIME = WITHDRAWN | {Status.AMENDED, Status.CORRECTED}
"""Speaks of an earlier version, so the feed must say when it was filed."""

_ID_CHARACTERS = "[A-Za-z0-9._:/#-]"
_ID = Field(min_length=1, max_length=128, pattern=f"^{_ID_CHARACTERS}+$")
Id = Annotated[str, _ID]
_IS_ID = re.compile(_ID_CHARACTERS + "{1,128}")


def id_of(said: object) -> str | None:
    """What a message that need not be an event says, if it can be an id."""
    return said if isinstance(said, str) and _IS_ID.fullmatch(said) else None


def stay_of_key(key: bytes) -> str | None:
    """The stay that a record's key names, if it can be one."""
    return id_of(key.decode("utf-8", "replace"))  # the replacement is no character of an id


def _number(value: Any) -> Decimal:
    if not isinstance(value, Decimal) or not value.is_finite():
        raise ValueError("not a JSON number")
    if len(value.as_tuple().digits) > 40:
        raise ValueError("a number of more than 40 digits")
    return value


JsonNumber = Annotated[Decimal, BeforeValidator(_number), WithJsonSchema({"type": "number"})]


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


_STATUSES = {status.value: status for status in Status}


def _status(value: Any) -> Any:
    return _STATUSES.get(value, value) if isinstance(value, str) else value


StatusWord = Annotated[Status, BeforeValidator(_status)]


def _unit(value: Any) -> Any:
    """An empty unit is none: it costs the one observation, not its event."""
    return None if value == "" else value


class Observation(Closed):
    """One measured value of an event."""

    code: Annotated[str, Field(min_length=1, max_length=128)]
    system: Annotated[str, Field(min_length=1, max_length=256)] = LOINC
    value: JsonNumber | None = None
    """Required unless the status withdraws or says nothing."""
    unit: Annotated[Annotated[str, Field(max_length=64)] | None, BeforeValidator(_unit)] = None
    """UCUM, or a spelling that the code map lists."""
    id: Id | None = None
    """Stable identity through the versions, unique within `source`; default `<event_id>#<code>`."""
    status: StatusWord | None = None
    """Default: the event's."""


class Envelope(Closed):
    """The same on all five topics."""

    event_id: Id
    source: Id
    patient_id: Id
    stay_id: Id
    recorded_at: Instant | None = None
    """When the source filed this version; required where the status speaks of an earlier one."""
    status: StatusWord = Status.FINAL

    @property
    def happened_at(self) -> datetime:
        """The clinically relevant time."""
        raise NotImplementedError

    @property
    def filed_at(self) -> datetime:
        """What versions are ordered by, and what moves the clock of a replay."""
        return self.recorded_at or self.happened_at

    def statuses(self) -> Iterator[Status]:
        """Every status the event states."""
        yield self.status


class ObservationEvent(Envelope):
    """A lab, vital or ventilator event."""

    observed_at: Instant
    observations: Annotated[list[Observation], Field(min_length=1, max_length=200)]

    @property
    def happened_at(self) -> datetime:
        return self.observed_at

    def statuses(self) -> Iterator[Status]:
        yield self.status
        yield from (o.status for o in self.observations if o.status is not None)

    def id_of(self, observation: Observation) -> str:
        """The observation's identity, the default one where none is given."""
        return observation.id or f"{self.event_id}#{observation.code}"

    def status_of(self, observation: Observation) -> Status:
        return observation.status or self.status


class LabEvent(ObservationEvent):
    """`picu.lab.v1`: laboratory and blood-gas results."""

    specimen: Literal["arterial", "venous", "capillary", "mixed-venous", "unknown"] = "unknown"


class VitalEvent(ObservationEvent):
    """`picu.vital.v1`: monitor values and nursing observations."""


class VentilatorEvent(ObservationEvent):
    """`picu.ventilator.v1`: ventilator settings and readings."""

    support: Literal["invasive", "non-invasive", "high-flow", "oxygen", "room-air", "unknown"] = "unknown"
    mode: Annotated[str, Field(max_length=128)] | None = None
    control: Literal["pressure", "volume", "oscillation", "unknown"] = "unknown"


class FactEvent(Envelope):
    """An admission or trial event: one fact, stated at `occurred_at`."""

    stated: ClassVar[tuple[str, ...]] = ()
    """Fields without which the fact states nothing; a withdrawal may leave them out."""

    occurred_at: Instant

    @property
    def happened_at(self) -> datetime:
        return self.occurred_at

    @model_validator(mode="after")
    def _states_something(self) -> Self:
        if self.status in WITHDRAWN or self.status in SAYS_NOTHING:
            return self
        for field in self.stated:
            if getattr(self, field) is None:
                raise PydanticCustomError("missing", "field required", {"field": field})
        return self


class Admitted(FactEvent):
    """PICU admission."""

    type: Literal["admitted"]
    birth_date: BirthDate | None = None
    """`YYYY-MM-DD`, `YYYY-MM` or `YYYY`."""
    sex: Literal["female", "male", "other", "unknown"] = "unknown"
    unit: Annotated[str, Field(max_length=128)] | None = None


class Discharged(FactEvent):
    """PICU discharge."""

    type: Literal["discharged"]
    stated = ("destination",)
    destination: Literal["ward", "home", "other-icu", "other-hospital", "unknown"] | None = None


class Died(FactEvent):
    """Death."""

    type: Literal["died"]


class VitalStatus(FactEvent):
    """Follow-up: at `occurred_at` the patient was alive, or not."""

    type: Literal["vital_status"]
    stated = ("alive",)
    alive: bool | None = None
    id: Id | None = None


class Sedation(FactEvent):
    """From `occurred_at` on, sedation is on or off."""

    type: Literal["sedation"]
    stated = ("state",)
    state: Literal["on", "off"] | None = None
    intrinsic_alteration: bool | None = None
    id: Id | None = None


class Consent(FactEvent):
    """A consent decision."""

    type: Literal["consent"]
    stated = ("decision",)
    decision: Literal["given", "refused", "withdrawn"] | None = None
    id: Id | None = None


class TreatmentStarted(FactEvent):
    """T0. The arm stays on this topic, in state and in the study export."""

    type: Literal["treatment_started"]
    stated = ("arm",)
    arm: Literal["trial", "control"] | None = None


class ArdsAssessed(FactEvent):
    """The clinicians' verdict on a presumptive ARDS."""

    type: Literal["ards_assessed"]
    stated = ("result",)
    result: Literal["confirmed", "refuted"] | None = None
    onset_at: Instant | None = None


class DataCollection(FactEvent):
    """The data manager's verdict at first evaluation."""

    type: Literal["data_collection"]
    stated = ("complete",)
    complete: bool | None = None


AdtEvent = Annotated[Admitted | Discharged | Died | VitalStatus | Sedation, Field(discriminator="type")]
TrialEvent = Annotated[Consent | TreatmentStarted | ArdsAssessed | DataCollection, Field(discriminator="type")]
Event = ObservationEvent | FactEvent

ADAPTERS: dict[str, TypeAdapter[Any]] = {
    LAB: TypeAdapter(LabEvent),
    VITAL: TypeAdapter(VitalEvent),
    VENTILATOR: TypeAdapter(VentilatorEvent),
    ADT: TypeAdapter(AdtEvent),
    TRIAL: TypeAdapter(TrialEvent),
}
"""The validator of each input topic."""
