"""What is evaluated again after each event gives what an evaluation of everything would (I1, I9)."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.models.record import ALERT, Cause
from picustream.scoring.event_packs import PACK, stored_events
from picustream.scoring.records.bodies import RecordKey
from picustream.scoring.rules import Rules
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.stay_state import StayState
from picustream.scoring.trial.records import OUTCOME
from picustream.scoring.validation import LATEST, InputRecord, Validator
from tests.reference.generate import case
from tests.scoring.build import Stay, at, date_of
from tests.scoring.histories import SEEDS, SHIPPED, input_records, rules_for, shuffled, with_parameters
from tests.scoring.running import assert_same, without_the_way
from tests.scoring.stories import histories

SILENCES = [1, 6, 24, 30, 36, 54, 24 * 28, 24 * 40]
"""Hours in which nothing is said."""


class Bedside:
    """One stay as the engine holds it, the fields that a store would keep of it, and what was published."""

    def __init__(self, rules: Rules, fields: dict[str, bytes] | None = None) -> None:
        self.rules = rules
        self.fields: dict[str, bytes] = {}
        self._stay = StayState("S", rules, fields)
        self._published: dict[RecordKey, dict[str, Any]] = {}
        self.withdrawn: set[str] = set()

    def file(self, input_record: InputRecord) -> datetime | None:
        """Takes an event in; when it was filed, or None where it is refused."""
        validated = Validator(self.rules).validate(input_record, LATEST)
        if validated.accepted is None:
            return None
        self._stay.file(*validated.accepted)
        return validated.accepted.filed.rank[0]

    def look(self, now: datetime) -> dict[RecordKey, dict[str, Any]]:
        """Every record in force as of a moment, as far as it was evaluated again."""
        for revision in self._stay.revisions(now, Cause(reason="test", event_id=None), now):
            if revision.topic != ALERT:
                self._published[revision.key] = revision.record
        for name, value in self._stay.take_unsaved().items():
            self.fields.pop(name, None) if value is None else self.fields.update({name: value})
        self.withdrawn = {str(key) for key, one in self._published.items() if one["status"] == "entered-in-error"}
        in_force = {key: one for key, one in self._published.items() if one["status"] != "entered-in-error"}
        return {key: without_the_way(one) for key, one in in_force.items()}

    def anew(self, now: datetime) -> dict[RecordKey, dict[str, Any]]:
        """What an evaluation of everything gives, from the events in the store alone."""
        events = {name: value for name, value in self.fields.items() if name.startswith(PACK)}
        return Bedside(self.rules, dict(reversed(events.items()))).look(now)


def check(rules: Rules, events: list[Any], looks: set[int], silences: list[int]) -> None:
    """Files events one by one, then lets hours pass; compares that with an evaluation of everything."""
    bedside, now = Bedside(rules), None
    for place, input_record in enumerate(input_records(events)):
        moment = bedside.file(input_record)
        if moment is None:
            continue
        now = moment if now is None else max(now, moment)
        found = bedside.look(now)
        if place in looks:
            assert_same(found, bedside.anew(now))
    for hours in silences if now is not None else ():
        now += timedelta(hours=hours)
        assert_same(bedside.look(now), bedside.anew(now))


@pytest.mark.proves("I1", "I9")
@pytest.mark.parametrize("seed", range(SEEDS))
def test_i9_a_look_at_what_changed_equals_a_look_at_everything(seed: int) -> None:
    """At random moments of a shuffled random history, and days afterwards with nothing but time passing."""
    made = case(seed)
    events = shuffled(made.events, seed)
    rng = random.Random(seed)
    looks = set(rng.sample(range(len(events)), min(6, len(events))))
    check(rules_for(made.protocol), events, looks, rng.sample(SILENCES, 2))


@pytest.mark.proves("I1", "I9", "I8")
@given(histories(), st.lists(st.sampled_from(SILENCES), max_size=3))
def test_i9_likewise_at_every_event_of_a_small_story_and_as_time_passes(events: list[Any], silences: list[int]) -> None:
    """After each event, and after silences of hours and weeks."""
    check(SHIPPED, events, set(range(len(events))), silences)


OPEN = Stay().admitted("day 1", birth_date="2020-05-01", sex="female")
WARD = OPEN.discharged("day 4")


@pytest.mark.proves("M6", "I9")
@pytest.mark.parametrize(("eye", "verbal", "day"), [
    ("day 1 23:50", "day 1 23:55", 1), ("day 2 00:05", "day 1 23:55", 2), ("day 1 23:55", "day 2 00:05", 1),
])  # fmt: skip
def test_m6_a_part_that_comes_late_completes_the_eye_value_of_its_own_or_the_next_day(
    eye: str, verbal: str, day: int
) -> None:
    """Beside midnight, either way."""
    ward = WARD.vital(eye, gcs_eye=3, gcs_motor=5).vital(verbal, gcs_verbal=4, recorded="day 2 12:00")
    assert ward.until("day 2 13:00").organ(day, "neurologic")["value"] == 12


@pytest.mark.proves("A6", "V3", "I9")
def test_a6_a_peep_that_comes_late_reaches_the_pairs_beside_the_plateau_it_rules_out() -> None:
    """Four hours to the plateau, four more to the pair: into the next day; charted beside a gas, by no ventilator."""
    ward = WARD.vent("day 1 19:00", "invasive", peep=8)
    ward = ward.gas("day 1 19:30", pao2=60, fio2=1).vent("day 1 23:30", None, plateau_pressure=11)
    ward = ward.gas("day 2 03:00", pao2=60, fio2=1)
    late = ward.lab("day 1 19:45", peep=12, recorded="day 2 12:00")
    assert ward.until("day 2 13:00").apps(2)["components"]["plateau"]["value"] == 11
    assert late.until("day 2 13:00").apps(2)["components"]["plateau"]["value"] is None


@pytest.mark.proves("P1", "P2", "I9")
def test_p1_a_support_that_comes_late_reaches_the_samples_behind_an_fio2_of_the_next_day() -> None:
    """24 hours to the FiO2 at which it is in force, four more to the sample."""
    ward = WARD.vent("day 2 01:30", None, fio2="0.5").vent("day 2 03:00", "oxygen").gas("day 2 05:00", pao2=80)
    ward = ward.lab("day 2 06:00", platelets=100)
    late = ward.vent("day 1 02:00", "invasive", recorded="day 2 12:00")
    assert ward.until("day 2 13:00").organ(2, "respiratory")["basis"] == "measured"
    assert late.until("day 2 13:00").organ(2, "respiratory")["reason"] == "unpaired"


@pytest.mark.proves("A4", "I8")
def test_a4_an_onset_that_becomes_known_a_day_later_closes_when_it_falls_due() -> None:
    """Not at the next midnight: thirty hours and six after the onset, one hour after the gas came."""
    ward = OPEN.vent("day 1 09:00", "invasive", peep=8).gas("day 2 10:00", pao2=60, fio2=1)
    ward = ward.gas("day 1 10:00", pao2=60, fio2=1, recorded="day 2 21:00")
    published = [(one["status"], at(one["emitted_at"])) for one in ward.until("day 3").revisions(APPS, basis="at-24h")]
    assert published[-1] == ("final", at("day 2 22:00"))


@pytest.mark.proves("A5", "I9")
def test_a5_a_late_gas_that_moves_the_onset_publishes_every_later_day_anew() -> None:
    """At once, and because of that gas."""
    ward = OPEN.vent("day 2 09:00", "invasive", peep=8).vent("day 3 09:00", "invasive", peep=8)
    ward = ward.vent("day 1 09:00", "invasive", peep=8, recorded="day 3 11:00")
    ward = ward.gas("day 2 10:00", pao2=60, fio2=1).gas("day 3 10:00", pao2=60, fio2=1)
    late = ward.gas("day 1 10:00", pao2=60, fio2=1, recorded="day 3 12:00", event_id="late").until("day 3 13:00")
    published = late.revisions(APPS, basis="daily", day=date_of(3))[-1]
    assert (published["onset_at"], published["cause"]["event_id"]) == (at("day 1 10:00").isoformat(), "late")


@pytest.mark.proves("T2", "T5")
@pytest.mark.parametrize("corrected", ["day 1 12:00", "day 4 00:05"], ids=["hours later", "a few minutes ahead"])
def test_t5_an_admission_that_is_corrected_to_after_the_gases_withdraws_their_scores(corrected: str) -> None:
    """Also where the day on which it is now said to be has not begun."""
    ward = OPEN.vent("day 1 09:00", "invasive", peep=8).gas("day 1 10:00", pao2=60, fio2=1)
    ward = ward.vent("day 2 09:00", "invasive", peep=8, recorded="day 2 10:00")
    ward = ward.admitted(corrected, recorded="day 3 23:50", status="corrected")
    bedside = Bedside(SHIPPED)
    *before, correction = input_records(ward.events)
    for input_record in before:
        bedside.file(input_record)
    scores = {f"apps/daily/{date_of(1)}", "apps/at-24h/1"}
    assert f"apps/daily/{date_of(1)}" in {str(key) for key in bedside.look(at("day 3 23:00"))}
    bedside.file(correction)
    published = {str(key) for key in bedside.look(at("day 3 23:55"))}
    assert not published & scores
    assert f"apps/daily/{date_of(1)}" in bedside.withdrawn


@pytest.mark.proves("O4", "I8")
def test_o4_the_last_day_of_a_stay_begins_at_midnight_though_its_end_is_sent_before() -> None:
    """A discharge shortly after midnight, sent shortly before it: nothing else falls due at that midnight."""
    ward = OPEN.treatment("day 1 12:00").discharged("day 4 00:30", recorded="day 3 23:50")
    [day] = ward.until("day 4 00:30").revisions(OUTCOME, milestone="window-day-3")
    assert (day["reached"], at(day["emitted_at"])) == (True, at("day 4"))


@pytest.mark.proves("O3", "I5")
def test_a_milestone_that_another_protocol_does_not_have_is_withdrawn() -> None:
    """A stay that began under 28 days of follow-up and is loaded under 30."""
    before = Bedside(SHIPPED)
    moments = [before.file(input_record) for input_record in input_records(OPEN.discharged("day 2 08:00").events)]
    now = max(moment for moment in moments if moment is not None) + timedelta(days=40)
    names = {key.part for key in before.look(now) if key.kind == "outcome"}
    assert {"death-28d", "survival-28d"} <= names
    after = Bedside(with_parameters({"follow_up": {"days": 30}}), before.fields)
    found = {str(key) for key in after.look(now)}
    assert after.withdrawn == {"outcome/death-28d", "outcome/survival-28d"}
    assert "outcome/death-30d" in found


@pytest.mark.proves("P1", "P2", "I9")
def test_p1_a_support_that_is_sent_days_later_reaches_the_day_it_was_set() -> None:
    """Between an FiO2 and a sample of the first day, sent on the third."""
    ward = OPEN.vent("day 1 01:30", "invasive", fio2="0.5").gas("day 1 05:00", pao2=80).lab("day 3 01:00", platelets=90)
    late = ward.vent("day 1 03:00", "oxygen", recorded="day 3 12:00")
    assert ward.until("day 3 13:00").organ(1, "respiratory")["basis"] == "measured"
    assert late.until("day 3 13:00").organ(1, "respiratory")["reason"] == "unpaired"


@pytest.mark.proves("P1", "I9")
def test_p1_an_fio2_of_the_same_event_reaches_its_pao2_wherever_it_lies() -> None:
    """The FiO2 of a gas comes later, and says it was measured two days later."""
    ward = OPEN.vent("day 1 04:00", "invasive", fio2="0.5").gas("day 1 05:00", pao2=80, event_id="gas")
    late = {"event_id": "gas", "recorded": "day 3 12:00", "status": "corrected"}
    late_ward = ward.gas("day 3 05:00", fio2="0.8", **late).until("day 3 13:00")
    assert ward.until("day 3 13:00").organ(1, "respiratory")["value"] == 160
    assert late_ward.organ(1, "respiratory")["value"] == 100


@pytest.mark.proves("I9")
def test_i9_the_store_keeps_an_event_as_long_as_something_of_it_is_in_force() -> None:
    """One event of one value, corrected: the first is needed no more."""
    ward = OPEN.lab("day 1 05:00", creatinine=60, event_id="r1")
    ward = ward.lab("day 1 05:00", creatinine=70, event_id="r1", recorded="day 1 06:00", status="corrected")
    bedside = Bedside(SHIPPED)
    for input_record in input_records(ward.events):
        bedside.file(input_record)
    bedside.look(at("day 1 07:00"))
    assert len(list(stored_events(bedside.fields))) == 2


@pytest.mark.proves("E4", "I9")
@pytest.mark.parametrize(("taken", "measured"), [("day 3", False), ("day 3 +1us", True)])
def test_e4_the_only_value_of_the_first_48_hours_is_withdrawn_after_them(taken: str, measured: bool) -> None:
    """Up to 48 hours exactly; what came later never counted."""
    base = OPEN.lab("day 1 05:00", creatinine=60) if measured else OPEN
    ward = base.lab(taken, bilirubin_total=20, event_id="b").vital("day 3 01:00", spo2=97)
    assert ward.until("day 3 02:00").criterion("data-complete")["met"] is True
    ward = ward.lab(taken, bilirubin_total=20, event_id="b", recorded="day 3 03:00", status="entered-in-error")
    assert ward.until("day 3 04:00").criterion("data-complete")["met"] is measured
