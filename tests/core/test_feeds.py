"""Alerts about a source: silent, its clock ahead, much of it refused, misrouted, late (contract 2.6)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from picustream.models import text
from picustream.models.codemap import CodeMap, parse_codemap
from picustream.models.event import LAB, VITAL
from picustream.models.record import ALERT
from picustream.scoring.door import LATEST, Door
from picustream.scoring.engine import Arrival, Engine, Output
from picustream.scoring.feeds import MOST_SOURCES, Feeds, joined
from picustream.scoring.feedwatch import MOST_ALERTS
from picustream.scoring.rebuild import Rebuild
from picustream.scoring.rules import Rules
from picustream.streams.replay import run
from tests.core.build import Record, Stay, at
from tests.core.histories import SHIPPED, arrivals, written

Told = tuple[str, str, datetime]
"""State, source and when it was told."""


def told(ward: Stay, name: str) -> list[Told]:
    """Every record of an alert about a source, of a timeline."""
    return [
        (record["state"], record["alert_id"].removeprefix(f"alert/{name}/"), at(record["emitted_at"]))
        for record in ward.alerts
        if record["name"] == name
    ]


WARD = Stay().admitted("day 1 08:00", source="his").vital("day 1 09:00", source="monitor", heart_rate=120)


class TestFeedSilent:
    """A source that was heard has said nothing for its `silence_after`, while a stay is open."""

    @pytest.mark.proves("I8")
    def test_i8_time_alone_tells_it_and_the_next_message_ends_it(self) -> None:
        ward = WARD.vital("day 3 12:00", source="monitor", heart_rate=120).until("day 3 13:00")
        assert told(ward, "feed-silent") == [
            ("firing", "monitor", at("day 2 09:00")),
            ("resolved", "monitor", at("day 3 12:00")),
        ]

    def test_it_says_since_when_and_how_long_was_allowed_and_names_no_stay(self) -> None:
        (record,) = (one for one in WARD.until("day 4").alerts if one["name"] == "feed-silent")
        assert (at(record["since"]), record["detail"]) == (at("day 1 09:00"), "nothing-for-24-h")
        assert (record["stay_id"], record["patient_id"]) == (None, None)
        assert (record["severity"], record["audience"]) == ("warning", "operations")
        assert record["event_id"] == "alert/feed-silent/monitor/r1"

    def test_it_is_told_once_however_long_it_lasts_and_again_when_it_comes_again(self) -> None:
        ward = WARD.vital("day 9 12:00", source="monitor", heart_rate=120).until("day 30")
        states = [(state, moment) for state, source, moment in told(ward, "feed-silent") if source == "monitor"]
        assert states == [
            ("firing", at("day 2 09:00")),
            ("resolved", at("day 9 12:00")),
            ("firing", at("day 10 12:00")),
        ]

    def test_it_is_over_when_no_stay_is_open(self) -> None:
        ward = WARD.discharged("day 4 10:00", source="his").until("day 40")
        assert told(ward, "feed-silent") == [
            ("firing", "monitor", at("day 2 09:00")),
            ("resolved", "monitor", at("day 4 10:00")),
        ]

    def test_silence_is_counted_from_when_there_was_a_stay_to_speak_of(self) -> None:
        """A unit was empty for a week: its monitors are not silent as the next child comes."""
        ward = WARD.discharged("day 1 20:00", source="his").admitted("day 9 08:00", source="his", stay="S2")
        of_monitor = [one for one in told(ward.until("day 12"), "feed-silent") if one[1] == "monitor"]
        assert of_monitor == [("firing", "monitor", at("day 10 08:00"))]

    def test_a_source_of_facts_alone_may_be_quiet_for_a_week(self) -> None:
        ward = WARD
        for day in range(2, 12):
            ward = ward.vital(f"day {day} 08:30", source="monitor", heart_rate=120)
            ward = ward.vital(f"day {day} 20:30", source="monitor", heart_rate=120)
        assert told(ward.until("day 12"), "feed-silent") == [("firing", "his", at("day 8 08:00"))]

    def test_what_is_refused_is_heard_and_what_was_never_of_use_is_not_missed(self) -> None:
        ward = WARD.vital("day 2 08:00", source="monitor", heart_rate=(120, "furlongs"))
        ward = ward.event(VITAL, source="garbage", observed_at="yesterday")
        fired = told(ward.until("day 4"), "feed-silent")
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
    def test_t6_a_time_ahead_of_the_clock_is_told_and_forgotten_after_an_hour(self) -> None:
        """T6: what is refused as lying in the future says that somebody's clock is wrong, once."""
        wrong = WARD.vital("day 900", source="monitor", heart_rate=120).vital("day 901", source="monitor", spo2=98)
        later = wrong.vital("day 1 12:00", source="monitor", heart_rate=120).until("day 2")
        assert told(later, "clock-skew") == [
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
        assert told(self.bad(WARD, 4).until("day 1 12:00"), "dead-letters") == []

    def test_a_small_share_wakes_nobody(self) -> None:
        ward = self.bad(self.good(WARD, 200), 9)
        assert told(ward.until("day 1 12:00"), "dead-letters") == []

    def test_more_than_its_share_is_told_with_the_counts(self) -> None:
        (record,) = (one for one in self.bad(WARD, 20).until("day 1 11:00").alerts if one["name"] == "dead-letters")
        assert (record["detail"], at(record["since"])) == ("5-of-6-events", at("day 1 10:04"))

    def test_it_ends_by_time_alone(self) -> None:
        """Nothing more comes: when the hour and the one before it hold none, it is over."""
        assert told(self.bad(WARD, 20).until("day 2"), "dead-letters") == [
            ("firing", "monitor", at("day 1 10:04")),
            ("resolved", "monitor", at("day 1 12:00")),
        ]

    def test_it_does_not_flicker_about_the_limit(self) -> None:
        """Six of 111 are told as six of 100 are; three of 121 are below half the limit, and over."""
        ward = self.good(self.bad(WARD, 6), 105)
        states = [state for state, _, _ in told(self.bad(ward, 3, 11).until("day 1 11:30"), "dead-letters")]
        assert states == ["firing"]
        states = [state for state, _, _ in told(self.good(ward, 160, 11).until("day 1 12:00"), "dead-letters")]
        assert states == ["firing", "resolved"]

    def test_what_names_no_source_counts_for_its_topic(self) -> None:
        rules = SHIPPED
        noise = [Arrival(LAB, None, place, None, b"{") for place in range(100, 110)]
        known = arrivals([*WARD.events])
        fired = [
            one for one in alerts(run(rules, [*known, *noise], at("day 1 09:30"))) if one["name"] == "dead-letters"
        ]
        assert [one["alert_id"] for one in fired] == [f"alert/dead-letters/{LAB}"]

    @pytest.mark.parametrize("raw", [b"", None, b"[]", b"{", b'{"source": 5}', b'{"source": "a b"}', b"[" * 100_000])
    def test_no_source_is_made_up(self, raw: bytes | None) -> None:
        assert Door(SHIPPED).admit(Arrival(LAB, 0, 0, None, raw)).source == LAB

    def test_a_refused_event_that_can_be_read_counts_for_its_source(self) -> None:
        assert Door(SHIPPED).admit(Arrival(LAB, 0, 0, None, b'{"source": "lis"}')).source == "lis"


class TestMisroutedKey:
    def test_it_is_told_once_and_over_after_an_hour_without(self) -> None:
        ward = WARD.vital("day 1 09:30", source="monitor", spo2=97).vital("day 1 12:00", source="monitor", spo2=96)
        found = [replace(one, misrouted=place in (1, 2)) for place, one in enumerate(arrivals(ward.events))]
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
        assert told(late.until("day 2 12:00"), "late-beyond-window") == [("firing", "lis", at("day 2 06:00"))]
        early = WARD.vital("day 2 05:59", source="monitor", heart_rate=120)
        in_time = early.lab("day 1 10:00", source="lis", creatinine=50)
        assert told(in_time.until("day 2 12:00"), "late-beyond-window") == []

    def test_it_is_over_when_a_day_has_passed_without_another(self) -> None:
        late = self.CLOCK.lab("day 1 10:00", source="lis", creatinine=50)
        again = late.vital("day 2 20:00", source="monitor", spo2=97).lab("day 1 11:00", source="lis", creatinine=55)
        assert told(again.until("day 9"), "late-beyond-window") == [
            ("firing", "lis", at("day 2 06:00")),
            ("resolved", "lis", at("day 3 20:00")),
        ]

    def test_a_correction_is_late_by_nature(self) -> None:
        ward = WARD.lab("day 1 10:00", source="lis", creatinine=50, event_id="e")
        ward = ward.lab(
            "day 1 10:00", source="lis", creatinine=55, event_id="e", status="corrected", recorded="day 3 10:00"
        )
        assert told(ward.until("day 4"), "late-beyond-window") == []

    def test_a_repeat_is_nothing_new(self) -> None:
        ward = WARD.lab("day 1 10:00", source="lis", creatinine=50, event_id="e")
        ward = ward.vital("day 2 09:00", source="monitor", heart_rate=120)
        again = ward.lab("day 1 10:00", source="lis", creatinine=50, event_id="e")
        assert told(again.until("day 2 12:00"), "late-beyond-window") == []


def test_what_is_sent_again_from_the_dead_letters_does_not_speak_for_its_source() -> None:
    ward = WARD.vital("day 2 08:00", source="monitor", heart_rate=120).lab("day 1 10:00", source="lis", creatinine=50)
    found = [replace(one, resubmitted=place >= 2) for place, one in enumerate(arrivals(ward.events))]
    found_alerts = list(alerts(run(SHIPPED, found, at("day 3"))))
    assert states(found_alerts, "feed-silent") == [("firing", at("day 2 09:00"))]
    assert states(found_alerts, "late-beyond-window") == []


# Bounds. -------------------------------------------------------------------------------------------------------------


def heard(source: str, place: int, moment: datetime) -> Arrival:
    """A usable vital sign that came at a moment."""
    (topic, body), *_ = Stay().vital("day 1 09:00", source=source, heart_rate=120).events
    return replace(Arrival(topic, 0, place, None, written(body)), arrived_at=moment)


@pytest.mark.proves("I9")
def test_i9_a_feed_that_makes_up_a_name_per_message_fills_neither_memory_nor_store() -> None:
    """I9: the source not heard for longest is forgotten, first those that never sent anything usable."""
    feeds, door, kept = Feeds(), Door(SHIPPED), {}
    names = ["monitor"] + [f"gw-{number}" for number in range(MOST_SOURCES + 50)]
    for place, name in enumerate(names):
        moment = at("day 1") + timedelta(seconds=place)
        feeds.note(door.admit(heard("monitor", place, moment)), moment, ())
        refused = door.admit(Arrival(VITAL, 0, place, None, b'{"source": "%s"}' % name.encode()))
        feeds.note(refused, moment, ())
        for field, value in feeds.take_unsaved().items():
            kept[field] = value
    held = {field for field, value in kept.items() if value is not None}
    assert len(feeds.sources) == len(held) == MOST_SOURCES
    assert feeds.sources["monitor"].accepted


@pytest.mark.proves("I9", "I3")
def test_i9_alerts_are_remembered_for_so_many_names_and_no_more() -> None:
    """I9, I3: a chain of revisions is never forgotten, so beyond a bound no new name begins one."""
    engine, outputs = Engine(SHIPPED), []
    for number in range(MOST_ALERTS + 20):
        raw = written({"source": f"gw-{number}", "observed_at": "2999-01-01T00:00:00Z"})
        one = Arrival(VITAL, 0, number, None, raw, misrouted=True, arrived_at=at("day 1") + timedelta(hours=number))
        outputs += engine.process(engine.read([one], LATEST), LATEST, settle=False).outputs
    first = [one for one in alerts(outputs) if one["revision"] == 1]
    assert len(first) <= MOST_ALERTS + 1


def test_the_state_of_a_source_does_not_grow_with_its_events() -> None:
    feeds, door, sizes = Feeds(), Door(SHIPPED), []
    for hours in range(200):
        moment = at("day 1") + timedelta(hours=hours)
        feeds.note(door.admit(heard("monitor", hours, moment)), moment, ("misrouted-key",))
        sizes.append(sum(len(value or b"") for value in feeds.take_unsaved().values()))
    assert max(sizes) == sizes[10] == sizes[-1]


# Lost state. ---------------------------------------------------------------------------------------------------------


def decides(source: str) -> bool:
    return True


@pytest.mark.proves("I5", "I3")
def test_i5_what_fires_is_restored_from_its_topic_and_what_no_longer_holds_is_resolved() -> None:
    """I5, I3: nothing is fired twice, and what came while the state was away ends what it ends."""
    ward = WARD.lab("day 1 10:00", source="lis", creatinine=50)
    came = [replace(one, arrived_at=at("day 1 10:00")) for one in arrivals(ward.events)]
    before, kept = Engine(SHIPPED, decides), {}
    before.install("", {})
    first = before.process(before.read(came, at("day 1 10:00")), at("day 1 10:00"))
    kept |= first.writes[""]
    before.hear(joined([kept], at("day 2 11:00")))
    fired = before.process(before.read((), at("day 2 11:00")), at("day 2 11:00")).outputs
    assert states(alerts(fired), "feed-silent") == [("firing", at("day 2 11:00"))] * 2

    rebuild, now = Rebuild(SHIPPED, decides), at("day 2 12:00")
    for output in (*first.outputs, *fired):
        rebuild.told(output.topic, output.key, output.value, dict(output.headers))
    (new,) = arrivals(ward.vital("day 2 11:30", source="monitor", spo2=98).events[-1:])
    for one in (*came, replace(new, arrived_at=at("day 2 11:30"))):
        rebuild.take(one, now)
    engine, effects = rebuild.finish(now, "partition-0+0")
    assert [one["name"] for one in alerts(effects.outputs) if one["stay_id"] is None] == ["state-rebuilt"] * 2
    engine.hear(joined([effects.writes[""]], now))
    assert [
        (one["state"], one["alert_id"], one["revision"]) for one in alerts(engine.process(NOTHING, now).outputs)
    ] == [("resolved", "alert/feed-silent/monitor", 2)]


@pytest.mark.proves("T6", "I5")
def test_t6_what_was_refused_as_ahead_still_says_so_after_a_rebuild() -> None:
    """T6, I5: though its time has come by now, it was ahead as it came."""
    came = [
        replace(one, arrived_at=at("day 1 10:00"), offset=place, partition=0)
        for place, one in enumerate(arrivals(WARD.vital("day 1 14:00", source="monitor", spo2=97).events))
    ]
    before = Engine(SHIPPED, decides)
    before.install("", {})
    first = before.process(before.read(came, at("day 1 10:00")), at("day 1 10:00"))
    rebuild, now = Rebuild(SHIPPED, decides), at("day 1 10:30")
    for output in first.outputs:
        rebuild.told(output.topic, output.key, output.value, dict(output.headers))
    for one in came:
        rebuild.take(one, now)
    engine, effects = rebuild.finish(now, "partition-0+0")
    engine.hear(joined([effects.writes[""]], now))
    assert states(alerts(engine.process(NOTHING, now).outputs), "clock-skew") == [("firing", now)]


NOTHING = Engine(SHIPPED).read((), at("day 1"))


# A site's limits. ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        "[feeds]\nsilence_after_hours = 0",
        "[feeds]\nsilence_after_hours = 9000",
        "[feeds]\nsilence = 3",
        "[feeds]\ndead_letter_percent = 101",
        "[sources.lis]\nfacts_silence_after_hours = 3",
        "[sources.lis]\ndead_letter_events = 0",
        '[sources."a b"]\nsilence_after_hours = 3',
        '[sources.lis]\nsilence_after_hours = "never"',
    ],
)
def test_limits_that_make_no_sense_are_refused(said: str) -> None:
    with pytest.raises(ValidationError):
        parse_codemap(said.encode())


def test_a_later_file_goes_before_an_earlier_one_and_a_source_before_all() -> None:
    first = parse_codemap(
        b"[feeds]\nsilence_after_hours = 10\ndead_letter_events = 7\n[sources.a]\ndead_letter_events = 9"
    )
    second = parse_codemap(b"[feeds]\nsilence_after_hours = 12\n[sources.a]\nsilence_after_hours = 1.5")
    sources = CodeMap([first, second]).sources
    found = [
        sources.limits(name, measures) for name, measures in (("a", True), ("a", False), ("b", True), ("b", False))
    ]
    assert [(float(one.silence_after_hours), one.dead_letter_events) for one in found] == [
        (1.5, 9), (1.5, 9), (12, 7), (168, 7),
    ]  # fmt: skip
    assert {one.dead_letter_percent for one in found} == {5}


# Helpers. ------------------------------------------------------------------------------------------------------------


def with_limits(said: str) -> Rules:
    return Rules(SHIPPED.protocol, CodeMap([parse_codemap(said.encode())]))


def records(rules: Rules, events: Any, until: datetime) -> list[Record]:
    return list(alerts(run(rules, arrivals(events), until)))


def alerts(outputs: Any) -> Iterator[Record]:
    output: Output
    for output in outputs:
        if output.topic == ALERT:
            yield text.parse(output.value)


def states(found: Any, name: str) -> list[tuple[str, datetime]]:
    return [(one["state"], at(one["emitted_at"])) for one in found if one["name"] == name]
