"""A ward that sends FHIR: from the body to the events, whatever the order, and nobody is named."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from picustream.gateways.site.config import Site, Units
from picustream.gateways.site.load import LoadedSite
from tests.gateways.converting import KEY, Result, converted
from tests.gateways.fhir.bodies import LABORATORY, MDC, Json, bundle, concept, encounter, observation, patient, quantity
from tests.gateways.fhir.test_known import METRIC, SPECIMEN
from tests.gateways.fhir.test_people import LOCATIONS

SITE = LoadedSite(Site(unit=[Units(match="PICU")], source=[LABORATORY]), KEY)
IN_PICU = "2025-03-02T20:00:00+08:00"
NAMES = ("Zaphod", "Beeblebrox", "Ursa Minor", "0042", "p1", "urn:hospital", "V7", "R77")
PEOPLE: list[Json] = [
    *LOCATIONS,
    patient(name=[{"family": NAMES[1], "given": [NAMES[0]]}], address=[{"city": NAMES[2]}]),
    encounter(subject={"reference": "Patient/p1", "display": NAMES[0]}),
]
VALUES: list[Json] = [
    observation(effectiveDateTime=IN_PICU, identifier=[{"value": "R77"}], note=[{"text": NAMES[1]}]),
    observation(id="o2", code=concept("9269-2"), valueQuantity=None, valueInteger=15, effectiveDateTime=IN_PICU),
    observation(id="o3", code=concept("777-3"), valueQuantity=quantity(5, "10*9/L", comparator="<"),
                effectiveDateTime=IN_PICU),
    observation(id="o4", code=concept("85354-9"), valueQuantity=None, effectiveDateTime=IN_PICU, component=[
        {"code": concept("8480-6"), "valueQuantity": quantity(80, "mm[Hg]")},
        {"code": concept("8478-0"), "valueQuantity": quantity(60, "mm[Hg]")},
    ]),
    observation(id="o5", valueQuantity=None, dataAbsentReason=concept("error"), effectiveDateTime=IN_PICU),
    observation(id="o6", valueQuantity=None, valueString=NAMES[0], effectiveDateTime=IN_PICU),
]  # fmt: skip


def stated_by(result: Result) -> list[tuple[str, ...]]:
    """Of each event what it states, without what names the message and the place in it."""

    def body_of(body: Json) -> str:
        listed = sorted(body.get("observations", []), key=lambda one: str(one["id"]))
        return json.dumps({**body, "event_id": "", "observations": listed})

    events = zip(result.events, result.bodies, strict=True)
    return sorted((event.topic, event.key, body_of(body)) for event, body in events)


def observations(result: Result) -> list[tuple[Any, ...]]:
    return sorted((one["code"], one["value"], one.get("comparator")) for one in result.observations)


def in_bundle(*resources: Json) -> bytes:
    return json.dumps(bundle(*resources)).encode()


def test_each_value_has_one_fate() -> None:
    result = converted([in_bundle(*PEOPLE, *VALUES)], SITE)
    assert result.tally.as_json()["values"] == {"seen": 7, "sent": 4, "ignored": 1, "empty": 1, "letters": 1}
    assert observations(result) == [
        ("2160-0", 0.7, None),
        ("777-3", 5, "<"),
        ("8478-0", 60, None),
        ("9269-2", 15, None),
    ]
    assert [(letter.reason, letter.path) for letter in result.letters] == [
        ("value-not-numeric", "/entry/11/resource/valueString")
    ]
    assert [event.topic for event in result.events].count("picu.adt.v1") == 1


def test_nobody_is_named() -> None:
    result = converted([in_bundle(*PEOPLE, *VALUES)], SITE)
    said = json.dumps([result.bodies, [letter.as_json() for letter in result.letters], result.tally.as_json()])
    words = {word for word in NAMES if len(word) > 2}
    assert {word for word in words if word in said} == set()
    assert '"p1"' not in said


@settings(max_examples=20)
@given(st.permutations([*PEOPLE, *VALUES]))
def test_the_order_of_a_bundle_changes_no_event(entries: list[Json]) -> None:
    assert stated_by(converted([in_bundle(*entries)], SITE)) == stated_by(
        converted([in_bundle(*PEOPLE, *VALUES)], SITE)
    )


def facts(result: Result) -> list[Json]:
    """What holds of stays at last: of each fact the version that was filed last."""
    versions = sorted((body for body in result.bodies if "type" in body), key=lambda body: str(body["recorded_at"]))
    last = {(body["stay_id"], body["type"], body.get("id")): body for body in versions}
    return [
        {name: body.get(name) for name in ("type", "occurred_at", "unit", "bed", "birth_date", "sex")}
        for body in last.values()
        if body.get("status") != "entered-in-error"
    ]


@settings(max_examples=60)
@given(st.permutations([*PEOPLE, *VALUES]))
def test_what_comes_before_its_patient_visit_or_place_waits(entries: list[Json]) -> None:
    """One by one, as a rest-hook sends them, in any order."""
    result, whole = one_by_one(entries), converted([in_bundle(*PEOPLE, *VALUES)], SITE)
    assert observations(result) == observations(whole)
    assert facts(result) == facts(whole) and len(facts(result)) == 1
    assert len({body["stay_id"] for body in result.bodies}) == 1
    assert result.reasons == ["value-not-numeric"]


def one_by_one(entries: Iterable[Json]) -> Result:
    return converted([json.dumps(one).encode() for one in entries], SITE)


@settings(max_examples=20)
@given(st.permutations([*PEOPLE, *VALUES]), st.booleans())
def test_a_place_that_never_comes_is_a_letter_unless_the_reference_names_it(entries: list[Json], named: bool) -> None:
    said = {"display": "Ward 3"} if named else {}
    places = [{"location": {"reference": "Location/elsewhere", **said}, "period": {"start": IN_PICU}}]
    away = encounter(location=places)
    result = one_by_one([away if one["resourceType"] == "Encounter" else one for one in entries])
    assert facts(result) == []
    assert Counter(result.reasons) == Counter(["value-not-numeric"] + ["location-not-known"] * (not named))
    ignored = {code for code in result.tally.ignored if code.endswith(": elsewhere")}
    assert len(ignored) == 4, "she was somewhere else, as far as is known"


def test_a_place_that_turns_out_to_be_another_ward_takes_the_stay_back() -> None:
    places = [{"location": {"reference": "Location/ward"}, "period": {"start": IN_PICU}}]
    away = {"resourceType": "Location", "id": "ward", "name": "Surgery"}
    picu = {**away, "name": "PICU"}
    assert len(facts(one_by_one([PEOPLE[-2], encounter(location=places), picu]))) == 1
    assert facts(one_by_one([PEOPLE[-2], encounter(location=places), away])) == []


def test_the_same_again_changes_nothing() -> None:
    body = in_bundle(*PEOPLE, *VALUES)
    once, twice = converted([body], SITE), converted([body, body], SITE)
    assert {event.event_id: event.value for event in twice.events} == {
        event.event_id: event.value for event in once.events
    }


DEVICES = LoadedSite(Site(unit=[Units(match="PICU")], source=[LABORATORY.model_copy(update={"presets": ["mii"]})]), KEY)
GAS = observation(
    id="g1", code=concept("11556-8"), valueQuantity=quantity(70, "mm[Hg]"), effectiveDateTime=IN_PICU,
    specimen={"reference": "Specimen/s1"},
)  # fmt: skip
PEEP = observation(
    id="v1", code=concept("151976", MDC), valueQuantity=quantity(6, "cm[H2O]"), effectiveDateTime=IN_PICU,
    device={"reference": "DeviceMetric/m1"},
)  # fmt: skip


@settings(max_examples=40)
@given(st.permutations([*PEOPLE, GAS, PEEP, SPECIMEN, METRIC]))
def test_what_comes_before_the_specimen_or_device_that_decides_it_waits(entries: list[Json]) -> None:
    result = converted([json.dumps(one).encode() for one in entries], DEVICES)
    assert observations(result) == [("11556-8", 70, None), ("peep", 6, None)]
    assert result.reasons == [] and result.tally.values["sent"] == 2
    assert {body["specimen"] for body in result.bodies if "specimen" in body} == {"arterial"}


@settings(max_examples=10)
@given(st.permutations([*PEOPLE, GAS, PEEP, *VALUES]))
def test_what_waits_in_vain_for_its_specimen_or_device_is_a_letter(entries: list[Json]) -> None:
    result = converted([json.dumps(one).encode() for one in entries], DEVICES)
    assert sorted(result.reasons) == ["setting-not-said", "specimen-not-known", "value-not-numeric"]
    assert observations(result) == observations(one_by_one([*PEOPLE, *VALUES]))


@pytest.mark.parametrize(
    ("kind", "fate"),
    [("BLDA", "sent"), ("BLDV", "ignored"), ("BLD", "ignored")],
)
def test_a_gas_that_is_of_arteries_alone_is_none_of_a_vein(kind: str, fate: str) -> None:
    result = converted([in_bundle(*PEOPLE, GAS, {**SPECIMEN, "type": concept(kind)})], DEVICES)
    assert (result.tally.values[fate], result.tally.values["seen"], result.reasons) == (1, 1, [])


@pytest.mark.parametrize(
    ("category", "code"), [("setting", "peep"), ("measurement", "peep_measured"), ("calculation", "peep_measured")]
)
def test_the_metric_says_whether_a_peep_was_set(category: str, code: str) -> None:
    result = converted([in_bundle(*PEOPLE, PEEP, {**METRIC, "category": category})], DEVICES)
    assert [one["code"] for one in result.observations] == [code]


def test_a_history_is_its_last_version_and_a_deletion_in_it_a_letter() -> None:
    """Newest first, as servers answer `_history`."""
    versions = [
        observation(effectiveDateTime=IN_PICU, status=status, valueQuantity=quantity(value),
                    meta={"versionId": str(number), "lastUpdated": f"2025-03-03T0{number}:00:00Z"})
        for number, (status, value) in enumerate([("preliminary", 0.6), ("final", 0.7), ("corrected", 0.8)], 1)
    ]  # fmt: skip
    gone = {"fullUrl": "urn:x", "request": {"method": "DELETE", "url": "Observation/o1"}}
    entries = [gone, *bundle(*versions[::-1])["entry"]]
    body = {"resourceType": "Bundle", "type": "history", "entry": entries}
    result = converted([in_bundle(*PEOPLE), json.dumps(body).encode()], SITE)
    last = max((body for body in result.bodies if "observations" in body), key=lambda body: str(body["recorded_at"]))
    assert [(one["value"], one["status"]) for one in last["observations"]] == [(0.8, "corrected")]
    assert len({one["id"] for one in result.observations}) == 1
    assert [(letter.reason, letter.path) for letter in result.letters] == [("deleted", "/entry/0/request")]


@pytest.mark.parametrize("kind", ["transaction", "batch", "collection", "message", "searchset", "document", ""])
def test_every_kind_of_bundle_makes_the_same_events(kind: str) -> None:
    result = converted([json.dumps(bundle(*PEOPLE, *VALUES, kind=kind)).encode()], SITE)
    assert stated_by(result) == stated_by(converted([in_bundle(*PEOPLE, *VALUES)], SITE))


@pytest.mark.parametrize(
    ("given_unit", "sent"),
    [
        ({"unit": "mmHg"}, "mm[Hg]"),
        ({"unit": "mm[Hg]"}, "mm[Hg]"),
        ({"code": "mm[Hg]"}, "mm[Hg]"),
        ({"unit": "mmHg", "code": "mm[Hg]"}, "mm[Hg]"),
        ({"unit": "millimeter of mercury", "code": "mm[Hg]", "system": "http://unitsofmeasure.org"}, "mm[Hg]"),
        ({"unit": "mmHg", "code": "259018001", "system": "http://snomed.info/sct"}, "mm[Hg]"),
        ({"unit": "mmHg", "code": "266016", "system": MDC}, "mm[Hg]"),
        ({"code": "266016", "system": MDC}, "mm[Hg]"),
        ({"unit": "torr"}, "unit-unknown"),
        ({"unit": "mg/dL"}, "unit-mismatch"),
        ({}, "unit-missing"),
    ],
)
def test_units_by_code_and_by_text(given_unit: Json, sent: str) -> None:
    one = observation(code=concept("8478-0"), valueQuantity={"value": 60, **given_unit}, effectiveDateTime=IN_PICU)
    result = converted([in_bundle(*PEOPLE, one)], SITE)
    assert [*(one["unit"] for one in result.observations), *result.reasons] == [sent]


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ("2025-03-02T12:00:00.123456789Z", None),
        ("2025-03-02T12:00Z", None),
        ("2025-03-02T20:00:00+08:00", None),
        ("2025-03-02T12:00:00", "time-without-zone"),
        ("2025-03-02T12:00:60Z", "time-unreadable"),
        ("2025-03-02T12Z", "time-unreadable"),
        ("2025-03-02", "time-too-coarse"),
    ],
)
def test_the_forms_of_a_time(at: str, reason: str | None) -> None:
    for name in ("effectiveDateTime", "effectiveInstant"):
        one = observation(**{"effectiveDateTime": None, name: at})
        result = converted([in_bundle(*PEOPLE, one)], SITE)
        assert result.reasons == ([reason] if reason else [])
        assert len(result.observations) == (reason is None)


def test_a_visit_as_r5_writes_it_is_a_letter_and_no_stay() -> None:
    """Its period has another name, and its class is a list: what it says of time is not guessed."""
    visit = {name: field for name, field in encounter().items() if name not in ("period", "location")}
    visit |= {"class": [concept("IMP")], "actualPeriod": {"start": IN_PICU}}
    visit["location"] = [{"location": {"reference": "Location/bed-4"}}]
    assert converted([in_bundle(*LOCATIONS, PEOPLE[-2], visit)], SITE).reasons == ["no-location-time"]
    discharged = {**encounter(), "status": "discharged"}
    assert converted([in_bundle(*LOCATIONS, PEOPLE[-2], discharged)], SITE).reasons == ["status-unknown"]
