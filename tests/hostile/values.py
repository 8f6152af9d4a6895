"""What a value can be that is no event as the contract writes it: encodings, envelopes, shapes and sizes."""

import base64
import gzip
import json
import random
from collections.abc import Callable
from dataclasses import dataclass

from picustream.models.event import LAB, MAX_EVENT_BYTES, VENTILATOR
from tests.fuzz.spoilers import spoiled
from tests.hostile.events import Body, Ward, written
from tests.hostile.records import ANY, REFUSED_BY_BROKER, USED, Fates, fates
from tests.reference.written import loads

NOT_JSON, SCHEMA, TOO_LARGE = fates("not-json"), fates("schema"), fates("too-large")
GOES_IN = fates(USED)
NAME = "王小明 Zwetschgenmus"
"""What a log may not show."""
TOPIC_LIMIT = 8 << 20


@dataclass(frozen=True, slots=True)
class Made:
    """A value, and what may become of a record that is otherwise in order."""

    topic: str
    value: bytes | None
    stay: str
    fates: Fates = ANY
    codec: str | None = None
    """The one that it needs."""


Kind = Callable[[Ward], Made]


def _of(make: Callable[[random.Random, Body], bytes], expected: Fates, topic: str | None = None) -> Kind:
    """A kind that writes a sound event in a way of its own."""

    def kind(ward: Ward) -> Made:
        where, body = ward.sound(topic)
        return Made(where, make(ward.rng, body), body["stay_id"], expected)

    return kind


def _text(change: Callable[[str], str | bytes], expected: Fates = NOT_JSON, topic: str | None = None) -> Kind:
    def make(_: random.Random, body: Body) -> bytes:
        changed = change(json.dumps(body, ensure_ascii=False))
        return changed if isinstance(changed, bytes) else changed.encode()

    return _of(make, expected, topic)


def _encoded(encoding: str) -> Kind:
    return _text(lambda text: text.encode(encoding))


def _foreign(encoding: str) -> Kind:
    """Words beyond ASCII in an encoding that is not UTF-8."""
    return _of(lambda _, body: written(body | {"mode": "M"}).replace(b'"M"', '"肌酐é"'.encode(encoding, "ignore")),
               NOT_JSON, VENTILATOR)  # fmt: skip


def _number(text: str, expected: Fates) -> Kind:
    """A creatinine whose value is written so."""

    def make(_: random.Random, body: Body) -> bytes:
        one = {"code": "14682-9", "value": 0.125, "unit": "umol/L"}
        return written(body | {"observations": [one]}).replace(b"0.125", text.encode())

    return _of(make, expected, LAB)


def _nested(depth: int) -> Kind:
    return _of(lambda _, body: written(body)[:-1] + b',"x":' + b"[" * depth + b"]" * depth + b"}", ANY)


def _padded(size: int, expected: Fates, codec: str | None = None) -> Kind:
    """An event followed by blanks, `size` bytes in all."""

    def kind(ward: Ward) -> Made:
        topic, body = ward.sound()
        raw = written(body)
        return Made(topic, raw + b" " * (size - len(raw)), body["stay_id"], expected, codec)

    return kind


def _noise(size: int, expected: Fates) -> Kind:
    """What cannot be packed."""
    return _of(lambda rng, _: rng.randbytes(size), expected)


def _long_word(ward: Ward) -> Made:
    topic, body = ward.sound(VENTILATOR)
    return Made(topic, written(body | {"mode": NAME * 20_000}), body["stay_id"], ANY)


def _long_and_refused(ward: Ward) -> Made:
    topic, body = ward.sound()
    return Made(topic, written(body | {"x" * 600_000: NAME}), body["stay_id"], SCHEMA)


def _many_faults(padding: int) -> Kind:
    """200 observations, each refused for itself: each makes a dead letter with the whole payload."""

    def kind(ward: Ward) -> Made:
        topic, body = ward.sound(LAB)
        many = [{"id": f"o{number}", "code": "14682-9", "value": 9_999_999, "unit": "umol/L"} for number in range(200)]
        raw = written(body | {"observations": many})
        return Made(topic, raw + b" " * max(0, padding - len(raw)), body["stay_id"], fates("used+implausible"))

    return kind


def _spoiled(ward: Ward) -> Made:
    """As `make fuzz` breaks them, half-broken ones among them."""
    topic, body = ward.sound()
    topic, raw = spoiled(ward.rng, topic, loads(written(body)))
    return Made(topic, raw, body["stay_id"])


def _cloud_event(body: Body) -> Body:
    return {"specversion": "1.0", "id": "1", "source": "/lis", "type": "x", "data": body}


def _shape(make: Callable[[Body], object], expected: Fates = SCHEMA) -> Kind:
    return _of(lambda _, body: written(make(body)), expected)


FHIR = {"resourceType": "Observation", "status": "final", "subject": {"display": NAME}}
HL7 = b"MSH|^~\\&|LIS|H|PICU|H|20260302100000||ORU^R01|1|P|2.5\rPID|1||X||" + NAME.encode() + b"\r"
XML = b'<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"/>'

VALUES: dict[str, Kind] = {
    "no value": _of(lambda *_: None, NOT_JSON),  # type: ignore[arg-type, return-value]
    "an empty value": _of(lambda *_: b"", NOT_JSON),
    "blanks": _of(lambda *_: b" \r\n\t ", NOT_JSON),
    "blanks around": _text(lambda text: f"\r\n\t {text} \n", GOES_IN),
    "a byte order mark": _text(lambda text: "\ufeff" + text, GOES_IN),
    "two byte order marks": _text(lambda text: "\ufeff\ufeff" + text),
    "UTF-16": _encoded("utf-16"),
    "UTF-16 without a mark": _encoded("utf-16-be"),
    "UTF-32": _encoded("utf-32"),
    "Latin-1": _foreign("latin-1"),
    "GBK": _foreign("gbk"),
    "half a character": _of(lambda _, body: written(body | {"mode": "M"}).replace(b'"M"', b'"\\ud800"'), ANY,
                            VENTILATOR),
    "a zero character": _of(lambda _, body: written(body | {"mode": "\0" + NAME}), ANY, VENTILATOR),
    "all kinds of letters": _of(lambda _, body: written(body | {"mode": NAME + "\u202e\u2028👶🏽e\u0301"}), GOES_IN,
                                VENTILATOR),
    "escaped names": _text(lambda text: text.replace('"event_id"', '"\\u0065vent_id"'), GOES_IN),
    "a zero byte behind": _text(lambda text: text + "\0"),
    "schema registry": _text(lambda text: b"\0\0\0\0\x07" + text.encode()),
    "HL7 v2": _of(lambda *_: HL7, NOT_JSON),
    "HL7 v2 in MLLP": _of(lambda *_: b"\x0b" + HL7 + b"\x1c\r", NOT_JSON),
    "XML": _of(lambda *_: XML, NOT_JSON),
    "packed in itself": _text(lambda text: gzip.compress(text.encode(), mtime=0)),
    "base64": _text(lambda text: base64.b64encode(text.encode())),
    "CBOR": _of(lambda *_: b"\xa1\x68event_id\x63abc", NOT_JSON),
    "noise": _noise(300, NOT_JSON),
    "JSON in JSON": _text(json.dumps, SCHEMA),
    "a list of events": _shape(lambda body: [body, body]),
    "two events": _text(lambda text: f"{text}\n{text}\n"),
    "an empty object": _shape(lambda _: {}),
    "the word null": _shape(lambda _: None),
    "a number": _shape(lambda _: 42),
    "a word": _shape(lambda _: NAME),
    "CloudEvents": _shape(_cloud_event),
    "Kafka Connect": _shape(lambda body: {"schema": {"type": "struct"}, "payload": body}),
    "Debezium": _shape(lambda body: {"before": None, "after": body, "op": "c"}),
    "FHIR": _shape(lambda _: FHIR),
    "a field too many": _shape(lambda body: body | {"patient_name": NAME}),
    "a field twice": _text(lambda text: '{"stay_id":"H-9",' + text[1:]),
    "cut off": _text(lambda text: text[: len(text) // 2]),
    "a comma too many": _text(lambda text: text[:-1] + ",}"),
    "a comment": _text(lambda text: text[:-1] + "/* x */}"),
    "single quotes": _text(lambda text: text.replace('"', "'")),
    "NaN": _number("NaN", NOT_JSON),
    "Infinity": _number("-Infinity", NOT_JSON),
    "a decimal comma": _number("1,7", NOT_JSON),
    "a huge number": _number("1e400", ANY),
    "a number beyond all": _number("1e9999999999", ANY),
    "a small number": _number("1e-99999999", ANY),
    "many digits": _number("9" * 5000, ANY),
    "nested": _nested(400),
    "nested deeply": _nested(100_000),
    "spoiled": _spoiled,
    "1 MiB": _padded(MAX_EVENT_BYTES, GOES_IN),
    "a byte over 1 MiB": _padded(MAX_EVENT_BYTES + 1, TOO_LARGE),
    "a long word": _long_word,
    "a long name of a field": _long_and_refused,
    "8 MB": _noise(TOPIC_LIMIT - 4096, TOO_LARGE),
    "over the topic's limit": _noise(TOPIC_LIMIT + 4096, fates(REFUSED_BY_BROKER)),
    "14 MB that pack well": _padded(14 << 20, TOO_LARGE, "gzip"),
    "40 MB that pack well": _padded(40 << 20, TOO_LARGE, "zstd"),
    "many faults": _many_faults(0),
    "many faults in much": _many_faults(255 << 10),
}  # fmt: skip
"""By name."""
