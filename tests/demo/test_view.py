"""The views of a demo: a picture, lines, and an image."""

import io
import re
from datetime import timedelta

from rich.console import Console

from picustream.demo.tally import Tally, summary_lines
from picustream.demo.view import LiveView, PlainView, render_svg, view_for
from picustream.models.record import DEAD_LETTER
from picustream.scoring.scores.mods.record import MODS
from tests.demo.records import BED, DEAD, LATE, NOON, mods


def test_plain_lines_report_beats_closed_days_and_surprises_only() -> None:
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
