"""The view tells measured, carried, assumed and sedated apart, keeps the current records, and tells what is new."""

import io
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from rich.console import Console

from picustream.demo.news import Weight
from picustream.demo.picture import Picture
from picustream.demo.tally import Tally, summary_lines
from picustream.demo.timeline import Beat, Bed
from picustream.demo.view import LiveView, PlainView, render_svg, view_for
from picustream.models.record import ALERT, DEAD_LETTER
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.scores.mods.record import MODS
from picustream.terminal import glyphs

ZONE = timezone(timedelta(hours=8))
NOON = datetime(2026, 3, 5, 12, tzinfo=ZONE)
ORGANS = ("respiratory", "renal", "hepatic", "cardiovascular", "haematologic", "neurologic")
BED = Bed(1, "S-1", "septic shock, 4 y", NOON - timedelta(days=3), NOON + timedelta(days=2), "ward")


def component(organ: str, points: int = 0, basis: str = "measured", value: float | None = 50.0) -> dict[str, Any]:
    return {
        "organ": organ,
        "points": points,
        "basis": basis,
        "value": value,
        "unit": "1",
        "observed_at": "2026-03-05T06:00:00+08:00",
        "age_hours": 31.5 if basis == "carried-forward" else None,
        "inputs": [],
        "reason": None if basis == "measured" else "not-measured",
        "candidates_rejected": [],
    }


def mods(day: int = 4, revision: int = 1, status: str = "preliminary", **organs: dict[str, Any]) -> dict[str, Any]:
    """A MODS record of stay S-1: all organs measured with 0 points, except the `organs` given."""
    components = [{**component(organ), **organs.get(organ, {})} for organ in ORGANS]
    known = sum(part["points"] for part in components if part["basis"] == "measured")
    unknown = sum(part["basis"] != "measured" for part in components)
    return {
        "event_id": f"mods/S-1/{day}/{revision}",
        "stay_id": "S-1",
        "patient_id": "P-1",
        "status": status,
        "revision": revision,
        "cause": {"reason": "observation", "event_id": "S-1/chemistry/02"},
        "score": "MODS",
        "day": f"2026-03-{day + 1:02}",
        "picu_day": day,
        "total": sum(part["points"] for part in components),
        "range": {"min": known, "max": known + 4 * unknown},
        "components": components,
    }


def withdrawn(day: int = 4, revision: int = 2) -> dict[str, Any]:
    empty = {"picu_day": None, "total": None, "range": None, "components": []}
    return {**mods(day, revision, "entered-in-error"), **empty}


def apps(total: int | None = 6, status: str = "preliminary", revision: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "stay_id": "S-1",
        "status": status,
        "revision": revision,
        "cause": {"reason": "observation", "event_id": "S-1/gas/09"},
        "basis": "daily",
        "day": "2026-03-05",
        "episode": None,
        "ards": "presumptive",
        "total": total,
        **fields,
    }


DEAD = {
    "topic": "picu.lab.v1",
    "partition": 3,
    "offset": 17,
    "key": "S-1",
    "scope": "observation",
    "reason": "unit-unknown",
    "path": "/observations/0/unit",
}
FIRING = {
    "stay_id": "S-1",
    "name": "amended-after-final",
    "severity": "warning",
    "state": "firing",
    "revision": 1,
    "cause": {"reason": "late", "event_id": "S-1/chemistry/02/late"},
}
LATE = Beat(NOON, "S-1", "a creatinine a day late", "Yesterday's creatinine arrives; yesterday is amended.")


def drawn(tally: Tally, width: int = 80, height: int = 24) -> list[str]:
    console = Console(width=width, height=height, file=io.StringIO(), force_terminal=False)
    console.print(Picture(tally))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def row(tally: Tally, stay_id: str = "S-1", width: int = 80) -> str:
    return next(line for line in drawn(tally, width) if line.startswith(stay_id))


@pytest.fixture
def tally() -> Tally:
    fresh = Tally([BED], speed=12_000)
    fresh.clock(NOON)
    return fresh


def test_the_four_bases_have_four_shapes_even_without_colour() -> None:
    shapes = [
        glyphs.organ(component("renal", basis=basis)).plain
        for basis in ("measured", "carried-forward", "assumed-normal", "assumed-normal-sedated")
    ]
    assert shapes == ["0····", "0‹‹‹‹", "?╌╌╌╌", "z╌╌╌╌"]


@pytest.mark.parametrize("points", range(5))
def test_points_are_a_digit_and_as_many_blocks(points: int) -> None:
    measured = glyphs.organ(component("renal", points)).plain
    carried = glyphs.organ(component("renal", points, "carried-forward")).plain
    assert measured == f"{points}{'█' * points}{'·' * (4 - points)}"
    assert carried == f"{points}{'▒' * points}{'‹' * (4 - points)}"


def test_missing_never_looks_like_zero(tally: Tally) -> None:
    """I6: an organ that nobody measured shows no digit, in one line or in two."""
    tally.record(MODS, mods(hepatic={"basis": "assumed-normal", "value": None, "reason": "not-measured"}))
    assert "?╌╌╌╌" in row(tally)
    roomy = drawn(tally, 140, 40)
    assert any("not measured" in line for line in roomy)
    assert "0–4" in row(tally)


def test_a_row_shows_day_total_range_trend_apps_and_status(tally: Tally) -> None:
    tally.record(MODS, mods(3, renal={"points": 2}))
    tally.record(MODS, mods(4, renal={"points": 3}, neurologic={"basis": "assumed-normal-sedated", "value": 15}))
    tally.record(APPS, apps(6))
    cells = row(tally).split()
    assert cells[:4] == ["S-1", "4", "3", "3–7"]
    assert cells[4:10] == ["0····", "3███·", "0····", "0····", "0····", "z╌╌╌╌"]
    assert cells[10:] == ["▂▂", "6", "prelim."]


@pytest.mark.parametrize("width", range(80, 130))
def test_a_label_takes_only_the_room_that_the_organs_leave(width: int) -> None:
    tally = Tally([replace(BED, label="after heart surgery, 8 mo")])
    tally.clock(NOON)
    tally.record(MODS, mods(4, renal={"points": 4}, hepatic={"points": 4}, neurologic={"basis": "assumed-normal"}))
    cells = row(tally, width=width)
    assert all(picture in cells for picture in ("4████", "0····", "?╌╌╌╌", "8–12", "prelim."))
    assert ("after hea" in cells) is (width >= 91)


def test_a_carried_value_says_how_old_it_is(tally: Tally) -> None:
    tally.record(MODS, mods(renal={"points": 2, "basis": "carried-forward", "age_hours": 31.5, "value": 236}))
    assert any("236 ‹32 h" in line for line in drawn(tally, 140, 40))


def test_an_incomplete_apps_is_a_question_mark_and_not_a_number(tally: Tally) -> None:
    tally.record(MODS, mods())
    tally.record(APPS, apps(None))
    assert row(tally).split()[-2:] == ["?", "prelim."]


def test_the_trend_leaves_a_gap_for_a_day_without_a_record(tally: Tally) -> None:
    for day in (1, 3, 4):
        tally.record(MODS, mods(day, renal={"points": 4}, hepatic={"points": 4}))
    assert glyphs.trend(tally.stays["S-1"].days, 24).plain == "▃ ▃▃"


def test_a_bed_is_empty_before_the_admission_and_left_after_the_discharge(tally: Tally) -> None:
    tally.clock(BED.admitted - timedelta(hours=1))
    assert "empty" in row(tally, width=100)
    assert BED.label not in row(tally, width=100)
    tally.record(MODS, mods())
    tally.clock(BED.left)
    assert "left" in row(tally)


def test_a_stay_that_no_bed_is_known_for_is_shown_all_the_same() -> None:
    tally = Tally()
    tally.record(MODS, mods())
    assert row(tally).startswith("S-1")


def test_a_withdrawn_day_gives_way_to_the_day_before(tally: Tally) -> None:
    tally.record(MODS, mods(3, renal={"points": 2}))
    tally.record(MODS, mods(4, renal={"points": 3}))
    news = tally.record(MODS, withdrawn(4))
    assert tally.stays["S-1"].current == mods(3, renal={"points": 2})
    assert news is not None
    assert (news.what, news.weight) == ("day 4 MODS withdrawn", Weight.SURPRISE)


def test_a_withdrawn_apps_is_no_longer_shown(tally: Tally) -> None:
    tally.record(APPS, apps(6))
    tally.record(APPS, apps(None, "entered-in-error", 2, ards=None))
    assert tally.stays["S-1"].daily_apps is None


def test_news_of_an_amended_day_names_the_change_and_the_cause(tally: Tally) -> None:
    carried = {"points": 2, "basis": "carried-forward", "value": 234}
    tally.record(MODS, mods(3, 1, "final", renal=carried))
    news = tally.record(MODS, mods(3, 2, "amended", renal={"points": 3, "value": 370}))
    assert news is not None
    assert news.what == "day 3 MODS 2→3 amended: renal 2→3 carried→measured"
    assert (news.reason, news.event_id, news.weight) == ("observation", "S-1/chemistry/02", Weight.SURPRISE)


def test_a_day_that_fills_up_is_routine_and_a_measured_value_that_changes_is_not(tally: Tally) -> None:
    tally.record(MODS, mods(4, 1, renal={"basis": "assumed-normal", "value": None}))
    filled = tally.record(MODS, mods(4, 2, renal={"points": 1, "value": 120}))
    changed = tally.record(MODS, mods(4, 3, renal={"points": 0, "value": 99}))
    assert filled is not None
    assert changed is not None
    assert (filled.weight, changed.weight) == (Weight.ROUTINE, Weight.SURPRISE)
    assert "renal 1→0 (120→99)" in changed.what


def test_a_treatment_start_amends_closed_days_without_surprise(tally: Tally) -> None:
    tally.record(MODS, {**mods(3, 1, "final"), "elapsed_day": None})
    news = tally.record(MODS, {**mods(3, 2, "amended"), "elapsed_day": -1})
    assert news is not None
    assert (news.what, news.weight) == ("day 3 MODS 0 amended: trial day -1", Weight.ROUTINE)


def test_surprises_stay_in_sight_among_the_routine(tally: Tally) -> None:
    tally.record(DEAD_LETTER, DEAD)
    for revision in range(1, 200):
        tally.record(MODS, mods(4, revision, renal={"basis": "assumed-normal", "value": revision}))
    assert any("unit-unknown" in line for line in drawn(tally))


def test_everything_is_counted(tally: Tally) -> None:
    tally.event_published(3)
    tally.event_published()
    tally.record(MODS, mods())
    tally.record(MODS, mods(revision=2))
    tally.record(APPS, apps())
    tally.record(ALERT, FIRING)
    tally.record(DEAD_LETTER, DEAD)
    tally.record("picu.outcome.v1", {"stay_id": "S-1", "revision": 1})
    summary = tally.summary()
    assert summary["events"] == 4
    assert summary["records"] == {MODS: 2, APPS: 1, ALERT: 1, DEAD_LETTER: 1, "picu.outcome.v1": 1}
    assert (summary["revisions"], summary["dead_letters"], summary["stays"]) == (1, {"unit-unknown": 1}, 1)
    assert "dead letters       1 (unit-unknown 1)" in summary_lines(summary)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (104, 30), (140, 40), (200, 60)])
def test_the_picture_fills_the_screen_and_loses_nothing_that_matters(width: int, height: int) -> None:
    beds = [Bed(n, f"S-{n}", f"child {n}", BED.admitted, BED.left, "ward") for n in range(1, 9)]
    tally = Tally(beds, speed=12_000)
    tally.clock(NOON)
    tally.beat(LATE)
    tally.record(MODS, mods())
    tally.record(DEAD_LETTER, DEAD)
    tally.record(ALERT, FIRING)
    lines = drawn(tally, width, height)
    text = "\n".join(lines)
    assert len(lines) == height
    assert max(len(line) for line in lines) <= width
    for wanted in ("S-8", "Thu 05 Mar 12:00", "12,000×", "day 4", LATE.title, "unit-unknown", "amended-after-final"):
        assert wanted in text
    for word in ("measured", "carried forward", "not measured", "sedated", "dead letters 1"):
        assert word in text


def test_plain_lines_tell_beats_closed_days_and_surprises_only() -> None:
    out = io.StringIO()
    view = PlainView([BED], 12_000, out)
    view.start()
    view.clock(NOON)
    view.event_published(5)
    view.record(MODS, mods(4, 1))
    view.record(MODS, mods(4, 2, renal={"points": 1, "value": 120}))
    view.beat(LATE)
    view.record(MODS, mods(4, 3, "final", renal={"points": 1, "value": 120}))
    view.record(DEAD_LETTER, DEAD)
    view.clock(NOON + timedelta(days=1))
    view.finish()
    view.finish()
    lines = out.getvalue().splitlines()
    assert lines[0] == "1 beds, 12,000 ward seconds a second"
    assert lines[1].startswith("Thu 12:00  S-1  day 4 MODS 0→1: renal 0→1 (50→120)  <- ")
    assert lines[2].startswith("Thu 12:00  S-1  * a creatinine a day late: ")
    assert lines[3] == "Thu 12:00  S-1  day 4 MODS 1 [1-1] final  <- observation S-1/chemistry/02"
    assert lines[4].endswith("<- unit-unknown picu.lab.v1 offset 17")
    assert lines[5] == "Fri 06 Mar  5 events, 4 records, 2 revisions, 1 dead letters so far"
    assert lines[6:] == summary_lines(view.summary())


def test_a_terminal_with_room_gets_the_picture_and_everything_else_lines() -> None:
    terminal = Console(force_terminal=True, width=80, height=24, file=io.StringIO())
    narrow = Console(force_terminal=True, width=79, height=24, file=io.StringIO())
    pipe = Console(force_terminal=False, file=io.StringIO())
    chosen = [view_for(console, [BED], 1.0) for console in (terminal, narrow, pipe)]
    assert [type(view) for view in chosen] == [LiveView, PlainView, PlainView]


def test_the_live_view_leaves_its_last_picture_and_the_summary() -> None:
    console = Console(force_terminal=True, width=80, height=24, file=io.StringIO())
    view = LiveView([BED], 12_000, console)
    view.start()
    view.record(MODS, mods())
    view.clock(NOON)
    view.finish()
    view.finish()
    assert isinstance(console.file, io.StringIO)
    after_the_screen = console.file.getvalue().split("\x1b[?1049l")[-1]
    assert "S-1" in after_the_screen
    assert after_the_screen.count("events published") == 1


def test_the_picture_as_svg_is_repeatable_and_fetches_nothing(tally: Tally) -> None:
    tally.record(MODS, mods())
    picture = render_svg(tally, 100, 30)
    assert picture == render_svg(tally, 100, 30)
    assert picture.startswith("<svg")
    assert re.findall(r"https?://[^\"'< ]+", picture) == ["http://www.w3.org/2000/svg", "https://www.textualize.io"]
    assert "@font-face" not in picture
