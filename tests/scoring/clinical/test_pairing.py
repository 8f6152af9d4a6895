"""Which values belong together: FiO2 with a PaO2 (P1, P3); `test_triplet.py` has P4."""

from typing import Any

import pytest

from tests.scoring.build import Stay, obs

WARD = Stay().admitted("day 1 00:00", birth_date="2020-05-01").discharged("day 4 00:00")


def ratio(ward: Stay, day: int = 2) -> Any:
    """The P/F of the day, or why there is none."""
    organ = ward.organ(day, "respiratory")
    return organ["value"] if organ["basis"] == "measured" else organ["reason"]


def sampled(ward: Stay, when: str = "day 2 10:00", pao2: Any = 84) -> Stay:
    """An arterial sample without an FiO2 of its own."""
    return ward.gas(when, pao2=pao2)


def on(ward: Stay, when: str, fio2: Any, support: str | None = "invasive") -> Stay:
    return ward.vent(when, support, obs("fio2", fio2))


# P1: the FiO2 of the same event. -----------------------------------------------------------------------------------


@pytest.mark.proves("P1", "P3")
def test_p1_the_fio2_of_the_same_event_goes_before_any_other() -> None:
    """What the gas analyser was given is used, even where the ventilator was charted later."""
    ward = on(WARD, "day 2 09:59", "0.5").gas("day 2 10:00", pao2=84, fio2="0.4")
    assert ratio(ward) == 210


@pytest.mark.proves("P1", "T2")
@pytest.mark.parametrize(("when", "day"), [("day 1 08:00", 1), ("day 3 12:00", 3)])
def test_p1_gases_of_the_admission_and_of_the_discharge_have_their_own_fio2(when: str, day: int) -> None:
    """Both ends of the stay belong to it, though another FiO2 of the very moment sorts later."""
    ward = Stay().admitted("day 1 08:00").discharged("day 3 12:00")
    ward = ward.gas(when, obs("fio2", "0.4", id="f"), pao2=84).vent(when, "invasive", obs("fio2", "0.6", id="v"))
    assert ratio(ward, day) == 210


@pytest.mark.proves("P1", "V1")
def test_p1_of_two_in_the_same_event_the_first_usable_one_counts() -> None:
    """Ids order what has one time; an implausible one is passed over."""
    two = WARD.gas("day 2 10:00", obs("fio2", "0.5", id="b"), obs("fio2", "0.4", id="a"), pao2=84)
    assert ratio(two) == 210
    bad = WARD.gas("day 2 10:00", obs("fio2", "15", id="a"), obs("fio2", "0.5", id="b"), pao2=84)
    assert ratio(bad) == 168


@pytest.mark.proves("P1", "V1")
def test_p1_the_same_event_is_that_of_the_current_versions() -> None:
    """A PaO2 corrected under a new event has left the FiO2 of the old one behind, and looks for the latest."""
    ward = WARD.gas("day 2 10:00", obs("pao2", 84, id="p"), obs("fio2", "0.4", id="f"), event_id="g1")
    ward = ward.vent("day 2 10:00", "invasive", obs("fio2", "0.6", id="v"))  # of the same time, but later by its id
    moved = ward.gas("day 2 10:00", obs("pao2", 84, id="p"), event_id="g2", recorded="day 2 11:00", status="corrected")
    assert (ratio(ward), ratio(moved)) == (210, 140)


@pytest.mark.proves("P1", "V1")
def test_p1_a_withdrawn_fio2_of_the_same_event_lets_the_look_back_begin() -> None:
    """Without its own FiO2 the sample looks for another."""
    ward = on(WARD, "day 2 09:00", "0.5").gas("day 2 10:00", pao2=84, fio2="0.4", event_id="g1")
    gone = ward.gas("day 2 10:00", obs("fio2", status="entered-in-error"), event_id="g1", recorded="day 2 11:00")
    assert (ratio(ward), ratio(gone)) == (210, 168)


# P1: the FiO2 before the sample. -----------------------------------------------------------------------------------


@pytest.mark.proves("P1")
@pytest.mark.parametrize(("when", "paired"), [
    ("day 2 10:00 +1us", False),
    ("day 2 10:00", True),
    ("day 2 06:00", True),
    ("day 2 06:00 -1us", False),
])  # fmt: skip
def test_p1_an_fio2_is_used_for_4_hours(when: str, paired: bool) -> None:
    """At or before the sample and at most 4 h old, both ends included."""
    assert ratio(sampled(on(WARD, when, "0.4"))) == (210 if paired else "unpaired")


@pytest.mark.proves("P1", "T1")
def test_p1_an_fio2_of_the_evening_before_belongs_to_a_sample_after_midnight() -> None:
    """The look-back does not stop at midnight."""
    assert ratio(sampled(on(WARD, "day 1 22:00", "0.4"), "day 2 01:00")) == 210


@pytest.mark.proves("P1", "T2")
def test_p1_an_fio2_before_the_stay_is_not_used() -> None:
    """The look-back does stop at the admission."""
    ward = Stay().admitted("day 2 09:00").discharged("day 4 00:00")
    assert ratio(sampled(on(ward, "day 2 09:00 -1us", "0.4"))) == "unpaired"
    assert ratio(sampled(on(ward, "day 2 09:00", "0.4"))) == 210


@pytest.mark.proves("P1")
@pytest.mark.parametrize(("when", "support", "paired"), [
    ("day 2 08:00", "oxygen", True),  # of the FiO2's own time, filed under another event, but before it in the order
    ("day 2 08:00 +1us", "oxygen", False),
    ("day 2 10:00", "oxygen", False),
    ("day 2 10:00 +1us", "oxygen", True),
    ("day 2 09:00", "invasive", True),
    ("day 2 09:00", "unknown", True),
    ("day 2 09:00", None, True),
])  # fmt: skip
def test_p1_another_support_between_the_fio2_and_the_sample_unpairs_it(
    when: str, support: str | None, paired: bool
) -> None:
    """After a change of support the old FiO2 says nothing any more; the same or an unknown one changes nothing."""
    ward = on(WARD.vent(when, support, event_id="e0"), "day 2 08:00", "0.4")
    assert ratio(sampled(ward)) == (210 if paired else "unpaired")


@pytest.mark.proves("P1")
def test_p1_a_change_and_change_back_unpairs_too() -> None:
    """An hour on oxygen is an hour in which the ventilator's FiO2 did not hold."""
    ward = on(WARD, "day 2 07:00", "0.4").vent("day 2 08:00", "oxygen").vent("day 2 09:00", "invasive")
    assert ratio(sampled(ward)) == "unpaired"


@pytest.mark.proves("P1")
def test_p1_a_support_that_was_unknown_at_the_fio2_blocks_nothing() -> None:
    """Who did not know the support cannot see a change."""
    ward = on(WARD, "day 2 08:00", "0.4", None).vent("day 2 09:00", "oxygen")
    assert ratio(sampled(ward)) == 210


@pytest.mark.proves("P1", "P2")
@pytest.mark.parametrize(("said", "paired"), [("day 1 08:00", False), ("day 1 08:00 -1us", True)])
def test_p1_the_support_at_the_fio2_is_at_most_24_hours_old(said: str, paired: bool) -> None:
    """A support of the day before yesterday is unknown at the FiO2, so it blocks nothing."""
    ward = on(WARD.vent(said, "invasive"), "day 2 08:00", "0.4", None).vent("day 2 09:00", "oxygen")
    assert ratio(sampled(ward)) == (210 if paired else "unpaired")


@pytest.mark.proves("P1")
def test_p1_an_older_fio2_is_not_tried() -> None:
    """Only the latest FiO2 is asked; where it is blocked, the sample is unpaired."""
    ward = on(WARD, "day 2 07:00", "0.5", "oxygen")
    ward = on(ward, "day 2 08:00", "0.4", "invasive").vent("day 2 09:00", "oxygen")
    assert ratio(sampled(ward)) == "unpaired"


# P1: room air. -----------------------------------------------------------------------------------------------------


@pytest.mark.proves("P1", "I6")
@pytest.mark.parametrize(("when", "paired"), [
    ("day 2 10:00 +1us", False),
    ("day 2 10:00", True),
    ("day 2 06:00", True),
    ("day 2 06:00 -1us", False),
])  # fmt: skip
def test_p1_room_air_is_concluded_only_where_it_was_said(when: str, paired: bool) -> None:
    """0.21 where the latest ventilator event, at most 4 h old, says room air; nothing is invented otherwise."""
    assert ratio(sampled(WARD.vent(when, "room-air"))) == (400 if paired else "unpaired")


@pytest.mark.proves("P1")
@pytest.mark.parametrize("last", ["oxygen", "unknown", None])
def test_p1_room_air_must_be_the_latest_word(last: str | None) -> None:
    """A later ventilator event, even one that knows no support, takes the conclusion away."""
    assert ratio(sampled(WARD.vent("day 2 08:00", "room-air").vent("day 2 09:00", last))) == "unpaired"


@pytest.mark.proves("P1")
def test_p1_a_child_extubated_to_room_air_breathes_room_air() -> None:
    """The blocked FiO2 of the ventilator gives way to 0.21."""
    ward = on(WARD, "day 2 08:00", "0.4").vent("day 2 09:00", "room-air")
    assert ratio(sampled(ward)) == 400


# P1: FiO2 charted after the sample. --------------------------------------------------------------------------------


@pytest.mark.proves("P1")
@pytest.mark.parametrize(("when", "found"), [
    ("day 2 10:00 +1us", 210), ("day 2 11:00", 210), ("day 2 11:00 +1us", "unpaired"),
])  # fmt: skip
def test_p1_looking_ahead_is_a_parameter(when: str, found: Any) -> None:
    """With 60 minutes of look-ahead an FiO2 charted within the hour is used; without, never."""
    ward = sampled(on(WARD, when, "0.4"))
    assert ratio(ward) == "unpaired"
    assert ratio(ward.under(pairing={"fio2_look_ahead_minutes": 60})) == found


@pytest.mark.proves("P1")
def test_p1_looking_ahead_does_not_look_back() -> None:
    """An FiO2 from before a change of support is not found again from the other side."""
    ward = sampled(on(WARD, "day 2 10:00 -1us", "0.4").vent("day 2 10:00", "oxygen"))
    assert ratio(ward.under(pairing={"fio2_look_ahead_minutes": 60})) == "unpaired"


@pytest.mark.proves("P1")
def test_p1_looking_ahead_is_for_samples_that_are_otherwise_unpaired() -> None:
    """A child on room air who gets oxygen after the gas was on room air as it was drawn."""
    ward = sampled(on(WARD.vent("day 2 09:50", "room-air"), "day 2 10:20", "0.4"))
    assert ratio(ward.under(pairing={"fio2_look_ahead_minutes": 60})) == ratio(ward) == 400


@pytest.mark.proves("P1", "M4")
def test_p1_a_pao2_alone_gets_no_fio2_out_of_thin_air() -> None:
    """Unpaired is unpaired: no points, and the sample is named as passed over."""
    organ = sampled(WARD).organ(2, "respiratory")
    assert (organ["points"], organ["basis"], organ["reason"]) == (0, "assumed-normal", "unpaired")
    assert organ["candidates_rejected"] == [{"id": "e3#pao2", "reason": "unpaired"}]
