"""Alerts of a stay: each fires once when its condition begins to hold, and resolves once when it ends."""

from typing import Any

import pytest

from picustream.models import text
from picustream.models.record import ALERT, AlertRecord
from picustream.scoring.alerts.alerts import CATALOGUE, passing_alert
from tests.scoring.build import Stay, at, date_of, obs
from tests.scoring.feeding import alerts
from tests.scoring.histories import SHIPPED
from tests.scoring.running import Worker

WARD = Stay().admitted("day 1 08:00", birth_date="2020-05-01", sex="female")
"""48 hours are over on day 3 at 08:00."""
MEASURED = WARD.lab("day 1 12:00", creatinine=60)


def revisions_of(ward: Stay, name: str) -> list[tuple[Any, ...]]:
    """(state, since, detail) of everything published of an alert, whose chain is whole and whose name is known."""
    records = [record for record in ward.alerts if record["name"] == name]
    for record in records:
        assert (record["severity"], record["audience"]) == CATALOGUE[name]
        assert record["event_id"] == f"{record['alert_id']}/r{record['revision']}"
        before = f"{record['alert_id']}/r{record['revision'] - 1}"
        assert record["supersedes"] == (None if record["revision"] == 1 else before)
        assert record["effective_at"] == record["since"]
    return [(record["state"], at(record["since"]), record["detail"]) for record in records]


def states(ward: Stay, name: str) -> list[str]:
    return [state for state, _, _ in revisions_of(ward, name)]


# For the trial office. ---------------------------------------------------------------------------------------------


@pytest.mark.proves("E5")
def test_eligible_since_the_last_criterion_came_true() -> None:
    """Until consent is withdrawn."""
    ward = MEASURED.consent("day 1 09:00").consent("day 4 09:00", "withdrawn")
    assert revisions_of(MEASURED.until("day 5"), "eligible") == []
    assert revisions_of(ward.until("day 5"), "eligible") == [
        ("firing", at("day 3 08:00"), None), ("resolved", at("day 3 08:00"), None),
    ]  # fmt: skip


@pytest.mark.proves("E5")
def test_consent_is_due_once_all_else_is_met() -> None:
    """Not before, not where another criterion fails, and not after any decision."""
    assert states(MEASURED.until("day 3 08:00"), "consent-due") == []
    assert revisions_of(MEASURED.until("day 3 09:00"), "consent-due") == [("firing", at("day 3 08:00"), None)]
    assert states(WARD.until("day 3 09:00"), "consent-due") == []
    assert states(MEASURED.consent("day 2 09:00", "refused").until("day 4"), "consent-due") == []
    assert states(MEASURED.consent("day 4 09:00").until("day 5"), "consent-due") == ["firing", "resolved"]


@pytest.mark.proves("O3", "I8")
def test_follow_up_is_due_28_days_after_discharge_until_there_is_news() -> None:
    """At the midnight that ends the 28th day, whatever the clock did meanwhile."""
    left = MEASURED.discharged("day 4 20:00")
    assert states(left.until("day 33 -1us"), "follow-up-due") == []
    assert revisions_of(left.until("day 33"), "follow-up-due") == [("firing", at("day 33"), "death-28d")]
    assert states(left.seen("day 40 09:00", True).until("day 41"), "follow-up-due") == ["firing", "resolved"]


@pytest.mark.proves("O4", "T4")
@pytest.mark.parametrize(("values", "detail"), [
    ({}, "0-organs-measured"),
    ({"creatinine": 60, "bilirubin_total": 5}, "2-organs-measured"),
    ({"creatinine": 60, "bilirubin_total": 5, "platelets": 200}, None),
])  # fmt: skip
def test_a_window_day_that_closed_with_fewer_than_three_organs_is_reported(
    values: dict[str, int], detail: str | None
) -> None:
    """When it has closed; a day before the window is not."""
    ward = WARD.treatment("day 1 12:00")
    ward = ward.lab("day 4 09:00", **values) if values else ward
    assert states(ward.until("day 5 06:00 -1us"), "window-day-unmeasured") == []
    expected = [("firing", at("day 5 06:00"), detail)] if detail else []
    assert revisions_of(ward.until("day 5 06:00"), "window-day-unmeasured") == expected
    names = {record["alert_id"] for record in ward.until("day 5 06:00").alerts if "window" in record["name"]}
    assert names == ({f"S/alert/window-day-unmeasured/{date_of(4)}"} if detail else set())


@pytest.mark.proves("O4")
def test_a_window_day_that_is_measured_after_all_is_resolved() -> None:
    """Late results count."""
    ward = WARD.treatment("day 1 12:00")
    late = ward.lab("day 4 09:00", creatinine=60, bilirubin_total=5, platelets=200, recorded="day 5 09:00")
    assert states(late.until("day 5 10:00"), "window-day-unmeasured") == ["firing", "resolved"]


@pytest.mark.proves("T2", "T3")
@pytest.mark.parametrize(("t0", "end", "outside"), [
    ("day 1 08:00 -1us", None, True),
    ("day 1 08:00", None, False),
    ("day 3 08:00", "day 3 08:00", False),
    ("day 3 08:00 +1us", "day 3 08:00", True),
    ("day 3 08:00", None, False),
])  # fmt: skip
def test_treatment_outside_the_stay_is_reported(t0: str, end: str | None, outside: bool) -> None:
    """Its bounds are inside."""
    ward = WARD.treatment(t0) if end is None else WARD.treatment(t0).discharged(end)
    assert revisions_of(ward.until("day 3 09:00"), "treatment-outside-stay") == [("firing", at(t0), None)] * outside


# For operations. ---------------------------------------------------------------------------------------------------


@pytest.mark.proves("T2")
def test_events_of_a_stay_that_nobody_admitted_are_reported() -> None:
    """Since the first was observed; once, however many there are; until the admission comes."""
    ward = Stay().lab("day 1 09:00", creatinine=60).lab("day 1 10:00", creatinine=70)
    assert revisions_of(ward.until("day 1 11:00"), "no-admission") == [("firing", at("day 1 09:00"), None)]
    come = ward.admitted("day 1 08:00", recorded="day 1 12:00").until("day 1 13:00")
    assert states(come, "no-admission") == ["firing", "resolved"]
    again = come.lab("day 1 07:00", creatinine=80, recorded="day 1 12:30")
    again = again.admitted("day 1 08:00", recorded="day 1 12:45", status="entered-in-error").until("day 1 13:00")
    assert revisions_of(again, "no-admission")[-1] == ("firing", at("day 1 07:00"), None)


@pytest.mark.proves("T2", "V1")
def test_what_a_correction_moved_was_not_observed_at_its_old_time() -> None:
    """A stay that loses its admission is without one since the first that still stands."""
    ward = WARD.lab("day 1 07:00", creatinine=60, event_id="r1")
    ward = ward.lab("day 1 07:30", creatinine=60, event_id="r1", recorded="day 1 09:00", status="corrected")
    ward = ward.admitted("day 1 08:00", recorded="day 1 10:00", status="entered-in-error").until("day 1 11:00")
    assert revisions_of(ward, "no-admission") == [("firing", at("day 1 07:30"), None)]


@pytest.mark.proves("T2")
def test_an_end_before_the_admission_is_reported_by_its_event() -> None:
    """One alert, until it is corrected."""
    ward = WARD.discharged("day 1 07:59", event_id="d1")
    assert revisions_of(ward.until("day 1 09:00"), "end-before-admission") == [("firing", at("day 1 07:59"), "d1")]
    assert states(ward.died("day 1 07:00").until("day 1 09:00"), "end-before-admission") == ["firing"]
    mended = WARD.discharged("day 1 07:59", event_id="d1").discharged(
        "day 4 08:00", event_id="d1", recorded="day 4 09:00", status="corrected"
    )
    assert states(mended.until("day 4 10:00"), "end-before-admission") == ["firing", "resolved"]


@pytest.mark.proves("V1")
def test_another_patient_on_the_same_stay_is_reported() -> None:
    """By the event that names another; it is used all the same."""
    ward = WARD.lab("day 1 12:00", creatinine=250, patient="Q", event_id="x1")
    assert revisions_of(ward.until("day 1 13:00"), "patient-mismatch") == [("firing", at("day 1 12:00"), "x1")]
    assert ward.organ(1, "renal")["points"] == 2


@pytest.mark.proves("V1")
@pytest.mark.parametrize("patient", ["P", "Q"])
@pytest.mark.parametrize("observed", [{"creatinine": 250}, {"spo2": 97}], ids=str)
def test_a_withdrawn_result_names_nobody(patient: str, observed: dict[str, int]) -> None:
    """Whichever patient the withdrawal names, and whether or not the value is one that a score reads."""
    ward = WARD.lab("day 1 12:00", patient="Q", event_id="x1", **observed)
    late = {"event_id": "x1", "recorded": "day 1 14:00", "status": "entered-in-error"}
    assert states(ward.until("day 1 13:00"), "patient-mismatch") == ["firing"]
    ward = ward.lab("day 1 12:00", patient=patient, **observed, **late)
    assert states(ward.until("day 1 15:00"), "patient-mismatch") == ["firing", "resolved"]


@pytest.mark.proves("V1", "I1")
def test_versions_that_tie_in_everything_but_their_content_are_reported() -> None:
    """By source and event, whichever came first."""
    one = WARD.lab("day 1 12:00", creatinine=60, event_id="r1").lab("day 1 12:00", creatinine=70, event_id="r1")
    for ward in (one, one.arriving(1, 3, 2)):
        fired = [record for record in ward.until("day 1 13:00").alerts if record["name"] == "conflicting-duplicate"]
        assert [record["alert_id"] for record in fired] == ["S/alert/conflicting-duplicate/ward+r1"]


@pytest.mark.proves("I1", "V1")
def test_a_conflict_about_the_time_is_reported_since_the_moment_that_is_in_force() -> None:
    """The greater text says the later time, whichever came first."""
    tied = {"creatinine": 60, "event_id": "r1", "recorded": "day 1 14:00"}
    ward = WARD.lab("day 1 12:00", **tied).lab("day 1 13:00", **tied)
    for one in (ward, ward.arriving(1, 3, 2)):
        assert revisions_of(one.until("day 1 15:00"), "conflicting-duplicate") == [("firing", at("day 1 13:00"), None)]


TIED = {"event_id": "r1", "recorded": "day 1 13:00"}
TWICE = WARD.lab("day 1 12:00", creatinine=50, platelets=200, **TIED).lab(
    "day 1 12:00", creatinine=400, platelets=30, **TIED
)
"""Two contents of one event: two values in conflict."""


@pytest.mark.proves("I1", "V1")
@pytest.mark.parametrize("order", [(1, 2, 3, 4, 5), (1, 4, 2, 3, 5), (5, 4, 3, 2, 1)])
@pytest.mark.parametrize("crash", [False, True])
def test_a_conflict_lasts_until_every_value_in_it_has_a_later_version(order: tuple[int, ...], crash: bool) -> None:
    """A correction of the creatinine says nothing of the platelets, whatever came first."""
    one = TWICE.lab(
        "day 1 12:00", obs("creatinine", 50, id="r1#creatinine"), recorded="day 1 14:00", status="corrected"
    )
    both = one.lab("day 1 12:00", obs("platelets", 30, id="r1#platelets"), recorded="day 1 15:00", status="corrected")
    assert last_state(both.arriving(*(place for place in order if place < 5)), crash) == "firing"
    assert last_state(both.arriving(*order), crash) != "firing"


def last_state(ward: Stay, crash: bool) -> str | None:
    """How the conflict stands at the end, memory lost after every event or not at all."""
    worker = Worker(SHIPPED, until=at("day 1 16:00"))
    for event in ward.events:
        worker.take([event])
        if crash:
            worker.crash()
    found = [record for record in alerts(worker.end()) if record["name"] == "conflicting-duplicate"]
    return found[-1]["state"] if found else None


@pytest.mark.proves("I1", "P2")
def test_a_conflict_about_the_support_is_not_settled_by_a_correction_of_the_peep() -> None:
    """Support and control have versions of their own."""
    ward = WARD.vent("day 1 12:00", "invasive", peep=5, **TIED).vent("day 1 12:00", "oxygen", peep=5, **TIED)
    peep = obs("peep", 6, id="r1#peep")
    ward = ward.vent("day 1 12:00", "oxygen", peep, recorded="day 1 14:00", status="corrected")
    assert last_state(ward, False) == "firing"
    settled = ward.vent("day 1 12:00", "oxygen", peep, event_id="r1", recorded="day 1 15:00", status="corrected")
    assert last_state(settled, False) == "resolved"


@pytest.mark.proves("I1", "I3")
def test_a_conflict_is_remembered_through_a_crash() -> None:
    """What is in force does not show it any more; neither it nor another alert is published again."""
    ward = WARD.lab("day 1 12:00", creatinine=60, event_id="r1").lab("day 1 12:00", creatinine=70, event_id="r1")
    ward = ward.treatment("day 1 07:00")
    worker = Worker(SHIPPED, until=at("day 1 15:00"))
    worker.take(ward.events)
    worker.crash()
    worker.take(ward.lab("day 1 14:00", creatinine=80).events[-1:])
    published = [text.parse(output.value) for output in worker.end() if output.topic == ALERT]
    assert sorted((one["name"], one["state"]) for one in published) == [
        ("conflicting-duplicate", "firing"), ("stay-silent", "firing"), ("treatment-outside-stay", "firing"),
    ]  # fmt: skip


@pytest.mark.proves("I8")
@pytest.mark.parametrize("sign", ["heart_rate", "map_invasive", "map_noninvasive", "spo2"])
def test_an_open_stay_is_silent_four_hours_after_its_last_vital_sign(sign: str) -> None:
    """By time alone; one alert while the silence lasts; any vital sign ends it."""
    ward = WARD.vital("day 1 09:00", **{sign: 90})
    assert states(ward.until("day 1 13:00 -1us"), "stay-silent") == []
    assert revisions_of(ward.until("day 1 13:00"), "stay-silent") == [("firing", at("day 1 09:00"), None)]
    assert states(ward.until("day 2 13:00"), "stay-silent") == ["firing"]
    assert states(ward.vital("day 1 15:00", **{sign: 90}).until("day 1 16:00"), "stay-silent") == ["firing", "resolved"]
    again = ward.vital("day 1 15:00", **{sign: 90}).until("day 1 19:00")
    assert states(again, "stay-silent") == ["firing", "resolved", "firing"]


@pytest.mark.proves("I8")
def test_silence_counts_from_the_admission_and_ends_with_the_stay() -> None:
    """What is no vital sign does not break it, nor does a vital sign of before."""
    ward = WARD.vital("day 1 07:00", heart_rate=90).lab("day 1 11:00", creatinine=60).vital("day 1 11:30", gcs_total=9)
    ward = ward.vital("day 1 11:40", obs("heart_rate", 999))
    assert revisions_of(ward.until("day 1 12:00"), "stay-silent") == [("firing", at("day 1 08:00"), None)]
    assert states(ward.discharged("day 1 13:00").until("day 1 14:00"), "stay-silent") == ["firing", "resolved"]
    assert states(ward.discharged("day 1 11:50").until("day 3"), "stay-silent") == []


@pytest.mark.proves("I1", "I3")
def test_a_late_vital_sign_ends_a_silence_only_if_it_lies_in_it() -> None:
    """A value of before the last one observed changes nothing."""
    ward = WARD.vital("day 1 09:00", heart_rate=90)
    early = ward.vital("day 1 08:30", heart_rate=90, recorded="day 1 14:00")
    assert states(early.until("day 1 14:30"), "stay-silent") == ["firing"]
    inside = ward.vital("day 1 12:30", heart_rate=90, recorded="day 1 14:00")
    assert states(inside.until("day 1 14:30"), "stay-silent") == ["firing", "resolved"]


# What is over as it is published. -------------------------------------------------------------------------------------


@pytest.mark.proves("I3", "I5")
@pytest.mark.parametrize(("given", "severity"), [(None, "critical"), ("info", "info")])
def test_what_happened_at_once_fires_and_resolves(given: Any, severity: str) -> None:
    """Revisions 1 and 2 of one alert that is no stay's, as grave as its name or as somebody says."""
    made = passing_alert("state-rebuilt", "partition-3+7", SHIPPED, at("day 1"), given)
    fired, resolved = map(AlertRecord.model_validate, made)
    for number, record in ((1, fired), (2, resolved)):
        assert (record.event_id, record.revision) == (f"partition-3+7/alert/state-rebuilt/r{number}", number)
        assert (record.severity, record.stay_id, record.detail) == (severity, None, "partition-3+7")
    assert (fired.state, fired.supersedes) == ("firing", None)
    assert (resolved.state, resolved.supersedes) == ("resolved", fired.event_id)
