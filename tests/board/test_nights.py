"""Nights in which clocks are changed: what is older stays older, no moment is lost, and no age is an hour off."""

import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.board.pages.page import AT, written
from picustream.board.views import times
from picustream.board.views.reading import Reading
from picustream.board.views.stay import stay
from picustream.board.views.ward import ward
from picustream.scoring.presence.record import STAY
from picustream.scoring.scores.mods.record import MODS
from tests.board.made import Memory, asked
from tests.board.nights import BACK, BERLIN, FORWARD, board, change, revisions

NIGHTS = pytest.mark.parametrize("night", [BACK, FORWARD])
NEAR = st.timedeltas(timedelta(hours=-30), timedelta(hours=30))
CHILD = "S-301"


def shown_moments(night: date) -> list[datetime]:
    """Those that the page of a child offers, newest first."""
    found = stay(Reading(Memory(revisions(night))), CHILD, BERLIN)
    assert found is not None
    return [one.at for one in found.moments]


@NIGHTS
def test_every_moment_is_offered_once_and_in_order(night: date) -> None:
    made = {row.emitted_at.astimezone(UTC) for row in revisions(night) if row.stay == CHILD and row.topic in SHOWN}
    found = [at.astimezone(UTC) for at in shown_moments(night)]
    assert found == sorted(set(found), reverse=True) and made.issuperset(found)
    near = {at for at in made if abs(at - change(night)) < timedelta(hours=1)}
    assert near and near <= set(found)
    hour = {at.utcoffset() for at in shown_moments(night) if abs(at - change(night)) < timedelta(hours=1)}
    assert len(hour) == 2, "something was made known before the change and after it"


SHOWN = (MODS, "picu.score.apps.v1", STAY)


@NIGHTS
def test_a_moment_that_is_chosen_is_the_one_that_is_shown(night: date) -> None:
    page = board(night, change(night) + timedelta(days=1))
    for at in shown_moments(night):
        if abs(at - change(night)) < timedelta(hours=3):
            text = asked(page, f"/stay/{CHILD}?{urlencode({AT: written(at)})}").text
            [chosen] = re.findall(r'<option value="([^"]*)" selected>', text)
            assert chosen == at.isoformat()
            assert f"As it was known at {times.exact(at)}" in text


@NIGHTS
def test_changes_are_shown_in_the_order_in_which_they_came(night: date) -> None:
    found = stay(Reading(Memory(revisions(night))), CHILD, BERLIN)
    assert found is not None
    came = [one.at.astimezone(UTC) for one in found.revisions]
    assert came == sorted(came, reverse=True)


@given(st.sampled_from([BACK, FORWARD]), NEAR)
def test_the_age_of_a_value_is_the_time_that_has_passed(night: date, away: timedelta) -> None:
    now = change(night) + away
    found = ward(Reading(Memory(revisions(night), now)), now, BERLIN)
    figures = [(child.oldest, child.figure) for _, child in found.children if child.figure and child.figure.oldest]
    assert figures
    for said, figure in figures:
        assert figure.oldest is not None
        at, short = figure.oldest
        assert said == f"{times.long(now - at.astimezone(UTC))} ({short})"


@given(st.sampled_from([BACK, FORWARD]), NEAR, NEAR)
def test_a_length_does_not_depend_on_clocks(night: date, one: timedelta, another: timedelta) -> None:
    then, now = (change(night) + away for away in (one, another))
    assert times.between(then.astimezone(BERLIN), now.astimezone(BERLIN)) == now - then


@given(st.sampled_from([BACK, FORWARD]), NEAR)
def test_a_day_of_23_or_25_hours_is_today_until_it_ends(night: date, away: timedelta) -> None:
    now = change(night) + away
    for _, child in ward(Reading(Memory(revisions(night), now)), now, BERLIN).children:
        if child.figure is not None:
            assert (child.of_day == "today") == (child.figure.day == now.astimezone(BERLIN).date())
            assert child.figure.day <= now.astimezone(BERLIN).date()


@given(st.sampled_from([BACK, FORWARD]), NEAR)
def test_what_was_known_then_is_what_a_board_of_then_showed(night: date, away: timedelta) -> None:
    at = (change(night) + away).astimezone(BERLIN)
    assert ward(Reading(Memory(revisions(night)), at), at, BERLIN) == ward(
        Reading(Memory(revisions(night), at)), at, BERLIN
    )


def test_the_other_hour_can_be_chosen() -> None:
    """A page of a time that there was twice is of the first, and leads to the second; and that one back."""
    page = board(BACK, change(BACK) + timedelta(days=1))
    first = asked(page, f"/ward?{AT}=2026-10-25T02:30").text
    assert "As it was known at Sun 25 Oct 02:30:00 +0200" in first
    [to] = re.findall(r'href="(/ward\?[^"]*)">At Sun 25 Oct 02:30', first)
    second = asked(page, to.replace("&amp;", "&")).text
    assert "As it was known at Sun 25 Oct 02:30:00 +0100" in second
    assert re.findall(r'href="(/ward\?[^"]*)">At Sun 25 Oct 02:30 \+0200', second)


def test_a_time_that_there_was_not_is_shown_as_the_one_that_there_was() -> None:
    page = board(FORWARD, change(FORWARD) + timedelta(days=1))
    text = asked(page, f"/ward?{AT}=2026-03-29T02:30").text
    assert "As it was known at Sun 29 Mar 03:30:00" in text
    assert "twice" not in text


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)))
def test_only_an_hour_that_there_is_twice_has_another(at: datetime) -> None:
    local = at.astimezone(BERLIN)
    twin = times.other(local)
    assert (twin is not None) == (f"{local:%z}" in times.clock(local))
    if twin is not None:
        assert abs(twin.astimezone(UTC) - at) == timedelta(hours=1) and f"{twin:%H:%M}" == f"{local:%H:%M}"
