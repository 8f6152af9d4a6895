"""What a message looks like that is no event: named with what to do, and nothing of it is copied."""

import gzip
import json
from typing import Any

import pytest

from picustream.models.event import LAB
from picustream.scoring.door import Arrival, Door
from tests.core.histories import SHIPPED

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
    ],
)
def test_json_that_is_no_event_is_named(value: Any, words: str) -> None:
    fault = refused(json.dumps(value).encode(), "schema")
    assert words in fault


def refused(raw: bytes, reason: str) -> str:
    """The message of the one fault."""
    found = Door(SHIPPED).admit(Arrival(LAB, None, None, None, raw))
    [fault] = found.faults
    assert (found.event, fault.reason, "Q7712" in fault.message) == (None, reason, False)
    return fault.message
