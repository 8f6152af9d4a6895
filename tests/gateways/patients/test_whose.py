"""Whose a value is: by visit, by patient and time, by bed and time, or not yet."""

from datetime import timedelta

import pytest

from picustream.gateways.patients.answers import Stay, Waiting
from picustream.gateways.patients.patients import LEAD
from picustream.gateways.statement import Identifier, Subject
from picustream.scoring.faults import Fault
from tests.gateways.patients.hospital import Gateway, adt, by_bed, subject, time

STEP = timedelta(microseconds=1)


def ward() -> Gateway:
    """A stay from the third to the fifth, eight o'clock, then the ward."""
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"), adt("A02", "05T08:00", "WARD3^^7"))
    return gateway


def stay_of(gateway: Gateway) -> Stay:
    return Stay(gateway.facts[0]["patient_id"], gateway.facts[0]["stay_id"])


@pytest.mark.parametrize("visit", ["V1", None, "of the laboratory's own"])
def test_a_value_in_a_stay_is_of_it_by_visit_or_by_patient(visit: str | None) -> None:
    gateway = ward()
    for at in ("03T08:00", "04T00:00", "05T08:00"):
        assert gateway.patients.stay(subject(visit=visit), time(at)) == stay_of(gateway)


def test_a_value_that_names_the_visit_alone() -> None:
    gateway = ward()
    assert gateway.patients.stay(subject(None, "V1"), time("04T00:00")) == stay_of(gateway)


def test_values_before_the_admission_are_of_the_stay_for_a_day() -> None:
    gateway = ward()
    begun = time("03T08:00")
    assert gateway.patients.stay(subject(), begun - LEAD) == stay_of(gateway)
    assert isinstance(gateway.patients.stay(subject(), begun - LEAD - STEP), Waiting)


def test_values_after_the_stay_wait_and_are_then_another_unit_s() -> None:
    gateway = ward()
    waiting = gateway.patients.stay(subject(), time("05T08:00") + STEP)
    assert isinstance(waiting, Waiting) and waiting.elsewhere
    gateway.hl7(adt("A12", "05T12:00"))
    assert set(waiting.keys) <= set(gateway.opened)
    assert gateway.patients.stay(subject(), time("05T08:00") + STEP) == stay_of(gateway)


def test_a_value_of_a_child_in_the_unit_of_whom_nobody_said_so_is_no_other_unit_s() -> None:
    """Its monitor says that it lies there: the transfer is missing."""
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00", "WARD3^^7"))
    waiting = gateway.patients.stay(subject(place="PICU-A/12"), time("04T00:00"))
    assert isinstance(waiting, Waiting) and not waiting.elsewhere


def test_of_two_stays_at_one_moment_the_one_that_began() -> None:
    gateway = ward()
    gateway.hl7(adt("A02", "05T08:00", "WARD3^^7"), adt("A01", "05T08:00", visit="V2^^^HOSP^VN"))
    later = gateway.facts[-1]["stay_id"]
    assert gateway.patients.stay(subject(visit=None), time("05T08:00")) == Stay(stay_of(gateway).patient_id, later)
    assert gateway.patients.stay(subject(visit="V1"), time("05T08:00")) == stay_of(gateway)


def test_an_unknown_patient_waits_and_no_bed_is_asked() -> None:
    gateway = Gateway(by_bed())
    gateway.hl7(adt("A01", "03T08:00"))
    waiting = gateway.patients.stay(subject("77", None, "PICU-A/12"), time("03T12:00"))
    assert isinstance(waiting, Waiting) and not waiting.elsewhere


BED = subject(None, None, "PICU-A/12")


def test_a_bed_says_nothing_unless_the_site_says_so() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"))
    found = gateway.patients.stay(BED, time("04T08:00"))
    assert isinstance(found, Fault) and found.reason == "no-identity"


def test_a_value_by_its_bed() -> None:
    gateway = Gateway(by_bed())
    assert gateway.patients.stay(BED, time("04T08:00")) == Waiting(("bed PICU-A 12",))
    gateway.hl7(adt("A01", "03T08:00"), adt("A02", "05T08:00", "PICU-A^^13"))
    assert gateway.patients.stay(BED, time("04T08:00")) == stay_of(gateway)
    assert "bed PICU-A 12" in gateway.opened
    assert isinstance(gateway.patients.stay(BED, time("06T08:00")), Waiting)
    assert gateway.patients.stay(subject(None, None, "PICU-A/13"), time("06T08:00")) == stay_of(gateway)


def test_an_empty_identifier_is_none() -> None:
    gateway = Gateway(by_bed())
    gateway.hl7(adt("A01", "03T08:00"))
    assert gateway.patients.stay(Subject((Identifier("", "HOSP", "PI"),), (), BED.place), time("04T08:00")) == stay_of(
        gateway
    )


@pytest.mark.parametrize(("minutes", "known"), [(-16, True), (-15, False), (0, False), (15, False), (16, True)])
def test_around_a_change_of_a_bed_nobody_knows(minutes: int, known: bool) -> None:
    gateway = Gateway(by_bed())
    gateway.hl7(adt("A01", "03T08:00"), adt("A02", "05T08:00", "PICU-A^^13"))
    gateway.hl7(adt("A01", "05T08:00", pid="2^^^HOSP^MR", visit="V2^^^HOSP^VN"))
    first, second = {fact["stay_id"]: fact for fact in gateway.facts}
    found = gateway.patients.stay(BED, time("05T08:00") + timedelta(minutes=minutes))
    if known:
        assert isinstance(found, Stay) and found.stay_id == (first if minutes < 0 else second)
    else:
        assert isinstance(found, Fault) and found.reason == "bed-change"


def test_two_in_one_bed_are_for_a_person() -> None:
    gateway = Gateway(by_bed())
    gateway.hl7(adt("A01", "03T08:00"), adt("A01", "04T08:00", pid="2^^^HOSP^MR", visit="V2^^^HOSP^VN"))
    found = gateway.patients.stay(BED, time("05T08:00"))
    assert isinstance(found, Fault) and found.reason == "bed-ambiguous"


def test_a_stay_that_is_withdrawn_lies_in_no_bed() -> None:
    gateway = Gateway(by_bed())
    gateway.hl7(adt("A01", "03T08:00"), adt("A11", "03T09:00"))
    assert isinstance(gateway.patients.stay(BED, time("04T08:00")), Waiting)
    assert isinstance(gateway.patients.stay(subject(), time("04T08:00")), Waiting)
