"""Outcome milestones: rules O1-O3 and O5; `test_outcomes_window.py` has O4."""

from decimal import Decimal
from typing import Any

import pytest

from picustream.scoring.trial.records import OUTCOME
from tests.scoring.build import Stay, at, obs
from tests.scoring.milestones import LEFT, WARD, reached, revisions_of

# O1. ---------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("O1")
def test_o1_an_open_stay_has_no_discharge() -> None:
    """Undecided is not published."""
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
    milestone = revisions_of(ward, "picu-discharge")
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
    """Fractional days; the first of truncated, died, censored is the detail."""
    found = revisions_of(ward, "picu-los")
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
        assert {revisions_of(ward, name)["detail"] for name in ("death-28d", "survival-28d")} == {"follow-up-due"}
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


# O5. ---------------------------------------------------------------------------------------------------------------

SICK = WARD.vent("day 2 08:00", "invasive", obs("peep", 8), obs("plateau_pressure", 25))
SICK = SICK.gas("day 2 08:00", pao2=80, fio2="0.5")


@pytest.mark.proves("O5")
def test_o5_ards_begins_with_episode_1() -> None:
    """At its onset, presumptive until somebody confirms it."""
    assert (reached(SICK, "ards-onset"), revisions_of(SICK, "ards-onset")["at"]) == (
        True,
        at("day 2 08:00").isoformat(),
    )


@pytest.mark.proves("O5", "I8")
@pytest.mark.parametrize(("clock", "found"), [("day 5 02:00 -1us", "-"), ("day 5 02:00", False)])
def test_o5_without_one_it_is_published_six_hours_after_the_end(clock: str, found: Any) -> None:
    """The end of the stay and the time to finalise."""
    assert reached(LEFT.until(clock), "ards-onset") == found


@pytest.mark.proves("O5", "A3")
def test_o5_refuted_is_no_onset() -> None:
    """At once, and the detail says why."""
    milestone = revisions_of(SICK.ards("day 2 20:00", "refuted").until("day 2 20:00"), "ards-onset")
    assert (milestone["reached"], milestone["detail"]) == (False, "refuted")


@pytest.mark.proves("O5", "A4", "I8")
@pytest.mark.parametrize(("clock", "found"), [("day 3 20:00 -1us", "-"), ("day 3 20:00", True)])
def test_o5_apps_at_24_hours_is_reached_when_its_record_closes(clock: str, found: Any) -> None:
    """36 hours after the onset, with the total as value."""
    ward = SICK.vent("day 3 08:00", "invasive", obs("plateau_pressure", 28)).gas("day 3 08:00", pao2=75, fio2="0.5")
    ward = ward.until(clock)
    assert reached(ward, "apps-24h") == found
    if found is True:
        assert revisions_of(ward, "apps-24h")["value"] == 5
        assert revisions_of(ward, "apps-24h")["caveats"] == ["adult-derived-score", "presumptive-ards"]


@pytest.mark.proves("O5", "A7")
def test_o5_apps_without_a_total_is_incomplete() -> None:
    """No gas 24 hours later: not reached."""
    assert [revisions_of(SICK, "apps-24h")[name] for name in ("reached", "value", "detail")] == [
        False,
        None,
        "incomplete",
    ]


@pytest.mark.proves("O5")
def test_o5_without_an_episode_nothing_is_published_of_it() -> None:
    """No ARDS, no APPS at 24 hours."""
    assert reached(LEFT, "apps-24h") == "-"
