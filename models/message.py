"""Observation events as they are on the wire: their form, read in one compiled step.

That takes 0.6 us, where to parse a message and to check it field by field takes 9 us. msgspec checks the form: that it
is JSON, which fields there are, and which of them are strings. What they mean is asked where they are used, once for
each combination that a feed sends (`scoring/chart/reading.py`). Nothing is refused here: what is not read goes to the
models of `observation.py`, which take it all the same, or say what is wrong.
"""

import re
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from picustream.models import text
from picustream.models.event import LAB, VENTILATOR, VITAL
from picustream.models.observation import LabEvent, Observation, ObservationEvent, VentilatorEvent

Given = str | UnsetType
"""A string, or no such field."""
Nullable = str | UnsetType | None
"""Likewise, or null."""


class Item(Struct, forbid_unknown_fields=True, gc=False):
    """One measured value of an event."""

    code: str
    value: Raw | UnsetType = UNSET
    """The text of any JSON value."""
    unit: Nullable = UNSET
    system: Given = UNSET
    comparator: Given = UNSET
    id: Nullable = UNSET
    status: Given = UNSET


class Message(Struct, forbid_unknown_fields=True, gc=False):
    """An observation event of any topic."""

    event_id: str
    source: str
    patient_id: str
    stay_id: str
    observed_at: str
    observations: list[Item] | UnsetType = UNSET
    recorded_at: Nullable = UNSET
    status: Given = UNSET


class LabMessage(Message, forbid_unknown_fields=True, gc=False):
    """A message with a specimen."""

    specimen: Given = UNSET


class VentilatorMessage(Message, forbid_unknown_fields=True, gc=False):
    """A message with a ventilator's statements."""

    support: Given = UNSET
    mode: Nullable = UNSET
    control: Given = UNSET


_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    LAB: msgspec.json.Decoder(LabMessage),
    VITAL: msgspec.json.Decoder(Message),
    VENTILATOR: msgspec.json.Decoder(VentilatorMessage),
}


def decode(topic: str, written: str | bytes) -> Message | None:
    """A message of an observation topic, numbers as they are written; None where it has another form, or is no JSON.

    A field that is given twice is not seen here: `quotes` shows it.
    """
    try:
        message: Message = _DECODERS[topic].decode(written)
    except (msgspec.DecodeError, KeyError, RecursionError):
        return None
    return message


_ESCAPED = re.compile(r"\\.", re.DOTALL)


def quotes(written: str) -> int:
    """The quotation marks around the strings of a JSON text. Whoever has used all of its fields knows how many there
    must be: where there are more, a field was given twice, and one of the two is lost."""
    return (_ESCAPED.sub("", written) if "\\" in written else written).count('"')


def message_of(event: ObservationEvent) -> Message:
    """The message of an event that the models have read."""
    fields: dict[str, Any] = {
        "event_id": event.event_id,
        "source": event.source,
        "patient_id": event.patient_id,
        "stay_id": event.stay_id,
        "observed_at": event.observed_at.isoformat(),
        "observations": [_item(one) for one in event.observations],
        "recorded_at": event.recorded_at.isoformat() if event.recorded_at is not None else UNSET,
        "status": event.status.value,
    }
    if isinstance(event, LabEvent):
        return LabMessage(**fields, specimen=event.specimen)
    if isinstance(event, VentilatorEvent):
        return VentilatorMessage(**fields, support=event.support, control=event.control)
    return Message(**fields)


def _item(one: Observation) -> Item:
    """What is no number is none whatever it is."""
    given = "value" in one.model_fields_set
    return Item(
        one.code,
        Raw(text.canonical(one.value).encode() if isinstance(one.value, Decimal) else b"null") if given else UNSET,
        one.unit,
        one.system,
        one.comparator if one.comparator is not None else UNSET,
        one.id,
        one.status.value if one.status is not None else UNSET,
    )
