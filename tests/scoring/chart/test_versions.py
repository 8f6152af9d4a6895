"""Versions of observations, ventilator events and facts: docs/topics.md, rule V1."""

import json
from itertools import permutations
from typing import Any

import pytest

from picustream.models.event import LAB, VITAL
from picustream.scoring.engine import Engine
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.validation import InputRecord
from tests.scoring.build import Stay, at, date_of, obs
from tests.scoring.histories import SHIPPED, input_records

WARD = Stay().admitted("day 1 00:00", birth_date="2020-05-01", sex="female").discharged("day 3 00:00")
NINE = "day 1 09:00"


def creatinine(ward: Stay, value: Any, **fields: Any) -> Stay:
    """A creatinine of 9 o'clock, always the same observation."""
    return ward.lab(NINE, obs("creatinine", value, id="c1"), **fields)


def renal(stay: Stay) -> tuple[str, Any, Any]:
    organ = stay.organ(1, "renal")
    return organ["basis"], organ["value"], organ["reason"]


def in_every_order(stay: Stay) -> list[Stay]:
    """The stay with the events after the first two arriving in every order."""
    places = range(3, len(stay.events) + 1)
    return [stay.arriving(1, 2, *order) for order in permutations(places)]


# What wins. --------------------------------------------------------------------------------------------------------


@pytest.mark.proves("V1", "I1")
def test_v1_the_version_filed_last_holds_in_whatever_order_they_arrive() -> None:
    """Three versions of one result: the one with the latest filing time is used."""
    ward = creatinine(WARD, 250, recorded="day 1 10:00")
    ward = creatinine(ward, 150, recorded="day 1 12:00", status="corrected")
    ward = creatinine(ward, 550, recorded="day 1 11:00", status="corrected")
    assert {renal(stay) for stay in in_every_order(ward)} == {("measured", 150, None)}


@pytest.mark.proves("V1", "I1")
def test_v1_without_a_filing_time_the_observation_time_stands_for_it() -> None:
    """A version that says nothing of its filing was filed when the specimen was taken."""
    older = creatinine(creatinine(WARD, 250), 150, recorded="day 1 09:00 -1us")
    newer = creatinine(creatinine(WARD, 250), 150, recorded="day 1 09:00 +1us")
    assert {renal(stay)[1] for stay in in_every_order(older)} == {250}
    assert {renal(stay)[1] for stay in in_every_order(newer)} == {150}


@pytest.mark.proves("V1", "I1")
def test_v1_at_equal_filing_times_the_greater_event_id_holds() -> None:
    """Event ids are compared as text: e9 comes after e10."""
    ward = creatinine(creatinine(WARD, 250, event_id="e9"), 150, event_id="e10")
    assert {renal(stay)[1] for stay in in_every_order(ward)} == {250}


@pytest.mark.proves("V1", "I1")
@pytest.mark.parametrize(("one", "other", "winner"), [(250, 150, 250), (90, 150, 90), ("20", "150", 20)])
def test_v1_at_last_the_greater_text_holds_and_there_is_an_alert(one: Any, other: Any, winner: int) -> None:
    """One event id with two contents: they are compared as text, digit by digit, and operations have an alert."""
    ward = creatinine(creatinine(WARD, one, event_id="e5"), other, event_id="e5")
    for stay in in_every_order(ward):
        assert stay.organ(1, "renal")["inputs"][0]["original"]["value"] == winner
        assert [alert["state"] for alert in stay.alerts if alert["name"] == "conflicting-duplicate"] == ["firing"]


@pytest.mark.proves("V1", "I1", "I7")
def test_v1_the_same_text_on_two_topics_is_published_and_decided() -> None:
    """A feed sends one event to two topics: whichever comes first, the receipt names the same one."""
    ward = WARD
    for topic in (LAB, VITAL):
        ward = ward.charted(topic, "day 1 10:00", obs("creatinine", 150), event_id="e5")
    for stay in in_every_order(ward):
        assert stay.organ(1, "renal")["inputs"][0]["topic"] == VITAL
        assert [alert["state"] for alert in stay.alerts if alert["name"] == "conflicting-duplicate"] == ["firing"]


@pytest.mark.proves("V1", "I1", "I7")
def test_v1_of_two_spellings_of_one_number_the_greater_text_is_shown() -> None:
    """The receipt shows the number as the version in force wrote it, in whatever order they came."""
    ward = creatinine(creatinine(WARD, "250", event_id="e5"), "250.0", event_id="e5")
    spelled = [str(stay.organ(1, "renal")["inputs"][0]["original"]["value"]) for stay in in_every_order(ward)]
    assert spelled == ["250", "250"]


@pytest.mark.proves("V1", "I1")
def test_v1_a_repeat_is_one_whatever_its_white_space_and_order_of_fields() -> None:
    """The same event spelled in another way is a repeat: no revision, no conflict."""
    topic, value = creatinine(WARD, 250, event_id="r1").events[-1]
    again = [json.dumps(value, indent=2), json.dumps(dict(reversed(value.items()))), json.dumps(value)]
    engine = Engine(SHIPPED)
    records = input_records([*WARD.events, (topic, value)])
    engine.process(engine.read(records, at("day 9")), at("day 9"))
    repeats = [InputRecord(topic, None, place, None, one.encode()) for place, one in enumerate(again, start=9)]
    assert engine.process(engine.read(repeats, at("day 9")), at("day 9")).outputs == []


@pytest.mark.proves("V1")
def test_v1_the_same_id_of_another_source_is_another_observation() -> None:
    """Two laboratories may both have a result c1."""
    ward = creatinine(creatinine(WARD, 250, source="lis"), 550, source="lis-2", recorded="day 1 10:00")
    assert renal(ward)[1] == 250


@pytest.mark.proves("V1")
def test_v1_an_observation_without_an_id_is_known_by_event_and_code() -> None:
    """A correction that reuses the event id replaces the value of the same code, and only that."""
    ward = WARD.lab(NINE, creatinine=250, platelets=60, event_id="r1")
    ward = ward.lab(NINE, creatinine=150, event_id="r1", recorded="day 1 10:00", status="corrected")
    assert renal(ward)[1] == 150
    assert ward.organ(1, "haematologic")["value"] == 60


@pytest.mark.proves("V1", "T5")
def test_v1_a_correction_may_move_a_value_to_another_day() -> None:
    """Wrong date, corrected: the value leaves one day and appears on the other."""
    ward = creatinine(WARD, 250).lab("day 2 09:00", obs("creatinine", 250, id="c1"), recorded="day 2 10:00")
    assert [ward.organ(day, "renal")["basis"] for day in (1, 2)] == ["assumed-normal", "measured"]


@pytest.mark.proves("V1")
def test_v1_a_result_of_the_wrong_stay_is_withdrawn_there_and_sent_anew_here() -> None:
    """Versions are kept apart by stay: a withdrawal on one stay does not touch another."""
    ward = WARD.admitted("day 1 00:00", stay="T").discharged("day 2 00:00", stay="T", event_id="t")
    ward = creatinine(creatinine(ward, 250, stay="T"), 250)
    ward = creatinine(ward, 250, stay="T", recorded="day 1 12:00", status="entered-in-error")
    renals = {stay: ward.revisions(MODS, stay_id=stay, day=date_of(1))[-1]["components"][1] for stay in ("S", "T")}
    assert (renals["S"]["basis"], renals["T"]["basis"]) == ("measured", "assumed-normal")


# What takes away. --------------------------------------------------------------------------------------------------


@pytest.mark.proves("V1")
@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_v1_a_withdrawn_value_is_gone_until_a_later_version_restores_it(status: str) -> None:
    """Withdrawn means withdrawn, with or without a value; a later version brings it back."""
    gone = creatinine(creatinine(WARD, 250), None, recorded="day 1 10:00", status=status)
    assert renal(gone) == ("assumed-normal", None, "withdrawn")
    back = creatinine(gone, 150, recorded="day 1 11:00", status="corrected")
    assert {renal(stay) for stay in in_every_order(back)} == {("measured", 150, None)}


@pytest.mark.proves("V1")
@pytest.mark.parametrize("status", ["registered", "unknown"])
def test_v1_a_status_that_says_nothing_carries_no_value(status: str) -> None:
    """A registered result has no value yet, even if a number is there, and it hides an older one."""
    assert renal(creatinine(WARD, 250, status=status)) == ("assumed-normal", None, "not-measured")
    hidden = creatinine(creatinine(WARD, 250), 250, recorded="day 1 10:00", status=status)
    assert renal(hidden) == ("assumed-normal", None, "not-measured")


@pytest.mark.proves("V1")
def test_v1_preliminary_values_are_used_unless_the_protocol_says_no() -> None:
    """Whether a preliminary value counts is a protocol parameter."""
    ward = creatinine(WARD, 250, status="preliminary")
    assert renal(ward)[0] == "measured"
    assert renal(ward.under(data={"use_preliminary": False}))[0] == "assumed-normal"


@pytest.mark.proves("V1")
@pytest.mark.parametrize("unusable", [
    obs("creatinine", 5000, id="c1"),
    obs("creatinine", 150, "furlong", id="c1"),
    obs("creatinine", 150, "mm[Hg]", id="c1"),
    obs("creatinine", 150, None, id="c1"),
    {"code": "2951-2", "value": 140, "unit": "mmol/L", "id": "c1"},
])  # fmt: skip
def test_v1_a_current_version_that_is_not_usable_hides_the_one_that_was(unusable: dict[str, Any]) -> None:
    """An implausible, misspelled or recoded correction does not let the corrected value stand."""
    ward = creatinine(WARD, 250).lab(NINE, unusable, recorded="day 1 10:00", status="corrected")
    assert {renal(stay)[0] for stay in in_every_order(ward)} == {"assumed-normal"}


@pytest.mark.proves("V1")
def test_v1_one_observation_of_an_event_may_be_withdrawn_alone() -> None:
    """An observation's own status goes before that of its event."""
    ward = WARD.lab(
        NINE, obs("creatinine", status="cancelled"), obs("platelets", 60), recorded="day 1 10:00", event_id="r1"
    )
    assert (renal(ward)[0], ward.organ(1, "haematologic")["basis"]) == ("assumed-normal", "measured")
    kept = WARD.lab(
        NINE, obs("creatinine", 150, status="final"), obs("platelets"), recorded="day 1 10:00", status="cancelled"
    )
    assert (renal(kept)[0], kept.organ(1, "haematologic")["basis"]) == ("measured", "assumed-normal")


@pytest.mark.proves("V1")
def test_v1_unmapped_codes_are_ignored_and_counted() -> None:
    """Sodium is no error: no dead letter, no record, a count."""
    ward = WARD.lab(NINE, {"code": "2951-2", "value": 140, "unit": "mmol/L"}, event_id="na")
    assert ward.dead_letters == []
    engine = Engine(SHIPPED)
    effects = engine.process(engine.read(input_records(ward.events), at("day 9")), at("day 9"))
    assert effects.ignored == {"2951-2": 1}


# The order of observations. ----------------------------------------------------------------------------------------


@pytest.mark.proves("V1", "M2", "I1")
@pytest.mark.parametrize(("first", "second"), [
    ({"when": "day 1 09:00 -1us"}, {"when": "day 1 09:00"}),
    ({"recorded": "day 1 09:30"}, {"recorded": "day 1 09:30 +1us"}),
    ({}, {"recorded": "day 1 09:00 +1us"}),
    ({"source": "lis", "id": "z"}, {"source": "lis-2", "id": "a"}),
    ({"id": "a"}, {"id": "b"}),
])  # fmt: skip
def test_v1_order_is_by_time_then_filing_then_source_then_id(first: dict[str, str], second: dict[str, str]) -> None:
    """Ties between values of one time are broken in a fixed way, whatever came first."""

    def taken(stay: Stay, value: int, when: str = NINE, id: str = "x", **fields: str) -> Stay:
        return stay.lab(when, obs("creatinine", value, id=id), **fields)

    first = {"id": "1", **first}
    ward = taken(taken(WARD, 250, **first), 150, **second)
    assert {renal(stay)[1] for stay in in_every_order(ward)} == {250}


# Ventilator events. ------------------------------------------------------------------------------------------------


@pytest.mark.proves("V1", "P2")
def test_v1_support_belongs_to_the_event_and_not_to_its_observations() -> None:
    """A correction of a setting under a new event id leaves the old event's support standing."""
    ward = WARD.vent("day 1 08:00", "room-air", obs("peep", 5, id="p"), event_id="v1").gas(NINE, pao2=63)
    moved = ward.vent("day 1 07:00", None, obs("peep", 6, id="p"), recorded="day 1 10:00", status="corrected")
    assert moved.organ(1, "respiratory")["value"] == 300


@pytest.mark.proves("V1", "P2")
@pytest.mark.parametrize("status", ["entered-in-error", "cancelled", "registered", "unknown"])
def test_v1_a_withdrawn_ventilator_event_takes_its_support_along(status: str) -> None:
    """The support of an event that no longer stands is not in force."""
    ward = WARD.vent("day 1 08:00", "room-air", event_id="v1").gas(NINE, pao2=63)
    gone = ward.vent("day 1 08:00", "room-air", event_id="v1", recorded="day 1 10:00", status=status)
    assert {stay.organ(1, "respiratory")["reason"] for stay in in_every_order(gone)} == {"unpaired"}


# Facts. ------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("V1", "I1")
def test_v1_a_stay_has_one_admission_whoever_sends_it() -> None:
    """One fact per type: the version filed last holds, from whatever source."""
    one = (
        Stay()
        .admitted("day 1 08:00", source="his", recorded="day 1 09:00")
        .admitted("day 2 08:00", source="his-2", recorded="day 1 08:30")
    )
    assert {stay.mods_days[0] for stay in (one, one.arriving(2, 1))} == {date_of(1)}


@pytest.mark.proves("V1", "I1")
def test_v1_a_fact_of_two_sources_may_be_in_conflict() -> None:
    """Two sources that use the same event id at the same time for one admission: operations have an alert."""
    ward = Stay().admitted("day 1 08:00", source="his", event_id="a1", recorded="day 1 09:00")
    ward = ward.admitted("day 2 08:00", source="his-2", event_id="a1", recorded="day 1 09:00")
    for stay in in_every_order(ward):
        assert stay.mods_days[0] == date_of(2)
        assert [alert["state"] for alert in stay.alerts if alert["name"] == "conflicting-duplicate"] == ["firing"]


@pytest.mark.proves("V1")
@pytest.mark.parametrize("status", ["entered-in-error", "cancelled", "registered", "unknown"])
def test_v1_a_fact_that_is_withdrawn_or_says_nothing_states_nothing(status: str) -> None:
    """The discharge never was: the stay goes on."""
    gone = WARD.discharged("day 3 00:00", event_id="e2", recorded="day 5 00:00", status=status)
    assert gone.outcome("picu-discharge") is None
    assert len(gone.mods_days) > 60


@pytest.mark.proves("V1", "E3")
def test_v1_of_facts_that_a_stay_has_many_of_each_id_has_its_own_versions() -> None:
    """A consent corrected under its id is one decision; under a new event id it is another."""
    ward = WARD.consent("day 1 10:00", "refused", event_id="c1")
    mended = ward.consent("day 1 10:00", "given", event_id="c1", recorded="day 1 11:00", status="corrected")
    assert mended.criterion("consent")["met"] is True
    named = ward.consent("day 1 09:00", "given", id="c1", recorded="day 1 12:00", status="corrected")
    assert {stay.criterion("consent")["met"] for stay in in_every_order(named)} == {True}
    elsewhere = ward.consent("day 1 09:00", "given", source="office", id="c1", recorded="day 1 12:00")
    assert elsewhere.criterion("consent")["met"] is False


@pytest.mark.proves("V1", "I10")
def test_v1_records_carry_the_patient_of_the_admission() -> None:
    """An event that names another patient is used all the same, and operations have an alert."""
    ward = WARD.lab(NINE, creatinine=250, patient="Q")
    assert (renal(ward)[1], ward.mods(1)["patient_id"]) == (250, "P")
    assert [alert["name"] for alert in ward.alerts if alert["severity"] == "critical"] == ["patient-mismatch"]
    renamed = ward.admitted("day 1 00:00", patient="Q", recorded="day 4 00:00", status="corrected", sex="female")
    assert renamed.mods(1)["patient_id"] == "Q"
