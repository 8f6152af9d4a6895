"""One id for two things, an admission that moved, a birth date that is none: an alert, over once it is corrected."""

from typing import Any

import pytest

from picustream.scoring.alerts.alerts import CATALOGUE
from tests.scoring.build import Stay, at, obs

WARD = Stay().admitted("day 1 08:00", birth_date="2020-05-01", sex="female", event_id="a1")


def revisions_of(ward: Stay, name: str) -> list[tuple[str, str, Any, str | None]]:
    """Subject, state, since and detail of every record of an alert."""
    found = [one for one in ward.alerts if one["name"] == name]
    for one in found:
        assert (one["severity"], one["audience"]) == CATALOGUE[name]
    prefix = f"S/alert/{name}"
    return [
        (one["alert_id"].removeprefix(prefix).lstrip("/"), one["state"], at(one["since"]), one["detail"])
        for one in found
    ]


def states(ward: Stay, name: str) -> list[str]:
    return [state for _, state, _, _ in revisions_of(ward, name)]


# One id for two things. --------------------------------------------------------------------------------------------


def result(ward: Stay, when: str, **fields: Any) -> Stay:
    """A creatinine under the number of its order."""
    return ward.lab(when, creatinine=520, source="lis", **{"event_id": "ORD-1", **fields})


@pytest.mark.proves("V1")
def test_v1_a_final_version_of_another_moment_is_reported_by_its_source() -> None:
    """The older value is gone from its day."""
    ward = result(result(WARD, "day 1 10:00"), "day 2 06:00")
    expected = [("lis", "firing", at("day 1 10:00"), "ORD-1")]
    assert revisions_of(ward.until("day 2 07:00"), "id-reused") == expected
    assert ward.organ(1, "renal")["basis"] == "assumed-normal"
    more = result(result(ward, "day 3 06:00"), "day 4 06:00", event_id="ORD-2", recorded="day 4 07:00")
    assert revisions_of(more.until("day 5"), "id-reused") == expected


@pytest.mark.parametrize(("when", "reused"), [
    ("day 1 11:00", False), ("day 1 11:00 +1us", True), ("day 1 09:00", False), ("day 1 09:00 -1us", True),
])  # fmt: skip
def test_moments_of_more_than_an_hour_apart_are_two(when: str, reused: bool) -> None:
    """Either way."""
    ward = result(result(WARD, "day 1 10:00"), when, recorded="day 1 12:00")
    assert states(ward.until("day 2"), "id-reused") == ["firing"] * reused


@pytest.mark.parametrize("status", ["amended", "corrected", "cancelled", "entered-in-error", "preliminary", "unknown"])
@pytest.mark.parametrize("first", [False, True])
def test_only_final_versions_count(status: str, first: bool) -> None:
    """What says itself that it corrects may move as it likes, and what is preliminary is not yet said."""
    kinds = (status, "final") if first else ("final", status)
    ward = result(WARD, "day 1 10:00", status=kinds[0], recorded="day 1 10:30")
    ward = result(ward, "day 2 06:00", status=kinds[1], recorded="day 2 07:00")
    assert states(ward.until("day 2 08:00"), "id-reused") == []


@pytest.mark.parametrize("status", ["corrected", "entered-in-error"])
def test_it_is_over_when_every_such_id_was_corrected_or_withdrawn(status: str) -> None:
    """Later than the older of the two; one of several is not enough."""
    ward = result(result(WARD, "day 1 10:00"), "day 2 06:00")
    ward = result(result(ward, "day 1 11:00", event_id="ORD-2"), "day 2 07:00", event_id="ORD-2")
    ward = result(ward, "day 2 06:00", status=status, recorded="day 3 08:00")
    assert states(ward.until("day 3 09:00"), "id-reused") == ["firing"]
    ward = result(ward, "day 2 07:00", event_id="ORD-2", status=status, recorded="day 3 10:00")
    assert states(ward.until("day 3 11:00"), "id-reused") == ["firing", "resolved"]


def test_a_counter_that_starts_again_is_one_alert_and_another_source_is_another() -> None:
    """Hundreds of ids of a gateway; supports and facts of which a stay has many count as observations do."""
    ward = WARD
    for day in (1, 2):
        for number in range(100):
            ward = ward.vital(f"day {day} 10:{number % 60:02}", heart_rate=99, source="gw", event_id=f"{number}")
        ward = ward.vent(f"day {day} 12:00", "invasive", obs("peep", 5, id=f"p{day}"), source="vent", event_id="7")
        ward = ward.sedation(f"day {day} 12:00", "on", source="chart", id="s")
    subjects = [subject for subject, _, _, _ in revisions_of(ward.until("day 3"), "id-reused")]
    assert subjects == ["gw", "vent", "chart"]


def test_a_fact_that_a_stay_has_once_has_no_id() -> None:
    """A discharge that is planned again moves, and nothing else was said under its name."""
    ward = WARD.discharged("day 4 10:00", recorded="day 3 09:00").discharged("day 6 10:00", recorded="day 4 09:00")
    assert states(ward.until("day 7"), "id-reused") == []


# An admission that moved. ------------------------------------------------------------------------------------------


def admitted(ward: Stay, when: str, **fields: Any) -> Stay:
    return ward.admitted(when, birth_date="2020-05-01", sex="female", **fields)


SCORED = WARD.lab("day 1 10:00", creatinine=60)


@pytest.mark.proves("T5")
def test_t5_a_second_admission_under_the_same_stay_is_reported() -> None:
    """A readmission, or a transfer: the final records of the days before it are withdrawn."""
    ward = admitted(SCORED, "day 4 02:00", event_id="a2")
    assert revisions_of(ward.until("day 4 03:00"), "admission-moved") == [("", "firing", at("day 1 08:00"), "a2")]
    assert date_states(ward)[0] == "entered-in-error"
    ward = admitted(ward, "day 1 08:00", event_id="a3", recorded="day 5 09:00", status="corrected")
    assert states(ward.until("day 5 10:00"), "admission-moved") == ["firing", "resolved"]


def date_states(ward: Stay) -> list[str]:
    """The status of the last record of each day."""
    return list({record["day"]: record["status"] for topic, record in ward.records if "mods" in topic}.values())


@pytest.mark.parametrize(("status", "when", "moved"), [
    ("final", "day 1 09:00", False), ("final", "day 1 09:00 +1us", True), ("final", "day 1 07:00 -1us", True),
    ("corrected", "day 1 12:00", False), ("amended", "day 1 12:00", False), ("preliminary", "day 1 12:00", True),
    ("registered", "day 1 12:00", False),
])  # fmt: skip
def test_by_more_than_an_hour_and_without_saying_so(status: str, when: str, moved: bool) -> None:
    ward = admitted(SCORED, when, recorded="day 1 13:00", status=status)
    assert states(ward.until("day 1 14:00"), "admission-moved") == ["firing"] * moved


@pytest.mark.proves("I1")
@pytest.mark.parametrize(("measured", "filed", "moved"), [
    (None, "day 1 13:00", False), (None, "day 2 05:59", False), (None, "day 2 06:00", True),
    ("day 1 10:00", "day 1 13:00", True), ("day 1 10:00", "day 1 09:59", False), ("day 1 07:00", "day 1 13:00", False),
])  # fmt: skip
@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_i1_an_admission_that_moved_before_there_was_a_score_is_none(
    measured: str | None, filed: str, moved: bool, order: tuple[int, ...]
) -> None:
    """By filing times: with a value that makes a score filed before, or the first day closed. Whatever came first."""
    ward = admitted(WARD.lab(measured or "day 3", creatinine=60), "day 1 12:00", recorded=filed)
    assert states(ward.arriving(*order).until("day 4"), "admission-moved") == ["firing"] * moved


def test_an_admission_that_was_withdrawn_first_did_not_move() -> None:
    ward = SCORED.admitted("day 1 08:00", event_id="a1", recorded="day 2 09:00", status="entered-in-error")
    assert states(admitted(ward, "day 3 08:00").until("day 4"), "admission-moved") == []


# A birth date that is none. ----------------------------------------------------------------------------------------


@pytest.mark.proves("E1")
@pytest.mark.parametrize(("birth", "implausible"), [
    ("1900-01-01", True), ("1905-01-01", True), ("1905-01-02", False), ("1904", True), ("1905", False),
    ("2020-05-01", False), ("2025-06-01", False),
])  # fmt: skip
def test_e1_a_birth_date_by_which_a_child_is_120_is_reported(birth: str, implausible: bool) -> None:
    """Where every day that it may mean makes it so old on day 1 of 2025; until another one is sent."""
    ward = Stay().admitted("day 1 08:00", birth_date=birth)
    expected = [("", "firing", at("day 1 08:00"), None)] * implausible
    assert revisions_of(ward.until("day 2"), "birth-date-implausible") == expected
    ward = ward.admitted("day 1 08:00", birth_date="2020", recorded="day 2 09:00", status="corrected")
    assert states(ward.until("day 3"), "birth-date-implausible") == ["firing", "resolved"] * implausible
