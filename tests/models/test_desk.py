"""`picu.desk.v1`: closed, and as the page says."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from picustream.models import text
from picustream.models.desk import DESK, DESK_EVENT, LONGEST_NOTE, key_of, to_bytes
from tests.paths import DOCS

COMMON = {"event_id": "d-1", "at": "2025-03-05T09:40:00+08:00", "by": "wei.chen@example.org", "role": "trial-office"}
EVENTS: list[dict[str, Any]] = [
    {"type": "screening-decision", "stay_id": "S-1", "decision": "declined", "reason": "no-guardian"},
    {"type": "note", "stay_id": "S-1", "note": "é" * LONGEST_NOTE},
    {"type": "alert-acknowledged", "alert_id": "S-1/alert/consent-due", "stay_id": "S-1"},
    {"type": "alert-acknowledged", "alert_id": "alert/feed-silent/monitor"},
    {"type": "cut-signed", "cut_id": "0123456789abcdef"},
]


@pytest.mark.parametrize("fields", EVENTS, ids=lambda fields: fields["type"])
def test_what_is_written_is_read_as_it_was(fields: dict[str, Any]) -> None:
    event = DESK_EVENT.validate_python(COMMON | fields)
    assert DESK_EVENT.validate_python(text.parse(to_bytes(event))) == event
    assert text.parse(to_bytes(event)).keys() == (COMMON | fields).keys()
    assert key_of(event) == (b"S-1" if "stay_id" in fields else None)


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "note", "stay_id": "S-1", "note": "x" * (LONGEST_NOTE + 1)},
        {"type": "note", "stay_id": "S-1", "note": ""},
        {"type": "note", "note": "about nobody"},
        {"type": "note", "stay_id": "S-1", "note": "x", "arm": "trial"},
        {"type": "screening-decision", "stay_id": "S-1", "decision": "maybe"},
        {"type": "screening-decision", "stay_id": "S-1", "decision": "declined", "reason": "In their own words"},
        {"type": "alert-acknowledged"},
        {"type": "cut-signed", "cut_id": "latest"},
        {"type": "other"},
        {"type": "note", "stay_id": "S-1", "note": "x", "at": "2025-03-05T09:40:00"},
        {"type": "note", "stay_id": "S-1", "note": "x", "role": "chief"},
    ],
)
def test_what_is_none_of_these_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DESK_EVENT.validate_python(COMMON | fields)


def test_the_page_describes_every_type_and_its_example_is_one() -> None:
    page = (DOCS / "topics.md").read_text()
    [block] = re.findall(r"^```json desk\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    example = text.parse(block)
    assert example["topic"] == DESK and DESK_EVENT.validate_python(example["value"]).decision == "approached"
    section = page.partition(f"### {DESK}\n")[2].partition("\n## ")[0]
    schema = DESK_EVENT.json_schema()
    for name, model in schema["$defs"].items():
        assert all(f"`{field}`" in section for field in model["properties"]), name
        assert f"`{model['properties']['type']['const']}`" in section
