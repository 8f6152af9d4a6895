"""What is answered over HTTP, and that no value of a message is in an answer."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.fhir.outcome import MOST, outcome
from picustream.gateways.fhir.replies import (
    Address,
    Reply,
    address_of,
    cannot_store,
    deletion,
    mismatch,
    refusal,
    reply,
    unauthorised,
    unreadable,
)
from picustream.gateways.fhir.resources import LARGEST, Resource, read
from picustream.gateways.statement import Unreadable
from picustream.scoring.faults import Fault
from tests.gateways.fhir.bodies import Json, bundle, observation, patient, reasons, stated, values

JSON = "application/fhir+json"
LETTER = Fault("unit-unknown", "/entry/1/resource/valueQuantity", "a unit that is not known")


def parsed(*bodies: Any) -> list[Resource]:
    return read(b"\n".join(json.dumps(body).encode() for body in bodies))


def address(method: str, path: str) -> Address:
    found = address_of(method, path)
    assert isinstance(found, Address)
    return found


def codes(found: Reply) -> list[str]:
    return [coding["code"] for issue in found.outcome["issue"] for coding in issue["details"].get("coding", [])]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/fhir", None),
        ("POST", "/fhir/", None),
        ("POST", "/fhir/Observation", None),
        ("PUT", "/fhir/Observation/o-1.2", None),
        ("put", "/fhir/Observation/1", None),
        ("PUT", "/fhir", 405),
        ("PUT", "/fhir/Observation", 405),
        ("POST", "/fhir/Observation/1", 405),
        ("DELETE", "/fhir/Observation/1", None),
        ("DELETE", "/fhir/Observation", 405),
        ("DELETE", "/fhir", 405),
        ("PATCH", "/fhir/Observation/1", 405),
        ("GET", "/fhir/Observation", 405),
        ("GET", "/fhir/metadata", 404),
        ("POST", "/", 404),
        ("POST", "/fhirx", 404),
        ("PUT", "/fhir/Observation/1/_history/2", 404),
        ("PUT", "/fhir/Observation/" + "1" * 65, 404),
    ],
)
def test_where_to_send(method: str, path: str, status: int | None) -> None:
    found = refusal(method, path, JSON, 10)
    assert (found.status if found else None) == status
    if status == 405:
        assert found is not None
        assert found.headers["Allow"] in ("POST", "PUT, DELETE")


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (JSON, None),
        ("application/fhir+json; charset=UTF-8", None),
        ('application/json;charset="utf-8"', None),
        ("application/fhir+json; fhirVersion=4.0", None),
        ("application/fhir+ndjson", None),
        ("application/gzip", None),
        ("", None),
        ("application/fhir+xml", 415),
        ("text/xml", 415),
        ("text/html", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/fhir+json; charset=iso-8859-1", 415),
    ],
)
def test_what_kind_of_content(content_type: str, status: int | None) -> None:
    found = refusal("POST", "/fhir", content_type, 10)
    assert (found.status if found else None) == status


def test_a_body_that_is_too_large_is_refused_before_it_is_taken() -> None:
    assert refusal("POST", "/fhir", JSON, LARGEST) is None
    assert refusal("POST", "/fhir", JSON, None) is None
    found = refusal("POST", "/fhir", JSON, LARGEST + 1)
    assert found is not None
    assert (found.status, codes(found)) == (413, ["too-large"])


def test_an_empty_ping_is_answered() -> None:
    assert refusal("POST", "/fhir", "", 0) is None
    assert refusal("POST", "/fhir", "text/plain", 0) is None
    assert mismatch(address("POST", "/fhir"), read(b"")) is None
    assert reply(address("POST", "/fhir"), read(b""), (), ()).status == 200


@pytest.mark.parametrize(
    ("raw", "status"), [(b"{", 400), (b"[]", 400), (b"<Patient/>", 415), (b"\x1f\x8bx", 400), (b'{"a": NaN}', 400)]
)
def test_a_body_that_cannot_be_read(raw: bytes, status: int) -> None:
    with pytest.raises(Unreadable) as error:
        read(raw)
    found = unreadable(error.value.fault)
    assert found.status == status
    assert [issue["severity"] for issue in found.outcome["issue"]] == ["error"]
    assert unreadable(Fault("too-large", "", "more than 16 MiB")).status == 413


@pytest.mark.parametrize(
    ("method", "path", "body", "fits"),
    [
        ("POST", "/fhir", observation(), True),
        ("POST", "/fhir", bundle(observation()), True),
        ("POST", "/fhir/Observation", observation(contained=[patient()]), True),
        ("POST", "/fhir/Observation", patient(), False),
        ("POST", "/fhir/Observation", bundle(observation()), False),
        ("PUT", "/fhir/Observation/o1", observation(), True),
        ("PUT", "/fhir/Observation/o2", observation(), False),
        ("PUT", "/fhir/Observation/o1", observation(id=None), False),
        ("PUT", "/fhir/Patient/o1", observation(), False),
    ],
)
def test_a_body_fits_its_address(method: str, path: str, body: Json, fits: bool) -> None:
    found = mismatch(address(method, path), parsed(body))
    assert (found is None) == fits
    assert found is None or found.status == 400


def test_a_deletion_is_kept_as_an_entry_of_a_history_and_is_a_letter() -> None:
    to = address("DELETE", "/fhir/Observation/o1")
    found = read(deletion(to))
    assert mismatch(to, found) is None
    assert reasons(stated(deletion(to))) == ["deleted"]
    assert reply(to, found, [Fault("deleted", "/entry/0/request", "deleted")], ()).status == 202
    assert [one.unused for one in stated(deletion(address("DELETE", "/fhir/Flag/1")))] == ["unused-kind"]


def test_several_lines_fit_an_address_of_their_type_and_none_of_one_resource() -> None:
    lines = parsed(observation(), observation(id="o2"))
    assert mismatch(address("POST", "/fhir/Observation"), lines) is None
    assert mismatch(address("PUT", "/fhir/Observation/o1"), lines) is not None
    assert mismatch(address("PUT", "/fhir/Observation/o1"), []) is not None


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/fhir", 200), ("POST", "/fhir/Observation", 201), ("PUT", "/fhir/Observation/o1", 200)],
)
def test_what_is_stored_and_published_whole(method: str, path: str, status: int) -> None:
    found = reply(address(method, path), parsed(observation()), (), ())
    assert found.status == status
    assert [issue["severity"] for issue in found.outcome["issue"]] == ["information"]


def test_letters_are_accepted_with_a_warning_unless_the_source_asks_for_an_error() -> None:
    to = address("POST", "/fhir/Observation")
    found = reply(to, parsed(observation()), [LETTER], ())
    assert found.status == 202
    assert found.outcome["issue"] == [
        {
            "severity": "warning",
            "code": "value",
            "details": {
                "text": "a unit that is not known",
                "coding": [{"system": "urn:picustream:letter", "code": "unit-unknown"}],
            },
            "diagnostics": "/entry/1/resource/valueQuantity",
        }
    ]
    other = Fault("no-stay", "", "no stay")
    found = reply(to, parsed(observation()), [other, LETTER], ["unit-unknown"])
    assert (found.status, codes(found)) == (422, ["unit-unknown"])
    assert found.outcome["issue"][0]["severity"] == "error"


@pytest.mark.parametrize("kind", ["transaction", "batch"])
def test_a_transaction_is_answered_entry_by_entry(kind: str) -> None:
    found = reply(address("POST", "/fhir"), parsed(bundle(*[observation()] * 3, kind=kind)), [LETTER], ())
    assert (found.status, found.outcome["type"]) == (202, f"{kind}-response")
    assert [entry["response"]["status"] for entry in found.outcome["entry"]] == ["200 OK", "202 Accepted", "200 OK"]
    assert found.outcome["entry"][1]["response"]["outcome"]["issue"][0]["diagnostics"] == LETTER.path


def test_a_letter_about_the_whole_of_a_transaction_is_answered_as_one() -> None:
    whole = Fault("no-stay", "", "no stay")
    found = reply(address("POST", "/fhir"), parsed(bundle(observation())), [whole], ())
    assert (found.status, found.outcome["resourceType"]) == (202, "OperationOutcome")
    found = reply(address("POST", "/fhir"), parsed(bundle(observation(), kind="message")), (), ())
    assert (found.status, found.outcome["resourceType"]) == (200, "OperationOutcome")


def test_who_is_not_known_and_what_nobody_took() -> None:
    assert (unauthorised().status, unauthorised().headers) == (401, {"WWW-Authenticate": "Bearer"})
    assert (cannot_store().status, cannot_store().headers) == (503, {"Retry-After": "5"})


@given(st.integers(0, 3 * MOST))
def test_an_answer_has_not_too_many_issues(count: int) -> None:
    found = outcome([LETTER] * count, "warning")["issue"]
    assert len(found) == min(count, MOST + 1)


CANARY = "Zaphod-99417"


def canaries(value: Any) -> Any:
    """Texts replaced by a name that is to come out nowhere."""
    if isinstance(value, dict):
        return {name: canaries(part) for name, part in value.items()}
    if isinstance(value, list):
        return [canaries(part) for part in value]
    return CANARY if isinstance(value, str) else value


@pytest.mark.parametrize(
    "field", sorted({*observation(), *patient(), "component", CANARY, f"value{CANARY}"} - {"resourceType"})
)
def test_no_fault_repeats_what_was_sent(field: str) -> None:
    for one in (observation(), patient()):
        spoiled = {**one, field: canaries(one.get(field, [CANARY, {CANARY: CANARY}]))}
        found = stated(bundle(spoiled, full_urls=False))
        faults = [fault for stating in found for fault in stating.faults]
        for value in values(found):
            parts = (value.value, value.status, value.observed_at, value.recorded_at)
            faults += [part for part in parts if isinstance(part, Fault)]
        assert CANARY not in json.dumps(reply(address("POST", "/fhir"), parsed(spoiled), faults, ()).outcome)
        assert all(CANARY not in value.path for value in values(found))


def test_no_resource_in_an_odd_place_repeats_its_name() -> None:
    found = read(json.dumps({"resourceType": "Basic", f"{CANARY} x": observation()}).encode())
    assert found[1].path == "/?"
