"""The ward by bed: nothing is surer than the record, no row moves by itself, and nothing of the trial is seen."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.board.frame import Trouble
from picustream.board.views import times
from picustream.board.views.figure import Cell, Figure, changes, figure
from picustream.board.views.reading import Reading, record
from picustream.board.views.ward import Ward, moments, morning, natural, ward
from picustream.demo.timeline import Timed
from picustream.demo.ward import SEED
from picustream.demo.ward import ward as ward_of
from picustream.scoring.presence.record import STAY
from picustream.scoring.scores.mods.record import MODS
from tests.board.made import NOON, ZONE, Kept, Memory, asked, everything, kept, made, revisions_of

MOMENTS = st.datetimes(datetime(2026, 3, 2, 8), datetime(2026, 3, 10, 12)).map(lambda at: at.replace(tzinfo=ZONE))


OLD = (Trouble("stale", "Not complete yet.", "The read model is being filled."),)


def shown(at: datetime = NOON, rows: tuple[Kept, ...] | None = None) -> Ward:
    return ward(Reading(Memory(rows or everything(), at)), at, ZONE)


def changed(row: Kept, **fields: Any) -> Kept:
    """A revision with other fields."""
    return kept(row.topic, json.dumps(json.loads(row.body) | fields))


def test_the_ward_of_the_fifth_day() -> None:
    places = [bed for unit in shown().units for bed in unit.beds]
    assert [bed.label for bed in places] == [f"Bed {number}" for number in range(1, 9)]
    assert places.pop().children == (), "the child in bed 8 has gone to the ward"
    beds = {bed.label: bed.children[0] for bed in places}
    figures = {label: child.figure.big for label, child in beds.items() if child.figure}
    assert figures["Bed 5"] == "15" and figures["Bed 4"] == "0–12"
    assert [bed.label for bed, _ in shown().worst] == ["Bed 5"]
    assert [one.words for one in beds["Bed 2"].changes] == ["lungs 2→3"]
    assert {child.of_day for child in beds.values()} == {"today"}


@given(MOMENTS)
def test_what_is_not_measured_is_never_a_number(at: datetime) -> None:
    """Where the range is open the big figure is the range, and no cell without a value has a digit."""
    for _, child in shown(at).children:
        for one in (child.figure, *child.days):
            if not isinstance(one, Figure):
                continue
            measured = [cell for cell in one.cells if cell.kind == "measured"]
            assert one.open == (len(measured) < len(one.cells))
            assert one.big == (f"{one.low}–{one.high}" if one.open else str(sum(cell.points for cell in measured)))
            assert [cell for cell in one.cells if cell.kind in ("unmeasured", "sedated") and cell.mark in "01234"] == []
            assert [cell for cell in one.cells if cell.kind == "carried" and "←" not in cell.mark] == []


@given(MOMENTS)
def test_a_page_shows_what_the_records_state(at: datetime) -> None:
    """The newest day that was known, and no later one."""
    rows = Memory(everything(), at)
    for _, child in ward(Reading(rows), at, ZONE).children:
        bodies = [json.loads(row.body) for row in rows.current(MODS, stay=child.stay)]
        latest = max(bodies, key=lambda body: body["day"], default=None)
        if latest is None:
            assert child.figure is None
        else:
            assert child.figure is not None
            assert (child.figure.day.isoformat(), child.figure.counted) == (latest["day"], latest["total"])
            assert child.old == (latest["day"] != at.date().isoformat())


@given(MOMENTS, st.randoms())
def test_what_was_known_then_is_what_a_board_of_then_showed(at: datetime, chance: Any) -> None:
    """And whatever came later, and in whatever order rows are stored, changes nothing of it."""
    rows = list(everything())
    chance.shuffle(rows)
    assert ward(Reading(Memory(rows), at), at, ZONE) == shown(at)


@given(st.lists(st.one_of(st.none(), st.integers(1, 40).map(str), st.text(max_size=4))), st.randoms())
def test_beds_have_one_order(names: list[str | None], chance: Any) -> None:
    ordered = sorted(names, key=natural)
    chance.shuffle(names)
    assert sorted(names, key=natural) == ordered
    numbered = [int(name) for name in ordered if name and name.isdecimal() and name.isascii()]
    assert numbered == sorted(numbered)
    assert ordered[len(ordered) - names.count(None) :] == [None] * names.count(None)


def test_beds_stay_where_they_are_whatever_the_figures_do() -> None:
    wards = [shown(NOON + timedelta(hours=hours)) for hours in range(8)]
    orders = [[bed.label for unit in one.units for bed in unit.beds] for one in wards]
    assert [order for order in orders if order != orders[0]] == []


def test_a_bed_that_a_child_left_keeps_its_place() -> None:
    after = shown(NOON + timedelta(days=2, hours=1))
    assert [bed.label for unit in after.units for bed in unit.beds] == [f"Bed {number}" for number in range(1, 10)]
    assert {bed.label for unit in after.units for bed in unit.beds if not bed.children} >= {"Bed 3", "Bed 5", "Bed 8"}


def test_two_children_in_one_bed_are_both_shown() -> None:
    moved = [changed(row, bed="5") if row.topic == STAY and row.stay == "S-302" else row for row in everything()]
    [bed] = [bed for unit in shown(NOON, tuple(moved)).units for bed in unit.beds if bed.conflict]
    assert [child.stay for child in bed.children] == ["S-302", "S-305"]
    assert "2 children are recorded in this bed" in asked(made(Memory(moved, NOON)), "/ward").text


def test_a_child_whose_bed_is_not_known_comes_last() -> None:
    moved = [changed(row, bed=None) if row.topic == STAY and row.stay == "S-301" else row for row in everything()]
    assert [bed.label for unit in shown(NOON, tuple(moved)).units for bed in unit.beds][-1] == "No bed known"


def test_children_without_a_bed_are_in_no_conflict_and_each_has_a_place() -> None:
    moved = [changed(row, bed=None) if row.topic == STAY and row.stay < "S-303" else row for row in everything()]
    beds = [bed for unit in shown(NOON, tuple(moved)).units for bed in unit.beds]
    last = [(bed.label, [child.stay for child in bed.children]) for bed in beds[-2:]]
    assert last == [("No bed known", ["S-301"]), ("No bed known", ["S-302"])]
    assert len({bed.anchor for bed in beds}) == len(beds)
    assert not any(bed.conflict for bed in beds)


def test_a_child_without_a_score_is_shown_without_a_figure() -> None:
    rows = tuple(row for row in everything() if row.topic != MODS or row.stay != "S-301")
    assert "no score yet" in asked(made(Memory(rows, NOON)), "/ward").text


def test_where_nothing_is_measured_nobody_is_said_to_be_well() -> None:
    at = datetime(2026, 3, 5, 0, 30, tzinfo=ZONE)
    page = asked(made(Memory([row for row in everything() if row.stay == "S-304"], at), at), "/ward").text
    assert "No child has a point; for want of values Bed 4 could have some" in page


@pytest.mark.parametrize(("troubles", "words"), [((), "Nobody is here."), (OLD, "Who is here is not known.")])
def test_a_ward_that_is_not_known_yet_is_not_an_empty_one(troubles: tuple[Trouble, ...], words: str) -> None:
    page = asked(made(Memory([]), troubles=lambda: troubles), "/ward").text
    assert [one for one in ("Nobody is here.", "Who is here is not known.") if one in page] == [words]


@given(MOMENTS)
def test_while_little_is_measured_the_day_before_stands_beside_it(at: datetime) -> None:
    """The sentence counts what the records have measured of this day; the tile keeps the range."""
    found, today = shown(at), at.date().isoformat()
    organs = [
        component["basis"] == "measured" and body["day"] == today
        for _, child in found.children
        if child.figure
        for body in bodies_of(child.stay, at)
        if body["day"] == child.figure.day.isoformat()
        for component in body["components"]
    ]
    assert (found.measured, found.organs) == (sum(organs), len(organs))
    page = asked(made(Memory(everything(), at), at), "/ward").text
    assert ("organs are measured so far" in page) == found.early == (2 * sum(organs) < len(organs))
    for _, child in found.children:
        if child.figure and child.figure.early:
            assert child.figure.open and f'range">{child.figure.big}<' in page
            earlier = [body for body in bodies_of(child.stay, at) if body["day"] < child.figure.day.isoformat()]
            assert (child.before is None) == (not earlier)


def bodies_of(stay: str, at: datetime) -> list[dict[str, Any]]:
    return [json.loads(row.body) for row in Memory(everything(), at).current(MODS, stay=stay)]


def test_shortly_after_midnight_yesterday_says_who_was_worst() -> None:
    at = datetime(2026, 3, 6, 0, 20, tzinfo=ZONE)
    page = asked(made(Memory(everything(), at), at), "/ward").text
    summary = re.sub(r"<[^>]+>", "", page[page.index('id="summary"') : page.index('class="asked"')])
    assert "Highest MODS, counted as 13: Bed 5 (6–22); for want of values 6 others could be higher" in summary
    assert "Today 9 of 42 organs are measured so far; Thu highest: Bed 5 (11)" in summary
    assert "Since Thu 07:00: 5 changed (Bed 1, 2, 5, 6, 7), 1 left" in summary


def test_who_came_went_and_moved_since_the_morning_is_said() -> None:
    came = shown(datetime(2026, 3, 4, 10, tzinfo=ZONE))
    assert (came.came, came.left) == (1, 0)
    assert [child.arrived for _, child in came.children if child.arrived] == ["came 09:00"]
    went = shown(NOON + timedelta(days=1))
    assert (went.came, went.left) == (0, 3)
    gone = {bed.label: [one.words for one in bed.left] for unit in went.units for bed in unit.beds if bed.left}
    assert gone == {"Bed 3": ["discharged 11:06"], "Bed 4": ["discharged 10:18"], "Bed 5": ["discharged 14:30"]}
    moved = shown(datetime(2026, 3, 8, 17, tzinfo=ZONE))
    assert [(bed.label, child.arrived) for bed, child in moved.children if child.arrived] == [
        ("Bed 9", "moved here 16:12")
    ]
    page = asked(made(Memory(everything(), NOON + timedelta(days=1)), NOON + timedelta(days=1)), "/ward").text
    assert 'href="/stay/S-305">S-305</a> discharged 14:30' in page


@given(MOMENTS)
def test_a_change_is_worse_if_and_only_if_there_are_more_points(at: datetime) -> None:
    for _, child in shown(at).children:
        for one in child.changes:
            known = one.before != "?", one.after != "?"
            courses = {(False, True): "known", (True, False): "unknown"}
            expected = courses.get(known) or ("worse" if int(one.after) > int(one.before) else "better")
            assert one.course == expected
            assert bool(one.arrow) == (expected in ("worse", "better"))


@given(MOMENTS)
def test_moments_of_the_ward_go_back_from_now_and_each_can_be_asked_for(at: datetime) -> None:
    found = moments(at)
    assert found == sorted(set(found), reverse=True) and found[0] <= at < found[0] + timedelta(hours=1)
    assert {(one.minute, one.second) for one in found} == {(0, 0)}
    assert min(found) < at - timedelta(days=10)


def test_a_moment_that_an_address_names_is_one_of_those_offered() -> None:
    page = asked(made(Memory(everything(), NOON)), "/ward?as-known-at=2026-03-05T08:17").text
    assert re.findall(r'<option value="([^"]*)" selected', page) == ["2026-03-05T08:17:00+08:00"]
    page = asked(made(Memory(everything(), NOON)), "/ward?as-known-at=2026-03-05T08:00").text
    assert page.count('value="2026-03-05T08:00:00+08:00"') == 1


def test_a_figure_of_yesterday_is_named_and_marked() -> None:
    at = NOON + timedelta(days=1)
    page = asked(made(Memory(everything(), NOON), at), "/ward").text
    assert page.count('class="of-day">yesterday,</span>') == 7
    assert 'class="child old"' in page
    assert "Bed 5 (15, yesterday)" in page, "nor is it the highest of today"


def test_a_child_of_whom_nothing_was_heard_since_the_morning_is_not_said_to_be_unchanged() -> None:
    at = NOON + timedelta(days=1)
    assert {child.unchanged for _, child in ward(Reading(Memory(everything(), NOON)), at, ZONE).children} == {
        "nothing new"
    }


def test_units_are_apart_and_one_can_be_chosen() -> None:
    rows = [changed(row, unit="PICU-B") if row.topic == STAY and row.stay == "S-302" else row for row in everything()]
    both, one = (asked(made(Memory(rows, NOON)), path).text for path in ("/ward", "/ward?unit=PICU-B"))
    assert "<h2>PICU</h2>" in both and "<h2>PICU-B</h2>" in both
    assert "S-302" in one and "S-301" not in one


@pytest.mark.parametrize(
    ("at", "since"),
    [
        (datetime(2026, 3, 6, 7, tzinfo=ZONE), datetime(2026, 3, 6, 7, tzinfo=ZONE)),
        (datetime(2026, 3, 6, 6, 59, tzinfo=ZONE), datetime(2026, 3, 5, 7, tzinfo=ZONE)),
    ],
)
def test_the_morning(at: datetime, since: datetime) -> None:
    assert morning(at) == since


def test_changes_are_of_points_and_of_whether_they_are_known() -> None:
    [first] = [figure(record(row.topic, row.body)) for row in everything() if row.record == "S-304/mods/2026-03-03"][:1]
    assert first is not None
    before = replace(first, cells=(Cell("a", "lungs", "unmeasured", 0, None), Cell("b", "renal", "measured", 1, None)))
    after = replace(first, cells=(Cell("a", "lungs", "measured", 0, None), Cell("b", "renal", "carried", 1, None)))
    assert [one.words for one in changes(before, after)] == ["lungs ?→0"]


LATER = timedelta(hours=31)
OF_THE_TRIAL = ("elapsed", "sdtm", "study day", "eligib", "consent", "treatment")


@cache
def trial(arm: str, decision: str, late: bool) -> tuple[Kept, ...]:
    """The same children in another trial: its arm, its consent, and whether treatment starts hours later.

    Events come at the same moments in each, for a replay has no other clock.
    """
    events = [other for event in ward_of(SEED).events for other in _otherwise(event, arm, decision, late)]
    return revisions_of(sorted(events, key=lambda event: event.at))


def _otherwise(event: Timed, arm: str, decision: str, late: bool) -> list[Timed]:
    if event.value.get("type") == "consent":
        return [_with(event, timedelta(0), decision=decision)]
    if event.value.get("type") != "treatment_started":
        return [event]
    named = {name: event.value[name] for name in ("event_id", "source", "patient_id", "stay_id")}
    no_start = replace(event, value=named | {"type": "consent", "decision": decision, "event_id": "no-start"})
    start, other = (LATER, timedelta(0)) if late else (timedelta(0), LATER)
    return [_with(event, start, arm=arm), _with(no_start, other)]


def _with(event: Timed, later: timedelta, **fields: str) -> Timed:
    at = event.at + later
    times_of = {"occurred_at": at.isoformat(), "recorded_at": at.isoformat()}
    return replace(event, at=at, value=event.value | times_of | fields)


def trials() -> tuple[tuple[Kept, ...], tuple[Kept, ...]]:
    return trial("trial", "given", False), trial("control", "refused", True)


@pytest.mark.parametrize("at", [NOON, NOON + timedelta(days=3)])
@pytest.mark.parametrize("path", ["/ward", "/stay/S-301", "/stay/S-301?revisions=all&day=2026-03-04", "/stay/S-305"])
def test_no_page_of_the_ward_depends_on_the_trial(path: str, at: datetime) -> None:
    """Of a read model that holds all topics: pages are the same to the letter, whatever the trial office did."""
    one, other = (asked(made(Memory(rows, at), at), path).text for rows in trials())
    assert without_version(one) == without_version(other)
    assert [word for word in OF_THE_TRIAL if word in one.lower()] == []


def without_version(page: str) -> str:
    return re.sub(r'data-version="[0-9a-f]+"', "", page)


def test_the_other_trial_is_another_one() -> None:
    """Or the test above would show nothing."""
    one, other = ([row.body for row in rows if row.topic == MODS] for rows in trials())
    assert len(one) != len(other)


@given(st.timedeltas(timedelta(0), timedelta(days=400)))
def test_how_long_something_lasts_never_sounds_longer(length: timedelta) -> None:
    number, unit = times.long(length).split()
    size = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "days": timedelta(days=1)}[unit]
    assert int(number) * size <= length < (int(number) + 1) * size


BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
"""In Berlin 02:30 in summer time; an hour later it is 02:30 again."""


def test_the_hour_that_there_is_twice_is_written_with_its_offset() -> None:
    said = [times.clock((NIGHT + timedelta(hours=hour)).astimezone(BERLIN)) for hour in (-1, 0, 1, 2)]
    assert said == ["Sun 25 Oct 01:30", "Sun 25 Oct 02:30 +0200", "Sun 25 Oct 02:30 +0100", "Sun 25 Oct 03:30"]


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)))
def test_the_morning_is_the_last_seven_o_clock_in_any_night(at: datetime) -> None:
    """Also where the night had 23 or 25 hours."""
    local = at.astimezone(BERLIN)
    since = morning(local)
    assert since.hour == 7 and since <= local
    assert at - since.astimezone(UTC) < timedelta(hours=25)


@pytest.mark.parametrize("at", [NIGHT, NIGHT + timedelta(hours=1), datetime(2026, 3, 29, 0, 59, tzinfo=UTC)])
def test_a_page_is_made_in_a_night_in_which_clocks_are_set(at: datetime) -> None:
    """The figures are months old, and say so."""
    found = ward(Reading(Memory(everything(), NOON)), at, BERLIN)
    assert {child.old for _, child in found.children} == {True}
