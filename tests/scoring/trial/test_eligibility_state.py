"""The state that screening comes to: rule E5."""

import pytest

from picustream.scoring.trial.records import ELIGIBILITY
from tests.scoring.build import Stay, at
from tests.scoring.trial.test_eligibility import MEASURED, SOON, WARD

ADULT = SOON.admitted("day 1 08:00", birth_date="2006-06-15", sex="male").lab("day 1 12:00", creatinine=60)


@pytest.mark.proves("E5")
@pytest.mark.parametrize(("ward", "state"), [
    (MEASURED.until("day 1 12:00"), "screening"),
    (MEASURED, "screening"),
    (MEASURED.consent("day 1 09:00"), "eligible"),
    (MEASURED.consent("day 1 09:00", "refused"), "ineligible"),
    (MEASURED.consent("day 1 09:00", "withdrawn"), "withdrawn"),
    (MEASURED.consent("day 1 09:00", "withdrawn").discharged("day 2 08:00"), "withdrawn"),
    (MEASURED.consent("day 1 09:00").discharged("day 2 08:00"), "ineligible"),
    (ADULT.consent("day 1 09:00"), "review"),
    (ADULT, "review"),
    (ADULT.consent("day 1 09:00", "refused"), "ineligible"),
    (WARD.consent("day 1 09:00"), "ineligible"),
    (SOON.admitted("day 1 08:00", sex="male").until("day 1 08:00"), "screening"),
])  # fmt: skip
def test_e5_the_state_follows_from_the_criteria(ward: Stay, state: str) -> None:
    """Withdrawn before ineligible before review before eligible before screening."""
    assert ward.eligibility["state"] == state


@pytest.mark.proves("E5")
@pytest.mark.parametrize(("ward", "since"), [
    (MEASURED.consent("day 1 09:00"), "day 3 08:00"),
    (MEASURED.consent("day 4 09:00"), "day 4 09:00"),
    (MEASURED.consent("day 1 09:00").died("day 2 10:00"), "day 3 08:00"),
    (MEASURED.consent("day 1 09:00").died("day 2 10:00").trial("data_collection", "day 1 20:00", complete=True),
     "day 2 10:00"),
    (MEASURED.consent("day 1 09:00").trial("data_collection", "day 5 20:00", complete=True), "day 5 20:00"),
    (MEASURED.consent("day 4 09:00").consent("day 6 09:00"), "day 4 09:00"),
    (MEASURED.consent("day 4 09:00").consent("day 5 09:00", "withdrawn").consent("day 6 09:00"), "day 6 09:00"),
])  # fmt: skip
def test_e5_eligible_since_is_the_last_moment_at_which_a_criterion_came_true(ward: Stay, since: str) -> None:
    """Clinical time: 48 h or the earlier end, consent, verdict."""
    assert at(ward.eligibility["eligible_since"]) == at(since)


@pytest.mark.proves("E5")
def test_e5_only_an_eligible_child_is_eligible_since() -> None:
    """No moment where the state is another."""
    assert MEASURED.eligibility["eligible_since"] is None


@pytest.mark.proves("E5", "I8")
def test_e5_next_change_is_when_time_alone_would_change_it() -> None:
    """Admission and 48 hours, as long as they decide something; null afterwards, or once both are decided."""
    assert at(WARD.until("day 1 09:00").eligibility["next_change_at"]) == at("day 3 08:00")
    assert WARD.eligibility["next_change_at"] is None
    decided = WARD.discharged("day 2 08:00").trial("data_collection", "day 2 08:00", complete=True)
    assert decided.until("day 2 09:00").eligibility["next_change_at"] is None


@pytest.mark.proves("E5", "I7")
def test_e5_every_criterion_names_its_evidence() -> None:
    """The events that decide it, by id."""
    ward = MEASURED.consent("day 1 09:00", event_id="c1").died("day 2 10:00", event_id="d1")
    ward = ward.trial("data_collection", "day 2 20:00", complete=True, event_id="v1")
    evidence = {one["criterion"]: one["evidence"] for one in ward.eligibility["criteria"]}
    assert evidence == {
        "in-picu": ["e1"], "age": ["e1"], "stay-48h": ["e1", "d1"], "consent": ["c1"], "data-complete": ["v1"],
    }  # fmt: skip


@pytest.mark.proves("E5")
def test_e5_a_change_is_published_and_a_change_of_nothing_is_not() -> None:
    """Measurements and passing hours that decide nothing make no revision."""
    ward = MEASURED
    for hour in range(13, 24):
        ward = ward.lab(f"day 1 {hour}:00", creatinine=60)
    ward = ward.consent("day 4 09:00").lab("day 4 10:00", creatinine=60).consent("day 5 09:00", "withdrawn")
    states = [record["state"] for record in ward.revisions(ELIGIBILITY)]
    assert states == ["screening", "screening", "eligible", "withdrawn"]


@pytest.mark.proves("E5", "I7")
def test_e5_a_correction_that_changes_a_detail_alone_is_published() -> None:
    """A birth date corrected by a year decides nothing, and the record has the new age; a countdown is no change."""
    mended = WARD.admitted(
        "day 1 08:00", birth_date="2019-05-01", sex="female", event_id="e1", recorded="day 2 09:00", status="corrected"
    ).until("day 2 10:00")
    assert mended.criterion("age")["detail"] == "age-5-years"
    again = WARD.admitted("day 1 08:00", birth_date="2020-05-01", sex="female", event_id="e1", recorded="day 2 09:00")
    assert len(again.until("day 2 10:00").revisions(ELIGIBILITY)) == 1
