"""Screening: rules E1-E4."""

from typing import Any

import pytest

from tests.scoring.build import Stay, obs

SOON = Stay().until("day 10")
"""Everything is decided by then."""
WARD = SOON.admitted("day 1 08:00", birth_date="2020-05-01", sex="female")
"""48 hours are over on day 3 at 08:00."""

MEASURED = WARD.lab("day 1 12:00", creatinine=60)
LATER = "day 3 08:00 +1us"


def judged(ward: Stay, name: str) -> tuple[Any, Any]:
    found = ward.criterion(name)
    return found["met"], found["detail"]


# E1. ---------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("E1")
@pytest.mark.parametrize(("born", "met", "detail"), [
    ("2024-12-05", False, "age-27-days"),
    ("2024-12-04", True, "age-28-days"),
    ("2007-01-02", True, "age-17-years"),
    ("2007-01-01", None, "age-18-review"),
    ("2006-01-02", None, "age-18-review"),
    ("2006-01-01", False, "age-19-years"),
    ("2025-01-01", False, "age-0-days"),
    ("2024-01-02", True, "age-365-days"),
    ("2024-01-01", True, "age-1-years"),
    ("2025-01-02", False, "born-after-admission"),
    (None, None, "birth-date-missing"),
    ("2024-11", True, None),
    ("2024-12", None, None),
    ("2020", True, "age-4-or-5-years"),
    ("2020-01", True, "age-4-or-5-years"),
    ("2020-05", True, "age-4-years"),
    ("2025", False, "age-0-years"),
    ("2007", None, None),
    ("2006-06", None, "age-18-review"),
    ("2005", False, None),
])  # fmt: skip
def test_e1_age_on_the_local_date_of_admission(born: str | None, met: bool | None, detail: str | None) -> None:
    """28 days to the day before the 18th birthday; a year of review; an imprecise date where every one agrees."""
    ward = SOON.admitted("day 1 08:00", **({"birth_date": born} if born else {}))
    found = judged(ward, "age")
    assert found[0] is met
    assert detail is None or found[1] == detail


@pytest.mark.proves("E1", "T1")
@pytest.mark.parametrize(("admitted", "met"), [("day 1 23:59", False), ("day 2", True)])
def test_e1_the_date_is_the_wards_own(admitted: str, met: bool) -> None:
    """A newborn comes of age for the trial at local midnight."""
    assert SOON.admitted(admitted, birth_date="2024-12-05").criterion("age")["met"] is met


@pytest.mark.proves("E1")
@pytest.mark.parametrize(("admitted", "met"), [
    ("2022-02-28T12:00+08:00", True), ("2022-03-01T12:00+08:00", None),
    ("2023-02-28T12:00+08:00", None), ("2023-03-01T12:00+08:00", False),
])  # fmt: skip
def test_e1_a_birthday_on_29_february_is_1_march_in_common_years(admitted: str, met: bool | None) -> None:
    """Born on 29 February 2004: 18 on 1 March 2022, 19 on 1 March 2023."""
    ward = Stay().admitted(admitted, birth_date="2004-02-29").until(admitted.replace("T12", "T13"))
    assert ward.criterion("age")["met"] is met


@pytest.mark.proves("E1")
@pytest.mark.parametrize("born", ["2024-12", "2007"])
def test_e1_an_undecided_imprecise_birth_date_is_for_review(born: str) -> None:
    """Some possible dates would be in, others out: somebody has to decide."""
    assert Stay().admitted("day 1 08:00", birth_date=born).until("day 1 09:00").eligibility["state"] == "review"


@pytest.mark.proves("E1", "E4")
def test_e1_nobody_is_born_after_the_admission() -> None:
    """Of a newborn's month only the dates up to the admission are possible, and they agree; so the date suffices."""
    ward = Stay().admitted("day 20 08:00", birth_date="2025-01", sex="female").until("day 25")
    ward = ward.lab("day 20 09:00", creatinine=60).under(age={"from_days": 0})
    assert judged(ward, "age") == (True, "age-0-years")
    assert judged(ward, "data-complete") == (True, "computed")


@pytest.mark.proves("E1")
def test_e1_in_picu_is_true_once_admitted_and_stays_so() -> None:
    """Discharge does not undo the admission."""
    assert judged(WARD.discharged("day 5 08:00"), "in-picu")[0] is True


# E2. ---------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("E2", "I8")
@pytest.mark.parametrize(("clock", "met"), [("day 3 08:00", None), (LATER, True)])
def test_e2_time_alone_decides_past_48_hours_not_at_them(clock: str, met: bool | None) -> None:
    """At exactly 48 h the child has not stayed longer than 48 h."""
    assert judged(WARD.until(clock), "stay-48h")[0] is met


@pytest.mark.proves("E2", "E4", "E5")
def test_e2_what_is_filed_at_exactly_48_hours_finds_nothing_decided() -> None:
    """The same moment, evaluated because something else happens in it: undecided, and the record not final."""
    ward = MEASURED.consent("day 3 08:00")
    undecided = ward.until("day 3 08:00")
    assert judged(undecided, "stay-48h") == (None, "0.0-h-to-go")
    assert judged(undecided, "data-complete") == (None, "not-evaluated")
    assert (undecided.eligibility["state"], undecided.eligibility["status"]) == ("screening", "preliminary")
    assert (ward.eligibility["state"], ward.eligibility["status"]) == ("eligible", "final")


@pytest.mark.proves("E2")
def test_e2_before_that_the_hours_to_go_are_published() -> None:
    """28.5 hours to go at half past three in the morning of day 2."""
    assert judged(WARD.until("day 2 03:30").lab("day 2 03:30", creatinine=60), "stay-48h")[0] is None
    told = WARD.admitted("day 1 08:00", recorded="day 2 03:30", birth_date="2020-05-01", sex="male")
    assert judged(told.until("day 2 03:30"), "stay-48h") == (None, "28.5-h-to-go")


@pytest.mark.proves("E2")
@pytest.mark.parametrize(("left", "to", "met", "detail"), [
    ("day 3 08:00", "ward", False, None),
    ("day 3 08:00", "home", False, None),
    ("day 3 08:00", "other-hospital", False, None),
    ("day 3 08:00", "unknown", False, None),
    ("day 3 08:00", "other-icu", True, "transfer-before-48h"),
    (LATER, "ward", True, None),
    (LATER, "other-icu", True, "stayed-48h"),
])  # fmt: skip
def test_e2_discharge_within_48_hours_excludes_and_transfer_does_not(
    left: str, to: str, met: bool, detail: str | None
) -> None:
    """Exactly 48 h included; another ICU is no discharge."""
    found = judged(WARD.discharged(left, to=to), "stay-48h")
    assert found[0] is met
    assert detail is None or found[1] == detail


@pytest.mark.proves("E2")
@pytest.mark.parametrize(("died", "met", "detail"), [
    ("day 2 08:00", True, "died-before-48h"),
    ("day 2 10:00", True, "died-before-48h"),
    ("day 2 10:00 +1us", False, None),
])  # fmt: skip
def test_e2_a_child_who_died_at_or_before_the_discharge_was_not_discharged(
    died: str, met: bool, detail: str | None
) -> None:
    """A death after the discharge does not undo the exclusion."""
    found = judged(WARD.discharged("day 2 10:00").died(died), "stay-48h")
    assert found[0] is met
    assert detail is None or found[1] == detail


@pytest.mark.proves("E2")
def test_e2_death_within_48_hours_is_no_discharge() -> None:
    """With no discharge at all, and exactly at 48 h."""
    assert judged(WARD.died("day 3 08:00"), "stay-48h") == (True, "died-before-48h")
    assert judged(WARD.died(LATER), "stay-48h") == (True, "stayed-48h")


# E3. ---------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("E3")
@pytest.mark.parametrize(("decisions", "met"), [
    ([], None),
    (["given"], True),
    (["refused"], False),
    (["given", "withdrawn"], False),
    (["refused", "given"], True),
])  # fmt: skip
def test_e3_the_latest_decision_holds(decisions: list[str], met: bool | None) -> None:
    """None recorded is unknown, not refused."""
    ward = WARD
    for hour, decision in enumerate(decisions, start=10):
        ward = ward.consent(f"day 1 {hour}:00", decision)
    assert judged(ward, "consent")[0] is met
    backwards = Stay(events=(ward.events[0], *reversed(ward.events[1:])))
    assert judged(backwards, "consent")[0] is met
    if not decisions:
        assert judged(ward, "consent")[1] == "consent-not-recorded"


# E4. ---------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("E4", "I8")
@pytest.mark.parametrize(("clock", "met"), [("day 3 08:00", None), (LATER, True)])
def test_e4_completeness_is_computed_past_48_hours_even_after_an_early_end(clock: str, met: bool | None) -> None:
    """Not before, though the child has left."""
    assert judged(MEASURED.until(clock), "data-complete")[0] is met
    assert judged(MEASURED.discharged("day 2 08:00").until(clock), "data-complete")[0] is met


@pytest.mark.proves("E4")
@pytest.mark.parametrize("complete", [True, False])
def test_e4_the_data_managers_verdict_goes_before_what_is_computed(complete: bool) -> None:
    """At once, and whatever was measured."""
    for ward in (WARD, MEASURED):
        told = ward.trial("data_collection", "day 1 20:00", complete=complete)
        assert judged(told, "data-complete") == (complete, "verdict-complete" if complete else "verdict-incomplete")
        assert judged(told.until("day 1 20:00"), "data-complete")[0] is complete


@pytest.mark.proves("E4")
@pytest.mark.parametrize(("when", "met"), [("day 3 08:00", True), (LATER, False)])
def test_e4_only_what_was_observed_up_to_48_hours_counts(when: str, met: bool) -> None:
    """Whenever it was filed; a microsecond later is too late."""
    late = WARD.lab(when, creatinine=60, recorded="day 9 08:00")
    assert judged(late, "data-complete")[0] is met


@pytest.mark.proves("E4")
@pytest.mark.parametrize(("when", "met"), [("day 2 08:00", True), ("day 2 08:00 +1us", False)])
def test_e4_after_the_start_of_treatment_it_is_too_late(when: str, met: bool) -> None:
    """What is measured after T0 says nothing of the data before it."""
    assert judged(WARD.treatment("day 2 08:00").lab(when, creatinine=60), "data-complete")[0] is met


@pytest.mark.proves("E4")
def test_e4_pairs_are_judged_on_the_observations_up_to_then_alone() -> None:
    """A triplet that only a value after 48 h completes was not measured in time."""
    ward = WARD.vital("day 3 08:00", cvp=8, map_invasive=60)
    assert judged(ward.vital("day 3 08:10", heart_rate=120), "data-complete")[0] is False
    assert judged(ward.vital("day 3 08:00", heart_rate=120), "data-complete")[0] is True


@pytest.mark.proves("E4", "M9")
@pytest.mark.parametrize("only", [
    WARD.vital("day 1 12:00", heart_rate=120, map_invasive=60),
    WARD.gas("day 1 12:00", pao2=80),
    WARD.sedation("day 1 08:00", "on").vital("day 1 12:00", gcs_total=3),
    WARD.lab("day 1 07:00", creatinine=60),
    WARD.lab("day 1 12:00", obs("creatinine", 60, "furlong")),
])  # fmt: skip
def test_e4_it_takes_a_measured_component(only: Stay) -> None:
    """Unpaired, sedated, unusable or outside the stay is not measured."""
    assert judged(only, "data-complete")[0] is False


@pytest.mark.proves("E4")
@pytest.mark.parametrize(("person", "met"), [
    ({"birth_date": "2020-05-01", "sex": "other"}, True),
    ({"birth_date": "2020-05-01", "sex": "unknown"}, False),
    ({"birth_date": "2020-05-01"}, False),
    ({"sex": "male"}, False),
    ({"birth_date": "2020", "sex": "male"}, True),
    ({"birth_date": "2007", "sex": "male"}, False),
    ({"birth_date": "2006-06", "sex": "male"}, False),
    ({"birth_date": "2006-06-15", "sex": "male"}, True),
])  # fmt: skip
def test_e4_sex_and_a_birth_date_that_decides_are_needed(person: dict[str, str], met: bool) -> None:
    """A year is enough where it decides the age; in review only a whole date is."""
    ward = SOON.admitted("day 1 08:00", **person).lab("day 1 12:00", creatinine=60)
    assert judged(ward, "data-complete")[0] is met
