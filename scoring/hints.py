"""Hints for the integration engineer: what a message looks like that is no event. No word of the message is repeated.

A wrong serializer or a connector's envelope spoils every record, and is easily recognised by those who know it.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from picustream.models import text

_EMPTY = "is empty"
_SCHEMA_REGISTRY = "begins with the magic byte and id of a schema registry; send plain JSON, without a registry"
_UTF_16 = "looks like UTF-16; send UTF-8"
_UTF_32 = "looks like UTF-32; send UTF-8"
_HL7 = "looks like an HL7 v2 message; send it to a gateway that makes events of it, not to Kafka as it is"
_ASTM = "looks like an ASTM message of an analyser; send it to a gateway that makes events of it, not to Kafka as it is"
_COMPRESSED = "is compressed inside the record; leave compression to the Kafka client (compression.type)"
_BINARY = (
    "looks like a binary format (Avro, Protocol Buffers, MessagePack, CBOR or a language's own); send JSON, with a "
    "serializer of strings"
)
_XML = "looks like XML; events are JSON objects"
_BASE64 = "looks like base64; send what is in it, as it is"
_SINGLE_QUOTES = "looks like an object as a programming language prints it, with single quotes; write it as JSON"
_SEVERAL = "is more than one JSON value; send each event as a record of its own"
_CUT_OFF = "ends before its JSON does: was it cut off?"

_HL7_HEAD = re.compile(r"(?:MSH|FHS|BHS)[|^]")
_ASTM_HEAD = re.compile(r"H\|[\\^~&]{3}")
_COMPRESSED_HEADS = (
    b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"\x82SNAPPY\0", b"PK\3\4", b"BZh", b"x\x01",
    b"x\x9c", b"x\xda",
)  # fmt: skip
"""gzip, zstd, lz4, snappy, zip, bzip2, zlib."""
_BINARY_HEADS = (b"Obj\x01", b"PAR1", b":)\n")
"""Files of Avro and Parquet, Smile."""
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1b\x7f]")
_NO_LETTER = re.compile(rb"[\x80-\xff](?:[^\x80-\xbf]|$)|[\x80-\xc1\xf5-\xff]")
"""A first byte with which no character of UTF-8 begins."""
_VALUE_THEN_MORE = re.compile(r"\s*[{\[]")
_HEAD = 64
"""Bytes by which a format is recognised."""
_ENCODED_HEAD = 1024
"""Characters of base64 that are decoded."""


def of_bytes(raw: bytes) -> str | None:
    """What bytes look like that are not JSON, with what to do; None where nothing is recognised."""
    bare = raw.lstrip(b"\xef\xbb\xbf\x0b\r\n\t ")
    if not bare:
        return _EMPTY
    return _of_encoding(raw) or _of_text(bare) or _of_binary(raw)


def of_value(value: Any) -> str | None:
    """What JSON looks like that is no event, with what to do; None where nothing is recognised."""
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, list):
        inside = of_value(value[0]) if value and isinstance(value[0], dict) else None
        return "a list; send each event as a record of its own" + (f". Its first looks like {inside}" if inside else "")
    if not isinstance(value, dict) or "event_id" in value:
        return None
    return _envelope(value) or _spelling(value)


def _of_encoding(raw: bytes) -> str | None:
    """A schema registry's head, two or four bytes for each character, compression."""
    if len(raw) > 5 and raw[0] == 0 and raw[5:6] in (b"{", b"[", b'"'):
        return _SCHEMA_REGISTRY
    if raw[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff") or _is_utf_32(raw[: len(raw) // 4 * 4][:_HEAD]):
        return _UTF_32
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or _every_other_is_null(raw[:_HEAD]):
        return _UTF_16
    return _COMPRESSED if raw.startswith(_COMPRESSED_HEADS) else None


def _of_text(bare: bytes) -> str | None:
    head = bare[:_HEAD].decode("latin-1")
    if _HL7_HEAD.match(head):
        return _HL7
    if _ASTM_HEAD.match(head):
        return _ASTM
    if head.startswith("<"):
        return _XML
    if head.startswith("{'"):
        return _SINGLE_QUOTES
    if _is_base64(bare):
        return _BASE64
    if head.startswith(("{", "[", '"')):
        return _broken_off(bare)
    return None


def _of_binary(raw: bytes) -> str | None:
    head = raw[:_HEAD]
    if len(raw) > 5 and raw[0] == 0 and any(head):
        return _SCHEMA_REGISTRY
    return _BINARY if raw.startswith(_BINARY_HEADS) or _CONTROL.search(head) or _NO_LETTER.match(head) else None


def _broken_off(bare: bytes) -> str | None:
    """Text that begins as JSON: with a second value behind the first, or without an end."""
    try:
        written = bare.decode().rstrip()
    except UnicodeDecodeError:
        return None
    end = text.end_of_first(written)
    if end is None:
        return _CUT_OFF if text.ends_too_early(written) else None
    return _SEVERAL if _VALUE_THEN_MORE.match(written, end) else None


def _string(value: str) -> str | None:
    if _is_object(value):
        return "JSON inside a JSON string, so encoded twice; send the object itself"
    if _HL7_HEAD.match(value.lstrip("\x0b\r\n ")):
        return "an HL7 v2 message inside a JSON string; send it to a gateway that makes events of it, not to Kafka"
    if _is_base64(value.encode(errors="replace")):
        return "base64 inside a JSON string; send what is in it, as it is"
    return None


def _envelope(fields: dict[str, Any]) -> str | None:
    if "specversion" in fields:
        return "a CloudEvents envelope; send its data as the value, and the attributes as headers (binary mode)"
    if "payload" in fields:
        inside = fields["payload"]
        captured = isinstance(inside, dict) and _is_captured(inside)
        return _CONNECT + (f". In it is {_CAPTURED}" if captured else "")
    if _is_captured(fields):
        return _CAPTURED
    if "resourceType" in fields:
        return "a FHIR resource; send it to a gateway that makes events of it, not to Kafka as it is"
    if "data" in fields or "value" in fields or any(_is_event(part) for part in _parts(fields)):
        return "an envelope around the event; send the event itself"
    return None


_CONNECT = "an envelope of Kafka Connect; set value.converter.schemas.enable=false: the payload is then the value"
_CAPTURED = "an envelope of change data capture; unwrap it (ExtractNewRecordState), so that `after` is the value"


def _is_captured(fields: dict[str, Any]) -> bool:
    return bool({"before", "after"} & fields.keys())


def _parts(fields: dict[str, Any]) -> Iterator[Any]:
    """The parts of an envelope, the first items of its lists, and their parts."""
    for part in fields.values():
        yield part
        for one in part[:1] if isinstance(part, list) else [part]:
            yield one
            yield from one.values() if isinstance(one, dict) else ()


def _is_event(part: Any) -> bool:
    if isinstance(part, str) and part.lstrip().startswith("{"):
        try:
            part = text.parse(part)
        except text.NotJson:
            return False
    return isinstance(part, dict) and "event_id" in part


def _spelling(fields: dict[str, Any]) -> str | None:
    """`eventId`, `EVENT_ID`, `event-id`."""
    bare = {re.sub(r"[^a-z]", "", name.lower()) for name in fields}
    if {"eventid", "stayid"} <= bare:
        return "an event whose fields are spelt otherwise; names are in lower case with underscores: `event_id`"
    return None


def _every_other_is_null(head: bytes) -> bool:
    return len(head) >= 4 and len(head) % 2 == 0 and (any(head[::2]) != any(head[1::2]))


def _is_utf_32(head: bytes) -> bool:
    """Of every four bytes the two in the middle are null, and one of the others."""
    ends = head[::4], head[3::4]
    return len(head) >= 8 and not any(head[1::4] + head[2::4]) and sum(map(any, ends)) == 1


def _is_object(written: str) -> bool:
    try:
        return isinstance(text.parse(written), dict)
    except text.NotJson:
        return False


def _is_base64(written: bytes) -> bool:
    """Whether it is base64 of JSON."""
    head = written[:_ENCODED_HEAD].translate(None, b" \r\n")
    try:
        inside = base64.b64decode(head[: len(head) // 4 * 4], validate=True).lstrip()
    except binascii.Error:
        return False
    return inside[:1] in (b"{", b"[") and inside[:_HEAD].isascii() and not _CONTROL.search(inside[:_HEAD])
