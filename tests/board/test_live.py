"""No page shows an old figure as a fresh one: what it says while servers die, hang and come back."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from picustream.board.frame import Trouble
from picustream.board.pipeline import Behind, Feed
from picustream.board.pulse import Pulse, State
from picustream.local.ports import free_port
from picustream.scoring.scores.mods.record import MODS
from tests.board.conftest import SEEN, Serves, serving
from tests.board.made import NOON, Memory, everything, made
from tests.board.office import ALARMED, Office
from tests.board.test_ward import changed
from tests.paths import ROOT

pytestmark = pytest.mark.xdist_group("browser")

LIVE, OLD, NOT_LIVE = (f"html[data-live='{state}']" for state in ("yes", "old", "no"))


@contextmanager
def process(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A board that can be killed; it is there when this returns."""
    command = [sys.executable, "-m", "tests.board.served", str(port)]
    board = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert board.stdout is not None and board.stdout.readline() == b"ready\n"
        yield board
    finally:
        board.kill()
        board.wait()


def opacity(page: Page) -> float:
    return float(page.evaluate("getComputedStyle(document.getElementById('board')).opacity"))


def test_a_page_whose_server_is_killed_says_so_and_recovers(page: Page) -> None:
    port = free_port()
    with process(port):
        page.goto(f"http://127.0.0.1:{port}/ward")
        page.wait_for_selector(LIVE)
    page.wait_for_selector(NOT_LIVE, timeout=SEEN)
    assert "NOT LIVE" in page.inner_text("#live") and opacity(page) < 1
    struck = page.evaluate("getComputedStyle(document.querySelector('.total .big')).textDecorationLine")
    assert struck == "line-through"
    assert page.locator(".total .big").first.inner_text() == "8–12"
    with process(port):
        page.wait_for_selector(LIVE, timeout=SEEN)
        assert page.inner_text("#live") == "Live" and opacity(page) == 1


def test_a_page_whose_read_model_gives_no_answer_says_so(page: Page, serves: Serves) -> None:
    """The board lives and answers, and does not know either."""
    hangs: list[int] = []

    def troubles() -> tuple[Trouble, ...]:
        while hangs:
            time.sleep(0.05)
        return ()

    page.goto(serves(made(Memory(everything(), NOON), troubles=troubles)) + "/ward")
    page.wait_for_selector(LIVE)
    hangs.append(1)
    page.wait_for_selector(NOT_LIVE, timeout=SEEN)
    hangs.clear()
    page.wait_for_selector(LIVE, timeout=SEEN)


def test_what_is_wrong_with_the_age_is_seen_and_passes(page: Page, serves: Serves) -> None:
    """A read model that is behind makes the figures look old, a feed that is silent does not: they are not the same."""
    found: list[Trouble] = []
    page.goto(serves(made(Memory(everything(), NOON), troubles=lambda: tuple(found))) + "/ward")
    page.wait_for_selector(LIVE)
    found.append(Trouble("silent", "Silent:", "bga-2 since 19:36"))
    page.wait_for_selector("text=bga-2 since 19:36", timeout=SEEN)
    assert opacity(page) == 1
    found.append(Trouble("stale", "The read model is behind", "by 45 s"))
    page.wait_for_selector(OLD, timeout=SEEN)
    assert opacity(page) < 1 and "what is shown is old" in page.inner_text("#live")
    found.clear()
    page.wait_for_selector(LIVE, timeout=SEEN)
    assert opacity(page) == 1 and page.inner_text("#troubles") == ""


def test_a_silent_feed_a_model_that_lags_and_a_page_that_is_dead_are_three_things_to_an_operator(
    browser: Browser, tmp_path: Path
) -> None:
    """Each within ten seconds, with signs that the others have not; and a worker that is gone is a fourth."""
    heard = Feed("monitor", True, ALARMED - timedelta(hours=1), timedelta(hours=24), ALARMED + timedelta(hours=23))
    behind = Behind({0: "icu-1"}, {("picu.lab.v1", 0): 0}, {}, (heard,), 1)
    found: dict[str, Any] = {"behind": behind, "troubles": ()}
    office = Office.of(tmp_path, ALARMED)
    pulse = Pulse(lambda: State(1, ALARMED, found["troubles"]), lambda: ALARMED)
    board = replace(office.board(), pulse=pulse, behind=lambda: found["behind"])
    with browser.new_context() as context:
        page = context.new_page()
        with serving() as serve:
            page.goto(serve(board) + "/ops")
            page.wait_for_selector(LIVE)
            feed, worker = page.locator("[data-piece=feeds] tr.bad"), page.locator("[data-piece=workers] tr.bad")
            assert (feed.count(), worker.count(), opacity(page)) == (0, 0, 1)

            found["behind"] = replace(behind, feeds=(replace(heard, due=ALARMED),))
            feed.wait_for(timeout=SEEN)
            assert "monitor" in feed.inner_text() and worker.count() == 0
            assert (page.get_attribute("html", "data-live"), opacity(page)) == ("yes", 1)

            found["behind"] = replace(behind, owners={})
            worker.wait_for(timeout=SEEN)
            assert "nobody" in worker.inner_text() and feed.count() == 0 and opacity(page) == 1

            found["behind"], found["troubles"] = behind, (Trouble("stale", "The read model is behind", "by 45 s"),)
            page.wait_for_selector(OLD, timeout=SEEN)
            assert (feed.count(), worker.count()) == (0, 0) and opacity(page) < 1
            assert "NOT LIVE" not in page.inner_text("#live")
        page.wait_for_selector(NOT_LIVE, timeout=SEEN)
        assert "NOT LIVE" in page.inner_text("#live") and opacity(page) < 1


def test_what_is_new_comes_by_itself_and_nothing_else_moves(page: Page, serves: Serves) -> None:
    """The bed of a new figure is another one, what has the focus keeps it, and it is said once."""
    rows = [row for row in everything() if row.emitted_at <= NOON]
    [newest] = [row for row in Memory(rows).current(MODS, stay="S-306") if row.record.endswith("03-06")]
    model = Memory(rows)
    page.goto(serves(made(model)) + "/ward")
    page.wait_for_selector(LIVE)
    page.focus("#bed-6 a")
    page.evaluate("document.querySelector('#bed-5').untouched = true")
    later = changed(newest, event_id=f"{newest.record}/r99", revision=99, total=9, range={"min": 9, "max": 9})
    model.rows.append(later)
    page.wait_for_selector("#bed-6 .total .big:text-is('9')", timeout=SEEN)
    assert page.evaluate("document.activeElement === document.querySelector('#bed-6 a')")
    assert page.evaluate("document.querySelector('#bed-5').untouched") is True
    assert page.inner_text("#said") == "Bed 6 changed"


def test_a_table_that_was_moved_stays_where_it_is(page: Page, serves: Serves) -> None:
    """On a phone, whose screen is narrower than the table; it begins with the day that is chosen in sight."""
    rows = [row for row in everything() if row.emitted_at <= NOON]
    model = Memory(rows)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(serves(made(model)) + "/stay/S-301")
    page.wait_for_selector(LIVE)
    assert page.evaluate("window.scrollY") == 0
    assert page.evaluate("document.querySelector('.scroll').scrollLeft") > 100
    page.evaluate("document.querySelector('.scroll').scrollLeft = 40")
    [newest] = [row for row in model.current(MODS, stay="S-301") if row.record.endswith("03-06")]
    model.rows.append(
        changed(newest, event_id=f"{newest.record}/r99", revision=99, total=9, range={"min": 9, "max": 9})
    )
    page.wait_for_selector("#days .totals b:text-is('9')", timeout=SEEN)
    assert page.evaluate("document.querySelector('.scroll').scrollLeft") == 40


def test_a_tab_that_nobody_sees_leaves_the_server_alone(browser: Browser, ward_page: str) -> None:
    """Eight tabs of one browser, of which it gives a server no more than six connections: each of them is live."""
    with browser.new_context() as context:
        tabs = [context.new_page() for _ in range(8)]
        for tab in tabs:
            tab.add_init_script("Object.defineProperty(document, 'hidden', { get: () => window.unseen === true });")
            tab.goto(ward_page + "/ward")
            tab.wait_for_selector(LIVE)
            tab.evaluate("window.unseen = true; document.dispatchEvent(new Event('visibilitychange'))")
        tabs[0].evaluate("window.unseen = false; document.dispatchEvent(new Event('visibilitychange'))")
        tabs[0].wait_for_selector(LIVE, timeout=SEEN)


def test_a_display_that_was_renewed_all_day_is_no_larger(page: Page, serves: Serves) -> None:
    """A page that changes three hundred times has the nodes and the listeners that it began with."""
    model = Memory(row for row in everything() if row.emitted_at <= NOON)
    page.goto(serves(made(model)) + "/ward")
    page.wait_for_selector(LIVE)
    before = sizes(page)
    renewed = """async (times) => {
      for (let turn = 0; turn < times; turn += 1) {
        for (const piece of document.querySelectorAll(".bed")) piece.append(`${turn}`);
        await renew({ version: `${turn}`, known: "", known_words: "" });
      }
    }"""
    page.evaluate(renewed, 300)
    assert page.locator(".total .big").count() == 7
    after = sizes(page)
    assert after["Nodes"] < 1.5 * before["Nodes"]
    assert after["JSEventListeners"] <= before["JSEventListeners"]
    assert after["JSHeapUsedSize"] < before["JSHeapUsedSize"] + 1_000_000


def sizes(page: Page) -> dict[str, float]:
    """What the page holds once what is unused is gone: the least of a second, for in the midst of a renewal there are
    two of everything."""
    client = page.context.new_cdp_session(page)
    client.send("Performance.enable")
    readings = []
    for _ in range(5):
        page.wait_for_timeout(200)
        client.send("HeapProfiler.collectGarbage")
        metrics = client.send("Performance.getMetrics")["metrics"]
        readings.append({metric["name"]: metric["value"] for metric in metrics})
    return min(readings, key=lambda reading: reading["Nodes"])
