"""Outcome milestones: the window (O4)."""

from decimal import Decimal
from typing import Any

import pytest

from tests.scoring.build import Stay, at
from tests.scoring.milestones import LEFT, WARD, reached, revisions_of

TREATED = WARD.treatment("day 2 12:00")
"""Window day 3 is day 5, window day 15 is day 17."""


@pytest.mark.proves("O4", "I8")
@pytest.mark.parametrize(("clock", "found"), [("day 5 -1us", "-"), ("day 5", True)])
def test_o4_a_window_day_is_reached_when_it_begins(clock: str, found: Any) -> None:
    """At its local midnight, while the child is in."""
    assert reached(TREATED.until(clock), "window-day-3") == found


@pytest.mark.proves("O4", "T2")
@pytest.mark.parametrize(("ended", "found"), [("day 5", False), ("day 5 +1us", True), ("day 4 20:00", False)])
def test_o4_a_stay_that_ended_before_it_never_reaches_it(ended: str, found: bool) -> None:
    """A stay that ends at that very midnight has no such day."""
    ward = TREATED.discharged(ended)
    assert reached(ward, "window-day-3") is found
    assert reached(ward, "window-day-15") is False


@pytest.mark.proves("O4")
def test_o4_a_stay_that_began_after_it_never_reaches_it() -> None:
    """Treated four days before the admission: window day 3 was before the stay."""
    assert reached(WARD.treatment("day -3 12:00"), "window-day-3") is False
    assert reached(WARD.treatment("day -2 12:00"), "window-day-3") is True


@pytest.mark.proves("O4")
def test_o4_without_treatment_there_is_no_window() -> None:
    """Nothing of it is published."""
    assert {reached(LEFT, name) for name in ("window-day-3", "window-day-15", "mods-window-summary")} == {"-"}


def scored(ward: Stay, *totals: int | None) -> Stay:
    """Days from day 2 on with so many points, by bilirubin and creatinine; None: nobody measured anything."""
    bilirubin, creatinine = [10, 30, 90, 200, 300], [60, 150, 300, 450, 600]
    for day, total in enumerate(totals, start=2):
        if total is not None:
            high = min(total, 4)
            ward = ward.lab(f"day {day} 08:00", bilirubin_total=bilirubin[high], creatinine=creatinine[total - high])
    return ward


@pytest.mark.proves("O4", "M7")
def test_o4_the_summary_is_of_the_window_days_of_the_stay() -> None:
    """Days 5-8 with 3, 5, an unmeasured day that carries 5, and 1; day 0 had 2."""
    ward = scored(TREATED, 2, 8, 8, 3, 5, None, 1).discharged("day 8 20:00")
    summary = revisions_of(ward, "mods-window-summary")
    assert summary["value"] == {
        "max": 5, "mean": Decimal("3.5"), "first": 3, "last": 1, "delta": 3, "days": 4, "days_unmeasured": 1,
    }  # fmt: skip
    assert summary["reached"] is True


@pytest.mark.proves("O4", "M10", "M11")
def test_o4_the_summary_carries_the_caveats_of_its_days() -> None:
    """Those of day 0, too, for it is in the delta."""
    ward = scored(TREATED, 2, 8, 8, 3, 5).discharged("day 6 20:00")
    assert revisions_of(ward, "mods-window-summary")["caveats"] == ["adult-derived-score"]
    for day in (2, 6):
        verbal = ward.vent(f"day {day} 08:00", "invasive").vital(f"day {day} 09:00", gcs_total=10)
        assert revisions_of(verbal, "mods-window-summary")["caveats"] == ["adult-derived-score", "intubated-verbal"]


@pytest.mark.proves("O4")
def test_o4_the_mean_is_printed_to_six_decimals() -> None:
    """A third of seven."""
    summary = revisions_of(scored(TREATED, 2, 2, 2, 3, 3, 1).discharged("day 7 20:00"), "mods-window-summary")
    assert summary["value"]["mean"] == Decimal("2.333333")


@pytest.mark.proves("O4")
def test_o4_without_a_day_0_in_the_stay_there_is_no_delta() -> None:
    """Treated before the admission."""
    summary = revisions_of(
        scored(WARD.treatment("day -1 12:00"), 2, 2).discharged("day 3 20:00"), "mods-window-summary"
    )
    assert (summary["value"]["delta"], summary["value"]["first"]) == (None, 2)


@pytest.mark.proves("O4", "T4", "I8")
@pytest.mark.parametrize(("ended", "clock", "found"), [
    ("day 8 20:00", "day 9 06:00 -1us", "-"),
    ("day 8 20:00", "day 9 06:00", True),
    ("day 30 20:00", "day 18 06:00 -1us", "-"),
    ("day 30 20:00", "day 18 06:00", True),
])  # fmt: skip
def test_o4_the_summary_is_published_when_its_last_day_has_closed(ended: str, clock: str, found: Any) -> None:
    """The last of the window's days in the stay, or day 15 itself."""
    ward = TREATED.until(clock)
    ward = ward.discharged(ended) if at(ended) <= at(clock) else ward
    assert reached(ward, "mods-window-summary") == found


@pytest.mark.proves("O4")
def test_o4_no_window_day_in_the_stay_is_published_too() -> None:
    """The window never came: reached is false."""
    summary = revisions_of(TREATED.discharged("day 4 20:00"), "mods-window-summary")
    assert (summary["reached"], summary["value"]) == (False, None)


@pytest.mark.proves("O4", "I1", "I9")
@pytest.mark.parametrize(("day", "found"), [(2, {"delta": -3}), (6, {"max": 8, "delta": 6})])
def test_o4_a_value_that_comes_after_the_summary_amends_it(day: int, found: dict[str, Any]) -> None:
    """Of a day of the window, or of the start of treatment."""
    ward = scored(TREATED, 2, 8, 8, 3, 5).discharged("day 6 20:00")
    assert revisions_of(ward, "mods-window-summary")["value"]["delta"] == 3
    late = ward.lab(f"day {day} 07:00", bilirubin_total=300, creatinine=600, recorded="day 9 12:00")
    found = {"max": 5, "delta": 3, "first": 3} | found
    value = revisions_of(late, "mods-window-summary")["value"]
    assert {name: value[name] for name in found} == found
