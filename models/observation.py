"""Events that carry observations: lab, vital, ventilator (`docs/topics.md`)."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from picustream.models.envelope import Closed, Envelope, Id, Status, StatusWord
from picustream.models.times import Instant

LOINC = "http://loinc.org"
VARIABLE = "urn:picustream:variable"
_LOINC_NAMES = frozenset(
    {"http://loinc.org/", "https://loinc.org", "2.16.840.1.113883.6.1", "urn:oid:2.16.840.1.113883.6.1"}
)
"""Other names of LOINC, besides `LN` and `LOINC` in any case."""


Word = str
"""A word of a list; one that is not in it counts as `unknown`, and costs nothing else."""


def _one_of(*words: str) -> WithJsonSchema:
    """In the schema as examples: another word is no fault of the event's form."""
    return WithJsonSchema({"type": "string", "examples": [*words]})


_SPECIMENS = ("arterial", "venous", "capillary", "mixed-venous", "unknown")
_SUPPORTS = ("invasive", "non-invasive", "high-flow", "oxygen", "room-air", "unknown")
_CONTROLS = ("pressure", "volume", "oscillation", "unknown")
COMPARATORS = ("<", "<=", ">=", ">")
UNKNOWN_WORD = "unknown"
STATED_WORDS = {"support": _SUPPORTS[:-1], "control": _CONTROLS[:-1]}
"""The words of a ventilator event that state something by themselves."""


def _unit(value: Any) -> Any:
    """A blank unit is none: it costs the one observation, not its event."""
    return None if isinstance(value, str) and not value.strip() else value


def _given(value: Any) -> Any:
    """Null is no word: a field without one is left out."""
    if value is None:
        raise ValueError("a word, or no such field")
    return value


def _trimmed(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _system(value: Any) -> Any:
    """The system's own name where another name of LOINC is given."""
    name = _trimmed(value)
    if not isinstance(name, str):
        return name
    return LOINC if name in _LOINC_NAMES or name.upper() in ("LN", "LOINC") else name


class Observation(Closed):
    """One measured value of an event."""

    code: Annotated[Annotated[str, Field(min_length=1, max_length=128)], BeforeValidator(_trimmed)]
    """White space around it is dropped."""
    system: Annotated[Annotated[str, Field(min_length=1, max_length=256)], BeforeValidator(_system)] = LOINC
    """LOINC by any of its names, or a system of the site's own; white space around it is dropped."""
    value: Annotated[Any, WithJsonSchema({"examples": [68, 0.70]})] = None
    """A number, required unless the status withdraws or says nothing. Anything else costs the one observation."""
    comparator: Annotated[Word | None, BeforeValidator(_given), _one_of(*COMPARATORS)] = None
    """The true value lies on that side of `value` (rule V4)."""
    unit: Annotated[Annotated[str, Field(max_length=64)] | None, BeforeValidator(_unit)] = None
    """UCUM, or a spelling that the code map lists."""
    id: Id | None = None
    """Stable identity through the versions, unique within `source`; default `<event_id>#<code>`."""
    status: Annotated[StatusWord | None, BeforeValidator(_given)] = None
    """Default: the event's."""

    @property
    def number(self) -> Decimal | None:
        """The value, if it is a number."""
        return self.value if isinstance(self.value, Decimal) and self.value.is_finite() else None

    @property
    def comparator_known(self) -> bool:
        """Whether there is no comparator, or one that has a meaning."""
        return self.comparator is None or self.comparator in COMPARATORS


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

    def unknown_words(self) -> Iterator[str]:
        """The fields with a word that is not in their list."""
        return iter(())

    @property
    def specimen_known(self) -> str:
        """The specimen, `unknown` where none of the list is stated."""
        return UNKNOWN_WORD

    def id_of(self, observation: Observation) -> str:
        """The observation's identity, the default one where none is given."""
        return observation.id or f"{self.event_id}#{observation.code}"

    def status_of(self, observation: Observation) -> Status:
        return observation.status or self.status


class LabEvent(ObservationEvent):
    """`picu.lab.v1`: laboratory and blood-gas results."""

    specimen: Annotated[Word, _one_of(*_SPECIMENS)] = UNKNOWN_WORD

    @property
    def specimen_known(self) -> str:
        return _known(self.specimen, _SPECIMENS)

    def unknown_words(self) -> Iterator[str]:
        yield from (["specimen"] if self.specimen not in _SPECIMENS else [])


class VitalEvent(ObservationEvent):
    """`picu.vital.v1`: monitor values and nursing observations."""


class VentilatorEvent(ObservationEvent):
    """`picu.ventilator.v1`: ventilator settings and readings."""

    observations: Annotated[list[Observation], Field(default_factory=list, max_length=200)]
    """None are needed where the event states a known support or control."""
    support: Annotated[Word, _one_of(*_SUPPORTS)] = UNKNOWN_WORD
    mode: Annotated[str, Field(max_length=128)] | None = None
    control: Annotated[Word, _one_of(*_CONTROLS)] = UNKNOWN_WORD

    @property
    def support_known(self) -> str | None:
        """The support that the event states, None where it states none of the list."""
        return _stated(self.support, _SUPPORTS)

    @property
    def control_known(self) -> str | None:
        """The control that the event states, None where it states none of the list."""
        return _stated(self.control, _CONTROLS)

    def unknown_words(self) -> Iterator[str]:
        if self.support not in _SUPPORTS:
            yield "support"
        if self.control not in _CONTROLS:
            yield "control"

    @model_validator(mode="after")
    def _tells_something(self) -> Self:
        if not self.observations and self.support_known is None and self.control_known is None:
            message = "at least one observation, or a known support or control, also to withdraw one"
            raise PydanticCustomError("missing", message, {"field": "observations"})
        return self


def _known(word: str, words: tuple[str, ...]) -> str:
    return word if word in words else UNKNOWN_WORD


def _stated(word: str, words: tuple[str, ...]) -> str | None:
    return word if word in words and word != UNKNOWN_WORD else None
