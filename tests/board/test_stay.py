"""The page of a stay: what was known when, and what each figure comes from."""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.board.frame import Trouble
from picustream.board.pages.page import AT, moment, written
from picustream.board.views.reading import Reading
from picustream.board.views.stay import Stay, stay
from picustream.scoring.scores.mods.record import MODS
from tests.board.made import NOON, ZONE, Memory, asked, everything, made

CORRECTED = datetime(2026, 3, 5, 9, 30, tzinfo=ZONE)
"""When the creatinine of 4 March was filed, a day late."""
MOMENTS = sorted({row.emitted_at for row in everything() if row.stay == "S-301"})


def shown(rows: Memory, at: datetime | None = None, chosen: date | None = None) -> Stay:
    found = stay(Reading(rows, at), "S-301", ZONE, chosen)
    assert found is not None
    return found


@given(st.sampled_from(MOMENTS), st.timedeltas(timedelta(0), timedelta(hours=3)))
def test_what_was_known_then_is_what_a_page_of_then_showed(moment: datetime, later: timedelta) -> None:
    """Days, receipts and revisions: to the letter, but for what is known now beside it."""
    at = moment + later
    then, now = shown(Memory(everything(), at)), shown(Memory(everything()), at)
    assert [(day.day, day.figure) for day in now.days if day.figure] == [(day.day, day.figure) for day in then.days]
    assert now.revisions == then.revisions
    assert (now.place, now.presence) == (then.place, then.presence)
    if then.chosen:
        same_day = shown(Memory(everything()), at, then.chosen)
        assert same_day.receipts == then.receipts


@given(st.sampled_from(MOMENTS))
def test_a_difference_is_marked_where_there_is_one_and_nowhere_else(at: datetime) -> None:
    found = shown(Memory(everything()), at)
    for place in range(len(found.organs)):
        for day, then, now in found.row(place):
            mark = day.now and day.now.cells[place].mark
            assert (now is not None) == (mark != (then and then.mark))


def test_a_late_value_changed_a_closed_day_and_says_so() -> None:
    late = [one for one in shown(Memory(everything(), NOON)).revisions if one.late]
    [first] = [one for one in late if one.at == CORRECTED and one.title == "MODS"]
    assert first.day == date(2026, 3, 4)
    assert any(
        "renal: 2 points (234 µmol/L) carried → 3 points (370 µmol/L) measured" in what for what in first.changes
    )
    assert "S-301/chemistry/02" in first.cause


def test_the_receipt_names_every_value_and_adds_up() -> None:
    [mods] = [
        one for one in shown(Memory(everything()), chosen=date(2026, 3, 4)).receipts if one.title.startswith("MODS")
    ]
    assert mods.faults == () and mods.total == "13 of 24, could be 13–17"
    renal = mods.parts[1]
    assert renal.verdict == "3 points for 350 < creatinine ≤ 500 µmol/L"
    assert [(line.name, line.value) for line in renal.inputs] == [("creatinine", "370 µmol/L")]
    assert "S-301/chemistry/02#14682-9" in renal.inputs[0].whence


def test_a_receipt_that_does_not_add_up_is_an_alarm() -> None:
    rows = [replace(row, body=row.body.replace('"total":13', '"total":12')) for row in everything()]
    page = asked(made(Memory(rows, NOON)), "/stay/S-301?day=2026-03-04").text
    assert "Does not add up: the total is not the sum of the points" in page


def test_moments_are_those_at_which_the_page_changes() -> None:
    """Each is a choice of the select, and between two of them nothing is another."""
    rows = Memory(everything())
    moments = [one.at for one in shown(rows).moments]
    assert moments == sorted(set(moments), reverse=True)
    for later, earlier in pairwise(moments[:20]):
        before, after, between = (seen(rows, at) for at in (earlier, later, later - timedelta(microseconds=1)))
        assert before == between != after


def seen(rows: Memory, at: datetime) -> tuple[object, ...]:
    """What depends on the moment."""
    found = shown(rows, at)
    return found.days, found.revisions, found.place, found.presence


def test_the_page_of_the_past_says_so_and_shows_both() -> None:
    asked_at = urlencode({AT: "2026-03-05T08:00", "day": "2026-03-04"})
    page = asked(made(Memory(everything(), NOON)), f"/stay/S-301?{asked_at}").text
    assert "<strong>The past.</strong> As it was known at Thu 5 Mar 08:00:00." in page
    assert " data-past>" in page
    assert "renal 2 points, carried forward" in page and "renal 3 points, measured" in page
    [chosen] = re.findall(r"<option [^>]*selected>([^<]+)<", page)
    assert chosen.startswith("Thu 5 Mar 07:28")


def test_the_link_to_this_page_shows_the_same_when_more_is_known() -> None:
    page = asked(made(Memory(everything(), NOON)), "/stay/S-301?day=2026-03-04").text
    [link] = re.findall(r'<a href="([^"]+)">A link to exactly this', page)
    link = link.replace("&amp;", "&")
    before, after = (asked(made(Memory(everything(), until)), link).text for until in (NOON, None))
    of_day = re.compile(r'<section id="receipt".*?</section>\n<section id="revisions".*?</section>', re.DOTALL)
    assert of_day.findall(before) == of_day.findall(after) != []


@given(st.sampled_from(MOMENTS))
def test_a_page_of_the_past_opens_the_newest_day_of_which_anything_was_known(at: datetime) -> None:
    found = shown(Memory(everything()), at)
    known = [day.day for day in found.days if day.figure]
    assert found.chosen == max(known, default=max((day.day for day in found.days), default=None))


def test_the_table_counts_the_revisions_that_a_day_lists() -> None:
    found = shown(Memory(everything(), NOON))
    assert [day.day.day for day in found.days if found.revised(day.day)[1]] == [4], "the creatinine came a day late"
    for day in found.days:
        page = asked(made(Memory(everything(), NOON)), f"/stay/S-301?day={day.day}").text
        listed = page[page.index('<ol class="revisions">') :]
        assert (listed.count("<li>\n") + listed.count('<li class="late">'), listed.count('class="late"')) == (
            found.revised(day.day)
        )


def test_a_round_goes_from_bed_to_bed_and_past_those_that_are_empty() -> None:
    """At whatever moment it is asked for: on 7 March at noon beds 3, 4 and 8 are empty."""
    way = {}
    for stay_id in ("S-301", "S-302", "S-305", "S-306", "S-307"):
        page = asked(made(Memory(everything())), f"/stay/{stay_id}?{AT}=2026-03-07T12:00").text
        nav = page[page.index('class="round"') :].partition("</nav>")[0]
        way[stay_id] = re.findall(r'href="/stay/(S-\d+)\?as-known-at=2026-03-07T12[^"]*">([^<]+)<', nav)
    assert way == {
        "S-301": [("S-302", "Bed 2 ›")],
        "S-302": [("S-301", "‹ Bed 1"), ("S-305", "Bed 5 ›")],
        "S-305": [("S-302", "‹ Bed 2"), ("S-306", "Bed 6 ›")],
        "S-306": [("S-305", "‹ Bed 5"), ("S-307", "Bed 7 ›")],
        "S-307": [("S-306", "‹ Bed 6")],
    }
    assert 'class="round"' not in asked(made(Memory(everything())), f"/stay/S-303?{AT}=2026-03-07T12:00").text


@pytest.mark.parametrize("path", ["/ward", "/stay/S-301"])
@pytest.mark.parametrize("later", [timedelta(seconds=1), timedelta(days=400)])
def test_of_a_moment_that_has_not_come_no_page_says_that_it_is_the_past(path: str, later: timedelta) -> None:
    """Nor that it will stay as it is: whatever is published by then will be on it."""
    board = made(Memory(everything(), NOON))
    page = asked(board, f"{path}?{urlencode({AT: written(NOON + later)})}").text
    assert "Not complete yet." in page and "published until Fri 6 Mar 15:20:00" in page and " data-stale" in page
    assert "The past." not in page and "A link to exactly this" not in page
    assert "The past." in asked(board, f"{path}?{urlencode({AT: written(NOON - later)})}").text


def test_what_is_wrong_now_is_not_said_of_the_past() -> None:
    """Such a page is never renewed, and would say it for ever."""
    troubles = (Trouble("stale", "The read model is behind", "by 45 s."), Trouble("silent", "Silent:", "bga-2"))
    board = made(Memory(everything(), NOON), troubles=lambda: troubles)
    now, then = (asked(board, f"/ward{query}").text for query in ("", f"?{AT}=2026-03-05T08:00"))
    for one in troubles:
        assert one.title in now and one.title not in then
    assert " data-stale" in now and " data-stale" not in then


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/stay/S-999", 404),
        ("/stay/S-301?day=tomorrow", 400),
        (f"/stay/S-301?{AT}=noon", 400),
        ("/stay/S-301?day=2031-01-01", 200),
        ("/stay/S-301?" + urlencode({AT: "2020-01-01T00:00Z"}), 200),
        ("/stay/%3Cscript%3E", 404),
    ],
)
def test_what_is_asked_wrongly_is_answered_by_a_page(path: str, status: int) -> None:
    answer = asked(made(Memory(everything(), NOON)), path)
    assert answer.status == status
    assert "RESEARCH USE ONLY" in answer.text and "<script>" not in answer.text


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda at: at.replace(tzinfo=ZONE)))
def test_an_address_keeps_its_moment(at: datetime) -> None:
    """And one without fractions is the whole of its second."""
    from starlette.requests import Request

    query = urlencode({AT: written(at)}).encode()
    found = moment(Request({"type": "http", "query_string": query, "headers": []}))
    assert found == (at if at.microsecond else at + timedelta(microseconds=999_999))
    assert found is not None and written(found) == written(at)


def test_a_stay_without_scores_has_a_page() -> None:
    rows = [row for row in everything() if row.topic != MODS and "apps" not in row.topic]
    assert "No score yet." in asked(made(Memory(rows, NOON)), "/stay/S-301").text
