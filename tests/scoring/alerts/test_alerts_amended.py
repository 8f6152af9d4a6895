"""`amended-after-final`: a score that was final says something else of the patient."""

import pytest

from tests.scoring.alerts.test_alerts import MEASURED, revisions_of, states
from tests.scoring.build import at, date_of


@pytest.mark.proves("T4")
def test_an_amendment_of_a_final_score_is_reported_once() -> None:
    """By record, of the day and of the day that carried its value; a second amendment says nothing new."""
    ward = MEASURED
    for hour, value in ((9, 250), (10, 400)):
        ward = ward.lab(
            "day 1 12:00", creatinine=value, event_id="e2", recorded=f"day 3 {hour:02}:00", status="corrected"
        )
    assert states(ward.until("day 3 08:59"), "amended-after-final") == []
    fired = [record for record in ward.until("day 3 12:00").alerts if record["name"] == "amended-after-final"]
    assert [record["alert_id"] for record in fired] == [
        f"S/alert/amended-after-final/mods/{date_of(day)}" for day in (1, 2)
    ]
    assert revisions_of(ward.until("day 3 12:00"), "amended-after-final") == [
        ("firing", at("day 1"), None), ("firing", at("day 2"), None),
    ]  # fmt: skip


@pytest.mark.proves("T3", "T4")
def test_days_numbered_anew_by_a_late_start_of_treatment_are_no_alert() -> None:
    """Every day before it is amended, for every treated child: that says nothing of the patient."""
    ward = MEASURED.treatment("day 1 10:00", recorded="day 3 08:00").until("day 3 12:00")
    assert [(ward.mods(day)["status"], ward.mods(day)["elapsed_day"]) for day in (1, 2)] == [
        ("amended", 0), ("amended", 1),
    ]  # fmt: skip
    assert states(ward, "amended-after-final") == []


@pytest.mark.proves("T4")
def test_a_score_that_says_again_what_was_final_is_no_alert_any_more() -> None:
    """Corrected, and corrected back: the receipt names another version, the points and values are as they were."""
    ward = MEASURED
    for hour, value in ((9, 250), (10, 60)):
        ward = ward.lab(
            "day 1 12:00", creatinine=value, event_id="e2", recorded=f"day 3 {hour:02}:00", status="corrected"
        )
    assert ward.until("day 3 12:00").mods(1)["status"] == "amended"
    monitor_of = [
        (one["alert_id"], one["state"]) for one in ward.until("day 3 12:00").alerts if "amended" in one["name"]
    ]
    assert monitor_of == [
        (f"S/alert/amended-after-final/mods/{date_of(day)}", state)
        for state in ("firing", "resolved")
        for day in (1, 2)
    ]


@pytest.mark.proves("O3")
def test_a_milestone_that_is_reported_anew_is_no_amended_score() -> None:
    """Only scores are final in that sense."""
    ward = MEASURED.discharged("day 4 20:00").died("day 10 08:00", event_id="d1")
    alive = ward.adt("died", "day 10 08:00", event_id="d1", recorded="day 11 08:00", status="entered-in-error")
    again = alive.seen("day 40 08:00", True).until("day 41")
    assert again.outcome("death-28d")["status"] == "amended"
    assert states(again, "amended-after-final") == []
