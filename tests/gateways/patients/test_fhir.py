"""Stays by real resources (FHIR R4): Encounter, Patient, and an Observation that finds its stay by them."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.fhir import resources
from picustream.gateways.fhir.known import Known
from picustream.gateways.fhir.statements import statements
from picustream.gateways.patients.answers import Stay, Waiting
from picustream.gateways.site.config import Source
from tests.gateways.converting import converted
from tests.gateways.fhir.bodies import PSEUDONYMS
from tests.gateways.hl7.texts import ZONE
from tests.gateways.patients.hospital import Gateway, adt, time

SOURCE = Source(name="fhir", kind="charting")
HERE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
FILED = "2025-03-10T00:00:00Z"


class Server:
    """A FHIR server that sends to a gateway."""

    def __init__(self) -> None:
        self.gateway = Gateway()
        self.known = Known(self.gateway.state.table("fhir"), PSEUDONYMS.observation)
        self.count = 0

    def send(self, *sent: dict[str, Any]) -> list[Stay | Waiting]:
        """One body; whose its observations are."""
        self.count += 1
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in sent]}
        stated = statements(resources.read(json.dumps(bundle).encode()), SOURCE, ZONE, self.known)
        for one in stated:
            self.gateway.learn(one, f"m{self.count}")
        found = [self.gateway.patients.stay(one.subject, time("04T08:00")) for one in stated if one.values]
        return [one for one in found if isinstance(one, Stay | Waiting)]

    def words(self) -> list[str]:
        return self.gateway.words()


def at(text: str) -> str:
    return time(text).isoformat()


def location(name: str, start: str, end: str | None = None) -> dict[str, Any]:
    period = {"start": at(start), **({"end": at(end)} if end else {})}
    return {"location": {"display": name}, "period": period}


def encounter(
    *locations: dict[str, Any], status: str = "in-progress", filed: str = FILED, **other: Any
) -> dict[str, Any]:
    return {
        "resourceType": "Encounter", "id": "e1", "meta": {"lastUpdated": filed}, "status": status,
        "class": {"system": HERE, "code": "IMP"}, "subject": {"reference": "Patient/p1"}, "location": list(locations),
        **other,
    }  # fmt: skip


def patient(filed: str = FILED, **other: Any) -> dict[str, Any]:
    number = {"system": "HOSP", "value": "000123456", "type": {"coding": [{"code": "MR"}]}}
    return {
        "resourceType": "Patient", "id": "p1", "meta": {"lastUpdated": filed}, "identifier": [number],
        "birthDate": "2019-11", "gender": "female", **other,
    }  # fmt: skip


def observation(**other: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": "o1", "status": "final", "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]}, "effectiveDateTime": at("04T08:00"),
        "valueQuantity": {"value": 120, "unit": "/min"}, **other,
    }  # fmt: skip


ADMITTED = "admitted 03T08:00 PICU-A 2019-11 female"


def test_an_encounter_in_the_unit_is_a_stay_and_observations_find_it() -> None:
    server = Server()
    (waiting,) = server.send(observation())
    assert isinstance(waiting, Waiting)
    server.send(patient())
    (waiting,) = server.send(observation(encounter={"reference": "Encounter/e1"}))
    assert isinstance(waiting, Waiting)
    server.send(encounter(location("PICU-A", "03T08:00")))
    assert set(waiting.keys) & set(server.gateway.opened)
    assert server.words() == [ADMITTED]
    by_patient, by_both = server.send(observation(), observation(id="o2", encounter={"reference": "Encounter/e1"}))
    assert by_patient == by_both == Stay(*(server.gateway.facts[0][name] for name in ("patient_id", "stay_id")))


def test_a_planned_encounter_is_nothing_and_a_finished_one_ends() -> None:
    server = Server()
    server.send(patient(), encounter(location("PICU-A", "03T08:00"), status="planned"))
    assert server.words() == []
    server.send(
        encounter(
            location("PICU-A", "03T08:00", "05T08:00"), location("Ward 3", "05T08:00"), filed="2025-03-11T00:00:00Z"
        )
    )
    assert server.words() == [ADMITTED, "discharged 05T08:00 ward"]


def test_an_encounter_that_ended_in_death() -> None:
    server = Server()
    died = {"dischargeDisposition": {"coding": [{"code": "exp"}]}}
    over = encounter(location("PICU-A", "03T08:00", "05T08:00"), status="finished", hospitalization=died)
    server.send(patient(deceasedDateTime=at("05T07:50")), over)
    assert (server.words(), server.gateway.faults) == ([ADMITTED, "died 05T07:50"], [])


def test_a_body_may_have_its_patient_last() -> None:
    died = {"dischargeDisposition": {"coding": [{"code": "exp"}]}}
    over = encounter(location("PICU-A", "03T08:00", "05T08:00"), status="finished", hospitalization=died)
    entries = [{"resource": one} for one in (observation(), over, patient(deceasedDateTime=at("05T07:50")))]
    body = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    found = converted([json.dumps(body).encode()])
    assert [event.get("type", "value") for event in found.bodies] == ["admitted", "died", "value"]
    assert found.reasons == []


def test_a_patient_who_is_dead_without_a_time_is_for_a_person() -> None:
    server = Server()
    server.send(patient(), encounter(location("PICU-A", "03T08:00")))
    server.send(patient(filed="2025-03-11T00:00:00Z", deceasedBoolean=True))
    server.send(patient(filed="2025-03-12T00:00:00Z", deceasedDateTime="2025-03-05"))
    assert (server.words(), set(server.gateway.faults)) == ([ADMITTED], {"death-time-unknown"})


def test_a_death_after_the_stay_is_follow_up() -> None:
    server = Server()
    server.send(patient(), encounter(location("PICU-A", "03T08:00", "05T08:00"), location("Ward 3", "05T08:00")))
    server.send(patient(filed="2025-03-11T00:00:00Z", deceasedDateTime=at("09T07:50")))
    assert server.words() == [ADMITTED, "discharged 05T08:00 ward", "vital_status 09T07:50 False"]


def test_an_encounter_in_error_withdraws_its_stays() -> None:
    for status in ("entered-in-error", "cancelled"):
        server = Server()
        server.send(patient(), encounter(location("PICU-A", "03T08:00")))
        server.send(encounter(status=status, filed="2025-03-11T00:00:00Z"))
        assert server.words() == []


def test_an_encounter_without_locations_is_a_letter() -> None:
    server = Server()
    stated = statements(resources.read(json.dumps(encounter()).encode()), SOURCE, ZONE, server.known)
    faults = [fault.reason for one in stated for fault in one.faults]
    assert faults + [fault.reason for one in stated for fault in server.gateway.learn(one, "m").faults] == [
        "no-location"
    ]


def test_an_adt_interface_and_a_fhir_server_speak_of_one_patient() -> None:
    server = Server()
    server.gateway.hl7(adt("A01", "03T08:00", "PICU-A"))
    server.send(patient())
    (found,) = server.send(observation())
    assert found == Stay(*(server.gateway.facts[0][name] for name in ("patient_id", "stay_id")))


def test_a_patient_that_is_replaced_by_another_is_merged() -> None:
    server = Server()
    server.send(patient(), encounter(location("PICU-A", "03T08:00")))
    other = {"system": "HOSP", "value": "7", "type": {"coding": [{"code": "MR"}]}}
    second = {"resourceType": "Patient", "id": "p2", "meta": {"lastUpdated": FILED}, "identifier": [other]}
    (waiting,) = server.send(second, observation(subject={"reference": "Patient/p2"}))
    assert isinstance(waiting, Waiting)
    link = [{"type": "replaced-by", "other": {"reference": "Patient/p2"}}]
    server.send(patient(filed="2025-03-11T00:00:00Z", link=link))
    (found,) = server.send(observation(subject={"reference": "Patient/p2"}))
    assert isinstance(found, Stay) and set(waiting.keys) & set(server.gateway.opened)


LINK = [{"type": "replaced-by", "other": {"reference": "Patient/p2"}}]


def second(**other: Any) -> dict[str, Any]:
    number = {"system": "HOSP", "value": "7", "type": {"coding": [{"code": "MR"}]}}
    return {"resourceType": "Patient", "id": "p2", "meta": {"lastUpdated": FILED}, "identifier": [number], **other}


@given(st.lists(st.booleans(), min_size=1, max_size=5), st.data())
def test_a_link_that_the_latest_version_of_a_patient_has_no_longer_is_undone(linked: list[bool], data: Any) -> None:
    """In whatever order the versions come; a resource with the same number elsewhere has nothing to say of it."""
    versions = [
        patient(filed=f"2025-03-{day + 11}T00:00:00Z", **({"link": LINK} if is_linked else {}))
        for day, is_linked in enumerate(linked)
    ]
    server = Server()
    server.send(patient(), second(), encounter(location("PICU-A", "03T08:00")))
    for version in data.draw(st.permutations(versions + versions)):
        server.send(version)
        server.send({**patient(filed="2025-03-30T00:00:00Z"), "id": "elsewhere"})
    (found,) = server.send(observation(subject={"reference": "Patient/p2"}))
    assert isinstance(found, Stay if linked[-1] else Waiting)


def test_a_link_that_cannot_be_read_undoes_none() -> None:
    server = Server()
    server.send(patient(link=LINK), second(), encounter(location("PICU-A", "03T08:00")))
    server.send(patient(filed="2025-03-12T00:00:00Z", link=[{"type": "replaced-by", "other": {}}]))
    (found,) = server.send(observation(subject={"reference": "Patient/p2"}))
    assert isinstance(found, Stay) and server.gateway.faults == []


def test_the_same_body_again_makes_the_same() -> None:
    server = Server()
    body = [patient(), encounter(location("PICU-A", "03T08:00"))]
    server.send(*body)
    made, kept = list(server.gateway.facts), dict(server.gateway.kept)
    server.count -= 1
    server.send(*body)
    assert server.gateway.facts == made * 2
    assert server.gateway.kept == kept
