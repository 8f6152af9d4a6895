"""A source that talks and is not read: its codes are none that anybody asked for, or it is refused (`feed-unread`)."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from picustream.eventfiles.replay import run
from picustream.models.event import LAB, VITAL
from picustream.models.feeds import SourceLimits
from picustream.scoring.alerts.feed_alerts import conditions, due_of
from picustream.scoring.alerts.source import UNREAD, Source, end_of_hour, hour_of, readings_of
from picustream.scoring.engine import Engine
from picustream.scoring.validation import InputRecord, ValidatedInput, Validator
from tests.scoring.build import Stay, at, obs
from tests.scoring.feeding import alerts, records, with_limits
from tests.scoring.histories import SHIPPED, input_records, written

WARD = Stay().admitted("day 1 08:00", source="his")
NOW = at("day 1 09:30")


def unmapped(count: int) -> list[dict[str, Any]]:
    """Observations of unmapped codes."""
    return [obs("creatinine", 60, code=f"local-{number}", system="urn:example:lis") for number in range(count)]


def revisions_of(found: list[dict[str, Any]]) -> list[tuple[str, str, datetime]]:
    """State, source and moment of every record of the alert."""
    return [
        (one["state"], one["alert_id"].removeprefix(f"alert/{UNREAD}/"), at(one["emitted_at"]))
        for one in found
        if one["name"] == UNREAD
    ]


def test_nine_in_ten_and_twenty_at_least_are_reported_with_their_counts() -> None:
    """As the twentieth comes, and by what arrived last; 18 of 20 are too few, however large their share."""
    ward = WARD.lab("day 1 09:00", *unmapped(18), source="lis", creatinine=60, platelets=200)
    assert revisions_of(ward.until("day 1 09:30").alerts) == []
    ward = ward.lab("day 1 10:00", *unmapped(1), source="lis")
    assert revisions_of(ward.until("day 1 10:29").alerts) == []
    ward = ward.lab("day 1 10:30", *unmapped(1), source="lis")
    (record,) = (one for one in ward.until("day 1 11:00").alerts if one["name"] == UNREAD)
    assert record["alert_id"] == f"alert/{UNREAD}/lis"
    assert (record["detail"], at(record["since"])) == ("20-of-22-observations", at("day 1 10:30"))
    assert (record["severity"], record["audience"], record["stay_id"]) == ("warning", "operations", None)


def test_what_is_read_is_read_though_it_is_withdrawn_or_preliminary() -> None:
    """And a fact is no observation."""
    ward = WARD
    for minute in range(40):
        ward = ward.lab(f"day 1 10:{minute:02}", obs("creatinine"), source="lis", status="unknown")
        ward = ward.sedation(f"day 1 10:{minute:02}", "maybe", source="his", event_id=f"s{minute}")
    assert revisions_of(ward.until("day 1 12:00").alerts) == []


def validated(topic: str, body: Any) -> ValidatedInput:
    return Validator(SHIPPED).validate(
        InputRecord(topic, 0, 0, None, body if isinstance(body, bytes) else written(body))
    )


def body_of(*observations: Any, **fields: Any) -> dict[str, Any]:
    ((_, body),) = Stay().lab("day 1 09:00", *observations, **fields).events
    return body


@pytest.mark.parametrize(("topic", "body", "counted"), [
    (LAB, body_of(*unmapped(2), obs("creatinine", 60), obs("platelets", 9, "furlongs")), (4, 3)),
    (LAB, body_of(obs("creatinine", 60, "ell"), obs("bilirubin_total", 9), obs("platelets", 9, "furlongs")), (3, 2)),
    (LAB, body_of(*unmapped(3), colour="red"), (3, 3)),
    (LAB, body_of() | {"observations": {"creatinine": 60}}, (1, 1)),
    (LAB, body_of(), (1, 1)),
    (LAB, body_of() | {"observations": [0] * 5000}, (5000, 5000)),
    (VITAL, b"{", (1, 1)),
    (VITAL, b"[]", (1, 1)),
    ("picu.adt.v1", b"{", (0, 0)),
    ("picu.adt.v1", WARD.events[0][1], (0, 0)),
    ("picu.trial.v1", {"observations": [1, 2]}, (0, 0)),
], ids=str)  # fmt: skip
def test_what_is_refused_counts_by_its_observations(topic: str, body: Any, counted: tuple[int, int]) -> None:
    """Alone or with its event; of a message that does not show them, as one."""
    assert readings_of(validated(topic, body)) == counted


def test_what_comes_within_one_hour_is_added_up_and_what_is_older_than_a_day_forgotten() -> None:
    source, mixed = Source(NOW), body_of(*unmapped(2), obs("creatinine", 60), obs("platelets", 200), obs("fio2", 1))
    for body in (mixed, body_of(obs("creatinine", 61))):
        source.note(validated(LAB, body), NOW, ())
    assert source.readings == {hour_of(NOW): (6, 2)}
    source.note(validated(LAB, mixed), at("day 2 09:10"), ())
    assert source.readings == {hour_of(NOW) + 24: (5, 2)}


def test_what_names_no_source_counts_for_its_topic_and_what_is_sent_again_for_none() -> None:
    """A producer of something else on a topic of observations is named, too."""
    noise = [InputRecord(VITAL, None, place, None, b"\x00\x00\x00\x00\x01") for place in range(100, 120)]
    again = [replace(one, topic=LAB, resubmitted=True) for one in noise]
    found = list(alerts(run(SHIPPED, [*input_records(WARD.events), *again, *noise], at("day 1 09:00"))))
    assert [source for _, source, _ in revisions_of(found)] == [VITAL]


def test_it_ends_when_a_day_has_none_and_again_begins_with_the_next() -> None:
    """By time alone: the hour of day 1 at ten is over as one of the last 24 on day 2 at ten."""
    ward = WARD.lab("day 1 10:15", *unmapped(20), source="lis").lab("day 4 10:15", *unmapped(20), source="lis")
    assert revisions_of(ward.until("day 9").alerts) == [
        ("firing", "lis", at("day 1 10:15")),
        ("resolved", "lis", at("day 2 10:00")),
        ("firing", "lis", at("day 4 10:15")),
        ("resolved", "lis", at("day 5 10:00")),
    ]


@pytest.mark.proves("I8")
def test_i8_it_begins_by_time_alone_when_what_was_read_is_older_than_a_day() -> None:
    """A change of the interface at noon is not hidden for longer by a good morning."""
    good = [obs("creatinine", 60, id=f"good-{number}") for number in range(20)]
    ward = WARD.lab("day 1 10:15", *good, source="lis").lab("day 1 13:00", *unmapped(20), source="lis")
    assert revisions_of(ward.until("day 2 12:00").alerts) == [("firing", "lis", at("day 2 10:00"))]


LIMITS = SourceLimits(unread_percent=Decimal(90), unread_observations=20)


def source_of(observations: int, unread: int) -> Source:
    source = Source(NOW)
    source.readings = {hour_of(NOW): (observations, unread)}
    return source


@pytest.mark.parametrize(("observations", "unread", "firing", "holds"), [
    (19, 19, False, False), (20, 20, False, True), (22, 20, False, True), (23, 20, False, False),
    (1000, 900, False, True), (1001, 900, False, False),
    (1000, 800, True, True), (1001, 800, True, False), (1, 1, True, True), (0, 0, True, False),
])  # fmt: skip
def test_it_does_not_flicker_about_its_limit(observations: int, unread: int, firing: bool, holds: bool) -> None:
    """Nine in ten and 20 at least; once it fires, until it is less than eight in ten."""
    found = conditions(source_of(observations, unread), None, LIMITS, NOW, {UNREAD: NOW} if firing else {})
    assert [name for name, _, _ in found] == [UNREAD] * holds


@pytest.mark.proves("I8")
@pytest.mark.parametrize(("unread", "firing", "due"), [
    (0, (), []), (1, (), [end_of_hour(NOW)]), (0, (UNREAD,), [end_of_hour(NOW)]),
])  # fmt: skip
def test_i8_it_is_judged_again_when_the_hour_ends(unread: int, firing: tuple[str, ...], due: list[datetime]) -> None:
    """Where anything was not read, or too much had not been."""
    assert list(due_of(source_of(30, unread), None, LIMITS, NOW, firing)) == due


def test_a_site_says_what_is_much_of_a_source() -> None:
    """A laboratory sends whole panels."""
    events = WARD.lab("day 1 09:00", *unmapped(29), source="lis", creatinine=60)
    events = events.lab("day 1 09:00", *unmapped(29), source="other", creatinine=60)
    rules = with_limits("[sources.lis]\nunread_percent = 98\n")
    assert [source for _, source, _ in revisions_of(records(rules, events.events, at("day 1 10:00")))] == ["other"]
    rules = with_limits("[feeds]\nunread_observations = 30\n")
    assert revisions_of(records(rules, events.events, at("day 1 10:00"))) == []


@pytest.mark.proves("I5")
def test_i5_the_state_of_an_older_version_is_taken_over() -> None:
    """It has counted no observations."""
    engine = Engine(SHIPPED)
    source = b'["2025-01-01T00:00:00Z",true,true,{},[[482136,3,1]]]'
    assert Source.from_store(source).readings == {}
    engine.install("", {"s:lis": source})
    assert engine.next_due() is not None
