"""What is kept of specimens, device metrics and locations, and that the order of a Bundle means nothing."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.fhir.known import Known
from picustream.gateways.site.config import Source
from picustream.gateways.state import State
from picustream.gateways.statement import Movement, Panel, Statements, Value
from tests.gateways.fhir.bodies import (
    BASE,
    LABORATORY,
    MDC,
    PSEUDONYMS,
    VENTILATOR,
    Json,
    bundle,
    concept,
    encounter,
    movement_of,
    observation,
    patient,
    stated,
    value_of,
    values,
)
from tests.gateways.fhir.test_people import LOCATIONS

ARTERIAL = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0487", "code": "BLDA"}]}
SPECIMEN = {"resourceType": "Specimen", "id": "s1", "type": ARTERIAL}
METRIC = {"resourceType": "DeviceMetric", "id": "m1", "category": "setting"}
OF_SPECIMEN = observation(specimen={"reference": "Specimen/s1"})
OF_METRIC = observation(id="o2", device={"reference": "DeviceMetric/m1"})


def only(found: list[Statements]) -> Value:
    (value,) = values(found)
    return value


@pytest.mark.parametrize(
    ("kind", "meant"),
    [
        (ARTERIAL, "arterial"),
        (concept("122552005", "http://snomed.info/sct"), "arterial"),
        (concept("BLDV"), "venous"),
        (concept("BLDC"), "capillary"),
        ({"text": "Mixed venous"}, "mixed-venous"),
        (concept("BLD"), "unknown"),
        (concept("BLDCO"), "unknown"),
        (concept("119364003", "http://snomed.info/sct"), "unknown"),
        ({"text": "shunt"}, "venous"),
        (None, "unknown"),
        ([], "unknown"),
    ],
)
def test_the_specimen(kind: Any, meant: str) -> None:
    local = LABORATORY.model_copy(update={"specimens": {"Shunt": "venous"}})
    assert only(stated(bundle(OF_SPECIMEN, {**SPECIMEN, "type": kind}), local)).specimen == meant


@pytest.mark.parametrize("later", [False, True])
def test_specimens_and_metrics_are_known_by_reference_contained_or_from_before(later: bool) -> None:
    known = Known({}, PSEUDONYMS.observation)
    if later:
        stated(bundle(SPECIMEN, METRIC), known=known)
        found = [*stated(OF_SPECIMEN, known=known), *stated(OF_METRIC, VENTILATOR, known)]
    else:
        found = stated(bundle(SPECIMEN, METRIC, OF_SPECIMEN, OF_METRIC))
    first, second = values(found)
    if not later:
        assert (first.specimen, second.setting) == ("arterial", True)
    else:  # the ventilator is another source: what the laboratory sent is not its own
        assert (first.specimen, second.setting) == ("arterial", None)
    contained = observation(
        specimen={"reference": "#s"},
        device={"reference": "#m"},
        contained=[{**SPECIMEN, "id": "s"}, {**METRIC, "id": "m"}],
    )
    found_inside = only(stated(contained))
    assert (found_inside.specimen, found_inside.setting) == ("arterial", True)


@pytest.mark.parametrize(
    ("category", "setting"),
    [("setting", True), ("measurement", False), ("calculation", False), ("unspecified", None), ("x", None), (3, None)],
)
def test_a_setting_or_a_measurement(category: Any, setting: bool | None) -> None:
    assert only(stated(bundle({**METRIC, "category": category}, OF_METRIC))).setting is setting


def test_what_nobody_sent_is_counted() -> None:
    (found,) = stated(OF_METRIC)
    assert (found.warnings, found.values[0].setting) == (("device-metric-not-known",), None)
    (found,) = stated(OF_SPECIMEN)
    assert (found.warnings, found.values[0].specimen) == (("specimen-not-known",), "unknown")
    (found,) = stated(observation(device={"reference": "Device/d1"}))
    assert found.warnings == ()
    assert found.values[0].device == f"{BASE}/Device|d1"


def test_a_code_of_a_setting_is_one_without_a_metric() -> None:
    assert value_of(observation(code=concept("16929192", MDC))).setting is True
    assert value_of(observation(code=concept("151976", MDC))).setting is None


def test_how_and_where_it_was_measured_is_kept_for_the_site() -> None:
    found = value_of(observation(method=concept("ASET", "urn:x"), bodySite={"text": "radial artery"}))
    assert found.method == ("ASET", "radial artery")


@pytest.mark.parametrize(
    "collection",
    [{"collectedDateTime": "2025-03-03T07:00:00+08:00"}, {"collectedPeriod": {"start": "2025-03-02T23:00Z"}}],
)
def test_the_time_of_collection_is_used_where_the_source_says_so(collection: Json) -> None:
    body = bundle(OF_SPECIMEN, {**SPECIMEN, "collection": collection})
    assert only(stated(body)).observed_at == datetime(2025, 3, 3, tzinfo=UTC)
    configured = LABORATORY.model_copy(update={"observed_at": ["spm17"]})
    assert only(stated(body, configured)).observed_at == datetime(2025, 3, 2, 23, tzinfo=UTC)
    assert only(stated(OF_SPECIMEN, configured)).observed_at == datetime(2025, 3, 3, tzinfo=UTC)


def test_of_two_versions_the_later_one_is_known() -> None:
    old = {**METRIC, "meta": {"versionId": "9"}, "category": "measurement"}
    new = {**METRIC, "meta": {"versionId": "10"}}
    for pair in ([old, new], [new, old]):
        assert only(stated(bundle(*pair, OF_METRIC))).setting is True
        known = Known({}, PSEUDONYMS.observation)
        stated(bundle(*pair), known=known)
        assert only(stated(OF_METRIC, known=known)).setting is True


def test_a_repeat_changes_no_table_and_nothing_of_a_patient_is_in_it() -> None:
    state = State()
    known = Known(state.table("fhir-known"), PSEUDONYMS.observation)
    specimen = {**SPECIMEN, "identifier": [{"value": "ACC-4711"}]}
    body = bundle(specimen, METRIC, *LOCATIONS, patient(), encounter(), OF_SPECIMEN)
    stated(body, known=known)
    kept = state.take_changes()
    assert len(kept) == 8
    assert not any(word in str(kept) for word in ("0042", "p1", "V7", "2021", "ACC-4711", "s1"))
    (waits,) = stated(observation(specimen={"identifier": {"value": "ACC-4712"}}), known=known)
    assert waits.values[0].awaits and not any("4712" in key for key in waits.values[0].awaits)
    stated(body, known=known)
    assert state.take_changes() == []


@given(st.lists(st.integers(0, 40), min_size=1, max_size=120), st.integers(6, 30))
def test_what_is_kept_has_a_bound_and_locations_stay(numbers: list[int], most: int) -> None:
    table: dict[str, Any] = {}
    known = Known(table, PSEUDONYMS.observation, most)
    stated(bundle(*LOCATIONS), known=known)
    for number in numbers:
        stated({**SPECIMEN, "id": f"s{number}"}, known=known)
        assert len(table) <= most
        assert only(
            stated({**OF_SPECIMEN, "specimen": {"reference": f"Specimen/s{number}"}}, known=known)
        ).specimen == ("arterial")
    assert movement_of(encounter(), known).history[1].place.unit == "PICU"


def test_a_source_does_not_know_what_another_one_sent() -> None:
    known = Known({}, PSEUDONYMS.observation)
    stated(SPECIMEN, known=known)
    other = Source(name="other", kind="laboratory", base=BASE)
    assert only(stated(OF_SPECIMEN, other, known)).specimen == "unknown"


WARD = [
    SPECIMEN, METRIC, *LOCATIONS, patient(),
    patient(id="p2", link=[{"type": "replaced-by", "other": {"reference": "Patient/p1"}}]),
    encounter(), OF_SPECIMEN, OF_METRIC, observation(id="o3", subject={"identifier": {"value": "0042"}}),
    observation(id="o4", valueQuantity=None, component=[{"code": concept("8478-0"), "valueInteger": 60}]),
    observation(id="o1", meta={"lastUpdated": "2025-03-04T00:00:00Z"}, status="corrected"),
    {"resourceType": "DeviceMetric", "id": "m1", "category": "measurement", "meta": {"versionId": "2"}},
    {"resourceType": "Flag", "id": "f"},
]  # fmt: skip


def placeless(found: list[Statements]) -> list[str]:
    """Statements without their places in the Bundle, sorted."""

    def values_of(one: Statements) -> tuple[Value, ...]:
        return tuple(replace(value, path=value.path.partition("/resource")[2]) for value in one.values)

    def movements_of(one: Statements) -> tuple[Movement, ...]:
        return tuple(replace(movement, path="") for movement in one.movements)

    def panel_of(one: Statements) -> Panel | None:
        return replace(one.panel, path="") if one.panel is not None else None

    placed = (replace(one, values=values_of(one), movements=movements_of(one), panel=panel_of(one)) for one in found)
    return sorted(map(repr, placed))


@given(st.permutations(WARD), st.booleans())
def test_the_order_of_entries_means_nothing(entries: list[Json], full_urls: bool) -> None:
    assert placeless(stated(bundle(*entries, full_urls=full_urls))) == placeless(stated(bundle(*WARD)))


@given(st.permutations(WARD), st.permutations(WARD))
def test_what_is_known_from_before_states_the_same_in_any_order(before: list[Json], entries: list[Json]) -> None:
    known = Known({}, PSEUDONYMS.observation)
    stated(bundle(*before), known=known)
    found = [one for entry in entries for one in stated(bundle(entry), known=known)]
    assert sorted(one.kind for one in found) == sorted(one.kind for one in stated(bundle(*WARD)))
    assert {value.specimen for value in values(found)} == {"arterial", "unknown"}


def test_patients_and_visits_come_first() -> None:
    kinds = [one.kind for one in stated(bundle(observation(), encounter(), patient()))]
    assert kinds == ["Patient", "Encounter", "Observation"]
