"""`picustream lint`: what lies outside its stay, names another patient, or goes with no stay at all."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.lint.cards import WHOLE, card, found, source_of
from tests.scoring.build import Stay, obs


def shifted(events: Iterable[Any], topic: str, hours: int) -> list[Any]:
    """The same feed, with one topic's observations filed so many hours off."""
    moved = []
    for name, value in events:
        if name == topic:
            off = datetime.fromisoformat(value["observed_at"]) + timedelta(hours=hours)
            value = {**value, "observed_at": off.isoformat()}
        moved.append((name, value))
    return moved


@pytest.mark.proves("T2")
@pytest.mark.parametrize("hours", [-8, 8, -24 * 30])
def test_t2_what_lies_outside_its_stay_is_reported_and_is_not_counted_as_scorable(hours: int) -> None:
    """T2: a vital feed eight hours off, or a month early; and a replay says the same of the organs."""
    events = shifted(WHOLE.events, "picu.vital.v1", hours)
    report = card(*events)
    [outside] = [one for one in report.findings if one.code == "outside-stay"]
    assert (outside.count, outside.about, outside.first) == (4, "picu.vital.v1 ward", "feed:2")
    assert "4 usable values (100 %)" in outside.message
    assert ("before the admission" in outside.message) == (hours < 0)
    assert source_of(report, "picu.vital.v1")["outside_stay"]["before_admission"] == (4 if hours < 0 else 0)
    never = {one.about: one.message for one in report.findings if one.code == "never-scored"}
    assert never.keys() == {"MODS cardiovascular", "MODS neurologic"}
    assert all("inside its stay" in message for message in never.values())
    replayed = Stay(tuple(events)).organ(1, "cardiovascular")
    assert replayed["basis"] == "assumed-normal"


@pytest.mark.proves("T2")
def test_t2_both_ends_of_a_stay_belong_to_it() -> None:
    """T2: to the microsecond."""
    ends = WHOLE.vital("day 1 08:00", heart_rate=99).vital("day 1 12:00", heart_rate=99)
    assert card(*ends.events).findings == []
    beyond = WHOLE.vital("day 1 08:00 -1us", heart_rate=99).vital("day 1 12:00 +1us", heart_rate=99)
    [outside] = card(*beyond.events).findings
    assert (outside.code, outside.count, outside.first) == ("outside-stay", 2, "feed:7")
    assert "1 before the admission and 1 after the end" in outside.message


@pytest.mark.proves("T2")
def test_t2_bounds_count_as_they_are_in_the_end_wherever_they_stand() -> None:
    """The admission comes last; the admission is corrected, the discharge withdrawn: the final ones judge."""
    first, *rest = WHOLE.events
    assert card(*rest, first).findings == []
    late = Stay().admitted("day 2 08:00", birth_date="2020").events
    fixed = Stay().admitted("day 1 08:00", birth_date="2020", recorded="day 3", event_id="m", status="corrected").events
    assert card(*late, *rest[:-1], *fixed, *rest[-1:]).findings == []
    spoilt = Stay().admitted("day 1 11:00", birth_date="2020", recorded="day 3", event_id="m").events
    assert "outside-stay" in found(card(first, *rest, *spoilt))
    ended = (
        Stay()
        .discharged("day 1 08:30", event_id="d")
        .discharged("day 1 08:30", event_id="w", status="cancelled", recorded="day 3")
    )
    assert "outside-stay" in found(card(first, *rest[:-1], ended.events[0]))
    assert "outside-stay" not in found(card(first, *rest[:-1], *ended.events))


def test_what_was_corrected_or_withdrawn_is_outside_no_more() -> None:
    """A wrong year that a later version corrects, and one that is withdrawn, are versions and no findings."""
    wrong = WHOLE.lab("day -300 09:00", obs("creatinine", 50, id="c"), recorded="day 1 10:00")
    assert "outside-stay" in found(card(*wrong.events))
    for status, when in (("corrected", "day 1 09:00"), ("cancelled", "day -300 09:00")):
        fixed = wrong.lab(when, obs("creatinine", 50, id="c"), recorded="day 1 11:00", status=status)
        assert card(*fixed.events).findings == [], status


def test_without_admissions_nothing_lies_outside() -> None:
    """One feed of several: bounds that are not there cannot be left."""
    labs = [one for one in WHOLE.events if one[0] == "picu.lab.v1"]
    assert card(*labs, part=True).findings == []


def test_another_patient_than_the_admissions_is_reported_by_source() -> None:
    """An alarm; by the admission wherever it stands, and not what is withdrawn."""
    other = WHOLE.lab("day 1 11:00", obs("creatinine", 50, id="c"), patient="Q", recorded="day 1 11:10")
    report = card(*other.events[1:], other.events[0])
    [one] = report.findings
    assert (one.code, one.count, one.about, one.first) == ("patient-mismatch", 1, "picu.lab.v1 ward", "feed:6")
    assert source_of(report, "picu.lab.v1")["other_patient"] == {"events": 1, "stays": 1, "named": 1, "first": "feed:6"}
    assert "patient-mismatch" in {alert["name"] for alert in other.alerts}
    withdrawn = other.lab(
        "day 1 11:00", obs("creatinine", 50, id="c"), patient="Q", recorded="day 1 11:20", status="entered-in-error"
    )
    assert card(*withdrawn.events).findings == []


def test_ends_before_the_admission_and_treatment_outside_the_stay_are_reported() -> None:
    """T2: such an end is set aside and the stay is open; T3: days would be counted from nowhere. As the alerts do."""
    early = Stay(WHOLE.events[:-1]).discharged("day 0 12:00")
    report = card(*early.events)
    assert found(report) == {"end-before-admission": ["stays"]}
    assert report.as_data()["stays"]["end_before_admission"] == ["feed:6"]
    assert [one.first for one in report.findings] == ["feed:6"]
    for when in ("day 0 12:00", "day 1 12:01"):
        treated = WHOLE.treatment(when)
        assert found(card(*treated.events)) == {"treatment-outside-stay": ["stays"]}, when
        assert "treatment-outside-stay" in {alert["name"] for alert in treated.alerts}
    assert card(*WHOLE.treatment("day 1 12:00").events).findings == []
