"""Who is here, since when and where: rules S1 and S2. Every timeline is read by the reference as well."""

from typing import Any

import pytest

from picustream.models import text
from picustream.scoring.presence.record import STAY
from tests.scoring.build import Stay

HERE = Stay().until("day 3").admitted("day 1 08:00", unit="PICU-A", bed="7", birth_date="2020-05-01", sex="female")
FIELDS = ("unit", "bed", "bed_since")


def seen(ward: Stay, *fields: str) -> tuple[Any, ...]:
    found = ward.presence
    assert found is not None
    return tuple(found[name] for name in fields)


def when(hour: str, day: int = 1) -> str:
    return f"2025-01-0{day}T{hour}:00+08:00"


@pytest.mark.proves("S1")
def test_s1_a_child_is_present_until_the_end_has_come() -> None:
    ward = HERE.discharged("day 2 10:00", "home")
    assert seen(ward.until("day 2 10:00"), "state", "left_at", "end", "destination", "status") == (
        "left", when("10:00", 2), "discharged", "home", "final",
    )  # fmt: skip
    assert seen(HERE, "state", "left_at", "end", "destination", "status") == (
        "present",
        None,
        None,
        None,
        "preliminary",
    )
    assert seen(HERE, "admitted_at", "sex", "age") == (when("08:00"), "female", 56)


@pytest.mark.proves("S1")
@pytest.mark.parametrize(
    ("ward", "end", "left", "destination"),
    [
        (HERE.died("day 2 09:00"), "died", when("09:00", 2), None),
        (HERE.discharged("day 2 10:00").died("day 2 10:00"), "died", when("10:00", 2), None),
        (HERE.discharged("day 2 10:00").died("day 2 11:00"), "discharged", when("10:00", 2), "ward"),
        (HERE.discharged("day 2 10:00").died("day 2 09:00"), "died", when("09:00", 2), None),
    ],
)
def test_s1_how_a_stay_ended(ward: Stay, end: str, left: str, destination: str | None) -> None:
    assert seen(ward, "end", "left_at", "destination") == (end, left, destination)


@pytest.mark.proves("S1", "I2")
def test_s1_a_discharge_that_is_withdrawn_makes_the_child_present_again() -> None:
    ward = HERE.discharged("day 2 10:00").discharged("day 2 10:00", status="cancelled", recorded="day 2 12:00")
    assert [(one["state"], one["status"]) for one in ward.revisions(STAY)] == [
        ("present", "preliminary"), ("left", "final"), ("present", "preliminary"),
    ]  # fmt: skip
    again = ward.discharged("day 2 20:00", recorded="day 2 21:00")
    assert (again.presence or {})["status"] == "amended"


@pytest.mark.proves("S1")
@pytest.mark.parametrize(
    ("born", "months"),
    [
        ("2024-12-31", 0), ("2024-12-01", 1), ("2024-12-02", 0), ("2020-01-01", 60), ("2020-01-02", 59),
        ("2024-12", None), ("2024", None), ("1890-01-01", None), ("2025-01-02", None), ("2025-01", 0), (None, None),
    ],
)  # fmt: skip
def test_s1_the_age_is_in_completed_months(born: str | None, months: int | None) -> None:
    given = {} if born is None else {"birth_date": born}
    assert seen(Stay().until("day 2").admitted("day 1 08:00", **given), "age") == (months,)


@pytest.mark.proves("S1")
def test_s1_born_on_the_31st_a_month_is_complete_on_the_1st() -> None:
    ward = Stay().until("2025-03-03T00:00:00+08:00")
    for day, months in (("28T12:00:00", 0), ("01T12:00:00", 1)):
        month = "02" if day.startswith("28") else "03"
        admitted = ward.admitted(f"2025-{month}-{day}+08:00", birth_date="2025-01-31")
        assert seen(admitted, "age") == (months,)


@pytest.mark.proves("S2")
@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        ([], ("PICU-A", "7", when("08:00"))),
        ([("day 1 09:00", {"bed": "9"})], ("PICU-A", "9", when("09:00"))),
        ([("day 1 09:00", {"unit": "PICU-B"})], ("PICU-B", None, None)),
        ([("day 1 09:00", {"unit": "PICU-A"})], ("PICU-A", "7", when("08:00"))),
        ([("day 1 09:00", {"bed": "7"})], ("PICU-A", "7", when("08:00"))),
        ([("day 1 09:00", {"bed": "9"}), ("day 1 10:00", {"bed": "9"})], ("PICU-A", "9", when("09:00"))),
        ([("day 1 09:00", {"bed": "9"}), ("day 1 10:00", {"bed": "7"})], ("PICU-A", "7", when("10:00"))),
        ([("day 1 10:00", {"bed": "7"}), ("day 1 09:00", {"bed": "9"})], ("PICU-A", "7", when("10:00"))),
        ([("day 1 07:59", {"bed": "9"})], ("PICU-A", "7", when("08:00"))),
        ([("day 3 00:01", {"bed": "9"})], ("PICU-A", "7", when("08:00"))),
    ],
)
def test_s2_the_latest_move_that_has_come_holds(moves: list[tuple[str, dict[str, str]]], expected: Any) -> None:
    ward = HERE
    for number, (moment, place) in enumerate(moves):
        ward = ward.adt("moved", moment, id=f"m-{number}", recorded="day 1 12:00", **place)
    assert seen(ward, *FIELDS) == expected


@pytest.mark.proves("S2")
def test_s2_a_move_at_the_end_or_later_moves_nobody() -> None:
    ward = HERE.discharged("day 2 10:00")
    for moment in ("day 2 10:00", "day 2 11:00"):
        assert seen(ward.adt("moved", moment, bed="9"), *FIELDS) == ("PICU-A", "7", when("08:00"))
    assert seen(ward.adt("moved", "day 2 10:00 -1us", bed="9"), "bed") == ("9",)


@pytest.mark.proves("S2", "I8")
def test_s2_a_move_ahead_holds_once_its_time_has_come() -> None:
    """Within what a clock may lie ahead: no event comes, and the record changes all the same."""
    ward = HERE.adt("moved", "day 1 08:03", bed="9", recorded="day 1 08:00")
    assert [one["bed"] for one in ward.revisions(STAY)] == ["7", "9"]
    assert [one["cause"]["reason"] for one in ward.revisions(STAY)] == ["admitted", "time"]


@pytest.mark.proves("S2", "I2")
def test_s2_a_move_that_is_withdrawn_never_was() -> None:
    ward = HERE.adt("moved", "day 1 09:00", bed="9", id="m")
    ward = ward.adt("moved", "day 1 09:00", id="m", status="entered-in-error", recorded="day 1 10:00")
    assert seen(ward, *FIELDS) == ("PICU-A", "7", when("08:00"))


@pytest.mark.proves("S1")
def test_s1_nothing_of_the_trial_is_in_it() -> None:
    """A ward that reads it learns neither the arm nor the study day, nor that the child is in the trial at all."""
    plain = HERE.lab("day 1 09:00", creatinine=250)
    trial = plain.consent("day 1 09:30").treatment("day 1 10:00", arm="trial")
    told = [text.encode(one) for one in trial.revisions(STAY)]
    assert told == [text.encode(one) for one in plain.revisions(STAY)] and "trial" not in "".join(told).lower()


@pytest.mark.proves("S1")
def test_s1_without_an_admission_there_is_no_record_and_a_withdrawn_one_leaves_nothing() -> None:
    assert Stay().until("day 3").lab("day 1 09:00", creatinine=60).presence is None
    gone = HERE.admitted("day 1 08:00", status="entered-in-error", recorded="day 1 09:00")
    assert gone.presence is None
    last = gone.revisions(STAY)[-1]
    assert last["status"] == "entered-in-error"
    assert {last[name] for name in ("state", "unit", "bed", "age", "sex", "admitted_at")} == {None}
