"""Times that cannot be read, units that change their names, and visits without a number."""

from datetime import date
from typing import Any

import pytest

from picustream.gateways.patients.answers import Stay
from picustream.gateways.site.config import Units
from picustream.gateways.statement import Move, Movement, Place
from picustream.scoring.faults import Fault
from tests.gateways.patients.hospital import Gateway, adt, hospital, moved, subject, time

HERE, WARD = Place("PICU-A", "12"), Place("WARD3", "7")
BAD = Fault("time-without-zone", "EVN-2", "")
AT = time("03T08:00")


def movement(move: Move, **other: Any) -> Movement:
    return Movement(**{"path": "EVN", "move": move, "occurred_at": AT, "recorded_at": AT, "place": HERE, **other})


@pytest.mark.parametrize(
    "unreadable",
    [
        movement(Move.ADMIT, occurred_at=BAD),
        movement(Move.ADMIT, admitted_at=BAD),
        movement(Move.TRANSFER, occurred_at=BAD),
        movement(Move.TRANSFER, occurred_at=BAD, place=WARD, prior=HERE),
        movement(Move.DISCHARGE, discharged_at=BAD),
        movement(Move.UPDATE, admitted_at=BAD),
    ],
)
def test_a_time_that_cannot_be_read_is_a_letter_where_it_decides_of_a_stay(unreadable: Movement) -> None:
    gateway = Gateway()
    gateway.learn(moved(unreadable), "m1")
    assert (gateway.facts, gateway.faults) == ([], ["time-without-zone"])


@pytest.mark.parametrize(
    "unreadable",
    [
        movement(Move.ADMIT, place=WARD, occurred_at=BAD),
        movement(Move.DISCHARGE, place=None, discharged_at=BAD),
        movement(Move.UPDATE, place=None, occurred_at=BAD),
    ],
)
def test_a_time_of_another_unit_s_patient_is_none_of_ours(unreadable: Movement) -> None:
    gateway = Gateway()
    assert gateway.learn(moved(unreadable), "m1").faults == ()
    gateway.hl7(adt("A01", "03T08:00"))
    assert len(gateway.learn(moved(unreadable), "m1").faults) == 1


def test_a_movement_without_a_number_concerns_whom_it_names() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"))
    unreadable = movement(Move.DISCHARGE, place=None, discharged_at=BAD)
    assert len(gateway.learn(moved(unreadable, whom=subject("000123456", None)), "m1").faults) == 1


@pytest.mark.parametrize("move", [Move.CANCEL_ADMIT, Move.CANCEL_TRANSFER, Move.CANCEL_DISCHARGE])
def test_a_cancellation_needs_no_other_time(move: Move) -> None:
    gateway = Gateway()
    gateway.learn(moved(movement(move, admitted_at=BAD, discharged_at=BAD)), "m1")
    assert gateway.faults == []


@pytest.mark.parametrize(("occurred", "recorded"), [(None, AT), (AT, None), (AT, BAD)])
def test_one_time_stands_for_the_other(occurred: Any, recorded: Any) -> None:
    gateway = Gateway()
    gateway.learn(moved(movement(Move.ADMIT, occurred_at=occurred, recorded_at=recorded)), "m1")
    (fact,) = gateway.facts
    assert fact["occurred_at"] == fact["recorded_at"] == "2025-03-03T00:00:00.000000+00:00"


def test_a_unit_s_name_holds_for_its_days() -> None:
    """By the calendar of the site: half past midnight in Shanghai is the day before in Greenwich."""
    names = [Units(match="OLD", until=date(2025, 3, 4)), Units.model_validate({"match": "NEW", "from": "2025-03-04"})]
    for place, before in (("OLD", True), ("NEW", False)):
        gateway = Gateway(hospital(unit=names))
        gateway.hl7(adt("A01", "03T23:30", place), adt("A01", "04T00:30", place, pid="2^^^HOSP^MR", visit="V2"))
        assert [fact["occurred_at"][:13] for fact in gateway.facts] == ["2025-03-03T15" if before else "2025-03-03T16"]


def test_a_unit_is_named_by_the_whole_of_its_name() -> None:
    gateway = Gateway(hospital(unit=[Units(match="PICU")]))
    gateway.hl7(adt("A01", "03T08:00", "PICU-ANNEX"))
    assert gateway.facts == []


def test_visits_without_a_number_are_known_by_their_patient() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:10", visit="", begun="03T08:00"), adt("A03", "05T08:00", visit="", disposition="01"))
    gateway.hl7(adt("A01", "07T08:10", visit="", begun="07T08:00"), adt("A08", "07T09:00", visit="", begun="07T07:00"))
    assert [word.split(" PICU")[0] for word in gateway.words()] == [
        "admitted 03T08:00", "discharged 05T08:00 home", "admitted 07T07:00",
    ]  # fmt: skip
    assert len({fact["stay_id"] for fact in gateway.facts}) == 2
    assert isinstance(gateway.patients.stay(subject("000123456", None), time("04T08:00")), Stay)


def test_a_movement_without_a_number_is_one_of_the_visit_that_was_named_last() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"))
    discharge = adt("A03", "05T08:00", visit="", disposition="01")
    made = gateway.hl7(discharge)
    assert [fact["type"] for fact in made] == ["discharged"]
    gateway.hl7(adt("A01", "07T08:00", visit="V2^^^HOSP^VN"))
    assert gateway.hl7(discharge) == made
    (second,) = gateway.hl7(adt("A02", "08T08:00", "PICU-B^^1", visit=""))
    assert second["stay_id"] != made[0]["stay_id"]
    assert [word.split()[0] for word in gateway.words()] == ["admitted", "discharged", "admitted", "moved"]


def test_a_visit_that_never_was_here_goes_to_the_patient_that_is_named_last() -> None:
    """Registered under a number for the meantime, as dead by mistake, and put right without a merge."""
    gateway = Gateway()
    gateway.hl7(adt("A04", "03T06:00", "ER", pid="TEMP1^^^HOSP^MR", dead="Y", died="202503030500+0800"))
    gateway.hl7(adt("A02", "03T08:00"))
    assert (gateway.words(), gateway.faults) == (["admitted 03T08:00 PICU-A/12 2019-11-20 female"], [])
    assert [fact["patient_id"] for fact in gateway.facts] == [gateway.hospital.pseudonyms.patient("HOSP", "000123456")]
    gateway.hl7(adt("A01", "04T08:00", pid="TEMP1^^^HOSP^MR", visit="V2^^^HOSP^VN"))
    assert gateway.words()[1:] == ["admitted 04T08:00 PICU-A/12 2019-11-20 female"]


def test_a_movement_that_names_its_visit_alone() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"), adt("A03", "05T08:00", pid=""))
    assert [word.split()[0] for word in gateway.words()] == ["admitted", "discharged"]


def test_a_second_stay_that_begins_when_the_first_one_first_did_has_a_name_of_its_own() -> None:
    gateway = Gateway()
    gateway.hl7(
        adt("A01", "03T08:00"),
        adt("A08", "03T09:00", begun="02T08:00"),
        adt("A02", "04T07:00", "WARD3^^7", evn6="03T07:00"),
    )
    gateway.hl7(adt("A02", "04T10:00", evn6="03T08:00"))
    stays = [fact["stay_id"] for fact in gateway.holds() if fact["type"] == "admitted"]
    assert len(stays) == len(set(stays)) == 2


def test_a_version_that_comes_late_is_filed_after_the_one_it_replaces() -> None:
    """The admission was cancelled before it was updated, and the cancellation comes last."""
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"), adt("A08", "03T12:00", sex="M"))
    (withdrawn,) = gateway.hl7(adt("A11", "03T10:00"))
    assert withdrawn["recorded_at"] == "2025-03-03T04:00:00.001000+00:00"
    assert gateway.words() == []


def test_a_death_before_every_stay_is_for_a_person() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"), adt("A08", "04T08:00", dead="Y", died="202403041000+0800"))
    assert (gateway.words()[1:], gateway.faults) == ([], ["death-before-admission"])


def test_a_death_of_another_day_than_the_known_one_is_for_a_person() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"), adt("A08", "04T08:00", dead="Y", died="202503040700+0800"))
    gateway.hl7(adt("A08", "04T09:00", dead="Y", died="20250304"), adt("A08", "04T10:00", dead="Y"))
    assert gateway.faults == []
    gateway.hl7(adt("A08", "04T11:00", dead="Y", died="20250305"))
    assert gateway.faults == ["death-time-unknown"]
    assert gateway.words()[1:] == ["died 04T07:00"]


def test_a_death_without_its_minute_is_one_letter_and_none_where_the_child_never_was_here() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00", "WARD3^^7"), adt("A08", "04T08:00", "WARD3^^7", dead="Y"))
    assert gateway.faults == []
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"), *(adt("A08", f"04T08:0{minute}", dead="Y") for minute in range(5)))
    assert gateway.faults == ["death-time-unknown"]
