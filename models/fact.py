"""Events that state one fact of a stay: admission and trial events (`docs/topics.md`)."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from picustream.models.birth import BirthDate
from picustream.models.envelope import NO_STATEMENT, Envelope, Id
from picustream.models.times import Instant


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
        if self.status in NO_STATEMENT:
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
    bed: Annotated[str, Field(max_length=128)] | None = None


class Moved(FactEvent):
    """From `occurred_at` on the child lies in `unit`, `bed`; one of them at least."""

    type: Literal["moved"]
    unit: Annotated[str, Field(max_length=128)] | None = None
    bed: Annotated[str, Field(max_length=128)] | None = None
    id: Id | None = None

    @model_validator(mode="after")
    def _names_a_place(self) -> Self:
        if self.unit is None and self.bed is None and self.status not in NO_STATEMENT:
            raise PydanticCustomError("missing", "unit or bed is required", {"field": "unit"})
        return self


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


AdtEvent = Annotated[Admitted | Moved | Discharged | Died | VitalStatus | Sedation, Field(discriminator="type")]
TrialEvent = Annotated[Consent | TreatmentStarted | ArdsAssessed | DataCollection, Field(discriminator="type")]
