"""Reports and panels: what they say for their results, and what becomes of these with them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.site.config import Site, Units
from picustream.gateways.site.load import LoadedSite
from picustream.gateways.statement import Value
from picustream.models.envelope import Status
from picustream.scoring.faults import Fault
from tests.gateways.converting import KEY, Result, converted
from tests.gateways.fhir.bodies import (
    BASE,
    LABORATORY,
    VENTILATOR,
    Json,
    bundle,
    concept,
    observation,
    quantity,
    reasons,
    stated,
    value_of,
)
from tests.gateways.fhir.test_known import SPECIMEN
from tests.gateways.test_panels import IN_PICU, PICU, in_force

EIGHT = datetime(2025, 3, 3, 0, tzinfo=UTC)
AT_EIGHT = "2025-03-03T08:00:00+08:00"
NINE = "2025-03-03T09:00:00+08:00"
TIMELESS = observation(effectiveDateTime=None, meta=None)


def report(*results: str, **more: Any) -> Json:
    fields = {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "status": "final",
        "code": concept("24323-8"),
        "subject": {"reference": "Patient/p1"},
        "result": [{"reference": one} for one in results],
        "effectiveDateTime": AT_EIGHT,
        "issued": NINE,
    }
    return {name: field for name, field in {**fields, **more}.items() if field is not None}


def panel(*members: str, **more: Any) -> Json:
    return observation(
        id="g1", code=concept("24323-8"), valueQuantity=None, hasMember=[{"reference": one} for one in members], **more
    )


def only(*resources: Json, **more: Any) -> Value:
    return value_of(bundle(*resources), **more)


def said(found: Any) -> Any:
    return found.reason if isinstance(found, Fault) else found


CONTAINED = report(contained=[{**TIMELESS, "id": "a"}], id="r1")


@pytest.mark.parametrize(
    "body", [bundle(report("Observation/o1"), TIMELESS), CONTAINED], ids=["referenced", "contained"]
)
def test_a_result_without_times_has_those_of_its_report(body: Json) -> None:
    found = value_of(body)
    assert (found.observed_at, found.recorded_at) == (EIGHT, EIGHT.replace(hour=1))


def test_a_result_with_times_keeps_them() -> None:
    found = only(report("Observation/o1", effectiveDateTime=NINE, issued=AT_EIGHT), observation(issued=NINE))
    assert (found.observed_at, found.recorded_at) == (EIGHT, EIGHT.replace(hour=1))
    assert (
        said(only(report("Observation/o1"), observation(effectiveDateTime="2025-03")).observed_at) == "time-too-coarse"
    )


@pytest.mark.parametrize(
    ("effective", "kind", "expected"),
    [
        ({"effectivePeriod": {"start": AT_EIGHT, "end": NINE}}, LABORATORY, EIGHT),
        ({"effectivePeriod": {"start": AT_EIGHT, "end": NINE}}, VENTILATOR, EIGHT.replace(hour=1)),
        ({"effectivePeriod": {"end": NINE}}, LABORATORY, "period-open"),
        ({"effectiveDateTime": "2025-03-03"}, LABORATORY, "time-too-coarse"),
        ({"effectiveDateTime": AT_EIGHT, "effectivePeriod": {"start": NINE}}, LABORATORY, "repeated-time"),
        ({}, LABORATORY, "no-collection-time"),
        ({}, VENTILATOR, "no-observation-time"),
    ],
)
def test_the_time_of_a_report_is_read_as_that_of_an_observation(effective: Json, kind: Any, expected: Any) -> None:
    """Where it says no moment there is none: `issued` is no time of a reading."""
    one = report("Observation/o1", effectiveDateTime=None)
    assert said(only({**one, **effective}, TIMELESS, source=kind).observed_at) == expected


def test_two_reports_of_different_times_say_nothing() -> None:
    first, second = report("Observation/o1"), report("Observation/o1", id="r2", effectiveDateTime=NINE)
    assert said(only(first, second, TIMELESS).observed_at) == "repeated-time"
    assert only(first, {**second, "effectiveDateTime": AT_EIGHT}, TIMELESS).observed_at == EIGHT


def test_of_two_versions_of_a_report_the_later_one_says_it() -> None:
    old = report("Observation/o1", effectiveDateTime=NINE, meta={"versionId": "1"})
    new = report("Observation/o1", meta={"versionId": "2"})
    for pair in ([old, new], [new, old]):
        assert only(*pair, TIMELESS).observed_at == EIGHT


def test_a_member_has_what_its_panel_says_and_then_its_report() -> None:
    within, of_panel = report("Observation/g1", effectiveDateTime=NINE), {"effectiveDateTime": AT_EIGHT}
    assert only(within, panel("Observation/o1", **of_panel), TIMELESS).observed_at == EIGHT
    timeless = panel("Observation/o1", effectiveDateTime=None)
    assert only(within, timeless, TIMELESS).observed_at == EIGHT.replace(hour=1)
    assert said(only(timeless, TIMELESS).observed_at) == "no-collection-time"


def test_panels_in_one_another_without_end_say_nothing() -> None:
    one = panel("Observation/o1", "Observation/g1", effectiveDateTime=None)
    other = {**one, "id": "g2", "hasMember": [{"reference": "Observation/g1"}]}
    one["hasMember"].append({"reference": "Observation/g2"})
    assert said(only(one, other, TIMELESS).observed_at) == "no-collection-time"


def test_specimen_and_patient_of_a_report_are_those_of_its_results() -> None:
    bare = {name: field for name, field in TIMELESS.items() if name not in ("subject", "encounter")}
    body = bundle(report("Observation/o1", specimen=[{"reference": "Specimen/s1"}]), SPECIMEN, bare)
    (found,) = [one for one in stated(body) if one.values]
    assert found.values[0].specimen == "arterial"
    assert [one.value for one in found.subject.patients] == ["p1"]
    two = [{"reference": "Specimen/s1"}, {"reference": "Specimen/s2"}]
    assert only(report("Observation/o1", specimen=two), SPECIMEN, bare).specimen == "unknown"
    elsewhere = {"reference": "Patient/other"}
    (found,) = [one for one in stated(bundle(report("Observation/o1", subject=elsewhere), observation())) if one.values]
    assert [one.value for one in found.subject.patients] == ["p1"]


@pytest.mark.parametrize(
    ("own", "of_report", "expected"),
    [
        ("preliminary", "final", Status.PRELIMINARY),
        ("final", "entered-in-error", Status.FINAL),
        (None, "final", Status.FINAL),
        (None, "partial", Status.PRELIMINARY),
        (None, "appended", Status.FINAL),
        (None, "corrected", Status.CORRECTED),
        (None, "entered-in-error", Status.ENTERED_IN_ERROR),
        (None, "whatever", "status-unknown"),
        (None, None, "status-missing"),
        ("Final", "final", "status-unknown"),
    ],
)
def test_an_observations_own_status_holds_and_without_one_that_of_its_report(
    own: str | None, of_report: str | None, expected: Any
) -> None:
    found = only(report("Observation/o1", status=of_report), observation(status=own))
    assert said(found.status) == expected


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_what_a_withdrawn_report_contains_is_withdrawn(status: str) -> None:
    found = value_of({**CONTAINED, "status": status})
    assert (found.status, found.value, found.recorded_at) == (status, None, EIGHT.replace(hour=1))


def test_a_contained_result_has_the_version_of_its_report() -> None:
    found = value_of({**CONTAINED, "meta": {"lastUpdated": AT_EIGHT}})
    assert found.recorded_at == EIGHT


def test_a_deleted_report_is_a_letter() -> None:
    entry = {"request": {"method": "DELETE", "url": "DiagnosticReport/r1"}}
    assert reasons(stated({"resourceType": "Bundle", "type": "history", "entry": [entry]})) == ["deleted"]


def test_a_contained_report_is_nothing_of_its_own() -> None:
    kinds = [(one.kind, one.unused) for one in stated(observation(contained=[report(id="x")]))]
    assert sorted(kinds) == [("DiagnosticReport", "contained"), ("Observation", "")]


# --- versions of a report with what it contains

SITE = LoadedSite(Site(unit=[Units(match="PICU")], source=[LABORATORY]), KEY)
UNITS = {"2160-0": "mg/dL", "777-3": "10*9/L", "1975-2": "mg/dL"}
VERSION = st.fixed_dictionaries(
    {"status": st.sampled_from(["partial", "final", "amended", "appended", "entered-in-error"])},
    optional=dict.fromkeys(UNITS, st.integers(1, 9)),
)


def version(number: int, status: str = "final", **results: int) -> Json:
    contained = [
        observation(id=code, meta=None, effectiveDateTime=None, code=concept(code), encounter=None,
                    valueQuantity=quantity(value, UNITS[code]))
        for code, value in results.items()
    ]  # fmt: skip
    updated = {"lastUpdated": f"2025-03-03T01:{number:02}:00Z"}
    return report(status=status, contained=contained or None, meta=updated, effectiveDateTime=IN_PICU)


def sent(*messages: Json) -> Result:
    return converted([json.dumps(one).encode() for one in messages], SITE)


def test_a_report_in_error_withdraws_what_it_contained() -> None:
    first, second = version(1, **{"2160-0": 1, "777-3": 2}), version(2, "entered-in-error")
    for order in ([*PICU, first, second], [*PICU, second, first], [first, second, *PICU]):
        result = sent(*order)
        assert in_force(result) == {} and len(result.observations) == 4
        assert result.reasons == []


@given(st.lists(VERSION, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_newest_version_of_a_report_holds_whatever_came_first(versions: list[Json], chance: Any) -> None:
    order = [*PICU, *(version(number, **one) for number, one in enumerate(versions))]
    chance.shuffle(order)
    newest = dict(versions[-1])
    held = {} if newest.pop("status") == "entered-in-error" else newest
    result = sent(*order)
    assert {code: value for (code, _), value in in_force(result).items()} == held
    assert result.reasons == []


def test_reports_of_one_base_are_told_apart() -> None:
    first, second = version(1, **{"2160-0": 1}), {**version(2, **{"777-3": 2}), "id": "r2"}
    assert {code for code, _ in in_force(sent(*PICU, first, second))} == {"2160-0", "777-3"}
    assert BASE in {one.panel.identity[1].removesuffix("/DiagnosticReport") for one in stated(first) if one.panel}
