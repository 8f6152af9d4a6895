"""What is kept of the sources: bounded, made again when it was lost, and by a site's own limits (I5, I9)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError

from picustream.models.codemap import CodeMap, parse_codemap
from picustream.models.event import VITAL
from picustream.scoring.alerts.alerts import FIRING, RESOLVED
from picustream.scoring.alerts.feed_monitor import MOST_ALERTS, FeedMonitor
from picustream.scoring.alerts.feed_snapshot import MOST_SOURCES, Feeds, joined
from picustream.scoring.engine import Engine
from picustream.scoring.rebuild import Rebuild
from picustream.scoring.records.bodies import RecordKey
from picustream.scoring.records.revisions import Head
from picustream.scoring.validation import InputRecord, Validator
from tests.scoring.build import Stay, at
from tests.scoring.feeding import alerts, states
from tests.scoring.histories import SHIPPED, input_records, written
from tests.scoring.rebuilding import note_outputs

WARD = Stay().admitted("day 1 08:00", source="his").vital("day 1 09:00", source="monitor", heart_rate=120)


# Bounds. -------------------------------------------------------------------------------------------------------------


def heard(source: str, place: int, moment: datetime) -> InputRecord:
    """A usable vital sign that came at a moment."""
    (topic, body), *_ = Stay().vital("day 1 09:00", source=source, heart_rate=120).events
    return replace(InputRecord(topic, 0, place, None, written(body)), arrived_at=moment)


@pytest.mark.proves("I9")
def test_i9_a_feed_that_makes_up_a_name_per_message_fills_neither_memory_nor_store() -> None:
    """I9: the source that has not sent for longest is forgotten, first those that never sent anything usable."""
    feeds, validator, kept = Feeds(), Validator(SHIPPED), {}
    names = ["monitor"] + [f"gw-{number}" for number in range(MOST_SOURCES + 50)]
    for place, name in enumerate(names):
        moment = at("day 1") + timedelta(seconds=place)
        feeds.note(validator.validate(heard("monitor", place, moment)), moment, ())
        refused = validator.validate(InputRecord(VITAL, 0, place, None, b'{"source": "%s"}' % name.encode()))
        feeds.note(refused, moment, ())
        for field, value in feeds.take_unsaved().items():
            kept[field] = value
    held = {field for field, value in kept.items() if value is not None}
    assert len(feeds.sources) == len(held) == MOST_SOURCES
    assert feeds.sources["monitor"].accepted


def head(revision: int, state: str) -> Head:
    """What was last published of an alert, of which day 1 was the beginning."""
    return Head(revision, state, "final", False, None, at("day 1"))


def monitor_of(count: int) -> FeedMonitor:
    """One that has published so many names already."""
    watch = FeedMonitor(SHIPPED)
    for number in range(count):
        watch.restore(RecordKey("alert", f"misrouted-key/gw-{number}"), head(2, RESOLVED))
    return watch


@pytest.mark.proves("I9", "I3")
def test_i9_alerts_are_remembered_for_so_many_names_and_no_more() -> None:
    """I9, I3: a chain of revisions is never forgotten and goes on, so beyond a bound no new name begins one."""
    watch, published = monitor_of(MOST_ALERTS - 1), []
    for place, name in enumerate(["gw-0", "new", "one-too-many", "gw-1"]):
        moment = at("day 2") + timedelta(minutes=place)
        watch.note(Validator(SHIPPED).validate(replace(heard(name, place, moment), misrouted=True)), None, moment, True)
        published += watch.revisions(moment, moment)
    assert [(one.key.part, one.head.revision) for one in published] == [
        ("misrouted-key/gw-0", 3), ("misrouted-key/new", 1), ("misrouted-key/gw-1", 3),
    ]  # fmt: skip


@pytest.mark.proves("I9", "I8")
def test_i9_what_there_is_no_room_to_report_is_not_waited_for() -> None:
    """I9, I8: its moment passes once; a replay that waited for it would never get on."""
    watch, moment = monitor_of(MOST_ALERTS), at("day 2")
    silent = moment + timedelta(hours=24)
    watch.note_stay("S", True, moment)
    watch.note(Validator(SHIPPED).validate(heard("monitor", 0, moment)), None, moment, True)
    assert (watch.revisions(moment, moment), watch.due) == ([], silent)
    assert (watch.revisions(silent, silent), watch.due) == ([], None)


def test_the_state_of_a_source_does_not_grow_with_its_events() -> None:
    feeds, validator, sizes = Feeds(), Validator(SHIPPED), []
    for hours in range(200):
        moment = at("day 1") + timedelta(hours=hours)
        feeds.note(validator.validate(heard("monitor", hours, moment)), moment, ("misrouted-key",))
        sizes.append(sum(len(value or b"") for value in feeds.take_unsaved().values()))
    assert max(sizes) == sizes[30] == sizes[-1]


# Lost state. ---------------------------------------------------------------------------------------------------------


def decides(source: str) -> bool:
    return True


@pytest.mark.proves("I5", "I3")
def test_i5_what_fires_is_restored_from_its_topic_and_what_no_longer_holds_is_resolved() -> None:
    """I5, I3: nothing is fired twice, and what came while the state was away ends what it ends."""
    ward = WARD.lab("day 1 10:00", source="lis", creatinine=50)
    came = [replace(one, arrived_at=at("day 1 10:00")) for one in input_records(ward.events)]
    before, kept = Engine(SHIPPED, decides), {}
    before.install("", {})
    first = before.process(before.read(came, at("day 1 10:00")), at("day 1 10:00"))
    kept |= first.writes[""]
    before.observe(joined([kept], at("day 2 11:00")))
    fired = before.process(before.read((), at("day 2 11:00")), at("day 2 11:00")).outputs
    assert states(alerts(fired), "feed-silent") == [("firing", at("day 2 11:00"))] * 2

    rebuild, now = Rebuild(SHIPPED, decides, bounded=False), at("day 2 12:00")
    note_outputs(rebuild, (*first.outputs, *fired))
    (new,) = input_records(ward.vital("day 2 11:30", source="monitor", spo2=98).events[-1:])
    for one in (*came, replace(new, arrived_at=at("day 2 11:30"))):
        rebuild.take(one, now)
    engine, effects = rebuild.finish(now, "partition-0+0")
    assert [one["name"] for one in alerts(effects.outputs) if one["stay_id"] is None] == ["state-rebuilt"] * 2
    engine.observe(joined([effects.writes[""]], now))
    assert [
        (one["state"], one["alert_id"], one["revision"]) for one in alerts(engine.process(NOTHING, now).outputs)
    ] == [("resolved", "alert/feed-silent/monitor", 2)]


@pytest.mark.proves("I5")
def test_i5_what_fires_for_an_hour_goes_on_for_it_though_its_reason_is_gone_from_the_topic() -> None:
    """I5: the alert itself says when there was one."""
    before = Engine(SHIPPED, decides)
    before.install("", {})
    (topic, body) = WARD.events[0]
    came = InputRecord(topic, 0, 0, None, written(body), misrouted=True, arrived_at=at("day 1 10:00"))
    first = before.process(before.read([came], at("day 1 10:00")), at("day 1 10:00"))
    before.observe(joined([first.writes[""]], at("day 1 10:01")))
    rebuild = Rebuild(SHIPPED, decides, bounded=False)
    note_outputs(rebuild, before.process(NOTHING, at("day 1 10:01")).outputs)
    engine, effects = rebuild.finish(at("day 1 10:30"), "partition-0+0")
    published = []
    for now in (at("day 1 10:30"), at("day 1 10:59"), at("day 1 11:00")):
        engine.observe(joined([effects.writes[""]], now))
        published += engine.process(NOTHING, now).outputs
    assert states(alerts(published), "misrouted-key") == [("resolved", at("day 1 11:00"))]


@pytest.mark.proves("I5")
@pytest.mark.parametrize(("name", "state"), [("misrouted-key", RESOLVED), ("feed-silent", FIRING)])
def test_i5_no_source_is_made_up_of_an_alert_that_names_no_reason(name: str, state: str) -> None:
    """I5: of one that is over, and of a silence, the store is given what was published and nothing more."""
    watch = FeedMonitor(SHIPPED, decides)
    watch.load({})
    watch.restore(RecordKey("alert", f"{name}/lis"), head(1, state))
    assert watch.take_unsaved().keys() == {f"h:alert/{name}/lis"}


@pytest.mark.proves("T6", "I5")
def test_t6_what_was_refused_as_ahead_still_says_so_after_a_rebuild() -> None:
    """T6, I5: though its time has come by now, it was ahead as it came."""
    came = [
        replace(one, arrived_at=at("day 1 10:00"), offset=place, partition=0)
        for place, one in enumerate(input_records(WARD.vital("day 1 14:00", source="monitor", spo2=97).events))
    ]
    before = Engine(SHIPPED, decides)
    before.install("", {})
    first = before.process(before.read(came, at("day 1 10:00")), at("day 1 10:00"))
    rebuild, now = Rebuild(SHIPPED, decides, bounded=False), at("day 1 10:30")
    note_outputs(rebuild, first.outputs)
    for one in came:
        rebuild.take(one, now)
    engine, effects = rebuild.finish(now, "partition-0+0")
    engine.observe(joined([effects.writes[""]], now))
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
