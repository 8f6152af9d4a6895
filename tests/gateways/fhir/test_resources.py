"""Bodies and files: which resources are in them, and what is said about those that cannot be used."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.fhir import resources
from picustream.gateways.fhir.resources import read
from picustream.gateways.statement import Unreadable
from picustream.models.text import canonical
from tests.gateways.fhir.bodies import Json, bundle, observation, patient, quantity, reasons, stated, values

KEYS = st.text("abcXYZ_", min_size=1, max_size=8).filter(lambda key: key != "resourceType")
NUMBERS = st.integers(-(10**40), 10**40).map(str) | st.from_regex(
    r"-?(0|[1-9][0-9]{0,30})\.[0-9]{1,30}([eE][+-]?[0-9]{1,2})?", fullmatch=True
)
LEAVES = (
    NUMBERS
    | st.text(st.characters(codec="utf-8"), max_size=10).map(json.dumps)
    | st.sampled_from(["true", "false", "null"])
)


def object_of(parts: dict[str, str]) -> str:
    return "{" + ",".join(f"{json.dumps(name)}: {part}" for name, part in parts.items()) + "}"


TEXTS = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda parts: "[" + ", ".join(parts) + "]")
        | st.dictionaries(KEYS, inner, max_size=4).map(object_of)
    ),
    max_leaves=20,
)


def refused(raw: bytes) -> Unreadable:
    with pytest.raises(Unreadable) as found:
        read(raw)
    return found.value


@given(TEXTS)
def test_what_is_read_and_written_is_read_the_same(text: str) -> None:
    raw = f'{{"resourceType": "Basic", "part": {text}}}'.encode()
    (one,) = read(raw)
    written = canonical(one.fields)
    (again,) = read(written.encode())
    assert canonical(again.fields) == written


@given(NUMBERS)
def test_numbers_are_kept_as_they_are_written(text: str) -> None:
    (one,) = read(f'{{"resourceType": "Basic", "part": {text}}}'.encode())
    assert canonical(one.fields["part"]) == text


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_resources_or_unreadable(raw: bytes) -> None:
    try:
        found = read(raw)
    except Unreadable as error:
        assert error.fault.reason and error.fault.message
    else:
        assert all(one.kind or one.fault for one in found)


@given(st.binary(max_size=300), st.integers(0, 400))
def test_a_damaged_gzip_is_said_to_be_one(junk: bytes, cut: int) -> None:
    packed = gzip.compress(json.dumps(observation()).encode() + b"\n", mtime=0)
    raw = packed[: min(cut, len(packed) - 1)] + junk
    if raw.startswith(b"\x1f\x8b"):
        assert refused(raw).fault.reason in ("gzip-unreadable", "not-json", "not-a-resource")


def test_an_empty_body_has_no_resource() -> None:
    assert read(b"") == read(b" \r\n") == []


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'{"resourceType": ', "not-json"),
        (b'{"resourceType": "Observation", "value": NaN}', "not-json"),
        (b'{"resourceType": "Observation", "value": 1.}', "not-json"),
        (b'{"resourceType": "Observation", "note": "\xff"}', "not-json"),
        (b'{"resourceType": "Observation", "value": 1e99999999999999999999}', "not-json"),
        (b'{"resourceType": "Observation", "x": ' + b"[" * 200 + b"]" * 200 + b"}", "nested-too-deeply"),
        (b'{"resourceType": "Observation", "x": ' + b"[" * 90_000 + b"]" * 90_000 + b"}", "not-json"),
        (b"[]", "not-a-resource"),
        (b"7", "not-a-resource"),
        (b'{"id": "1"}', "not-a-resource"),
        (b'{"resourceType": 7}', "not-a-resource"),
        (b'<Observation xmlns="http://hl7.org/fhir"><valueInteger value="1"/></Observation>', "xml-not-read"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><Patient/>', "xml-not-read"),
    ],
)
def test_a_body_that_is_no_resource_says_why(raw: bytes, reason: str) -> None:
    assert refused(raw).fault.reason == reason


def test_values_of_an_unreadable_body_are_counted_where_they_can_be_seen() -> None:
    one = json.dumps(observation(component=[{}, {}])).encode()
    assert refused(one.replace(b"0.7", b"NaN")).values == 3
    assert refused(one[:-1]).values == 0


@pytest.mark.parametrize(
    ("xml", "count"),
    [
        ("<Observation><valueQuantity><value value='1'/></valueQuantity></Observation>", 1),
        ("<Observation><extension url='x'><valueCode value='1'/></extension></Observation>", 0),
        ("<Observation><component><valueInteger value='1'/></component><component/></Observation>", 2),
        ("<Bundle><Observation><dataAbsentReason/></Observation><Observation><valueTime/></Observation></Bundle>", 2),
        ("<Composition><component/><valueInteger value='1'/></Composition>", 0),
        pytest.param("<Observation><component " * 100_000, 100_000, id="many"),
    ],
)
def test_values_that_can_be_seen_in_xml_are_counted(xml: str, count: int) -> None:
    assert refused(xml.encode()).values == count


def test_what_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    one = json.dumps(observation()).encode()
    monkeypatch.setattr(resources, "LARGEST", len(one) - 1)
    assert refused(one).fault.reason == "too-large"
    monkeypatch.setattr(resources, "LARGEST", len(one))
    assert len(read(one)) == 1
    monkeypatch.setattr(resources, "UNPACKED", 10_000)
    assert refused(gzip.compress(b"\n" * 10_001)).fault.reason == "too-large"
    assert read(gzip.compress(b"\n" * 10_000)) == []


def test_a_byte_order_mark_is_passed_over() -> None:
    assert len(read(b"\xef\xbb\xbf" + json.dumps(observation()).encode())) == 1


@given(st.lists(st.sampled_from([b'{"resourceType": "Observation", "status": ', b"{", b'{"id": "x"}']), max_size=3))
def test_a_line_that_fails_is_a_letter_and_the_rest_goes_on(broken: list[bytes]) -> None:
    good = [json.dumps(observation(id=f"o{number}")).encode() for number in range(2)]
    raw = b"\n".join([good[0], *broken, good[1], b""])
    for packed in (raw, gzip.compress(raw), gzip.compress(raw[:40]) + gzip.compress(raw[40:])):
        found = stated(packed)
        assert [value.status for value in values(found)] == ["final", "final"]
        assert len(reasons(found)) == len(broken)
        assert [one.path for one in read(packed)] == [f"line[{number}]" for number in range(1, len(broken) + 3)]


@pytest.mark.parametrize("broken", [b"garbage", b"{", b'{"resourceType": "Observation", "sta', b"]}", b"[]", b"7"])
@pytest.mark.parametrize("first", [False, True])
def test_one_good_line_of_two_is_read(broken: bytes, first: bool) -> None:
    good = json.dumps(observation()).encode()
    lines = [broken, good] if first else [good, broken]
    found = stated(b"\n".join(lines) + b"\n")
    assert [value.status for value in values(found)] == ["final"]
    assert len(reasons(found)) == 1


@pytest.mark.parametrize("start", ["[\n", "[", "[\n\n", '[{"resource":{"resourceType":"Basic"}},\n'])
@pytest.mark.parametrize("between", [",\n", "\n,\n", "\n,"])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_bundle_with_each_entry_on_a_line_is_one_bundle(start: str, between: str, count: int) -> None:
    entries = between.join(json.dumps({"resource": observation(id=f"o{number}")}) for number in range(count))
    for end in ("]}", "\n]}", "\n]\n}\n"):
        raw = f'{{"resourceType":"Bundle","entry":{start}{entries}{end}'.encode()
        found = stated(raw)
        assert [value.status for value in values(found)] == ["final"] * count
        assert reasons(found) == [] and read(raw)[0].kind == "Bundle"


def test_a_line_whose_values_can_be_seen_has_a_letter_for_each() -> None:
    bad = json.dumps(observation(component=[{}])).replace("0.7", "NaN")
    found = stated("\n".join([json.dumps(observation(id="o2")), bad]).encode())
    faults = [value.status for value in values(found)]
    assert [getattr(one, "reason", one) for one in faults] == ["final", "not-json", "not-json"]


def test_lines_of_one_pretty_resource_are_one_resource() -> None:
    one = bundle(observation(), observation(id="o2"))
    for indent in (0, 1, 4):
        raw = json.dumps(one, indent=indent).encode()
        assert [found.kind for found in read(raw)] == ["Bundle", "Observation", "Observation"]
        assert read(raw.replace(b"\n", b"\r\n"))[1].path == "/entry/0/resource"


@pytest.mark.parametrize(
    "kind", ["transaction", "batch", "message", "collection", "history", "searchset", "document", ""]
)
def test_every_kind_of_bundle_is_read(kind: str) -> None:
    assert len(values(stated(bundle(observation(), kind=kind)))) == 1


def test_resources_are_found_wherever_they_are() -> None:
    nested = bundle({"resourceType": "Parameters", "parameter": [{"name": "x", "resource": bundle(observation())}]})
    report = {"resourceType": "DiagnosticReport", "id": "r", "contained": [observation(id="a"), patient(id="b")]}
    odd = {"resourceType": "Bundle", "entry": [{"response": {"outcome": observation(id="z")}}]}
    paths = [
        one.path
        for body in (nested, report, odd)
        for one in read(json.dumps(body).encode())
        if one.kind == "Observation"
    ]
    assert paths == [
        "/entry/0/resource/parameter/0/resource/entry/0/resource",
        "/contained/0",
        "/entry/0/response/outcome",
    ]


def test_a_field_given_twice_spoils_its_resource_alone() -> None:
    good, bad = json.dumps(observation()), json.dumps(observation(id="o2"))
    bad = bad.replace('"status": "final"', '"status": "final", "status": "cancelled"')
    raw = f'{{"resourceType": "Bundle", "entry": [{{"resource": {bad}}}, {{"resource": {good}}}]}}'.encode()
    first, second = (value.status for value in values(stated(raw)))
    assert getattr(first, "reason", None) == "field-twice"
    assert second == "final"


def test_half_a_character_spoils_its_resource_alone() -> None:
    found = stated(
        bundle(observation(id="\ud800"), observation(id="\U0001f600"), patient(identifier=[{"value": "\udfff"}]))
    )
    assert [getattr(value.status, "reason", "") for value in values(found)] == ["text-unreadable", ""]
    assert reasons(found) == ["text-unreadable"]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"request": {"method": "DELETE", "url": "Observation/1"}}, "deleted"),
        ({"request": {"method": "DELETE", "url": "https://host/fhir/Patient/1"}}, "deleted"),
        ({"request": {"method": "DELETE", "url": "Encounter?identifier=Patient/7"}}, "deleted"),
        ({"request": {"method": "PATCH", "url": "Patient/1"}}, "patch-not-read"),
        ({"resource": {"id": "1"}}, "not-a-resource"),
        (7, "not-a-resource"),
    ],
)
def test_an_entry_that_states_nothing_is_a_letter(entry: Any, reason: str) -> None:
    assert reasons(stated({"resourceType": "Bundle", "entry": [entry]})) == [reason]


def test_an_entry_of_no_use_is_none() -> None:
    entries = [{"request": {"method": "GET", "url": "Patient/1"}}, {"request": {"method": "DELETE", "url": "Flag/1"}}]
    (found,) = stated({"resourceType": "Bundle", "entry": entries})
    assert (found.kind, found.unused, found.faults) == ("Flag", "unused-kind", ())


def test_values_of_a_deleted_observation_are_letters() -> None:
    entry = {"resource": observation(), "request": {"method": "DELETE", "url": "Observation/o1"}}
    (value,) = values(stated({"resourceType": "Bundle", "entry": [entry]}))
    assert getattr(value.status, "reason", None) == "deleted"


EXTENSION = {"url": "urn:none", "valueBoolean": True}


@pytest.mark.parametrize(
    "body",
    [
        observation(modifierExtension=[EXTENSION]),
        observation(implicitRules="urn:rules"),
        {**bundle(observation()), "implicitRules": "urn:rules"},
        {"resourceType": "Bundle", "entry": [{"resource": observation(), "modifierExtension": [EXTENSION]}]},
        {"resourceType": "Basic", "implicitRules": "urn:rules", "contained": [observation()]},
    ],
)
def test_an_unknown_modifier_is_a_letter(body: Json) -> None:
    (value,) = values(stated(body))
    assert getattr(value.status, "reason", None) == "modifier-unknown"


def test_an_unknown_modifier_of_a_component_is_about_it_alone() -> None:
    parts = [
        {"code": {}, "valueQuantity": quantity(1)},
        {"valueQuantity": quantity(1), "modifierExtension": [EXTENSION]},
    ]
    found = values(stated(observation(valueQuantity=None, component=parts)))
    assert [getattr(value.status, "reason", value.status) for value in found] == ["final", "modifier-unknown"]


def test_an_unknown_modifier_of_a_patient_or_visit_is_a_letter_without_a_movement() -> None:
    found = stated(bundle(patient(modifierExtension=[EXTENSION]), {"resourceType": "Encounter", "implicitRules": "x"}))
    assert reasons(found) == ["modifier-unknown", "modifier-unknown"]
    assert not any(one.movements for one in found)


@given(st.dictionaries(KEYS.map("x{}".format), st.none() | st.text() | st.lists(st.integers()), max_size=4))
def test_unknown_elements_change_nothing(further: Json) -> None:
    """A clinic's own elements, and those of later versions of FHIR."""
    plain = observation(component=[{"code": {"text": "c"}}])
    more = {**further, **plain, "component": [{**further, **plain["component"][0]}]}
    assert stated(more) == stated(plain)
