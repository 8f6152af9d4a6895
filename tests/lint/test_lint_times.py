"""`picustream lint`: times far from their filing, and coma scales that contradict themselves."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.lint.cards import WHOLE, card, found
from tests.scoring.build import Stay, obs

Events = list[Any]


def filed(events: Events, topic: str, late: timedelta) -> Events:
    """The same feed, with one topic's events filed so long after they happened."""
    moved = []
    for name, value in events:
        if name == topic:
            at = datetime.fromisoformat(value.get("observed_at") or value["occurred_at"])
            value = {**value, "recorded_at": (at + late).isoformat()}
        moved.append((name, value))
    return moved


def labs(count: int) -> Stay:
    ward = WHOLE
    for minute in range(count):
        ward = ward.lab(f"day 1 11:{minute:02}", creatinine=50, source="lis")
    return ward


HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.parametrize("late", [8 * HOUR, 8 * HOUR + 20 * MINUTE, -8 * HOUR, -8 * HOUR + 20 * MINUTE])
def test_a_source_that_files_as_far_away_as_local_time_is_from_utc_has_a_wrong_offset(late: timedelta) -> None:
    """Eight hours in Shanghai, and what the laboratory takes: one of the two times is UTC under the wrong name."""
    events = filed(list(labs(4).events), "picu.lab.v1", late)
    report = card(*[event for event in events if event[1]["source"] == "lis"], part=True)
    [one] = [one for one in report.findings if one.code == "wrong-offset"]
    assert (one.count, one.about, one.first) == (4, "picu.lab.v1 lis", "feed:1")
    assert "8 h, or a little more, from the event" in one.message


@pytest.mark.parametrize("late", [0 * HOUR, HOUR, 7 * HOUR, 9 * HOUR, 12 * HOUR, 30 * HOUR])
def test_another_lateness_is_none_of_an_offset(late: timedelta) -> None:
    """A laboratory that takes its time, and one that files at the end of its shift, are in order."""
    assert "wrong-offset" not in found(card(*filed(list(labs(4).events), "picu.lab.v1", late)))


def test_some_results_exactly_so_far_away_are_enough_and_a_few_of_many_are_not() -> None:
    """A device of several has the wrong offset: a tenth, to the second. By chance a few always are."""
    ward = labs(18)
    off = ward.lab("day 1 03:00", creatinine=50, source="lis", recorded="day 1 11:00")
    once = [(topic, {**value, "recorded_at": value["observed_at"]}) if value["source"] == "lis" else (topic, value)
            for topic, value in ward.events]  # fmt: skip
    assert "wrong-offset" not in found(card(*once, *off.events[-1:]))
    twice = off.lab("day 1 03:01", creatinine=50, source="lis", recorded="day 1 11:01")
    assert found(card(*once, *twice.events[-2:]))["wrong-offset"] == ["picu.lab.v1 lis"]


@pytest.mark.parametrize(
    ("when", "recorded", "far"),
    [("day 1 11:00", "day 8 10:59", False), ("day 1 11:00", "day 8 11:00", True), ("day 9 11:00", "day 1 11:00", True)],
)
def test_results_filed_a_week_or_more_away_are_reported(when: str, recorded: str, far: bool) -> None:
    """Day and month exchanged, a wrong year: before as after."""
    report = card(*WHOLE.lab(when, creatinine=50, recorded=recorded).events)
    assert ("filed-far" in found(report)) == far


def test_facts_may_be_filed_weeks_later_and_corrections_at_any_time() -> None:
    """A follow-up of 28 days is filed when somebody gets to it; an audit corrects after months."""
    late = WHOLE.trial("data_collection", "day 1 11:00", complete=True, recorded="day 58 11:00")
    assert "filed-far" not in found(card(*late.events))
    later = WHOLE.trial("data_collection", "day 1 11:00", complete=True, recorded="day 61 11:00")
    assert found(card(*later.events))["filed-far"] == ["picu.trial.v1 ward"]
    audit = WHOLE.lab("day 1 11:00", obs("creatinine", 50, id="c"), recorded="day 1 11:10")
    audit = audit.lab("day 1 11:00", obs("creatinine", 51, id="c"), recorded="day 90", status="corrected")
    assert card(*audit.events).findings == []


# Coma scales. --------------------------------------------------------------------------------------------------------

PARTS = {"gcs_eye": 3, "gcs_verbal": 4, "gcs_motor": 5}


def test_a_total_that_is_not_the_sum_of_its_parts_is_reported_with_where_it_stands() -> None:
    """M6: the total is what is scored. In one event or in several, of one moment."""
    one = WHOLE.vital("day 1 11:00", gcs_total=15, **PARTS)
    two = WHOLE.vital("day 1 11:00", gcs_total=11).vital("day 1 11:00", **PARTS)
    for ward in (one, two):
        [finding] = card(*ward.events).findings
        assert (finding.code, finding.count, finding.first) == ("gcs-contradiction", 1, "feed:7")
    assert card(*WHOLE.vital("day 1 11:00", gcs_total=12, **PARTS).events).findings == []


def test_what_lies_at_another_moment_is_incomplete_or_was_corrected_contradicts_nothing() -> None:
    apart = WHOLE.vital("day 1 11:00", gcs_total=15).vital("day 1 11:01", **PARTS)
    part = WHOLE.vital("day 1 11:00", gcs_total=15, gcs_eye=1, gcs_motor=1)
    other = WHOLE.vital("day 1 11:00", gcs_total=15).vital("day 1 11:00", stay="T", **PARTS)
    fixed = WHOLE.vital("day 1 11:00", obs("gcs_total", 15, id="t"), recorded="day 1 11:05", **PARTS)
    fixed = fixed.vital("day 1 11:00", obs("gcs_total", 12, id="t"), recorded="day 1 11:10", status="corrected")
    withdrawn = WHOLE.vital("day 1 11:00", obs("gcs_total", 15, id="t"), recorded="day 1 11:05", **PARTS)
    withdrawn = withdrawn.vital("day 1 11:00", obs("gcs_total", id="t"), recorded="day 1 11:10", status="cancelled")
    for ward in (apart, part, other, fixed, withdrawn):
        assert "gcs-contradiction" not in found(card(*ward.events))
