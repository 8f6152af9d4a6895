"""However the entries of a Bundle are addressed and speak of one another, a value is its patient's."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.gateways.converting import converted
from tests.gateways.fhir.bodies import Json, encounter, observation, patient, quantity, without_nothing

SERVER = "https://server.example/fhir"
IN_UNIT = [{"location": {"display": "PICU"}, "period": {"start": "2026-03-01T08:00:00Z"}}]
MR = {"system": "urn:numbers", "value": "0042"}
VISIT = {"system": "urn:visits", "value": "V7"}


def _address(form: str, kind: str, name: str) -> str:
    return {"urn": f"urn:uuid:{name}", "server": f"{SERVER}/{kind}/{name}"}[form]


def _reference(form: str, kind: str, name: str, identifier: Json) -> Json:
    """`own`: by the address of the entry."""
    if form == "identifier":
        return {"type": kind, "identifier": identifier}
    if form == "conditional":
        return {"reference": f"{kind}?identifier={identifier['system']}|{identifier['value']}"}
    return {"reference": f"{kind}/{name}" if form == "relative" else _address(form, kind, name)}


@st.composite
def bundles(draw: st.DrawFn) -> Json:
    """A child, her stay, and one value; ids are those of the addresses, others, or none."""
    form = draw(st.sampled_from(["urn", "server"]))
    has_id = draw(st.booleans())
    ways = ["identifier", "conditional", form, *(["relative"] if has_id else [])]

    def spoken_of(kind: str, name: str, identifier: Json) -> Json:
        return _reference(draw(st.sampled_from(ways)), kind, name, identifier)

    def own_id(name: str) -> str | None:
        if form == "urn" and "relative" not in ways:
            return draw(st.sampled_from([None, f"other-{name}"]))
        return name if has_id else None

    born = patient(
        id=own_id("p1"), identifier=[draw(st.sampled_from([MR, MR | {"type": {"coding": [{"code": "MR"}]}}]))]
    )
    times = {"meta": {"lastUpdated": "2026-03-01T09:00:00Z"}, "period": {"start": "2026-03-01T08:00:00Z"}}
    visit = encounter(
        id=own_id("e1"), identifier=[VISIT], location=IN_UNIT, **times, subject=spoken_of("Patient", "p1", MR)
    )
    value = observation(
        id=draw(st.sampled_from(["o1", None])),
        meta=None,
        code={"coding": [{"system": "http://loinc.org", "code": "2160-0"}]},
        effectiveDateTime="2026-03-01T09:00:00Z",
        valueQuantity=quantity(0.7),
        subject=spoken_of("Patient", "p1", MR),
        encounter=draw(st.sampled_from([spoken_of("Encounter", "e1", VISIT), None])),
    )
    named = [("Patient", "p1", born), ("Encounter", "e1", visit), ("Observation", "o1", value)]
    entries = [without_nothing({"fullUrl": _address(form, kind, name), "resource": one}) for kind, name, one in named]
    return {"resourceType": "Bundle", "type": "collection", "entry": draw(st.permutations(entries))}


@given(bundles())
def test_a_value_is_its_patients(bundle: Json) -> None:
    found = converted([json.dumps(bundle).encode()])
    assert found.reasons == []
    assert [one["value"] for one in found.observations] == [0.7]
    stays = {body["stay_id"] for body in found.bodies}
    assert len(stays) == 1 and len({body["patient_id"] for body in found.bodies if "patient_id" in body}) == 1
