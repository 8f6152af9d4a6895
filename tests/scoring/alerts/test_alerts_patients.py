"""Other patients named in a stay: one alert for each of them, so that none hides the next (`patient-mismatch`)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.scoring.alerts.alerts import MOST_SUBJECTS
from tests.scoring.build import Stay, at
from tests.scoring.feeding import alerts, firing
from tests.scoring.histories import SHIPPED, replayed
from tests.scoring.running import Worker

WARD = Stay().admitted("day 1 08:00", patient="OLD", birth_date="2020-05-01", sex="female")
MERGED = WARD.lab("day 1 10:00", creatinine=60, patient="OLD", event_id="r1")
MERGED = MERGED.admitted("day 1 08:00", patient="NEW", recorded="day 2 09:00", status="corrected")
STRANGER = MERGED.lab("day 2 10:00", creatinine=61, patient="NEW").lab(
    "day 3 04:00", creatinine=700, patient="STRANGER", event_id="r3"
)


def revisions_of(ward: Stay) -> list[tuple[str, str, str]]:
    """Patient, state and event of every record of the alert."""
    return [
        (one["alert_id"].removeprefix("S/alert/patient-mismatch/"), one["state"], one["detail"])
        for one in ward.alerts
        if one["name"] == "patient-mismatch"
    ]


@pytest.mark.proves("V1")
def test_v1_a_merge_does_not_hide_another_child() -> None:
    """The old name is known from the correction on; the other child's result raises its own alert, and is used."""
    assert revisions_of(STRANGER.until("day 3 03:00")) == [("OLD", "firing", "r1")]
    assert revisions_of(STRANGER.until("day 3 05:00")) == [("OLD", "firing", "r1"), ("STRANGER", "firing", "r3")]
    assert STRANGER.organ(3, "renal")["value"] == 700


@pytest.mark.proves("V1")
def test_v1_each_patient_named_is_over_on_its_own() -> None:
    """The other child's result is withdrawn; the old name stays until its result is sent with the new one."""
    ward = STRANGER.lab("day 3 04:00", creatinine=700, event_id="r3", recorded="day 3 06:00", status="entered-in-error")
    assert revisions_of(ward.until("day 3 07:00"))[-1] == ("STRANGER", "resolved", None)
    ward = ward.lab(
        "day 1 10:00", creatinine=60, patient="NEW", event_id="r1", recorded="day 3 08:00", status="amended"
    )
    assert [state for name, state, _ in revisions_of(ward.until("day 3 09:00")) if name == "OLD"] == [
        "firing",
        "resolved",
    ]


@pytest.mark.proves("I1", "I3", "I5")
@given(st.permutations(STRANGER.events), st.booleans())
def test_i1_which_patients_are_named_depends_on_no_order_and_no_crash(events: list[object], crash: bool) -> None:
    """At the end the same alerts are firing, each of which fired and resolved in turn."""
    worker = Worker(SHIPPED, until=at("day 4"))
    for event in events:
        worker.take([event])  # type: ignore[list-item]
        if crash:
            worker.crash()
    outputs = worker.end()
    assert firing(outputs) >= {"S/alert/patient-mismatch/OLD", "S/alert/patient-mismatch/STRANGER"}
    assert firing(outputs) == firing(replayed(STRANGER.events, SHIPPED, at("day 4")))
    for name in {one["alert_id"] for one in alerts(outputs)}:
        states = [one["state"] for one in alerts(outputs) if one["alert_id"] == name]
        assert states == (["firing", "resolved"] * len(states))[: len(states)]


@pytest.mark.proves("I9", "I3")
@pytest.mark.parametrize("crash", [False, True])
def test_i9_a_feed_that_makes_up_a_patient_per_message_raises_so_many_alerts_and_no_more(crash: bool) -> None:
    """Those of patients that were named before go on; memory that is lost does not make room."""
    ward = WARD
    for number in range(MOST_SUBJECTS + 9):
        ward = ward.vital(f"day 1 09:{number % 60:02}", heart_rate=99, patient=f"Q-{number}", event_id=f"v{number}")
    ward = ward.vital("day 1 09:00", heart_rate=9, event_id="v0", recorded="day 1 10:30", status="cancelled")
    ward = ward.vital("day 1 10:40", heart_rate=99, patient="Q-0")
    worker = Worker(SHIPPED, until=at("day 1 12:00"))
    for event in ward.events:
        worker.take([event])
        if crash:
            worker.crash()
    found = [one for one in alerts(worker.outputs) if one["name"] == "patient-mismatch"]
    assert len({one["alert_id"] for one in found}) == MOST_SUBJECTS
    assert [one["state"] for one in found if one["alert_id"].endswith("/Q-0")] == ["firing", "resolved", "firing"]
