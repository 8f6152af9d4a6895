"""Patients and Encounters as movements, row by row of what is read of them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.fhir.known import Known
from picustream.gateways.statement import Identifier, Move, Place, Stretch
from picustream.scoring.faults import Fault
from tests.gateways.fhir.bodies import (
    BASE,
    PSEUDONYMS,
    Json,
    bundle,
    encounter,
    movement_of,
    observation,
    patient,
    reasons,
    stated,
)
from tests.gateways.fhir.test_observation import JSON

NAMES = (Identifier("p1", f"{BASE}/Patient", "", "Patient"), Identifier("0042", "urn:hospital", "MR", "Patient"))
ENTERED = datetime(2025, 3, 2, 4, tzinfo=UTC)
LOCATIONS = (
    {"resourceType": "Location", "id": "ward", "name": "Surgery"},
    {"resourceType": "Location", "id": "picu", "name": "PICU"},
    {"resourceType": "Location", "id": "room", "name": "R2", "physicalType": {"coding": [{"code": "ro"}]},
     "partOf": {"reference": "Location/picu"}},
    {"resourceType": "Location", "id": "bed-4", "name": "Bed 4", "physicalType": {"coding": [{"code": "bd"}]},
     "partOf": {"reference": "Location/room"}},
)  # fmt: skip


def test_a_patients_names_are_one() -> None:
    (found,) = stated(patient())
    assert found.subject.patients == found.same == NAMES


def test_identifiers_out_of_use_and_empty_ones_are_none() -> None:
    identifiers = [{"use": "old", "value": "1"}, {"value": " "}, {"system": "urn:x"}, 7, {"value": "2"}]
    (found,) = stated(patient(id=None, identifier=identifiers))
    assert [one.value for one in found.same] == ["2"]


@pytest.mark.parametrize("born", ["2021-05-03", "2021-05", "2021"])
def test_the_date_of_birth_keeps_its_precision(born: str) -> None:
    assert movement_of(patient(birthDate=born)).birth_date == born


@pytest.mark.parametrize("born", ["", "2021-13", "03.05.2021", "2021-05-03T10:00:00Z", 2021])
def test_another_date_of_birth_is_a_letter_and_the_rest_is_used(born: Any) -> None:
    (found,) = stated(patient(birthDate=born))
    assert reasons([found]) == ["birth-date-unreadable"]
    assert (found.movements[0].birth_date, found.movements[0].sex) == (None, "female")


@pytest.mark.parametrize(
    ("word", "sex"),
    [
        ("male", "male"),
        ("female", "female"),
        ("other", "other"),
        ("unknown", "unknown"),
        ("M", "unknown"),
        (None, None),
    ],
)
def test_the_sex(word: str | None, sex: str | None) -> None:
    assert movement_of(patient(gender=word)).sex == sex


@pytest.mark.parametrize(
    ("deceased", "dead", "died_at"),
    [
        ({"deceasedDateTime": "2025-03-02T12:00:00+08:00"}, True, ENTERED),
        ({"deceasedDateTime": "2025-03-02"}, True, date(2025, 3, 2)),
        ({"deceasedDateTime": "2025-03"}, True, "time-too-coarse"),
        ({"deceasedDateTime": "yesterday"}, True, "time-unreadable"),
        ({"deceasedBoolean": True}, True, None),
        ({"deceasedBoolean": False}, False, None),
        ({"deceasedBoolean": "true"}, None, None),
        ({}, None, None),
    ],
)
def test_deaths(deceased: Json, dead: bool | None, died_at: Any) -> None:
    found = movement_of(patient(**deceased))
    at = found.died_at.reason if isinstance(found.died_at, Fault) else found.died_at
    assert (found.move, found.dead, at) == (Move.UPDATE, dead, died_at)


def test_a_patient_that_became_another_is_merged_into_it() -> None:
    link = [{"type": "replaced-by", "other": {"reference": "Patient/p2"}}]
    update, merge = stated(patient(link=link))
    assert update.movements[0].move is Move.UPDATE
    assert merge.movements[0].move is Move.MERGE
    assert [one.value for one in merge.subject.patients] == ["p2"]
    assert merge.movements[0].loser == NAMES
    assert merge.movements[0].path == "/link/0"


def test_a_patient_that_takes_anothers_place_is_the_survivor() -> None:
    _, merge = stated(patient(link=[{"type": "replaces", "other": {"identifier": {"value": "9"}}}]))
    assert merge.subject.patients == NAMES
    assert [one.value for one in merge.movements[0].loser] == ["9"]


@pytest.mark.parametrize("word", ["refer", "seealso", ""])
def test_other_links_say_nothing(word: str) -> None:
    assert len(stated(patient(link=[{"type": word, "other": {"reference": "Patient/p2"}}]))) == 1


@pytest.mark.parametrize("other", [None, {"reference": "RelatedPerson/1"}, {"display": "x"}])
def test_a_merge_that_names_nobody_is_a_letter(other: Any) -> None:
    assert reasons(stated(patient(link=[{"type": "replaced-by", "other": other}]))) == ["merge-incomplete"]


# --- visits


def test_a_visit_is_the_history_of_its_locations() -> None:
    (found,) = [one for one in stated(bundle(*LOCATIONS, encounter())) if one.movements]
    (movement,) = found.movements
    assert movement.move is Move.HISTORY
    assert movement.history == (
        Stretch(Place("Surgery"), datetime(2025, 3, 1, 2, tzinfo=UTC), ENTERED),
        Stretch(Place("PICU", "Bed 4"), ENTERED, None),
    )
    assert (movement.ended, movement.admitted_at) == (False, datetime(2025, 3, 1, 2, tzinfo=UTC))
    assert movement.recorded_at == datetime(2025, 3, 3, 2, tzinfo=UTC)
    assert found.same == found.subject.visits
    assert [(one.value, one.field) for one in found.same] == [("e1", "Encounter"), ("V7", "Encounter")]
    assert [one.value for one in found.subject.patients] == ["p1"]
    assert found.warnings == ()


def test_locations_are_known_from_earlier_messages() -> None:
    known = Known({}, PSEUDONYMS.observation)
    stated(bundle(*LOCATIONS), known=known)
    assert movement_of(encounter(), known).history[1].place == Place("PICU", "Bed 4")


def test_a_location_that_nobody_sent_is_what_the_reference_says() -> None:
    locations = [{"location": {"reference": "Location/L1"}}]
    (found,) = stated(encounter(location=locations))
    assert found.movements[0].history[0].place == Place("L1")
    assert found.warnings == ("location-not-known",)
    named = [{"location": {"reference": "Location/L1", "display": "PICU"}}]
    assert movement_of(encounter(location=named)).history[0].place == Place("PICU")


def test_locations_in_one_another_without_end_have_a_name_all_the_same() -> None:
    beds = [{**LOCATIONS[3], "id": one, "name": one, "partOf": {"reference": f"Location/{other}"}}
            for one, other in ("ab", "ba")]  # fmt: skip
    locations = [{"location": {"reference": "Location/a"}}]
    assert movement_of(bundle(*beds, encounter(location=locations))).history[0].place.unit in ("a", "b")


@pytest.mark.parametrize("status", ["arrived", "triaged", "in-progress", "onleave"])
def test_a_visit_that_goes_on(status: str) -> None:
    assert not movement_of(encounter(status=status)).ended


def test_the_end_of_a_visit_ends_its_last_location() -> None:
    period = {"start": "2025-03-01T10:00:00+08:00", "end": "2025-03-05T08:00:00+08:00"}
    stay = {"dischargeDisposition": {"coding": [{"code": "exp"}]}, "destination": {"reference": "Location/ward"}}
    found = movement_of(bundle(*LOCATIONS, encounter(status="finished", period=period, hospitalization=stay)))
    assert found.ended
    assert found.history[-1].end == found.discharged_at == datetime(2025, 3, 5, tzinfo=UTC)
    assert (found.disposition, found.destination) == ("exp", "Surgery")


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_a_visit_that_was_none_is_withdrawn(status: str) -> None:
    assert movement_of(encounter(status=status, location=None)).move is Move.WITHDRAW


def test_a_planned_visit_states_nothing() -> None:
    (found,) = stated(encounter(status="planned"))
    assert (found.unused, found.movements, found.faults) == ("planned", (), ())


@pytest.mark.parametrize("status", ["unknown", "Finished", None, 3])
def test_another_status_of_a_visit_is_a_letter(status: Any) -> None:
    assert reasons(stated(encounter(status=status))) == ["status-unknown"]


ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


@pytest.mark.parametrize(
    ("of_class", "used"),
    [
        ({"system": ACT, "code": "IMP"}, True),
        ({"system": ACT, "code": "ACUTE"}, True),
        ({"system": ACT, "code": "EMER"}, True),
        ({"code": "IMP"}, True),
        ({"system": ACT, "code": "AMB"}, False),
        ({"system": ACT, "code": "VR"}, False),
        ({"system": "urn:hospital", "code": "URGENT"}, True),
        (None, True),
    ],
)
def test_the_class_of_a_visit(of_class: Any, used: bool) -> None:
    (found,) = stated(encounter(**{"class": of_class}))
    assert bool(found.movements) == used == (found.unused != "encounter-class")


LATER = {"start": "2025-03-02T12:00:00+08:00"}


@pytest.mark.parametrize(
    ("locations", "reason"),
    [
        (None, "no-location"),
        ([], "no-location"),
        ([{"location": {"reference": "Location/ward"}, "status": "planned", "period": LATER}], "no-location"),
        ([{"location": {"reference": "Location/ward"}, "status": "reserved", "period": LATER}], "no-location"),
        ([{"period": LATER}], "no-location"),
        ([{"location": {"reference": "Location/ward"}}, {"location": {"reference": "Location/w"}}], "no-location-time"),
        ([{"location": {"reference": "Location/w"}, "period": LATER, "modifierExtension": [{}]}], "modifier-unknown"),
    ],
)
def test_a_visit_without_a_history_is_a_letter(locations: Any, reason: str) -> None:
    (found,) = stated(encounter(location=locations))
    assert (reasons([found]), found.movements) == ([reason], ())


def test_the_only_location_has_the_time_of_the_visit() -> None:
    found = movement_of(encounter(location=[{"location": {"reference": "Location/w"}}]))
    assert found.history == (Stretch(Place("w"), datetime(2025, 3, 1, 2, tzinfo=UTC)),)


def test_a_location_to_the_day_is_a_fault_of_its_time() -> None:
    found = movement_of(
        encounter(location=[{"location": {"reference": "Location/w"}, "period": {"start": "2025-03-01"}}])
    )
    (stretch,) = found.history
    assert isinstance(stretch.start, Fault)
    assert stretch.start.reason == "time-too-coarse"


def test_contained_people_state_nothing_of_their_own() -> None:
    found = stated(observation(contained=[patient(id="a"), encounter(id="b")]))
    assert [(one.kind, one.unused) for one in found] == [
        ("Patient", "contained"), ("Encounter", "contained"), ("Observation", ""),
    ]  # fmt: skip


FIELDS = [
    "id", "identifier", "status", "class", "subject", "period", "location", "hospitalization", "meta", "link",
    "birthDate", "gender", "deceasedDateTime", "deceasedBoolean", "type", "category", "partOf", "physicalType", "name",
    "collection",
]  # fmt: skip


@given(
    st.sampled_from(["Patient", "Encounter", "Location", "Specimen", "DeviceMetric"]),
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=8),
)
def test_fields_of_any_type_make_movements_or_letters_and_never_an_error(kind: str, changes: Json) -> None:
    for whole in ({}, patient(), encounter()):
        assert stated(bundle({**whole, **changes, "resourceType": kind}, full_urls=False))
