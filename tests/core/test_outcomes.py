"""Outcome milestones: rules O1-O5."""

from decimal import Decimal
from typing import Any

import pytest

from picustream.models.record import OUTCOME
from tests.core.build import Record, Stay, at, obs

SOON = Stay().until("day 45")
"""Day 28 after a discharge on day 4 is day 32."""
WARD = SOON.admitted("day 1 08:00", birth_date="2020-05-01", sex="female")
LEFT = WARD.discharged("day 4 20:00")


def reached(ward: Stay, milestone: str) -> Any:
    """true, false, null, or `-` where nothing is told."""
    found = ward.outcome(milestone)
    return found["reached"] if found else "-"


def told(ward: Stay, milestone: str) -> Record:
    found = ward.outcome(milestone)
    assert found is not None
    return found


# O1. ---------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("O1")
def test_o1_an_open_stay_has_no_discharge() -> None:
    """Undecided is not told."""
    assert reached(WARD, "picu-discharge") == "-"


@pytest.mark.proves("O1")
@pytest.mark.parametrize(("ward", "found"), [
    (LEFT, True),
    (LEFT.died("day 4 20:00 +1us"), True),
    (LEFT.died("day 4 20:00"), False),
    (LEFT.died("day 3 20:00"), False),
    (WARD.died("day 3 20:00"), False),
])  # fmt: skip
def test_o1_death_at_or_before_the_discharge_or_instead_of_it_is_no_discharge(ward: Stay, found: bool) -> None:
    """The detail says that the child died."""
    milestone = told(ward, "picu-discharge")
    assert milestone["reached"] is found
    assert milestone["detail"] == (None if found else "died")
    assert milestone["at"] == (at("day 4 20:00").isoformat() if found else None)


@pytest.mark.proves("O1")
@pytest.mark.parametrize(("ward", "days", "detail"), [
    (LEFT, "3.5", None),
    (WARD.discharged("day 4 20:00", to="other-icu"), "3.5", "censored"),
    (WARD.discharged("day 4 20:00", to="other-hospital"), "3.5", None),
    (LEFT.died("day 3 08:00"), "2", "died"),
    (WARD.discharged("day 4 20:00", to="other-icu").died("day 4 20:00"), "3.5", "died"),
    (WARD.discharged("day 1 08:00"), "0", None),
    (WARD.discharged("day 2 08:00 +1us"), "1", None),
    (WARD.discharged("day 1 08:01"), "0.000694", None),
    (WARD.discharged("day 29 08:00"), "28", None),
    (WARD.discharged("day 29 08:00 +1us"), "28", "truncated"),
    (WARD.died("day 29 08:00 +1us"), "28", "truncated"),
    (WARD.died("day 29 08:00"), "28", "died"),
    (WARD.discharged("day 30 08:00", to="other-icu"), "28", "truncated"),
])  # fmt: skip
def test_o1_length_of_stay_in_days_truncated_at_28(ward: Stay, days: str, detail: str | None) -> None:
    """Fractional days; the first of truncated, died, censored is told."""
    found = told(ward, "picu-los")
    assert (found["value"], found["unit"], found["detail"]) == (Decimal(days), "d", detail)


@pytest.mark.proves("O1", "I8")
@pytest.mark.parametrize(("clock", "found"), [("day 29 08:00", "-"), ("day 29 08:00 +1us", True)])
def test_o1_an_open_stay_is_truncated_by_time_alone(clock: str, found: Any) -> None:
    """Past 28 days its length is known, whenever it ends."""
    assert reached(WARD.until(clock), "picu-los") == found


# O2. ---------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("O2")
@pytest.mark.parametrize(("ward", "found"), [
    (WARD, "-"),
    (LEFT, False),
    (LEFT.died("day 4 20:00"), True),
    (LEFT.died("day 4 20:00 +1us"), False),
    (WARD.died("day 3 20:00"), True),
])  # fmt: skip
def test_o2_death_in_picu(ward: Stay, found: Any) -> None:
    """True at or before the discharge or without one, false once discharged alive, unknown while the stay is open."""
    assert reached(ward, "death-in-picu") == found


# O3. ---------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("O3")
@pytest.mark.parametrize(("news", "dead"), [
    (lambda ward: ward.died("day 4 20:00"), True),
    (lambda ward: ward.died("day 32 23:59"), True),
    (lambda ward: ward.died("day 33"), False),
    (lambda ward: ward.seen("day 32 23:59", True), None),
    (lambda ward: ward.seen("day 33", True), False),
    (lambda ward: ward.seen("day 32 23:59", False), True),
    (lambda ward: ward.seen("day 33", False), None),
    (lambda ward: ward.seen("day 4 12:00", False), True),
    (lambda ward: ward.seen("day 33", False).died("day 20"), True),
    (lambda ward: ward.seen("day 20", False).died("day 33"), False),
    (lambda ward: ward.seen("day 33", True).seen("day 33", False), False),
    (lambda ward: ward.seen("day 20", False).seen("day 33", True), True),
    (lambda ward: ward.seen("day 20", True).seen("day 25", True), None),
])  # fmt: skip
def test_o3_death_within_28_calendar_days_of_discharge(news: Any, dead: bool | None) -> None:
    """Unknown is never alive and never dead; a death notice outranks what follow-up saw."""
    ward = news(LEFT)
    assert reached(ward, "death-28d") is dead
    assert reached(ward, "survival-28d") is (None if dead is None else not dead)


@pytest.mark.proves("O3", "I8", "T1")
@pytest.mark.parametrize(("clock", "found"), [("day 33 -1us", "-"), ("day 33", None)])
def test_o3_when_the_28_days_have_passed_unknown_follow_up_is_due(clock: str, found: Any) -> None:
    """At the local midnight that ends day 28, by time alone."""
    ward = LEFT.until(clock)
    assert reached(ward, "death-28d") == found
    if found is None:
        assert {told(ward, name)["detail"] for name in ("death-28d", "survival-28d")} == {"follow-up-due"}
        assert [alert["audience"] for alert in ward.alerts if alert["name"] == "follow-up-due"] == ["trial-office"]


@pytest.mark.proves("O3")
@pytest.mark.parametrize("day", [31, 32])
def test_o3_news_within_the_28_days_that_decides_nothing_makes_no_follow_up_due(day: int) -> None:
    """Known alive on the day itself and on the day before the last: still undecided."""
    ward = LEFT.seen(f"day {day} 12:00", True)
    assert reached(ward.until(f"day {day} 12:00"), "death-28d") == "-"
    assert reached(ward, "death-28d") is None


@pytest.mark.proves("O3")
def test_o3_a_death_in_the_picu_is_a_primary_death_however_late() -> None:
    """Also on the 40th day."""
    assert reached(WARD.died("day 40 08:00"), "death-28d") is True
    assert reached(WARD, "death-28d") == "-"


@pytest.mark.proves("O3", "T5")
def test_o3_a_correction_that_undoes_the_decision_withdraws_it() -> None:
    """The death was entered in error: the milestone is withdrawn until follow-up is due."""
    dead = LEFT.died("day 20 08:00", event_id="d1")
    alive = dead.adt("died", "day 20 08:00", event_id="d1", recorded="day 21 08:00", status="entered-in-error")
    assert [record["status"] for record in alive.revisions(OUTCOME, milestone="death-28d")] == [
        "final", "entered-in-error", "amended",
    ]  # fmt: skip
    assert reached(alive, "death-28d") is None


# O4. ---------------------------------------------------------------------------------------------------------------

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
    """Nothing of it is told."""
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
    summary = told(ward, "mods-window-summary")
    assert summary["value"] == {
        "max": 5, "mean": Decimal("3.5"), "first": 3, "last": 1, "delta": 3, "days": 4, "days_unmeasured": 1,
    }  # fmt: skip
    assert summary["reached"] is True


@pytest.mark.proves("O4", "M10", "M11")
def test_o4_the_summary_carries_the_caveats_of_its_days() -> None:
    """Those of day 0, too, for it is in the delta."""
    ward = scored(TREATED, 2, 8, 8, 3, 5).discharged("day 6 20:00")
    assert told(ward, "mods-window-summary")["caveats"] == ["adult-derived-score"]
    for day in (2, 6):
        verbal = ward.vent(f"day {day} 08:00", "invasive").vital(f"day {day} 09:00", gcs_total=10)
        assert told(verbal, "mods-window-summary")["caveats"] == ["adult-derived-score", "intubated-verbal"]


@pytest.mark.proves("O4")
def test_o4_the_mean_is_printed_to_six_decimals() -> None:
    """A third of seven."""
    summary = told(scored(TREATED, 2, 2, 2, 3, 3, 1).discharged("day 7 20:00"), "mods-window-summary")
    assert summary["value"]["mean"] == Decimal("2.333333")


@pytest.mark.proves("O4")
def test_o4_without_a_day_0_in_the_stay_there_is_no_delta() -> None:
    """Treated before the admission."""
    summary = told(scored(WARD.treatment("day -1 12:00"), 2, 2).discharged("day 3 20:00"), "mods-window-summary")
    assert (summary["value"]["delta"], summary["value"]["first"]) == (None, 2)


@pytest.mark.proves("O4", "T4", "I8")
@pytest.mark.parametrize(("ended", "clock", "found"), [
    ("day 8 20:00", "day 9 06:00 -1us", "-"),
    ("day 8 20:00", "day 9 06:00", True),
    ("day 30 20:00", "day 18 06:00 -1us", "-"),
    ("day 30 20:00", "day 18 06:00", True),
])  # fmt: skip
def test_o4_the_summary_is_told_when_its_last_day_has_closed(ended: str, clock: str, found: Any) -> None:
    """The last of the window's days in the stay, or day 15 itself."""
    ward = TREATED.until(clock)
    ward = ward.discharged(ended) if at(ended) <= at(clock) else ward
    assert reached(ward, "mods-window-summary") == found


@pytest.mark.proves("O4")
def test_o4_no_window_day_in_the_stay_is_told_too() -> None:
    """The window never came: reached is false."""
    summary = told(TREATED.discharged("day 4 20:00"), "mods-window-summary")
    assert (summary["reached"], summary["value"]) == (False, None)


# O5. ---------------------------------------------------------------------------------------------------------------

SICK = WARD.vent("day 2 08:00", "invasive", obs("peep", 8), obs("plateau_pressure", 25))
SICK = SICK.gas("day 2 08:00", pao2=80, fio2="0.5")


@pytest.mark.proves("O5")
def test_o5_ards_begins_with_episode_1() -> None:
    """At its onset, presumptive until somebody confirms it."""
    assert (reached(SICK, "ards-onset"), told(SICK, "ards-onset")["at"]) == (True, at("day 2 08:00").isoformat())


@pytest.mark.proves("O5", "I8")
@pytest.mark.parametrize(("clock", "found"), [("day 5 02:00 -1us", "-"), ("day 5 02:00", False)])
def test_o5_without_one_it_is_told_six_hours_after_the_end(clock: str, found: Any) -> None:
    """The end of the stay and the time to finalise."""
    assert reached(LEFT.until(clock), "ards-onset") == found


@pytest.mark.proves("O5", "A3")
def test_o5_refuted_is_no_onset() -> None:
    """At once, and the detail says why."""
    milestone = told(SICK.ards("day 2 20:00", "refuted").until("day 2 20:00"), "ards-onset")
    assert (milestone["reached"], milestone["detail"]) == (False, "refuted")


@pytest.mark.proves("O5", "A4", "I8")
@pytest.mark.parametrize(("clock", "found"), [("day 3 20:00 -1us", "-"), ("day 3 20:00", True)])
def test_o5_apps_at_24_hours_is_reached_when_its_record_closes(clock: str, found: Any) -> None:
    """36 hours after the onset, with the total as value."""
    ward = SICK.vent("day 3 08:00", "invasive", obs("plateau_pressure", 28)).gas("day 3 08:00", pao2=75, fio2="0.5")
    ward = ward.until(clock)
    assert reached(ward, "apps-24h") == found
    if found is True:
        assert told(ward, "apps-24h")["value"] == 5
        assert told(ward, "apps-24h")["caveats"] == ["adult-derived-score", "presumptive-ards"]


@pytest.mark.proves("O5", "A7")
def test_o5_apps_without_a_total_is_incomplete() -> None:
    """No gas 24 hours later: not reached."""
    assert [told(SICK, "apps-24h")[name] for name in ("reached", "value", "detail")] == [False, None, "incomplete"]


@pytest.mark.proves("O5")
def test_o5_without_an_episode_nothing_is_told_of_it() -> None:
    """No ARDS, no APPS at 24 hours."""
    assert reached(LEFT, "apps-24h") == "-"
