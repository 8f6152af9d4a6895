"""Dummy, imprecise and impossible birth dates: what they decide, and what they do not (E1, A7, M11)."""

import pytest

from picustream.models.birth import parse_birth
from tests.scoring.build import Record, Stay, obs

WARD = Stay().until("day 9")


def ventilated(birth_date: str | None) -> Stay:
    """A child with ARDS from its first day on, so that the age counts."""
    known = {} if birth_date is None else {"birth_date": birth_date}
    ward = WARD.admitted("day 1 00:00", sex="female", **known)
    return ward.vent("day 1 08:00", "invasive", obs("peep", 8), obs("fio2", "0.6")).gas("day 1 09:00", obs("pao2", 70))


def age_of(ward: Stay) -> Record:
    record = ward.apps(1)
    assert record is not None
    return record["components"]["age"]


@pytest.mark.proves("E1", "A7", "M11", "E4")
@pytest.mark.parametrize("birth_date", ["1900-01-01", "0001-01-01", "1905-01-01", "1800", "1904-12"])
def test_a_dummy_birth_date_is_none(birth_date: str) -> None:
    """By it the child would be 120 at the least: nothing is decided by it, and no point is given for it."""
    ward = ventilated(birth_date)
    found = ward.criterion("age")
    assert (found["met"], found["detail"], ward.eligibility["state"]) == (None, "birth-date-implausible", "ineligible")
    assert ward.criterion("data-complete")["detail"] == "birth-date-incomplete"
    age = age_of(ward)
    assert (age["points"], age["reason"], age["inputs"]) == (None, "birth-date-implausible", [])
    assert "adult-derived-score" in ward.mods(1)["caveats"]


@pytest.mark.proves("E1")
@pytest.mark.parametrize(("birth_date", "detail"), [
    ("1905-01-02", "age-119-years"), ("1905", "age-119-or-120-years"), ("1925-03-01", "age-99-years"),
])  # fmt: skip
def test_a_birth_date_that_could_be_true_decides(birth_date: str, detail: str) -> None:
    """Admitted on 1 January 2025: 120 on that very day is a dummy, a day younger is not."""
    found = ventilated(birth_date).criterion("age")
    assert (found["met"], found["detail"]) == (False, detail)


@pytest.mark.proves("E1")
def test_how_old_is_too_old_is_the_protocols() -> None:
    ward = ventilated("1930-01-01").under(age={"oldest_years": 90})
    assert ward.criterion("age")["detail"] == "birth-date-implausible"


@pytest.mark.proves("A7", "E1")
@pytest.mark.parametrize("birth_date", ["2025-01-02", "2025-02", "9999-12-31", "9999-12", "2026"])
def test_born_after_the_onset_leaves_no_possible_date(birth_date: str) -> None:
    """Too young for E1, and missing for the points."""
    ward = ventilated(birth_date)
    assert (ward.criterion("age")["met"], ward.criterion("age")["detail"]) == (False, "born-after-admission")
    assert (age_of(ward)["points"], age_of(ward)["reason"]) == (None, "birth-date-missing")


@pytest.mark.proves("A7")
@pytest.mark.parametrize("birth_date", ["2025-01", "2025", "2025-01-01"])
def test_of_an_imprecise_date_those_after_the_onset_do_not_count(birth_date: str) -> None:
    """Born this month, admitted on its first day: newborn, and no other."""
    age = age_of(ventilated(birth_date))
    assert (age["points"], age["value"], age["inputs"][0]["value"]) == (1, 0, birth_date)


@pytest.mark.parametrize("written", ["", "0000-00-00", "20191120", "2019-11-20T00:00:00Z", "2019-13", "2019-02-30"])
def test_what_is_no_date_of_the_calendar_is_refused_with_what_to_do(written: str) -> None:
    with pytest.raises(ValueError, match=r"YYYY-MM-DD|leave out"):
        parse_birth(written)


@pytest.mark.parametrize("written", ["0001-01-01", "0999-12", "9999-12", "0001", "2020-02-29", "1850"])
def test_a_birth_date_is_written_as_it_was_given(written: str) -> None:
    assert str(parse_birth(written)) == written
