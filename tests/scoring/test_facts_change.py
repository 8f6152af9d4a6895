"""After a change of facts what was read of the days is kept as far as it holds: the records are those of an evaluation
of everything (I1, I9)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scoring.build import FIRST_DAY, Stay, at
from tests.scoring.histories import SHIPPED, input_records
from tests.scoring.running import assert_same
from tests.scoring.test_incremental import Bedside

HOUR = timedelta(hours=1)


def _ward() -> Stay:
    """Four days of a child: each day a laboratory, at noon and at night a ventilator, a gas and a coma scale."""
    ward = Stay().admitted("day 1 06:00", birth_date="2020-05-01", sex="female", event_id="in")
    for day in (1, 2, 3, 4):
        if day != 3:
            ward = ward.lab(f"day {day} 07:00", creatinine=60 * day, platelets=40 * day)
        for hour in ("11", "23"):
            ward = ward.vent(f"day {day} {hour}:00", "invasive", peep=8, fio2="0.5", plateau_pressure=20 + day)
            ward = ward.gas(f"day {day} {hour}:30", pao2=50 + 10 * day)
            ward = ward.vital(f"day {day} {hour}:45", gcs_eye=2, gcs_motor=4, cvp=9, heart_rate=130, map_invasive=55)
            ward = ward.vital(f"day {day} {hour}:50", gcs_verbal=1)
    # One event whose halves lie two days apart.
    ward = ward.gas("day 2 05:00", pao2=70, event_id="gas", recorded="day 2 06:00")
    return ward.gas("day 4 05:00", fio2="0.8", event_id="gas", recorded="day 4 06:00", status="corrected")


WARD = _ward()
FACTS: dict[str, dict[str, Any]] = {
    "admitted": {"birth_date": "2020-05-01", "sex": "female", "event_id": "in"},
    "discharged": {"destination": "ward"},
    "died": {},
    "sedation": {"state": "on"},
    "treatment_started": {"arm": "trial"},
    "ards_assessed": {"result": "refuted"},
    "consent": {"decision": "given"},
    "vital_status": {"alive": True},
}
TRIAL = {"treatment_started", "ards_assessed", "consent"}
MOMENTS = st.integers(-6, 24 * 6).map(lambda hours: (FIRST_DAY + hours * HOUR).isoformat())
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(sorted(FACTS)),
        MOMENTS,
        st.sampled_from(["corrected", "entered-in-error", "final"]),
        st.sampled_from(["P", "P", "Q"]),
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.proves("I1", "I9")
@given(CHANGES, st.integers(0, 36))
def test_i9_facts_that_change_the_stay_leave_the_records_of_a_look_at_everything(
    changes: list[tuple[str, str, str, str]], apart: int
) -> None:
    """Ends that come, move and go, sedation, treatment, verdicts, another patient; with hours in which days close."""
    bedside, now = Bedside(SHIPPED), at("day 4 23:55")
    for input_record in input_records(WARD.events):
        bedside.file(input_record)
    bedside.look(now)
    for kind, occurred, status, patient in changes:
        now += timedelta(hours=apart, minutes=1)
        fields = {"event_id": kind} | FACTS[kind] | {"recorded": now.isoformat(), "status": status, "patient": patient}
        told = Stay().trial(kind, occurred, **fields) if kind in TRIAL else Stay().adt(kind, occurred, **fields)
        for input_record in input_records(told.events):
            bedside.file(input_record)
        assert_same(bedside.look(now), bedside.anew(now))


def looked(ward: Stay, now: datetime) -> Bedside:
    """A bedside that was looked at after each event, and as of a moment at last."""
    bedside = Bedside(SHIPPED)
    for input_record in input_records(ward.events):
        moment = bedside.file(input_record)
        bedside.look(moment or now)
    return bedside


@pytest.mark.proves("P1", "T2", "I9")
def test_p1_a_gas_whose_fio2_lies_behind_the_end_is_unpaired_when_the_end_becomes_known() -> None:
    """The FiO2 of the same event, wherever in time it lies, but within the stay."""
    ward = Stay().admitted("day 1 06:00").gas("day 2 05:00", pao2=70, event_id="gas", recorded="day 2 06:00")
    ward = ward.gas("day 4 05:00", fio2="0.8", event_id="gas", recorded="day 4 06:00", status="corrected")
    now = at("day 5 12:00")
    ended = looked(ward.discharged("day 3 08:00", recorded="day 5 11:00"), now)
    assert_same(ended.look(now), ended.anew(now))


@pytest.mark.proves("T2", "I9")
@pytest.mark.parametrize("status", ["corrected", "entered-in-error"])
def test_t2_an_end_that_is_moved_or_withdrawn_shows_again_what_lay_behind_it(status: str) -> None:
    ward = WARD.discharged("day 2 08:00", event_id="out", recorded="day 5 01:00")
    ward = ward.discharged("day 4 08:00", event_id="out", recorded="day 5 02:00", status=status)
    now = at("day 5 12:00")
    bedside = looked(ward, now)
    assert_same(bedside.look(now), bedside.anew(now))
    assert any(str(key).startswith("mods/2025-01-04") for key in bedside.look(now))


@pytest.mark.proves("V1", "I9")
def test_v1_of_an_admission_with_another_patient_every_record_names_that_patient() -> None:
    """Those of which nothing else has changed as well."""
    ward = WARD.treatment("day 1 12:00").discharged("day 4 08:00", recorded="day 5 01:00")
    again = {"birth_date": "2020-05-01", "sex": "female", "event_id": "in", "status": "corrected"}
    ward = ward.admitted("day 1 06:00", patient="Q", recorded="day 5 11:00", **again)
    now = at("day 5 12:00")
    bedside = looked(ward, now)
    assert {record["patient_id"] for record in bedside.look(now).values()} == {"Q"}
