"""What goes out as FHIR says what the record says, no more and no less."""

import json
import random
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from picustream.eventfiles.outputs import Stored
from picustream.gateways.outgoing.newest import Newest
from picustream.gateways.outgoing.resources import SCORE_TOPICS, resource_of
from picustream.models.event import OBSERVATION_TOPICS
from picustream.runtime.errors import UserError
from picustream.scoring.trial.records import ELIGIBILITY
from tests.fhir.validator import faults
from tests.gateways.outgoing.records import stored

SEEDS = range(12)
TRIAL = re.compile(r'"(elapsed_day|sdtm_day|in_window|window|arm|picu_day)"|urn:picustream:(arm|window|elapsed|sdtm)')


def unexpected(error: UserError) -> None:
    raise error


def sent(one: Stored) -> dict[str, Any] | None:
    resource = resource_of(one, unexpected)
    return None if resource is None else json.loads(resource.body, parse_float=Decimal)


def pairs(*topics: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Records with their resources."""
    for seed in SEEDS:
        for one in stored(seed):
            resource = sent(one) if one.topic in topics else None
            if resource is not None:
                yield json.loads(one.value, parse_float=Decimal), resource


def parts(record: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    components = record["components"] or []
    return [*components.items()] if isinstance(components, dict) else [(one["organ"], one) for one in components]


def extensions(element: dict[str, Any], name: str) -> list[Any]:
    found = [one for one in element.get("extension", []) if one["url"] == f"urn:picustream:{name}"]
    return [next(value for key, value in one.items() if key.startswith("value")) for one in found]


def test_missing_is_never_zero_and_every_point_is_there() -> None:
    seen = set()
    for record, resource in pairs(*SCORE_TOPICS):
        assert resource["status"] == record["status"]
        for element, points in [(resource, record["total"]), *_parts_of(record, resource)]:
            seen.add(points is None)
            if points is None:
                assert "valueQuantity" not in element and element["dataAbsentReason"]["coding"]
            else:
                assert element["valueQuantity"]["value"] == points and "dataAbsentReason" not in element
    assert seen == {True, False}


def _parts_of(record: dict[str, Any], resource: dict[str, Any]) -> list[tuple[dict[str, Any], int | None]]:
    named = parts(record)
    components = resource.get("component", [])
    assert [one["code"]["coding"][0]["code"] for one in components] == [name for name, _ in named]
    return [(one, part["points"]) for one, (_, part) in zip(components, named, strict=True)]


def test_points_say_what_they_come_from() -> None:
    assumed = 0
    for record, resource in pairs(*SCORE_TOPICS):
        for component, (_, part) in zip(resource.get("component", []), parts(record), strict=True):
            assert extensions(component, "basis") == ([part["basis"]] if "basis" in part else [])
            assert extensions(component, "reason") == ([part["reason"]] if part["reason"] else [])
            assert [one["value"] for one in extensions(component, "measured")] == (
                [] if part["value"] is None else [part["value"]]
            )
            inputs = [one["id"] for one in part["inputs"] if one["topic"] in OBSERVATION_TOPICS]
            assert [one["identifier"]["value"] for one in extensions(component, "input")] == inputs
            assumed += part.get("basis") == "assumed-normal"
    assert assumed


def test_what_it_is_derived_from_is_named_once() -> None:
    most = 0
    for record, resource in pairs(*SCORE_TOPICS):
        used = {
            (f"urn:picustream:source:{one['source']}", one["id"])
            for _, part in parts(record)
            for one in part["inputs"]
            if one["topic"] in OBSERVATION_TOPICS
        }
        named = [(one["identifier"]["system"], one["identifier"]["value"]) for one in resource.get("derivedFrom", [])]
        assert len(named) == len(set(named)) and set(named) == used
        most = max(most, len(named))
    assert most > 4


def test_nothing_of_the_trial_is_in_a_score() -> None:
    """A ward that reads the server must not learn the study day, let alone the arm."""
    days = 0
    for record, resource in pairs(*SCORE_TOPICS):
        days += record["elapsed_day"] is not None
        assert not TRIAL.search(json.dumps(resource, default=str))
    assert days


def test_all_revisions_of_a_record_have_one_id_and_no_other_record_has_it() -> None:
    keys: dict[str, set[str]] = {}
    for record, resource in pairs(*SCORE_TOPICS, ELIGIBILITY):
        key = record["event_id"].rpartition("/r")[0]
        assert re.fullmatch(r"[A-Za-z0-9.-]{1,64}", resource["id"])
        assert resource["meta"]["versionId"] == str(record["revision"])
        assert {"system": "urn:picustream:record", "value": key} in resource["identifier"]
        keys.setdefault(resource["id"], set()).add(key)
    assert all(len(one) == 1 for one in keys.values()) and len(keys) > 50


def test_eligibility_says_the_state_and_each_reason() -> None:
    words = {"review": "potential-candidate"}
    states = set()
    for record, resource in pairs(ELIGIBILITY):
        if record["status"] == "entered-in-error":
            assert resource["status"] == "not-registered"
            continue
        states.add(record["state"])
        assert resource["status"] == words.get(record["state"], record["state"])
        given = [one["extension"] for one in resource["extension"] if one["url"].endswith(":criterion")]
        assert [one[0]["valueCode"] for one in given] == [one["criterion"] for one in record["criteria"]]
        met = [next((part["valueBoolean"] for part in one if part["url"] == "met"), None) for one in given]
        assert met == [one["met"] for one in record["criteria"]]
    assert len(states) > 2


@pytest.mark.parametrize("seed", SEEDS)
def test_the_newest_revision_is_what_is_sent_whatever_the_order(seed: int) -> None:
    records = list(stored(seed))
    last = {one.where.rpartition("/r")[0]: one.value for one in records}
    random.Random(seed).shuffle(records)
    newest = Newest()
    for one in records + records[: len(records) // 2]:
        newest.add(one, unexpected)
    assert sorted(one.value for one in newest.all()) == sorted(last.values())
    newest.close()


def test_the_hapi_validator_finds_no_fault() -> None:
    """Of each kind, status and shape that random histories make; and it does find a word that is none of FHIR's."""
    shapes: dict[tuple[Any, ...], str] = {}
    for seed in SEEDS:
        for one in stored(seed):
            resource = sent(one)
            if resource is not None:
                shape = (one.topic, resource["status"], *sorted(resource), "component" in resource)
                shapes.setdefault(shape, resource_text(one))
    resources = [*shapes.values(), next(iter(shapes.values())).replace('"status":"', '"status":"X', 1)]
    *found, spoilt = faults(resources)
    assert found == [[]] * len(shapes) and len(shapes) > 8
    assert spoilt


def resource_text(one: Stored) -> str:
    resource = resource_of(one, unexpected)
    assert resource is not None
    return resource.body.decode()
