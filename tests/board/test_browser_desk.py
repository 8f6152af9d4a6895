"""The desk, the operator's page and the log-in in a real browser: every size, by keyboard, without scripts."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from picustream.board.checks import Checked
from picustream.board.pipeline import Behind, Feed
from picustream.doctor.finding import Finding, skipped
from tests.board.access.test_gate import PASSWORD, Door
from tests.board.conftest import Serves, seen_by_axe, serving
from tests.board.office import ALARMED, Office
from tests.board.test_browser import SIZES, SMALL, fits, opened

pytestmark = pytest.mark.xdist_group("browser")

PAGES = ("/desk?tab=all", "/desk?tab=log", "/desk?tab=consent", "/desk/S-303", "/ops")


@dataclass(frozen=True, slots=True)
class Served:
    office: Office
    address: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    office = Office.of(tmp_path_factory.mktemp("office"), ALARMED)
    heard = Feed("monitor", True, ALARMED - timedelta(hours=1), timedelta(hours=24), ALARMED)
    behind = Behind({0: "icu-1 (10.0.0.3)"}, {("picu.lab.v1", 0): 3}, {"picu.lab.v1": ALARMED}, (heard,), 2, ("No.",))
    found = Checked(
        datetime.now(UTC), (skipped("redis", "CONFIG is not allowed"), Finding("store", "finding", "old", "Do."))
    )
    board = replace(office.board(), behind=lambda: behind, checked=lambda: found)
    with serving() as serve:
        yield Served(office, serve(board))


def until(page: Page, done: Callable[[], bool]) -> None:
    """Wait for it, 15 seconds at most."""
    for _ in range(60):
        if done():
            return
        page.wait_for_timeout(250)
    pytest.fail("it did not happen within 15 s")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", PAGES)
def test_everybody_can_use_every_page(page: Page, served: Served, path: str, size: str) -> None:
    opened(page, served.address + path, size)
    assert fits(page)
    found = seen_by_axe(page)
    assert found.violations_count == 0, found.generate_report()
    if size == "phone":
        assert page.evaluate(SMALL) == []


def test_a_note_is_entered_by_keyboard_alone_and_shown_once_it_is_on_record(page: Page, served: Served) -> None:
    opened(page, served.address + "/desk/S-303", "desktop")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "note":
            break
    page.keyboard.type("called the father")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".pending")
    served.office.read()
    page.wait_for_selector(".entries >> text=called the father", timeout=15_000)
    assert page.locator(".pending").count() == 0


def test_what_somebody_is_writing_outlives_a_page_that_renews_itself(page: Page, served: Served) -> None:
    opened(page, served.address + "/desk/S-305", "desktop")
    page.fill("textarea", "half a sen")
    before = page.evaluate("shown")
    served.office.now += timedelta(minutes=1)
    until(page, lambda: page.evaluate("shown") != before)
    assert page.input_value("textarea") == "half a sen"


def test_the_slider_of_the_desk_goes_to_a_moment(page: Page, served: Served) -> None:
    """Of a list it then goes on from there: it has the changes of some days before."""
    for path in ("/desk/S-304", "/desk?tab=all"):
        opened(page, served.address + path, "desktop")
        slider = page.locator("input[type=range]")
        slider.focus()
        slider.press("Home")
        page.wait_for_url("**as-known-at=2026-03-0**")
        assert "The past." in page.inner_text("#troubles")
        at = parse_qs(urlsplit(page.url).query)["as-known-at"]
        assert [page.locator("#moment").input_value()] == at
        assert (page.locator("input[type=range]").input_value() == "0") == (path == "/desk/S-304")
        assert fits(page)


def test_a_decision_is_entered_without_scripts(browser: Browser, served: Served) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(served.address + "/desk/S-306")
        page.check("input[value=declined]")
        page.select_option("[name=reason]", "language")
        page.click("text=Enter the decision")
        assert page.locator(".pending").count() == 1
        served.office.read()
        until(page, lambda: page.reload() is not None and page.locator(".pending").count() == 0)
        assert "declined: language" in page.inner_text(".entries >> nth=0")


def test_the_door_can_be_used_by_everybody(browser: Browser, serves: Serves, tmp_path: Path) -> None:
    door = Door(tmp_path)
    server = uvicorn.Server(uvicorn.Config(door.app, port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    with browser.new_context() as context:
        page = context.new_page()
        while not server.started:
            page.wait_for_timeout(10)
        address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        page.goto(address + "/stay/S-301")
        assert page.url.startswith(address + "/login")
        assert Axe().run(page).violations_count == 0
        page.fill("[name=name]", "a-ward")
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector("html[data-live='yes']")
        assert page.url == address + "/stay/S-301"
        assert seen_by_axe(page).violations_count == 0
        assert page.locator("nav[aria-label=Pages] a").all_inner_texts() == ["Ward"]
        page.click("text=Log out")
        page.wait_for_url("**/login")
        page.goto(address + "/ward")
        assert page.url.startswith(address + "/login")
    server.should_exit = True
    thread.join(10)
