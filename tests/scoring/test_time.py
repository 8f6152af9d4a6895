"""Days, stays and the clock: rules T1-T6."""

from datetime import timedelta
from decimal import Decimal

import pytest

from picustream.models import text
from picustream.scoring.engine import Engine
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.validation import InputRecord
from tests.scoring.build import MICROSECOND, Stay, at, date_of
from tests.scoring.histories import SHIPPED, written

ADMITTED = Stay().admitted("day 1 08:00", birth_date="2020-05-01", sex="female")


def statuses(stay: Stay, day: int) -> list[str]:
    """Every status that a day's MODS went through."""
    return [record["status"] for record in stay.revisions(MODS, day=date_of(day))]


@pytest.mark.proves("T1")
def test_t1_a_value_belongs_to_the_day_of_its_own_midnight() -> None:
    """A moment before local midnight is still today, midnight itself is tomorrow."""
    ward = ADMITTED.lab("day 2 -1us", creatinine=150).lab("day 2", creatinine=250).discharged("day 3 08:00")
    assert (ward.organ(1, "renal")["value"], ward.organ(2, "renal")["value"]) == (150, 250)


@pytest.mark.proves("T1")
@pytest.mark.parametrize(("moment", "written"), [
    ("1900-01-01T00:00:00+00:00", "1900-01-01T00:00:00+00:00"),
    ("1902-01-01T00:00:00+00:00", "1902-01-01T08:00:00+08:00"),
])  # fmt: skip
def test_t1_an_offset_has_no_seconds(moment: str, written: str) -> None:
    """Shanghai was 5 minutes and 43 seconds ahead of its zone until 1901: what nobody can read is written in UTC."""
    assert text.encode(at(moment), SHIPPED.protocol.zone) == f'"{written}"'


@pytest.mark.proves("T1")
def test_t1_the_day_is_that_of_the_protocols_zone() -> None:
    """The same moment lies on different days for wards in different zones."""
    ward = Stay().admitted("2025-03-01T12:00Z").lab("2025-03-02T02:00Z", creatinine=250).discharged("2025-03-03T12:00Z")
    assert ward.organ("2025-03-02", "renal")["basis"] == "measured"
    assert ward.under(time={"zone": "America/New_York"}).organ("2025-03-01", "renal")["basis"] == "measured"


@pytest.mark.proves("T1", "T4")
@pytest.mark.parametrize(("date", "zone", "length"), [
    ("2025-03-09", "America/New_York", 23),
    ("2025-11-02", "America/New_York", 25),
    ("2025-03-30", "Europe/Berlin", 23),
    ("2025-10-26", "Europe/Berlin", 25),
    ("2025-04-06", "Australia/Lord_Howe", Decimal("24.5")),
])  # fmt: skip
def test_t1_a_day_on_which_clocks_change_is_one_day(date: str, zone: str, length: Decimal) -> None:
    """Whatever its length, a local day has one record, and a value's age runs to its real end."""
    ward = Stay().under(time={"zone": zone}).admitted(f"{date}T12:00Z").lab(f"{date}T12:00Z", creatinine=250)
    ward = ward.discharged((at(f"{date}T12:00Z") + timedelta(days=2)).isoformat())
    window = ward.mods(date)["window"]
    hours = (at(window["end"]) - at(window["start"])) / timedelta(hours=1)
    assert Decimal(str(hours)) == length
    assert [record["picu_day"] for record in map(ward.mods, ward.mods_days)] == [1, 2, 3]
    tomorrow = ward.organ(ward.mods_days[1], "renal")
    assert tomorrow["age_hours"] == 24 + Decimal(str((at(window["end"]) - at(f"{date}T12:00Z")) / timedelta(hours=1)))


@pytest.mark.proves("T2")
@pytest.mark.parametrize(("when", "counts"), [
    ("day 1 08:00 -1us", False),
    ("day 1 08:00", True),
    ("day 2 10:00", True),
    ("day 2 10:00 +1us", False),
])  # fmt: skip
def test_t2_only_what_was_seen_inside_the_stay_counts(when: str, counts: bool) -> None:
    """Admission and end belong to the stay; a microsecond outside does not."""
    ward = ADMITTED.discharged("day 2 10:00").lab(when, creatinine=250)
    assert (ward.mods(int(when.split()[1]))["measured"] == 1) is counts


@pytest.mark.proves("T2", "P2")
@pytest.mark.parametrize(("when", "paired"), [("day 1 08:00 -1us", False), ("day 1 08:00", True)])
def test_t2_a_ventilator_event_before_the_stay_does_not_count(when: str, paired: bool) -> None:
    """What the ventilator said before the admission is no support in force."""
    ward = ADMITTED.vent(when, "room-air").gas("day 1 09:00", pao2=63).discharged("day 2 10:00")
    assert (ward.organ(1, "respiratory")["basis"] == "measured") is paired


@pytest.mark.proves("T2", "M6")
def test_t2_sedation_begun_before_the_stay_still_holds() -> None:
    """A child that comes sedated is sedated."""
    ward = ADMITTED.sedation("day 0 20:00", "on").vital("day 1 09:00", gcs_total=3).discharged("day 2 10:00")
    assert ward.organ(1, "neurologic")["basis"] == "assumed-normal-sedated"


@pytest.mark.proves("T2")
@pytest.mark.parametrize(("end", "last"), [("day 3 -1us", 2), ("day 3", 2), ("day 3 +1us", 3)])
def test_t2_a_stay_that_ends_at_midnight_has_no_record_of_the_day_that_begins_there(end: str, last: int) -> None:
    """A discharge at exactly 00:00 ends the day before."""
    assert ADMITTED.discharged(end).mods_days == [date_of(day) for day in range(1, last + 1)]


@pytest.mark.proves("T2")
def test_t2_the_earlier_of_discharge_and_death_ends_the_stay() -> None:
    """A death before the paper discharge ends the stay, one after it does not prolong it."""
    assert ADMITTED.discharged("day 5 10:00").died("day 3 10:00").mods_days[-1] == date_of(3)
    assert ADMITTED.discharged("day 3 10:00").died("day 5 10:00").mods_days[-1] == date_of(3)


@pytest.mark.proves("T2", "I1")
def test_t2_without_an_admission_nothing_is_published_until_it_comes() -> None:
    """What comes before the admission is kept, and scored once the admission is known."""
    early = Stay().lab("day 1 09:00", creatinine=250).vital("day 1 09:00", gcs_total=8)
    assert {topic for topic, _ in early.records} <= {"picu.alert.v1"}
    assert [alert["name"] for alert in early.alerts] == ["no-admission"]
    late = early.admitted("day 1 08:00", recorded="day 6 08:00").discharged("day 2 08:00")
    assert (late.mods(1)["total"], late.mods(1)["measured"]) == (5, 2)
    assert [alert["state"] for alert in late.alerts if alert["name"] == "no-admission"] == ["firing", "resolved"]


@pytest.mark.proves("T2", "T5")
def test_t2_a_withdrawn_admission_takes_every_record_back() -> None:
    """Without an admission there is no stay: all that was published of it is entered in error."""
    ward = ADMITTED.lab("day 1 09:00", creatinine=250).adt(
        "admitted", "day 1 08:00", recorded="day 4 08:00", status="entered-in-error"
    )
    topics = {topic for topic, _ in ward.records} - {"picu.alert.v1"}
    last = {(topic, r.get("day"), r.get("milestone")): r["status"] for topic, r in ward.records if topic in topics}
    assert set(last.values()) == {"entered-in-error"}


@pytest.mark.proves("T2")
def test_t2_an_end_before_the_admission_is_set_aside_until_it_is_corrected() -> None:
    """A discharge a year too early does not end the stay; the correction does."""
    wrong = ADMITTED.discharged("2024-01-03T10:00+08:00", event_id="out", recorded="day 3 10:00")
    assert wrong.outcome("picu-discharge") is None
    assert [alert["name"] for alert in wrong.alerts if alert["name"] == "end-before-admission"]
    right = wrong.discharged("day 3 10:00", event_id="out", recorded="day 4 10:00", status="corrected")
    assert right.mods_days == [date_of(1), date_of(2), date_of(3)]
    discharge = right.outcome("picu-discharge")
    assert discharge is not None
    assert at(discharge["at"]) == at("day 3 10:00")


@pytest.mark.proves("T3")
def test_t3_the_day_of_admission_is_picu_day_1_however_late_it_was() -> None:
    """A child admitted at 23:59 is on PICU day 2 a minute later."""
    ward = Stay().admitted("day 1 23:59").discharged("day 3 08:00")
    assert [ward.mods(day)["picu_day"] for day in (1, 2, 3)] == [1, 2, 3]


@pytest.mark.proves("T3")
def test_t3_there_is_no_sdtm_day_0() -> None:
    """The day before the start of treatment is -1, the day of it 1."""
    ward = ADMITTED.treatment("day 2 23:50").discharged("day 4 08:00")
    counted = [(ward.mods(day)["elapsed_day"], ward.mods(day)["sdtm_day"]) for day in (1, 2, 3, 4)]
    assert counted == [(-1, -1), (0, 1), (1, 2), (2, 3)]


@pytest.mark.proves("T3")
@pytest.mark.parametrize(("counted_in", "inside"), [("elapsed", (4, 16)), ("sdtm", (3, 15))])
def test_t3_the_window_is_from_day_3_to_day_15(counted_in: str, inside: tuple[int, int]) -> None:
    """Both ends belong to the window, counted in the protocol's way."""
    ward = ADMITTED.under(window={"counted_in": counted_in}).treatment("day 1 23:50").discharged("day 20 08:00")
    days = [day for day in range(1, 21) if ward.mods(day)["in_window"]]
    assert (days[0], days[-1]) == inside


@pytest.mark.proves("T3")
def test_t3_before_treatment_is_known_no_day_is_in_or_out_of_the_window() -> None:
    """Unknown is neither inside nor outside."""
    record = ADMITTED.discharged("day 2 08:00").mods(1)
    assert (record["elapsed_day"], record["sdtm_day"], record["in_window"]) == (None, None, None)


@pytest.mark.proves("T4")
@pytest.mark.parametrize(("clock", "status"), [("day 2 06:00 -1us", "preliminary"), ("day 2 06:00", "final")])
def test_t4_a_day_closes_six_hours_after_its_end(clock: str, status: str) -> None:
    """At that very moment, and not before, the record is final."""
    ward = ADMITTED.lab("day 1 09:00", creatinine=250).until(clock)
    assert ward.mods(1)["status"] == status


@pytest.mark.proves("T4", "I8")
@pytest.mark.parametrize(("clock", "days"), [("day 3 06:00 -1us", 1), ("day 3 06:00", 2)])
def test_t4_a_silent_day_has_a_record_once_it_has_closed(clock: str, days: int) -> None:
    """Nobody measured anything: the day still gets its record, by time alone."""
    assert len(ADMITTED.until(clock).mods_days) == days


@pytest.mark.proves("T4", "M9")
def test_t4_a_sedated_score_is_a_value_of_the_day() -> None:
    """A day with nothing but a sedated GCS is published before it closes."""
    ward = ADMITTED.sedation("day 1 08:00", "on").vital("day 1 09:00", gcs_total=3).until("day 1 10:00")
    assert ward.mods(1)["status"] == "preliminary"


@pytest.mark.proves("T4")
def test_t4_a_change_after_closing_is_an_amendment() -> None:
    """Preliminary, final, amended: a late result revises a closed day."""
    ward = ADMITTED.lab("day 1 09:00", creatinine=250).lab("day 1 08:30", creatinine=150, recorded="day 3 08:00")
    assert statuses(ward, 1) == ["preliminary", "final", "amended"]
    assert ward.organ(1, "renal")["points"] == 1


@pytest.mark.proves("T4")
def test_t4_a_day_left_without_a_value_is_withdrawn_until_one_comes() -> None:
    """The only value of an open day is withdrawn, and another one comes: published, withdrawn, published."""
    ward = ADMITTED.lab("day 1 09:00", creatinine=250, event_id="r1")
    taken = ward.lab("day 1 09:00", creatinine=250, event_id="r1", recorded="day 1 10:00", status="entered-in-error")
    assert statuses(taken.until("day 1 12:00"), 1) == ["preliminary", "entered-in-error"]
    again = taken.lab("day 1 11:00", creatinine=60)
    assert statuses(again, 1) == ["preliminary", "entered-in-error", "preliminary", "final"]
    assert statuses(taken, 1) == ["preliminary", "entered-in-error", "final"]
    assert taken.organ(1, "renal")["reason"] == "withdrawn"


@pytest.mark.proves("T4", "M7")
def test_t4_window_and_age_run_to_midnight_on_the_day_of_discharge_too() -> None:
    """A child who leaves at noon has a day that ends at midnight."""
    ward = ADMITTED.lab("day 1 09:00", creatinine=250).discharged("day 2 12:00")
    assert at(ward.mods(2)["window"]["end"]) == at("day 3")
    assert ward.organ(2, "renal")["age_hours"] == 39


@pytest.mark.proves("T5")
def test_t5_a_stay_that_ends_earlier_takes_its_last_days_back() -> None:
    """A corrected discharge withdraws the days after it; restored, they come back amended."""
    ward = ADMITTED.discharged("day 4 10:00", event_id="out", recorded="day 4 10:00")
    ward = ward.lab("day 9 08:00", creatinine=60)  # outside the stay: only the clock goes on
    sooner = ward.discharged("day 2 10:00", event_id="out", recorded="day 9 10:00", status="corrected")
    assert sooner.mods_days == [date_of(1), date_of(2)]
    assert statuses(sooner, 3) == statuses(sooner, 4) == ["final", "entered-in-error"]
    back = sooner.discharged("day 4 10:00", event_id="out", recorded="day 10 10:00", status="corrected")
    assert statuses(back, 4) == ["final", "entered-in-error", "amended"]


@pytest.mark.proves("T5", "T3")
def test_t5_a_later_admission_takes_the_first_days_back_and_renumbers_the_rest() -> None:
    """A corrected admission withdraws the days before it."""
    ward = ADMITTED.discharged("day 4 10:00").admitted("day 3 08:00", recorded="day 9 10:00", status="corrected")
    assert ward.mods_days == [date_of(3), date_of(4)]
    assert [ward.mods(day)["picu_day"] for day in (3, 4)] == [1, 2]
    assert statuses(ward, 1)[-1] == "entered-in-error"


CLOCK = at("day 1 12:00")


@pytest.mark.proves("T6")
@pytest.mark.parametrize("field", ["observed_at", "recorded_at", "onset_at", "occurred_at"])
@pytest.mark.parametrize(("ahead", "refused"), [(timedelta(hours=1), False), (timedelta(hours=1) + MICROSECOND, True)])
def test_t6_a_time_more_than_an_hour_ahead_of_the_clock_is_refused(field: str, ahead: timedelta, refused: bool) -> None:
    """No time of an event may lie more than the tolerance ahead of the worker's clock."""
    if field == "observed_at":
        stay = Stay().lab("day 1 08:00", creatinine=60)
    else:
        stay = Stay().ards("day 1 08:00", "confirmed", recorded="day 1 08:00", onset_at="day 1 08:00")
    topic, value = stay.events[0]
    input_record = InputRecord(topic, 0, 7, b"S", written({**value, field: (CLOCK + ahead).isoformat()}))
    validated = Engine(SHIPPED).read([input_record], CLOCK).inputs[0]
    assert [(fault.reason, fault.path) for fault in validated.faults] == (
        [("in-the-future", f"/{field}")] if refused else []
    )


@pytest.mark.proves("T6")
@pytest.mark.parametrize(("when", "refused"), [("day 2 08:00", False), ("day 2 08:00 +1us", True)])
def test_t6_replay_refuses_what_lies_after_its_end(when: str, refused: bool) -> None:
    """A replay has no wall clock: with an end given, what lies after the end is in the future."""
    ward = ADMITTED.lab(when, creatinine=250).until("day 2 08:00")
    assert [letter["reason"] for letter in ward.dead_letters] == (["in-the-future"] if refused else [])


@pytest.mark.proves("T6")
def test_t6_what_is_refused_never_moves_the_clock() -> None:
    """A broken event a year ahead closes no day."""
    ward = ADMITTED.lab("2026-01-01T08:00+08:00", creatinine=250, status="nonsense").lab("day 1 09:00", creatinine=60)
    first = ward.revisions(MODS)[0]
    assert (first["status"], at(first["emitted_at"])) == ("preliminary", at("day 1 09:00"))
