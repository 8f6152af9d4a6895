"""Observations as values, row by row of what is read of them."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.site.config import Source
from picustream.gateways.statement import Coding, Identifier, Value
from picustream.models.envelope import Status
from picustream.scoring.faults import Fault
from tests.gateways.fhir.bodies import (
    BASE,
    LABORATORY,
    LOINC,
    MDC,
    VENTILATOR,
    Json,
    bundle,
    concept,
    encounter,
    observation,
    patient,
    quantity,
    stated,
    value_of,
    values,
)

EIGHT = datetime(2025, 3, 3, 0, tzinfo=UTC)


def reason(found: Any) -> str:
    assert isinstance(found, Fault), found
    return found.reason


def test_what_is_read_of_a_plain_one() -> None:
    assert value_of(observation()) == Value(
        path="/valueQuantity",
        codings=(Coding("2160-0", LOINC),),
        identity=("resource", f"{BASE}/Observation", "o1"),
        value=Decimal("0.7"),
        unit="mg/dL",
        unit_is_ucum=True,
        status=Status.FINAL,
        observed_at=EIGHT,
        recorded_at=datetime(2025, 3, 3, 1, tzinfo=UTC),
    )


# --- identity


def test_the_identifier_of_the_configured_system_names_it() -> None:
    identifiers = [{"system": "urn:other", "value": "1"}, {"system": "urn:results", "value": "R9"}]
    configured = LABORATORY.model_copy(update={"observation_identifier": "urn:results"})
    one = observation(identifier=identifiers)
    assert value_of(one, configured).identity == ("identifier", "urn:results", "R9")
    assert value_of(one).identity == ("resource", f"{BASE}/Observation", "o1")


@pytest.mark.parametrize(
    ("entry", "identity"),
    [
        ({"fullUrl": "https://other/fhir/Observation/7"}, ("resource", "https://other/fhir/Observation", "7")),
        ({"request": {"method": "PUT", "url": "Observation/7"}}, ("resource", f"{BASE}/Observation", "7")),
        ({"fullUrl": "urn:uuid:1"}, ("time", f"{BASE}/Patient", "p1", EIGHT.isoformat(), LOINC, "2160-0")),
    ],
)
def test_without_an_id_of_its_own_the_address_names_it(entry: Json, identity: tuple[str, ...]) -> None:
    body = {"resourceType": "Bundle", "entry": [{"resource": observation(id=None), **entry}]}
    assert value_of(body).identity == identity


def test_without_any_id_an_identifier_names_it() -> None:
    one = observation(id=None, identifier=[{"value": "R1"}])
    assert value_of(one).identity == ("identifier", "", "R1", LOINC, "2160-0")


def test_without_any_name_two_patients_have_two() -> None:
    """A transaction that creates observations names them by addresses of its own alone."""

    def identity(subject: Json, *others: Json) -> tuple[str, ...]:
        entries = [{"fullUrl": f"urn:uuid:{index}", "resource": one} for index, one in enumerate(others)]
        one = observation(id=None, subject=subject, encounter=None)
        body = {"resourceType": "Bundle", "entry": [{"fullUrl": "urn:uuid:o", "resource": one}, *entries]}
        return values(stated(body))[0].identity

    first = identity({"reference": "urn:uuid:0"}, patient(id=None))
    assert first == identity({"reference": "urn:uuid:1"}, encounter(id=None), patient(id=None)), "in another message"
    assert first != identity({"reference": "urn:uuid:0"}, patient(id=None, identifier=[{"value": "7"}]))
    assert identity({"reference": "Patient/a"}) != identity({"reference": "Patient/b"})
    assert identity({"reference": "urn:uuid:7"}) != identity({"reference": "urn:uuid:8"})


def test_a_contained_one_is_named_with_what_contains_it() -> None:
    report = {"resourceType": "DiagnosticReport", "id": "r1", "contained": [observation(id="a", subject=None)]}
    report["subject"] = {"reference": "Patient/p7"}
    (found,) = [one for one in stated(report) if one.values]
    assert found.values[0].identity == ("resource", f"{BASE}/DiagnosticReport", "r1#a")
    assert found.subject.patients[0].value == "p7"


def test_components_are_named_by_their_code_whatever_the_order_of_codings() -> None:
    codings = [{"system": MDC, "code": "150033"}, {"system": LOINC, "code": "8480-6"}, {"system": "urn:x", "code": "a"}]
    for order in (codings, codings[::-1]):
        part = {"code": {"coding": order}, "valueQuantity": quantity(1)}
        found = value_of(observation(valueQuantity=None, component=[part]))
        assert found.identity == ("resource", f"{BASE}/Observation", "o1", LOINC, "8480-6")
        assert {one.code for one in found.codings} == {"150033", "8480-6", "a"}
        assert found.path == "/component/0"


def test_members_of_a_panel_are_not_followed() -> None:
    assert values(stated(observation(valueQuantity=None, hasMember=[{"reference": "Observation/o2"}]))) == []


# --- codes


def test_every_coding_is_stated_and_one_without_a_system_is_the_sources_own() -> None:
    codings = [
        {"code": "K1"},
        {"system": "urn:oid:2.16.840.1.113883.6.1", "code": " 2160-0 "},
        {"display": "none"},
        {},
        3,
    ]
    source = Source(name="s", kind="laboratory", system="urn:local")
    assert value_of(observation(code={"coding": codings}), source).codings == (
        Coding("K1", "urn:local"),
        Coding("2160-0", LOINC),
    )


# --- status


@pytest.mark.parametrize("word", list(Status))
def test_the_words_of_status_are_ours(word: Status) -> None:
    found = value_of(observation(status=word.value))
    assert found.status == word
    assert (found.value is None) == (word in {"registered", "cancelled", "entered-in-error", "unknown"})


@pytest.mark.parametrize("word", ["Final", "", "F", 1, ["final"], {}, True])
def test_another_word_is_a_letter(word: Any) -> None:
    assert reason(value_of(observation(status=word)).status) == "status-unknown"


def test_no_status_is_the_sources_default_or_a_letter() -> None:
    assert reason(value_of(observation(status=None)).status) == "status-missing"
    source = LABORATORY.model_copy(update={"default_status": Status.PRELIMINARY})
    assert value_of(observation(status=None), source).status == "preliminary"


def test_a_withdrawal_needs_no_value() -> None:
    found = value_of(observation(status="entered-in-error", valueQuantity=None))
    assert (found.status, found.value) == ("entered-in-error", None)


def test_a_correction_without_a_value_is_a_letter() -> None:
    part = {"code": concept("2160-0")}
    assert (
        reason(value_of(observation(status="corrected", valueQuantity=None, component=[part])).value) == "value-missing"
    )


# --- values


@pytest.mark.parametrize("text", ["0.70", "1e2", "1.0E-3", "-0.0", "12345678901234567890.12345678901234567890"])
def test_decimals_are_kept_as_they_are_written(text: str) -> None:
    raw = json.dumps(observation()).replace('"value": 0.7', f'"value": {text}').encode()
    found = value_of(raw).value
    assert isinstance(found, Decimal)
    assert getattr(found, "text", format(found, "f")) == text


@pytest.mark.parametrize("comparator", ["<", "<=", ">=", ">"])
def test_comparators_are_kept(comparator: str) -> None:
    found = value_of(observation(valueQuantity=quantity(5, comparator=comparator)))
    assert (found.value, found.comparator) == (5, comparator)


@pytest.mark.parametrize("comparator", ["ad", "~", "", 1, ["<"]])
def test_another_comparator_is_a_letter(comparator: Any) -> None:
    found = value_of(observation(valueQuantity=quantity(5, comparator=comparator)))
    assert reason(found.value) == "comparator-unknown"


ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"


def ordinal(*weights: Any) -> Json:
    codings = [{"code": "x", "extension": [{"url": ORDINAL, "valueDecimal": weight}]} for weight in weights]
    return {"coding": [{"code": "5"}, *codings], "text": "5"}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("valueInteger", 15, 15),
        ("valueInteger", 15.5, "value-not-numeric"),
        ("valueInteger", "15", "value-not-numeric"),
        ("valueCodeableConcept", ordinal(5), 5),
        ("valueCodeableConcept", ordinal(5, 5), 5),
        ("valueCodeableConcept", ordinal(4, 5), "repeated-value"),
        ("valueCodeableConcept", ordinal("5"), "value-not-numeric"),
        ("valueCodeableConcept", concept("5"), "value-not-numeric"),
        ("valueCodeableConcept", "5", "value-not-numeric"),
        ("valueQuantity", quantity("0.7"), "value-not-numeric"),
        ("valueQuantity", quantity(True), "value-not-numeric"),
        ("valueQuantity", [quantity(1)], "value-not-numeric"),
        ("valueQuantity", 7, "value-not-numeric"),
        ("valueString", "0.7", "value-not-numeric"),
        ("valueBoolean", True, "value-not-numeric"),
        ("valueDecimal", 7, "value-not-numeric"),
        ("valueSampledData", {"data": "1 2"}, "value-not-numeric"),
        ("valueRange", {"low": quantity(1)}, "value-range"),
        ("valueRatio", {"numerator": quantity(1)}, "value-ratio"),
        ("valueWhatever", 1, "value-not-numeric"),
    ],
)
def test_what_is_one_number_and_what_is_none(name: str, value: Any, expected: Any) -> None:
    found = value_of(observation(**{"valueQuantity": None, name: value})).value
    assert (found.reason if isinstance(found, Fault) else found) == expected


@pytest.mark.parametrize("value", [{"valueInteger": 15}, {"valueCodeableConcept": ordinal(15)}])
def test_an_integer_and_an_ordinal_are_points(value: Json) -> None:
    found = value_of(observation(valueQuantity=None, **value))
    assert (found.unit, found.unit_is_ucum) == ("{score}", True)


def test_two_values_of_one_are_a_letter() -> None:
    assert reason(value_of(observation(valueInteger=1)).value) == "repeated-value"


def test_no_name_that_is_not_of_fhir_is_repeated() -> None:
    found = value_of(observation(valueQuantity=None, valueEricsPotassium=1)).value
    assert isinstance(found, Fault)
    assert "Eric" not in found.path + found.message


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"valueInteger": 1}, "/valueInteger"),
        ({"valueEricsPotassium": 1}, "/value[x]"),
        ({"dataAbsentReason": concept("error")}, "/dataAbsentReason"),
        ({"status": "entered-in-error"}, "/status"),
    ],
)
def test_a_value_has_the_place_of_the_element_that_states_it(changes: Json, path: str) -> None:
    one = observation(**{"valueQuantity": None, **changes})
    assert value_of(one).path == path
    assert value_of(bundle(one)).path == f"/entry/0/resource{path}"


@pytest.mark.parametrize(
    ("fields", "unit", "is_ucum"),
    [
        ({"unit": "mg per dl", "system": "http://unitsofmeasure.org", "code": "mg/dL"}, "mg/dL", True),
        ({"unit": "mg/dL", "system": "http://unitsofmeasure.org"}, "mg/dL", False),
        ({"unit": "umol/L", "system": "http://snomed.info/sct", "code": "258814008"}, "umol/L", False),
        ({"unit": "umol/L"}, "umol/L", False),
        ({"system": MDC, "code": "266016"}, "266016", False),
        ({"unit": 3}, None, False),
        ({}, None, False),
    ],
)
def test_the_unit_is_the_code_of_ucum_or_the_text(fields: Json, unit: str | None, is_ucum: bool) -> None:
    found = value_of(observation(valueQuantity={"value": 1, **fields}))
    assert (found.unit, found.unit_is_ucum) == (unit, is_ucum)


def test_a_reason_why_there_is_no_value_makes_it_unknown() -> None:
    found = value_of(observation(valueQuantity=None, dataAbsentReason=concept("error", "urn:x")))
    assert (found.status, found.value, found.note) == ("unknown", None, "data-absent")
    part = {"code": {}, "dataAbsentReason": concept("masked")}
    assert value_of(observation(valueQuantity=None, component=[part])).note == "data-absent"
    cancelled = observation(status="cancelled", valueQuantity=None, dataAbsentReason=concept("x"))
    assert value_of(cancelled).status == "cancelled"


def test_a_quantity_without_a_number_is_no_value() -> None:
    assert value_of(observation(valueQuantity={"unit": "mg/dL"})).note == "data-absent"


def test_a_component_without_anything_is_counted_and_passes_nothing_on() -> None:
    found = value_of(observation(valueQuantity=None, component=[{"code": concept("1")}]))
    assert (found.status, found.value, found.note) == (None, None, "no-value")


def test_a_value_and_a_reason_why_there_is_none_is_a_letter() -> None:
    assert reason(value_of(observation(dataAbsentReason=concept("error"))).value) == "value-and-absent"


def test_an_own_value_and_components_are_all_values() -> None:
    parts = [{"code": concept(code), "valueQuantity": quantity(index)} for index, code in enumerate("abc")]
    found = values(stated(observation(component=parts)))
    assert [one.path for one in found] == ["/valueQuantity", "/component/0", "/component/1", "/component/2"]
    assert len({one.identity for one in found}) == 4


# --- times


@pytest.mark.parametrize(
    ("effective", "expected"),
    [
        ({"effectiveDateTime": "2025-03-03T08:00:00+08:00"}, EIGHT),
        ({"effectiveDateTime": "2025-03-03T00:00Z"}, EIGHT),
        ({"effectiveDateTime": "2025-03-03T08:00:00.000"}, EIGHT),
        ({"effectiveInstant": "2025-03-02T19:00:00.000-05:00"}, EIGHT),
        ({"effectivePeriod": {"start": "2025-03-03T08:00:00+08:00"}}, EIGHT),
        ({"effectivePeriod": {"end": "2025-03-03T08:00:00+08:00"}}, "period-open"),
        ({"effectivePeriod": "2025"}, "period-open"),
        ({"effectiveTiming": {"event": ["2025-03-03T08:00:00Z"]}}, "time-not-one"),
        ({"effectiveDateTime": "2025-03-03"}, "time-too-coarse"),
        ({"effectiveDateTime": "2025-03"}, "time-too-coarse"),
        ({"effectiveDateTime": "2025"}, "time-too-coarse"),
        ({"effectiveDateTime": "2025-02-30T08:00:00Z"}, "time-unreadable"),
        ({"effectiveDateTime": "20250303080000"}, "time-unreadable"),
        ({"effectiveDateTime": 2025}, "time-unreadable"),
        ({"effectiveDateTime": "2025-03-03T24:00:00Z"}, "time-unreadable"),
        ({"effectiveDateTime": "2025-03-03T08:00:00Z", "effectiveInstant": "2025-03-03T08:00:00Z"}, "repeated-time"),
        ({}, "no-collection-time"),
        ({"effectiveDateTime": ""}, "no-collection-time"),
        ({"issued": "2025-03-03T08:00:00Z"}, "no-collection-time"),
    ],
)
def test_the_clinical_time(effective: Json, expected: Any) -> None:
    found = value_of(observation(**{"effectiveDateTime": None, **effective})).observed_at
    assert (found.reason if isinstance(found, Fault) else found) == expected


def test_a_time_without_a_zone_is_a_letter_where_the_source_has_none() -> None:
    (found,) = values(stated(observation(effectiveDateTime="2025-03-03T08:00:00"), zone=None))
    assert reason(found.observed_at) == "time-without-zone"


@pytest.mark.parametrize(
    ("source", "specimen", "end"),
    [
        (LABORATORY, None, "start"),
        (VENTILATOR, None, "end"),
        (Source(name="s", kind="charting"), {"reference": "Specimen/s1"}, "start"),
        (LABORATORY.model_copy(update={"period": "end"}), None, "end"),
        (VENTILATOR.model_copy(update={"period": "start"}), None, "start"),
    ],
)
def test_which_end_of_a_period_is_the_time(source: Source, specimen: Any, end: str) -> None:
    period = {"start": "2025-03-03T00:00:00Z", "end": "2025-03-03T01:00:00Z"}
    found = value_of(observation(effectiveDateTime=None, effectivePeriod=period, specimen=specimen), source)
    assert found.observed_at == EIGHT.replace(hour=0 if end == "start" else 1)


def test_the_filing_time_is_that_of_the_version_else_that_of_issue() -> None:
    issued = "2025-03-03T02:00:00Z"
    assert value_of(observation(issued=issued)).recorded_at == EIGHT.replace(hour=1)
    assert value_of(observation(issued=issued, meta={"versionId": "2"})).recorded_at == EIGHT.replace(hour=2)
    assert value_of(observation(meta=None)).recorded_at is None


@pytest.mark.parametrize("word", ["amended", "corrected", "cancelled", "entered-in-error"])
def test_what_speaks_of_an_earlier_version_needs_a_filing_time(word: str) -> None:
    assert reason(value_of(observation(meta=None, status=word)).recorded_at) == "no-recorded-time"


# --- whom


def test_a_subject_is_named_by_its_reference_and_by_what_the_message_says_of_it() -> None:
    (found,) = [one for one in stated(bundle(observation(), patient(), encounter())) if one.values]
    assert found.subject.patients == (
        Identifier("p1", f"{BASE}/Patient", "", "Patient"),
        Identifier("0042", "urn:hospital", "MR", "Patient"),
    )
    assert found.subject.visits == (
        Identifier("e1", f"{BASE}/Encounter", "", "Encounter"),
        Identifier("V7", "urn:visits", "", "Encounter"),
    )


MR = {"system": "urn:hospital", "value": "0042", "type": {"coding": [{"code": "MR"}]}}


@pytest.mark.parametrize(
    ("subject", "names"),
    [
        ({"reference": "Patient/p1"}, [("p1", f"{BASE}/Patient")]),
        ({"reference": "Patient/p1/_history/3"}, [("p1", f"{BASE}/Patient")]),
        ({"reference": "https://else/fhir/Patient/p1"}, [("p1", "https://else/fhir/Patient")]),
        ({"reference": "Patient?identifier=urn:hospital|0042"}, [("0042", "urn:hospital")]),
        ({"identifier": MR}, [("0042", "urn:hospital")]),
        ({"reference": "Patient/p1", "identifier": MR}, [("p1", f"{BASE}/Patient"), ("0042", "urn:hospital")]),
        ({"reference": "urn:uuid:9"}, [("urn:uuid:9", "urn")]),
        ({"reference": "#c"}, [("C7", "")]),
        ({"reference": "#none"}, []),
        ({"reference": "Group/g1"}, []),
        ({"reference": "Device/d1"}, []),
        ({"display": "somebody"}, []),
        ("Patient/p1", []),
        (None, []),
    ],
)
def test_forms_of_references(subject: Any, names: list[tuple[str, str]]) -> None:
    contained = [{"resourceType": "Patient", "id": "c", "identifier": [{"value": "C7"}]}]
    (found,) = [one for one in stated(observation(subject=subject, contained=contained)) if one.values]
    assert [(one.value, one.authority) for one in found.subject.patients] == names


def test_a_temporary_address_leads_to_the_patient_of_the_bundle() -> None:
    entries = [
        {"resource": observation(subject={"reference": "urn:uuid:77"})},
        {"fullUrl": "urn:uuid:77", "resource": patient(id=None)},
    ]
    (found,) = [one for one in stated({"resourceType": "Bundle", "entry": entries}) if one.values]
    assert ("0042", "urn:hospital") in [(one.value, one.authority) for one in found.subject.patients]


def test_relative_references_of_an_entry_belong_to_its_own_server() -> None:
    entry = {"fullUrl": "https://else/fhir/Observation/o1", "resource": observation()}
    (found,) = stated({"resourceType": "Bundle", "entry": [entry]})
    assert found.subject.patients[0].authority == "https://else/fhir/Patient"


def test_without_a_base_the_type_stands_for_it() -> None:
    (found,) = stated(observation(), Source(name="s", kind="laboratory"))
    assert found.subject.patients[0].authority == "Patient"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = [
    "id", "meta", "identifier", "status", "code", "subject", "encounter", "effectiveDateTime", "effectivePeriod",
    "issued", "valueQuantity", "valueInteger", "valueCodeableConcept", "dataAbsentReason", "component", "device",
    "specimen", "method", "bodySite", "contained", "modifierExtension",
]  # fmt: skip


@given(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6))
def test_fields_of_any_type_make_values_or_letters_and_never_an_error(changes: Json) -> None:
    found = stated({**observation(), **changes})
    for value in values(found):
        assert value.status is not None or value.note
