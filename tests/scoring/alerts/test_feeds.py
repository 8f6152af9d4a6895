"""Alerts about a source: silent, its clock ahead, much of it refused, misrouted, late (docs/alerts.md)."""

from dataclasses import replace
from datetime import datetime

import pytest

from picustream.eventfiles.replay import run
from picustream.models.event import LAB, VITAL
from picustream.scoring.validation import InputRecord, Validator
from tests.scoring.build import Stay, at
from tests.scoring.feeding import alerts, records, states, with_limits
from tests.scoring.histories import SHIPPED, input_records

Told = tuple[str, str, datetime]
"""State, source and when it was published."""


def revisions_of(ward: Stay, name: str) -> list[Told]:
    """Every record of an alert about a source, of a timeline."""
    return [
        (record["state"], record["alert_id"].removeprefix(f"alert/{name}/"), at(record["emitted_at"]))
        for record in ward.alerts
        if record["name"] == name
    ]


WARD = Stay().admitted("day 1 08:00", source="his").vital("day 1 09:00", source="monitor", heart_rate=120)


class TestFeedSilent:
    """A source that was observed has sent nothing for its `silence_after`, while a stay is open."""

    @pytest.mark.proves("I8")
    def test_i8_time_alone_raises_it_and_the_next_message_ends_it(self) -> None:
        ward = WARD.vital("day 3 12:00", source="monitor", heart_rate=120).until("day 3 13:00")
        assert revisions_of(ward, "feed-silent") == [
            ("firing", "monitor", at("day 2 09:00")),
            ("resolved", "monitor", at("day 3 12:00")),
        ]

    def test_it_says_since_when_and_how_long_was_allowed_and_names_no_stay(self) -> None:
        (record,) = (one for one in WARD.until("day 4").alerts if one["name"] == "feed-silent")
        assert (at(record["since"]), record["detail"]) == (at("day 1 09:00"), "nothing-for-24-h")
        assert (record["stay_id"], record["patient_id"]) == (None, None)
        assert (record["severity"], record["audience"]) == ("warning", "operations")
        assert record["event_id"] == "alert/feed-silent/monitor/r1"

    def test_it_is_reported_once_however_long_it_lasts_and_again_when_it_comes_again(self) -> None:
        ward = WARD.vital("day 9 12:00", source="monitor", heart_rate=120).until("day 30")
        states = [(state, moment) for state, source, moment in revisions_of(ward, "feed-silent") if source == "monitor"]
        assert states == [
            ("firing", at("day 2 09:00")),
            ("resolved", at("day 9 12:00")),
            ("firing", at("day 10 12:00")),
        ]

    def test_it_is_over_when_no_stay_is_open(self) -> None:
        ward = WARD.discharged("day 4 10:00", source="his").until("day 40")
        assert revisions_of(ward, "feed-silent") == [
            ("firing", "monitor", at("day 2 09:00")),
            ("resolved", "monitor", at("day 4 10:00")),
        ]

    def test_silence_is_counted_from_when_there_was_a_stay_to_speak_of(self) -> None:
        """A unit was empty for a week: its monitors are not silent as the next child comes."""
        ward = WARD.discharged("day 1 20:00", source="his").admitted("day 9 08:00", source="his", stay="S2")
        of_monitor = [one for one in revisions_of(ward.until("day 12"), "feed-silent") if one[1] == "monitor"]
        assert of_monitor == [("firing", "monitor", at("day 10 08:00"))]

    def test_a_source_of_facts_alone_may_be_quiet_for_a_week(self) -> None:
        ward = WARD
        for day in range(2, 12):
            ward = ward.vital(f"day {day} 08:30", source="monitor", heart_rate=120)
            ward = ward.vital(f"day {day} 20:30", source="monitor", heart_rate=120)
        assert revisions_of(ward.until("day 12"), "feed-silent") == [("firing", "his", at("day 8 08:00"))]

    def test_what_is_refused_is_observed_and_what_was_never_of_use_is_not_missed(self) -> None:
        ward = WARD.vital("day 2 08:00", source="monitor", heart_rate=(120, "furlongs"))
        ward = ward.event(VITAL, source="garbage", observed_at="yesterday")
        fired = revisions_of(ward.until("day 4"), "feed-silent")
        assert fired == [("firing", "monitor", at("day 3 08:00"))]

    def test_the_site_says_how_long(self) -> None:
        rules = with_limits("[feeds]\nsilence_after_hours = 6\n[sources.monitor]\nsilence_after_hours = 0.5\n")
        events = WARD.lab("day 1 09:00", source="lis", creatinine=50).events
        fired = [one for one in records(rules, events, at("day 1 18:00")) if one["name"] == "feed-silent"]
        assert [(one["alert_id"].rpartition("/")[2], at(one["emitted_at"])) for one in fired] == [
            ("monitor", at("day 1 09:30")),
            ("lis", at("day 1 15:00")),
        ]


class TestClockSkew:
    def test_t6_a_time_ahead_of_the_clock_is_reported_and_forgotten_after_an_hour(self) -> None:
        """T6: what is refused as lying in the future says that somebody's clock is wrong, once."""
        wrong = WARD.vital("day 900", source="monitor", heart_rate=120).vital("day 901", source="monitor", spo2=98)
        later = wrong.vital("day 1 12:00", source="monitor", heart_rate=120).until("day 2")
        assert revisions_of(later, "clock-skew") == [
            ("firing", "monitor", at("day 1 09:00")),
            ("resolved", "monitor", at("day 1 10:00")),
        ]


class TestDeadLetters:
    def bad(self, ward: Stay, count: int, hour: int = 10) -> Stay:
        for number in range(count):
            ward = ward.vital(f"day 1 {hour}:{number:02}", source="monitor", heart_rate=(120, "furlongs"))
        return ward

    def good(self, ward: Stay, count: int, hour: int = 10) -> Stay:
        for number in range(count):
            ward = ward.vital(f"day 1 {hour}:{number % 60:02}", source="monitor", heart_rate=number + 50)
        return ward

    def test_a_few_bad_events_wake_nobody(self) -> None:
        assert revisions_of(self.bad(WARD, 4).until("day 1 12:00"), "dead-letters") == []

    def test_a_small_share_wakes_nobody(self) -> None:
        ward = self.bad(self.good(WARD, 200), 9)
        assert revisions_of(ward.until("day 1 12:00"), "dead-letters") == []

    def test_more_than_its_share_is_reported_with_the_counts(self) -> None:
        (record,) = (one for one in self.bad(WARD, 20).until("day 1 11:00").alerts if one["name"] == "dead-letters")
        assert (record["detail"], at(record["since"])) == ("5-of-6-events", at("day 1 10:04"))

    def test_it_ends_by_time_alone(self) -> None:
        """Nothing more comes: when the hour and the one before it hold none, it is over."""
        assert revisions_of(self.bad(WARD, 20).until("day 2"), "dead-letters") == [
            ("firing", "monitor", at("day 1 10:04")),
            ("resolved", "monitor", at("day 1 12:00")),
        ]

    def test_it_does_not_flicker_about_the_limit(self) -> None:
        """Six of 111 are published as six of 100 are; three of 121 are below half the limit, and over."""
        ward = self.good(self.bad(WARD, 6), 105)
        states = [state for state, _, _ in revisions_of(self.bad(ward, 3, 11).until("day 1 11:30"), "dead-letters")]
        assert states == ["firing"]
        states = [state for state, _, _ in revisions_of(self.good(ward, 160, 11).until("day 1 12:00"), "dead-letters")]
        assert states == ["firing", "resolved"]

    def test_in_a_replay_it_ends_with_an_hour_of_the_clock(self) -> None:
        """A share that has sunk is judged then: a fact that opens or closes no stay is no occasion."""
        ward = self.good(self.good(self.bad(WARD, 6), 105), 160, 11).sedation("day 1 11:59", "on", source="his")
        assert revisions_of(ward.until("day 1 12:00"), "dead-letters") == [
            ("firing", "monitor", at("day 1 10:04")),
            ("resolved", "monitor", at("day 1 12:00")),
        ]

    def test_what_names_no_source_counts_for_its_topic(self) -> None:
        rules = SHIPPED
        noise = [InputRecord(LAB, None, place, None, b"{") for place in range(100, 110)]
        known = input_records([*WARD.events])
        fired = [
            one for one in alerts(run(rules, [*known, *noise], at("day 1 09:30"))) if one["name"] == "dead-letters"
        ]
        assert [one["alert_id"] for one in fired] == [f"alert/dead-letters/{LAB}"]

    @pytest.mark.parametrize("raw", [b"", None, b"[]", b"{", b'{"source": 5}', b'{"source": "a b"}', b"[" * 100_000])
    def test_no_source_is_made_up(self, raw: bytes | None) -> None:
        assert Validator(SHIPPED).validate(InputRecord(LAB, 0, 0, None, raw)).source == LAB

    def test_a_refused_event_that_can_be_read_counts_for_its_source(self) -> None:
        assert Validator(SHIPPED).validate(InputRecord(LAB, 0, 0, None, b'{"source": "lis"}')).source == "lis"


class TestMisroutedKey:
    def test_it_is_reported_once_and_over_after_an_hour_without(self) -> None:
        ward = WARD.vital("day 1 09:30", source="monitor", spo2=97).vital("day 1 12:00", source="monitor", spo2=96)
        found = [replace(one, misrouted=place in (1, 2)) for place, one in enumerate(input_records(ward.events))]
        assert states(alerts(run(SHIPPED, found, at("day 1 12:00"))), "misrouted-key") == [
            ("firing", at("day 1 09:00")),
            ("resolved", at("day 1 10:30")),
        ]


class TestLateBeyondWindow:
    """Day 1 closes on day 2 at 06:00 (T4)."""

    CLOCK = WARD.vital("day 2 06:00", source="monitor", heart_rate=120)

    def test_t4_an_observation_of_a_closed_day_is_late(self) -> None:
        """T4: from its closing on, and no earlier."""
        late = self.CLOCK.lab("day 1 10:00", source="lis", creatinine=50)
        assert revisions_of(late.until("day 2 12:00"), "late-beyond-window") == [("firing", "lis", at("day 2 06:00"))]
        early = WARD.vital("day 2 05:59", source="monitor", heart_rate=120)
        in_time = early.lab("day 1 10:00", source="lis", creatinine=50)
        assert revisions_of(in_time.until("day 2 12:00"), "late-beyond-window") == []

    def test_it_is_over_when_a_day_has_passed_without_another(self) -> None:
        late = self.CLOCK.lab("day 1 10:00", source="lis", creatinine=50)
        again = late.vital("day 2 20:00", source="monitor", spo2=97).lab("day 1 11:00", source="lis", creatinine=55)
        assert revisions_of(again.until("day 9"), "late-beyond-window") == [
            ("firing", "lis", at("day 2 06:00")),
            ("resolved", "lis", at("day 3 20:00")),
        ]

    def test_a_correction_is_late_by_nature(self) -> None:
        ward = WARD.lab("day 1 10:00", source="lis", creatinine=50, event_id="e")
        ward = ward.lab(
            "day 1 10:00", source="lis", creatinine=55, event_id="e", status="corrected", recorded="day 3 10:00"
        )
        assert revisions_of(ward.until("day 4"), "late-beyond-window") == []

    def test_a_repeat_is_nothing_new(self) -> None:
        ward = WARD.lab("day 1 10:00", source="lis", creatinine=50, event_id="e")
        ward = ward.vital("day 2 09:00", source="monitor", heart_rate=120)
        again = ward.lab("day 1 10:00", source="lis", creatinine=50, event_id="e")
        assert revisions_of(again.until("day 2 12:00"), "late-beyond-window") == []


def test_what_is_sent_again_from_the_dead_letters_does_not_speak_for_its_source() -> None:
    ward = WARD.vital("day 2 08:00", source="monitor", heart_rate=120).lab("day 1 10:00", source="lis", creatinine=50)
    found = [replace(one, resubmitted=place >= 2) for place, one in enumerate(input_records(ward.events))]
    found_alerts = list(alerts(run(SHIPPED, found, at("day 3"))))
    assert states(found_alerts, "feed-silent") == [("firing", at("day 2 09:00"))]
    assert states(found_alerts, "late-beyond-window") == []


def test_nothing_in_a_file_came_on_a_wrong_partition() -> None:
    """A replay has none, and of a well-behaved feed nothing is published."""
    assert [record["name"] for record in WARD.until("day 1 10:00").alerts] == []
