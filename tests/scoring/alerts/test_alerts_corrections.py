"""Corrections and withdrawals that meet nothing: an alert by the clock alone, once, whatever came first."""

from typing import Any

import pytest

from picustream.scoring.alerts.alerts import CATALOGUE, MOST_SUBJECTS
from tests.scoring.build import Stay, at, obs
from tests.scoring.feeding import alerts
from tests.scoring.histories import SHIPPED
from tests.scoring.running import Worker

NAME = "correction-unmatched"
WARD = Stay().admitted("day 1 08:00", birth_date="2020-05-01", sex="female")
RESULT = WARD.lab("day 1 10:00", creatinine=700, event_id="r1", recorded="day 1 10:20")
STRAY = RESULT.lab("day 1 10:00", obs("creatinine"), event_id="r1-x", recorded="day 1 12:00", status="entered-in-error")
"""A result, and a withdrawal of it under an identity that it does not have."""


def revisions_of(ward: Stay) -> list[tuple[str, str, str | None]]:
    """Subject, state and detail of every record of the alert, whose chain is whole."""
    found = [one for one in ward.alerts if one["name"] == NAME]
    for one in found:
        assert (one["severity"], one["audience"]) == CATALOGUE[NAME]
        assert one["event_id"] == f"{one['alert_id']}/r{one['revision']}"
    return [(one["alert_id"].removeprefix(f"S/alert/{NAME}/"), one["state"], one["detail"]) for one in found]


def states(ward: Stay) -> list[str]:
    return [state for _, state, _ in revisions_of(ward)]


FIRED = [("ward+r1-x", "firing", "observation-withdrawn")]


@pytest.mark.proves("I8", "V1")
def test_i8_a_withdrawal_that_meets_nothing_for_six_hours_is_reported_by_the_clock_alone() -> None:
    """The result that it was meant for is still scored, and says so nowhere else."""
    assert revisions_of(STRAY.until("day 1 18:00 -1us")) == []
    fired = STRAY.until("day 1 18:00")
    assert revisions_of(fired) == FIRED
    (record,) = (one for one in fired.alerts if one["name"] == NAME)
    assert (at(record["since"]), at(record["emitted_at"])) == (at("day 1 10:00"), at("day 1 18:00"))
    assert fired.organ(1, "renal")["points"] == 4
    assert revisions_of(STRAY.until("day 9")) == FIRED


@pytest.mark.proves("V1", "E3")
def test_v1_a_withdrawn_consent_that_meets_nothing_is_reported() -> None:
    """The consent that it was meant for goes on making the child eligible."""
    ward = RESULT.consent("day 1 12:00", event_id="c1", source="edc")
    ward = ward.trial("consent", "day 1 12:00", event_id="c2", source="edc", status="cancelled", recorded="day 1 15:00")
    assert revisions_of(ward.until("day 3 09:00")) == [("edc+c2", "firing", "consent-withdrawn")]
    assert ward.eligibility["state"] == "eligible"


def correction(ward: Stay, kind: str, status: str) -> Stay:
    """A correction of something that was never sent."""
    about: dict[str, Any] = {"event_id": "x", "status": status, "recorded": "day 1 12:00"}
    withdrawn = status in ("cancelled", "entered-in-error")
    match kind:
        case "observation":
            return ward.lab("day 1 10:00", obs("creatinine", None if withdrawn else 60), **about)
        case "support":
            return ward.event(
                "picu.ventilator.v1", observed_at=at("day 1 10:00").isoformat(), support="invasive", **about
            )
        case "discharged":
            return ward.discharged("day 1 10:00", **about)
    return ward.sedation("day 1 10:00", "on", **about)


@pytest.mark.proves("V1")
@pytest.mark.parametrize("kind", ["observation", "support", "discharged", "sedation"])
@pytest.mark.parametrize("status", ["amended", "corrected", "cancelled", "entered-in-error"])
def test_v1_whatever_it_corrects_and_however(kind: str, status: str) -> None:
    """An observation, a support, a fact of which a stay has one, and one of which it has many."""
    how = "withdrawn" if status in ("cancelled", "entered-in-error") else "corrected"
    assert revisions_of(correction(WARD, kind, status).until("day 1 19:00")) == [("ward+x", "firing", f"{kind}-{how}")]


@pytest.mark.parametrize("status", ["registered", "preliminary", "final", "unknown"])
def test_what_corrects_nothing_needs_nothing(status: str) -> None:
    ward = WARD.lab("day 1 10:00", creatinine=60, status=status).sedation("day 1 10:00", "on", status=status)
    assert revisions_of(ward.until("day 2")) == []


@pytest.mark.proves("P2")
def test_p2_a_ventilator_event_that_names_no_support_corrects_none() -> None:
    """A PEEP corrected under its own id, in another event: it has met its older version."""
    ward = WARD.vent("day 1 09:00", "invasive", obs("peep", 5, id="p"), event_id="v1")
    new = {"event_id": "v2", "status": "amended"}
    ward = ward.vent("day 1 09:00", None, obs("peep", 6, id="p"), recorded="day 1 10:00", **new)
    assert revisions_of(ward.until("day 2")) == []
    ward = ward.vent("day 1 09:00", "oxygen", obs("peep", 6, id="p"), recorded="day 1 11:00", **new)
    assert revisions_of(ward.until("day 2")) == [("ward+v2", "firing", "support-corrected")]


@pytest.mark.proves("I1")
def test_i1_a_correction_that_comes_first_and_meets_its_original_in_time_is_none() -> None:
    """Also where both come days late, in the wrong order: no time passes between the two."""
    late = {"event_id": "r9", "status": "corrected", "recorded": "day 1 12:00"}
    ward = WARD.lab("day 1 10:00", creatinine=60, **late).lab("day 1 10:00", creatinine=700, event_id="r9")
    assert revisions_of(ward.until("day 2")) == []
    later = WARD.vital("day 3 09:00", heart_rate=100)
    ward = later.lab("day 1 10:00", creatinine=60, **late).vital("day 2 10:00", heart_rate=100)
    assert revisions_of(ward.lab("day 1 10:00", creatinine=700, event_id="r9").until("day 4")) == []
    assert revisions_of(ward.until("day 4")) == [("ward+r9", "firing", "observation-corrected")]


@pytest.mark.proves("I1", "I3")
def test_i3_it_is_over_when_its_original_comes_after_all() -> None:
    """Once; a repeat of either changes nothing, nor does a second correction before that."""
    ward = STRAY.lab("day 1 10:00", obs("creatinine"), event_id="r1-x", recorded="day 2 09:00", status="cancelled")
    assert revisions_of(ward.until("day 2 20:00")) == FIRED
    ward = ward.vital("day 3 09:00", heart_rate=100).lab(
        "day 1 10:00", creatinine=700, event_id="r1-x", recorded="day 1 11:00"
    )
    assert revisions_of(ward.until("day 4")) == [*FIRED, ("ward+r1-x", "resolved", None)]
    again = Stay((*ward.events, ward.events[2], ward.events[-1]))
    assert revisions_of(again.until("day 4")) == [*FIRED, ("ward+r1-x", "resolved", None)]


@pytest.mark.proves("V1")
def test_v1_an_original_that_was_filed_after_its_correction_is_not_met() -> None:
    """It hides the correction: what was withdrawn is scored. A withdrawal that is later than both ends it."""
    ward = WARD.lab("day 1 10:00", obs("creatinine"), event_id="r1", recorded="day 1 12:00", status="cancelled")
    ward = ward.lab("day 1 10:00", creatinine=700, event_id="r1", recorded="day 1 13:00")
    assert states(ward.until("day 2")) == ["firing"]
    assert ward.organ(1, "renal")["points"] == 4
    ward = ward.lab("day 1 10:00", obs("creatinine"), event_id="r1", recorded="day 2 09:00", status="cancelled")
    assert states(ward.until("day 3")) == ["firing", "resolved"]


@pytest.mark.parametrize(("status", "recorded", "expected"), [
    ("unknown", "day 2 09:00", ["firing", "resolved"]),
    ("registered", "day 2 09:00", ["firing", "resolved"]),
    ("unknown", "day 1 11:59", ["firing", "resolved"]),
    ("final", "day 2 09:00", ["firing"]),
])  # fmt: skip
def test_a_later_version_that_states_nothing_closes_it(status: str, recorded: str, expected: list[str]) -> None:
    """So that whoever has sent the right withdrawal can end the wrong one."""
    ward = STRAY.vital("day 2 09:00", heart_rate=100).lab(
        "day 1 10:00", creatinine=1, event_id="r1-x", recorded=recorded, status=status
    )
    assert states(ward.until("day 3")) == expected


def test_one_alert_for_each_event_and_the_next_is_not_hidden() -> None:
    """Two values of one event are one; another event, of whatever source, is another."""
    ward = STRAY.lab(
        "day 1 10:00", obs("creatinine"), obs("platelets"), event_id="r2-x", recorded="day 1 14:00", status="cancelled"
    )
    ward = ward.lab("day 1 10:00", obs("platelets"), source="lis", recorded="day 1 15:00", status="cancelled")
    assert [subject for subject, _, _ in revisions_of(ward.until("day 2"))] == ["ward+r1-x", "ward+r2-x", "lis+e5"]


def test_it_needs_no_admission() -> None:
    """A withdrawal under a mistyped stay meets nothing there."""
    ward = Stay().lab("day 1 10:00", obs("creatinine"), event_id="r1", recorded="day 1 12:00", status="cancelled")
    assert states(ward.until("day 1 18:00")) == ["firing"]


@pytest.mark.proves("I9", "I3")
@pytest.mark.parametrize("crash", [False, True])
def test_i9_a_feed_that_calls_everything_corrected_raises_so_many_alerts_and_no_more(crash: bool) -> None:
    """Per stay; the first ones filed."""
    ward = WARD
    for number in range(MOST_SUBJECTS + 5):
        when = f"day 1 09:{number:02}"
        ward = ward.vital(when, heart_rate=99, event_id=f"v{number}", recorded=when, status="corrected")
    worker = Worker(SHIPPED, until=at("day 3"))
    for event in ward.events:
        worker.take([event])
        if crash:
            worker.crash()
    found = [one for one in alerts(worker.end()) if one["name"] == NAME]
    assert [(one["alert_id"].rpartition("+")[2], one["state"]) for one in found] == [
        (f"v{number}", "firing") for number in range(MOST_SUBJECTS)
    ]
