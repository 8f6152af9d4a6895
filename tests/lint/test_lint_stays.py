"""`picustream lint`: stays that nobody admitted or that fall silent, and what can never be scored."""

from typing import Any

import pytest

from tests.lint.cards import WHOLE, card, found, without
from tests.scoring.build import Stay, at, obs

# Stays. --------------------------------------------------------------------------------------------------------------


def test_stays_without_admission_are_reported_by_their_first_line() -> None:
    """T2: without an admission nothing is scored; a withdrawn one is none."""
    ward = Stay().lab("day 1 09:00", creatinine=50, stay="S-1").admitted("day 1", stay="S-2")
    ward = ward.admitted("day 1", stay="S-3").admitted("day 1", stay="S-3", status="cancelled", recorded="day 2")
    report = card(*ward.events)
    assert report.as_data()["stays"]["without_admission"] == ["feed:1", "feed:3"]
    [one] = [one for one in report.findings if one.code == "no-admission"]
    assert (one.count, one.about, one.first) == (2, "stays", "feed:1")


def test_the_longest_silence_of_a_stay_is_reported_whatever_the_order() -> None:
    """From the admission to the end, vital signs alone; four hours of it are an alarm."""
    ward = (
        Stay()
        .admitted("day 1 08:00")
        .vital("day 1 17:00", heart_rate=100)
        .vital("day 1 09:00", heart_rate=100)
        .vital("day 1 12:00", spo2=99)
        .lab("day 1 15:00", creatinine=50)
        .vital("day 2 08:00", heart_rate=100)
        .discharged("day 1 19:00")
    )
    report = card(*ward.events)
    [silence] = report.silences
    assert (silence.first, silence.since, silence.length.total_seconds()) == ("feed:1", at("day 1 12:00"), 5 * 3600)
    assert found(report)["stay-silent"] == ["stays"]


def test_an_open_stay_is_silent_until_the_feed_ends() -> None:
    ward = Stay().admitted("day 1 08:00").vital("day 1 09:00", heart_rate=100).lab("day 1 12:00", creatinine=50)
    [silence] = card(*ward.events).silences
    assert silence.length.total_seconds() == 3 * 3600 and not silence.alarming


def test_the_longest_time_without_a_laboratory_result_is_reported() -> None:
    """From the admission to the end, results alone; it is no alarm, for nights are quiet."""
    ward = (
        WHOLE.admitted("day 1 08:00", stay="T", birth_date="2020")
        .lab("day 1 20:00", platelets=9, stay="T")
        .vital("day 1 10:00", spo2=99, stay="T")
        .discharged("day 1 22:00", stay="T")
    )
    report = card(*ward.events)
    gap = report.lab_gaps[0]
    assert (gap.first, gap.since, gap.length.total_seconds()) == ("feed:7", at("day 1 08:00"), 12 * 3600)
    assert report.as_data()["stays"]["longest_laboratory_gaps"][0]["seconds"] == 12 * 3600
    vitals = [event for event in ward.events if event[0] != "picu.lab.v1"]
    assert card(*vitals, part=True).lab_gaps == []


# What can never be scored. -------------------------------------------------------------------------------------------


@pytest.mark.proves("I6", "M5")
@pytest.mark.parametrize(
    ("variable", "lost"),
    [
        ("cvp", ["MODS cardiovascular"]),
        ("heart_rate", ["MODS cardiovascular"]),
        ("map_invasive", ["MODS cardiovascular"]),
        ("creatinine", ["MODS renal"]),
        ("bilirubin_total", ["MODS hepatic"]),
        ("platelets", ["MODS haematologic"]),
        ("gcs_total", ["MODS neurologic"]),
        ("pao2", ["MODS respiratory", "APPS P/F", "APPS onset"]),
        ("fio2", ["MODS respiratory", "APPS P/F", "APPS onset"]),
        ("plateau_pressure", ["APPS plateau"]),
        ("peep", ["APPS onset"]),
    ],
)
def test_a_part_that_never_comes_is_reported_with_what_it_costs(variable: str, lost: list[str]) -> None:
    """I6, M5: no CVP, no cardiovascular points; nothing is invented for it."""
    report = card(*without(**{variable: "gone"}))
    assert found(report) == {"never-scored": lost}


def test_a_part_that_is_only_ever_refused_never_comes_either() -> None:
    """A unit nobody knows: the observation is refused, and the organ can never be scored."""
    ward = WHOLE.events[:4], WHOLE.events[5:]
    lab = Stay().lab("day 1 09:20", obs("creatinine", 5, "furlong"), bilirubin_total=9, platelets=9).events
    assert found(card(*ward[0], *lab, *ward[1])).keys() == {"unit-unknown", "never-scored"}


def test_other_ways_to_a_component_will_do() -> None:
    """Room air for FiO2, three parts of the GCS, a peak pressure under pressure control, a confirmed ARDS."""
    ward = (
        Stay()
        .admitted("day 1 08:00", birth_date="2020")
        .vital("day 1 09:00", heart_rate=99, cvp=8, map_noninvasive=60, gcs_eye=4, gcs_verbal=5, gcs_motor=6)
        .vent("day 1 09:00", "room-air", peak_pressure=25, control="pressure")
        .gas("day 1 09:10", pao2=80)
        .lab("day 1 09:20", creatinine=50, bilirubin_total=10, platelets=200)
        .trial("ards_assessed", "day 1 10:00", result="confirmed", onset_at="day 1 09:10")
        .discharged("day 1 12:00")
    )
    assert card(*ward.events).findings == []


def test_one_feed_of_several_is_not_asked_for_what_others_bring() -> None:
    """With `--part` a laboratory lacks no monitor and no admissions; what it should have brought is still missed."""
    events = [one for one in without(bilirubin_total="gone") if one[0] == "picu.lab.v1"]
    assert found(card(*events, part=True)) == {"never-scored": ["MODS hepatic"]}
    assert {"no-admission", "stay-silent"} & found(card(*events)).keys() == {"no-admission"}


def test_an_onset_takes_a_pair() -> None:
    """A2: PEEP under invasive support alone is no onset, in a feed where another stay has all of it."""
    other = (
        Stay().admitted("day 1 08:00", birth_date="2020", stay="T").vent("day 1 09:00", "invasive", peep=6, stay="T")
    )
    counts = {(one.component.of, one.component.name): one.stays for one in card(*WHOLE.events, *other.events).prospects}
    assert counts["APPS", "onset"] == counts["APPS", "P/F"] == 1


@pytest.mark.parametrize(("specimen", "hint"), [({}, True), ({"specimen": "venous"}, True), (None, False)])
def test_a_blood_gas_that_does_not_say_it_is_arterial_is_reported_where_one_is_missed(
    specimen: Any, hint: bool
) -> None:
    """LOINC 11556-8 counts only from an arterial specimen: what is missing may only lack a word."""
    ward = Stay(tuple(without(pao2="gone")))
    if specimen is not None:
        ward = ward.lab("day 1 11:00", {"code": "11556-8", "value": 80, "unit": "mm[Hg]"}, **specimen)
    messages = {one.about: one.message for one in card(*ward.events).findings}
    assert ("does not say that its specimen is arterial" in messages["MODS respiratory"]) == hint
