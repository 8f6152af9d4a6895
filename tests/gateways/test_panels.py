"""Observations with components through their versions: what the newest does not hold is withdrawn, in any order."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.panels import Panels, Parts
from picustream.gateways.site.config import Site, Source, Units
from picustream.gateways.site.load import LoadedSite
from picustream.gateways.site.pseudonyms import Pseudonyms
from picustream.gateways.state import State
from picustream.gateways.statement import Panel
from picustream.models.envelope import NO_STATEMENT, STATUS_RANK, STATUSES, Status
from tests.gateways.converting import KEY, NOW, Result, converted
from tests.gateways.fhir.bodies import BASE, Json, bundle, concept, encounter, observation, patient, quantity
from tests.gateways.fhir.test_people import LOCATIONS

PICU = [*LOCATIONS, patient(), encounter()]
IN_PICU = "2025-03-02T20:00:00+08:00"
ABSENT = {"dataAbsentReason": concept("error", "urn:x")}
CODES = {"8478-0": "mm[Hg]", "8867-4": "/min", "9269-2": "{score}", "2160-0": "mg/dL", "8480-6": "mm[Hg]"}
NO_VARIABLE = "8480-6"


def site(kind: str) -> LoadedSite:
    source = Source.model_validate({"name": "s", "kind": kind, "base": BASE})
    return LoadedSite(Site(unit=[Units(match="PICU")], source=[source]), KEY)


def panel(filed: int, status: str = "final", own: Any = None, **components: Any) -> Json:
    """A version of a panel; of a value None: absent."""

    def stated(code: str, value: Any) -> Json:
        return ABSENT if value is None else {"valueQuantity": quantity(value, CODES[code])}

    parts = [{"code": concept(code), **stated(code, value)} for code, value in components.items()]
    fields = {
        "status": status,
        "meta": {"lastUpdated": f"2025-03-03T{filed // 60:02}:{filed % 60:02}:00+08:00"},
        "effectiveDateTime": IN_PICU,
        "valueQuantity": None,
        "component": parts or None,
    }
    return observation(**fields | (stated("2160-0", *own) if own else {}))


def sent(*messages: Json, kind: str = "charting") -> Result:
    return converted([json.dumps(one).encode() for one in messages], site(kind))


def in_force(result: Result) -> dict[tuple[str, str], tuple[str, Any]]:
    """Of each code what is in force at last, as the worker reads it: the version filed last, then the status."""
    versions = []
    for body in result.bodies:
        for one in body.get("observations", []):
            status = Status(one.get("status", "final"))
            order = (body["recorded_at"], STATUS_RANK[status])
            versions.append((order, (body["stay_id"], one["id"]), one["code"], status, one.get("value")))
    last = {name: (code, status, value) for _, name, code, status, value in sorted(versions, key=lambda one: one[0])}
    assert len({code for code, _, _ in last.values()}) == len(last), "a part has one id"
    return {(code, str(status)): value for code, status, value in last.values() if status not in NO_STATEMENT}


@pytest.mark.parametrize("kind", ["charting", "monitor", "laboratory"])
@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
@pytest.mark.parametrize(
    "left",
    [
        {},
        {"own": (None,)},
        {"8478-0": None, "8867-4": None},
        {"8478-0": 60, "8867-4": 100},
        {"8867-4": 100},
        {NO_VARIABLE: 80},
    ],
    ids=str,
)
def test_a_panel_in_error_withdraws_all_that_it_had(left: Any, status: str, kind: str) -> None:
    first, second = panel(60, **{"8478-0": 60, "8867-4": 100, NO_VARIABLE: 80}), panel(70, status, **left)
    for order in ([first, second], [second, first]):
        result = sent(bundle(*PICU), *order, kind=kind)
        assert in_force(result) == {}
        last = [one for body in result.bodies for one in body.get("observations", []) if one.get("status") == status]
        assert {one["code"] for one in last} - {"2160-0"} == {"8478-0", "8867-4"}
        assert result.reasons == []


def test_what_an_amended_panel_has_no_more_is_unknown_and_the_rest_stands() -> None:
    first, second = panel(60, **{"8478-0": 60, "8867-4": 100}), panel(70, "amended", **{"8867-4": 101})
    result = sent(bundle(*PICU), first, second)
    assert in_force(result) == {("8867-4", "amended"): 101}
    assert [one["status"] for one in result.observations if "status" in one] == ["amended", "unknown"]


def test_versions_that_wait_for_their_stay_withdraw_one_another_as_well() -> None:
    first, second = panel(60, **{"8478-0": 60}), panel(70, "entered-in-error")
    for order in ([first, second, *PICU], [second, *PICU, first], [first, *PICU[::-1], second]):
        result = sent(*order)
        assert in_force(result) == {} and result.observations
        assert result.reasons == []


def test_the_withdrawal_goes_to_the_stay_and_the_time_of_what_it_withdraws() -> None:
    first = panel(60, **{"8478-0": 60})
    second = {**panel(70, "entered-in-error"), "effectiveDateTime": None, "subject": None, "encounter": None}
    result = sent(bundle(*PICU), first, {name: field for name, field in second.items() if field is not None})
    value, withdrawal = (body for body in result.bodies if "observations" in body)
    assert withdrawal["observations"][0]["status"] == "entered-in-error"
    assert [withdrawal[name] for name in ("stay_id", "patient_id", "observed_at")] == [
        value[name] for name in ("stay_id", "patient_id", "observed_at")
    ]


@pytest.mark.parametrize("kind", ["charting", "laboratory"])
def test_a_value_is_withdrawn_by_its_name_alone(kind: str) -> None:
    """Some servers leave nothing else of what was entered in error."""
    bare = {"resourceType": "Observation", "id": "o1", "meta": {"lastUpdated": "2025-03-03T02:00:00Z"}}
    bare |= {"status": "entered-in-error", "code": {"text": "masked"}}
    for order in ([observation(effectiveDateTime=IN_PICU), bare], [bare, observation(effectiveDateTime=IN_PICU)]):
        result = sent(bundle(*PICU), *order, kind=kind)
        assert in_force(result) == {} and len(result.observations) == 2
        assert result.reasons == []


def test_a_withdrawal_that_does_not_say_when_is_a_letter_where_it_withdraws_something() -> None:
    second = {name: field for name, field in panel(70, "entered-in-error").items() if name != "meta"}
    unnamed = {**second, "code": {}}
    assert sent(bundle(*PICU), panel(60, **{"8478-0": 60}), unnamed).reasons == ["no-recorded-time"]
    assert sent(bundle(*PICU), panel(60, **{NO_VARIABLE: 80}), unnamed).reasons == []


def test_the_same_again_changes_nothing() -> None:
    body = [bundle(*PICU), panel(60, **{"8478-0": 60}), panel(70, "entered-in-error")]
    once, twice = sent(*body), sent(*body, *body)
    assert in_force(once) == in_force(twice) == {}
    assert {event.event_id for event in once.events} <= {event.event_id for event in twice.events}


PART = st.one_of(st.none(), st.integers(1, 15))
VERSION = st.fixed_dictionaries(
    {"status": st.sampled_from(["preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error"])},
    optional={"own": st.tuples(PART), **dict.fromkeys(("8478-0", "8867-4", "9269-2", NO_VARIABLE), PART)},
)


@given(
    st.lists(VERSION, min_size=1, max_size=5),
    st.sampled_from(["charting", "monitor", "laboratory"]),
    st.randoms(use_true_random=False),
)
def test_what_the_newest_version_holds_is_in_force_whatever_came_first(
    versions: list[Json], kind: str, chance: Any
) -> None:
    """Corrections without a value are letters, and hide the older value all the same."""
    messages = [panel(60 + number, **version) for number, version in enumerate(versions)]
    newest = versions[-1]
    status = STATUSES[newest["status"]]
    parts = {"2160-0": newest.get("own", (None,))[0], **{code: newest.get(code) for code in CODES if code != "2160-0"}}
    held = {code: value for code, value in parts.items() if value is not None and code != NO_VARIABLE}
    order = [*PICU, *messages]
    chance.shuffle(order)
    result = sent(*order, kind=kind)
    assert in_force(result) == ({} if status in NO_STATEMENT else {(code, str(status)): held[code] for code in held})
    assert set(result.reasons) <= {"value-missing"}


@given(st.lists(st.integers(0, 30), max_size=80), st.integers(3, 20))
def test_what_is_remembered_has_a_bound(numbers: list[int], most: int) -> None:
    table = State().table("panels")
    panels = Panels(Source(name="s", kind="monitor"), Pseudonyms(KEY), table, most)
    for number in numbers:
        panels.take(Panel("", ("o", str(number)), Status.FINAL, NOW, True), Parts(1), NOW)
        assert len(table) <= most
    assert len(table) == 0 or numbers
