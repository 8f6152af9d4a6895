"""A ward that sends FHIR: from the body to the events, whatever the order, and nobody is named."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from picustream.gateways.site.config import Site, Units
from picustream.gateways.site.load import LoadedSite
from tests.gateways.converting import KEY, Result, converted
from tests.gateways.fhir.bodies import LABORATORY, Json, bundle, concept, encounter, observation, patient, quantity
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
