"""What a message looks like that is no event: named with what to do, and nothing of it is copied."""

import base64
import bz2
import gzip
import json
import zlib
from typing import Any

import pytest

from picustream.models.event import LAB
from picustream.scoring.validation import InputRecord, Validator
from tests.scoring.histories import SHIPPED

EVENT = {"event_id": "Q7712", "source": "lis", "patient_id": "Q7712"}
JSON = json.dumps(EVENT)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"\x00\x00\x00\x00\x07" + JSON.encode(), "the magic byte and id of a schema registry; send plain JSON"),
        (b"\x00\x00\x00\x00\x07\x02Q7712\x06", "the magic byte and id of a schema registry; send plain JSON"),
        (JSON.encode("utf-16"), "looks like UTF-16; send UTF-8"),
        (JSON.encode("utf-16-le"), "looks like UTF-16; send UTF-8"),
        (JSON.encode("utf-16-be"), "looks like UTF-16; send UTF-8"),
        (b"\x0bMSH|^~\\&|LIS|Q7712|", "looks like an HL7 v2 message; send it to a gateway"),
        (gzip.compress(JSON.encode(), mtime=0), "leave compression to the Kafka client"),
        (b"<Observation><id>Q7712</id></Observation>", "looks like XML"),
        (f"{JSON}\n{JSON}".encode(), "more than one JSON value; send each event as a record of its own"),
        (f"{JSON}{JSON}".encode(), "more than one JSON value; send each event as a record of its own"),
        (JSON.encode("utf-32-be"), "looks like UTF-32; send UTF-8"),
        (JSON.encode("utf-32"), "looks like UTF-32; send UTF-8"),
        (b"\xef\xbb\xbfMSH^~|\\&^LIS^Q7712^", "looks like an HL7 v2 message; send it to a gateway"),
        (b"H|\\^&|||Q7712\rP|1\r", "looks like an ASTM message of an analyser; send it to a gateway"),
        (zlib.compress(JSON.encode()), "leave compression to the Kafka client"),
        (bz2.compress(JSON.encode()), "leave compression to the Kafka client"),
        (b"\x82SNAPPY\x00" + JSON.encode(), "leave compression to the Kafka client"),
        (b"\x0a\x05Q7712\x12\x03lis", "a binary format (Avro, Protocol Buffers"),
        (b"\x83\xa8event_id\xa5Q7712", "a binary format (Avro, Protocol Buffers"),
        (b"\xc3\x01--------Q7712", "a binary format (Avro, Protocol Buffers"),
        (base64.b64encode(JSON.encode()), "looks like base64; send what is in it"),
        (repr(EVENT).encode(), "single quotes; write it as JSON"),
        (JSON[:-4].encode(), "was it cut off?"),
        (JSON[: JSON.index(",")].encode(), "was it cut off?"),
        (b"", "it is empty"),
        (b" \r\n", "it is empty"),
    ],
)
def test_bytes_that_are_no_json_are_named(raw: bytes, words: str) -> None:
    fault = refused(raw, "not-json")
    assert words in fault


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (JSON, "encoded twice; send the object itself"),
        ("MSH|^~\\&|LIS|Q7712|", "an HL7 v2 message inside a JSON string; send it to a gateway"),
        ([EVENT], "a list; send each event as a record of its own"),
        ({"schema": {}, "payload": EVENT}, "set value.converter.schemas.enable=false"),
        ({"specversion": "1.0", "id": "Q7712", "data": EVENT}, "a CloudEvents envelope; send its data as the value"),
        ({"before": None, "after": EVENT, "op": "c"}, "unwrap it"),
        ({"resourceType": "Observation", "id": "Q7712"}, "a FHIR resource; send it to a gateway"),
        ({"topic": LAB, "value": EVENT}, "an envelope around the event; send the event itself"),
        ({"records": [{"key": "Q7712", "value": EVENT}]}, "an envelope around the event; send the event itself"),
        ({"detail-type": "lab", "detail": EVENT}, "an envelope around the event; send the event itself"),
        ({"@version": "1", "message": JSON}, "an envelope around the event; send the event itself"),
        ([{"specversion": "1.0", "data": EVENT}], "a record of its own. Its first looks like a CloudEvents envelope"),
        (
            {"schema": {}, "payload": {"after": EVENT}},
            "schemas.enable=false: the payload is then the value. In it is an",
        ),
        ({"eventId": "Q7712", "stayId": "Q7712"}, "names are in lower case with underscores: `event_id`"),
        (base64.b64encode(JSON.encode()).decode(), "base64 inside a JSON string"),
    ],
)
def test_json_that_is_no_event_is_named(value: Any, words: str) -> None:
    fault = refused(json.dumps(value).encode(), "schema")
    assert words in fault


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps({"text": "gr\xf6\xdfer"}, ensure_ascii=False).encode("latin-1"),
        json.dumps({"text": "\u4e2d\u6587"}, ensure_ascii=False).encode("gbk"),
        "\u4e2d\u6587".encode(),
        b"eyes open to pain",
        b"event_id,source",
        JSON.replace("}", ",}").encode(),
        b"[" * 200 + b"]" * 200,
        JSON.replace('"lis"', "NaN").encode(),
    ],
)
def test_what_is_not_recognised_is_not_named(raw: bytes) -> None:
    """A wrong name leads further away than none."""
    assert ";" not in refused(raw, "not-json")


def refused(raw: bytes, reason: str) -> str:
    """The message of the one fault."""
    found = Validator(SHIPPED).validate(InputRecord(LAB, None, None, None, raw))
    [fault] = found.faults
    assert (found.accepted, fault.reason, "Q7712" in fault.message) == (None, reason, False)
    return fault.message
