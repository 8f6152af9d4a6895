"""What a message looks like that is no event: words for the integration engineer, none of them from the message.

A wrong serializer or an envelope of a connector is wrong with every record, and seen at a glance by who knows them.
"""

import re
from typing import Any

from picustream.models import text

_SCHEMA_REGISTRY = "begins with the magic byte and id of a schema registry; send plain JSON, without a registry"
_UTF_16 = "looks like UTF-16; send UTF-8"
_HL7 = "looks like an HL7 v2 message; send it to a gateway that makes events of it, not to Kafka as it is"
_COMPRESSED = "is compressed inside the record; leave compression to the Kafka client (compression.type)"
_XML = "looks like XML; events are JSON objects"
_SEVERAL = "is more than one JSON value; send each event as a record of its own"

_HL7_HEADS = ("MSH|", "FHS|", "BHS|")
_VALUE_THEN_MORE = re.compile(rb"\s*[{\[]")


def of_bytes(raw: bytes) -> str | None:
    """What bytes look like that are not JSON, with what to do; None where nothing is recognised."""
    head = raw[:4]
    if len(raw) > 5 and raw[0] == 0 and raw[5:6] in (b"{", b"[", b'"'):
        return _SCHEMA_REGISTRY
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or _every_other_is_null(raw[:64]):
        return _UTF_16
    if raw.lstrip(b"\x0b\r\n ")[:4].decode("latin-1") in _HL7_HEADS:
        return _HL7
    if head[:2] == b"\x1f\x8b" or head == b"\x28\xb5\x2f\xfd":
        return _COMPRESSED
    if len(raw) > 5 and raw[0] == 0:
        return _SCHEMA_REGISTRY
    if raw.lstrip()[:1] == b"<":
        return _XML
    return _SEVERAL if _has_several(raw) else None


def of_value(value: Any) -> str | None:
    """What JSON looks like that is no event, with what to do; None where nothing is recognised."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return "a list; send each event as a record of its own"
    if not isinstance(value, dict) or "event_id" in value:
        return None
    return _envelope(value)


def _text(value: str) -> str | None:
    if _is_object(value):
        return "JSON inside a JSON string, so encoded twice; send the object itself"
    if value.lstrip("\x0b\r\n ")[:4] in _HL7_HEADS:
        return "an HL7 v2 message inside a JSON string; send it to a gateway that makes events of it, not to Kafka"
    return None


def _envelope(fields: dict[str, Any]) -> str | None:
    if "specversion" in fields:
        return "a CloudEvents envelope; send its data as the value, and the attributes as headers (binary mode)"
    if "payload" in fields:
        return "an envelope of Kafka Connect; set value.converter.schemas.enable=false: the payload is then the value"
    if {"before", "after"} & fields.keys():
        return "an envelope of change data capture; unwrap it (ExtractNewRecordState), so that `after` is the value"
    if "resourceType" in fields:
        return "a FHIR resource; send it to a gateway that makes events of it, not to Kafka as it is"
    if "data" in fields or "value" in fields:
        return "an envelope around the event; send the event itself"
    return None


def _every_other_is_null(head: bytes) -> bool:
    return len(head) >= 4 and len(head) % 2 == 0 and (not any(head[::2]) or not any(head[1::2]))


def _is_object(written: str) -> bool:
    try:
        return isinstance(text.parse(written), dict)
    except text.NotJson:
        return False


def _has_several(raw: bytes) -> bool:
    """Whether the first line, which is not all, is JSON by itself."""
    first, more, rest = raw.strip().partition(b"\n")
    if not more or not _VALUE_THEN_MORE.match(rest):
        return False
    try:
        text.parse(first)
    except text.NotJson:
        return False
    return True
