"""The pages in a real browser: on a wall, a desk and a phone, by keyboard alone, at twice the size, without scripts."""

from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page

from picustream.board.frame import Trouble
from picustream.board.pages.page import AT
from picustream.scoring.presence.record import STAY
from tests.board.conftest import Serves, seen_by_axe
from tests.board.made import NOON, ZONE, Kept, Memory, everything, made
from tests.board.test_ward import changed

pytestmark = pytest.mark.xdist_group("browser")

SIZES = {"wall": (1920, 1080), "desktop": (1280, 800), "phone": (390, 844)}
PAST = f"/stay/S-301?{urlencode({AT: '2026-03-05T08:00', 'day': '2026-03-04', 'revisions': 'all'})}"
MIDNIGHT = datetime(2026, 3, 6, 0, 20, tzinfo=ZONE)
"""Soon after it, when little is measured."""
PAGES = ("/ward", "/stay/S-301?day=2026-03-04", PAST, "/stay/S-999")


SMALL = """[...document.querySelectorAll("a, button, select, summary")]
  .filter((one) => one.offsetHeight && one.offsetHeight < 40 && !one.closest("p, .skip"))
  .map((one) => one.outerHTML)"""
"""What can be touched, is no word of a sentence, and is too low for a finger."""


def opened(page: Page, address: str, size: str) -> Page:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.goto(address)
    page.wait_for_selector("html[data-live='yes'], html[data-past]")
    return page


def fits(page: Page) -> bool:
    """Whether nothing has to be moved sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", PAGES)
def test_everybody_can_use_every_page(page: Page, ward_page: str, path: str, size: str) -> None:
    """axe finds nothing, nothing is cut off at the side, and what can be touched is large enough on a phone."""
    opened(page, ward_page + path, size)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert fits(page)
    found = seen_by_axe(page)
    assert found.violations_count == 0, found.generate_report()
    if size == "phone":
        small = page.evaluate(SMALL)
        assert small == []


def test_a_wall_shows_all_beds_at_once_and_large(page: Page, ward_page: str) -> None:
    opened(page, ward_page + "/ward", "wall")
    assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")
    heights = page.evaluate(
        "[...document.querySelectorAll('.total .big')].map((one) => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(heights) >= 70


@pytest.mark.parametrize("at", [NOON, MIDNIGHT])
@pytest.mark.parametrize("beds", [8, 12, 20, 40])
def test_a_wall_shows_all_of_so_many_beds(page: Page, serves: Serves, beds: int, at: datetime) -> None:
    """With a line of trouble above them, with long ids, and after midnight: no bed is off the screen, no figure cut."""
    troubles = (Trouble("silent", "Silent:", "bga-2 since 19:36"),)
    opened(page, serves(made(Memory(many(beds, at), at), at, lambda: troubles)) + "/ward", "wall")
    assert page.locator(".bed").count() == beds
    assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")
    assert fits(page)
    assert page.evaluate(CUT) == []


@pytest.mark.parametrize("beds", [8, 14, 20, 38])
def test_a_wall_shows_two_children_in_one_bed_and_two_without_one(page: Page, serves: Serves, beds: int) -> None:
    rows = [place(row, {"04": "5", "06": None, "07": None}) if row.topic == STAY else row for row in many(beds, NOON)]
    opened(page, serves(made(Memory(rows, NOON))) + "/ward", "wall")
    assert page.locator(".child").count() == beds and page.locator(".conflict .child").count() == 2
    assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")
    assert fits(page) and page.evaluate(CUT) == []


def place(row: Kept, beds: dict[str, str | None]) -> Kept:
    """The revision, of a child in another bed."""
    return next((changed(row, bed=bed) for end, bed in beds.items() if str(row.stay).endswith(end)), row)


def test_better_and_worse_differ_in_shape(page: Page, ward_page: str) -> None:
    """As an outline does from a ground: who sees no colours reads which is which from across the room."""
    opened(page, ward_page + "/ward", "wall")
    grounds = {
        page.eval_on_selector(f".since .change.{course}", "(one) => getComputedStyle(one).backgroundColor")
        for course in ("better", "worse")
    }
    assert grounds == {"rgba(0, 0, 0, 0)", "rgb(255, 255, 255)"}


def test_a_wall_shows_two_units(page: Page, serves: Serves) -> None:
    rows = many(14, NOON)
    for index, row in enumerate(rows):
        if row.topic == STAY and str(row.stay) > "S-4kx7h2q9m3vz08":
            rows[index] = changed(row, unit="PICU-B")
    opened(page, serves(made(Memory(rows, NOON))) + "/ward", "wall")
    assert page.locator(".child").count() == 14 and page.locator("h2").count() == 2
    assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")


CUT = """[...document.querySelectorAll(".child")].flatMap((child) => {
  const box = child.getBoundingClientRect();
  const within = (one) => { const it = one.getBoundingClientRect();
    return !it.width || (it.bottom <= box.bottom && it.right <= box.right && it.top >= box.top); };
  return [...child.querySelectorAll("h3, .big, .beside b, .cell, .change, .counts span, .steps")]
    .filter((one) => !within(one)).map((one) => one.outerHTML); })"""
"""What of a child is drawn, and lies outside of its tile."""


def many(beds: int, until: datetime) -> list[Kept]:
    """The seven children of the ward again and again, each in a bed of its own."""
    children = [f"S-30{number}" for number in range(1, 8)]
    rows = [row for row in everything() if row.emitted_at <= until and row.stay in children]
    return [moved(row, bed) for bed in range(1, beds + 1) for row in rows if row.stay == children[bed % 7]]


def moved(row: Kept, bed: int) -> Kept:
    """The revision, of another child in this bed."""
    own, other = str(row.stay), f"S-4kx7h2q9m3vz{bed:02}"
    one = replace(row, stay=other, body=row.body.replace(own, other), record=row.record.replace(own, other))
    return changed(one, bed=str(bed)) if row.topic == STAY else one


def test_a_page_is_read_without_scripts(browser: Browser, ward_page: str) -> None:
    """Everything is there, the moment is chosen by a button, and nothing claims to be live."""
    with browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        page.goto(ward_page + "/ward")
        assert page.locator(".total .big").count() == 7
        assert "Not renewed by itself" in page.inner_text("#live")
        page.get_by_role("link", name="Bed 1").click()
        page.get_by_role("link", name="Wed 4 Mar").click()
        page.select_option("#moment", index=20)
        page.get_by_role("button", name="Show").click()
        assert "The past." in page.inner_text("#troubles")
        assert page.locator("td.differs").count() > 0


def test_a_stay_is_reached_and_a_day_chosen_by_keyboard_alone(page: Page, ward_page: str) -> None:
    opened(page, ward_page + "/ward", "desktop")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    reach(page, "Bed 1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/stay/S-301")
    reach(page, "Wed 4 Mar")
    page.keyboard.press("Enter")
    page.wait_for_url("**day=2026-03-04**")
    assert "Wed 4 Mar" in page.inner_text("#receipt-title")


def reach(page: Page, text: str) -> None:
    """Press Tab until the element with this text has the focus, which can be seen on it."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText") == text:
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none"
            return
    raise AssertionError(f"{text} cannot be reached")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_at_twice_its_size_is_read_without_moving_it_sideways(page: Page, ward_page: str, path: str) -> None:
    """A window of 1280 at 200 % has 640, and one at 400 % has 320 (WCAG 1.4.10)."""
    for width in (640, 320):
        page.set_viewport_size({"width": width, "height": 512})
        page.goto(ward_page + path)
        assert fits(page)


def test_the_slider_goes_to_a_moment(page: Page, ward_page: str) -> None:
    opened(page, ward_page + "/stay/S-301", "desktop")
    slider = page.locator("input[type=range]")
    slider.focus()
    slider.press("Home")
    page.wait_for_url("**as-known-at=2026-03-02**")
    assert "The past." in page.inner_text("#troubles")
    assert page.locator("input[type=range]").input_value() == "0"


def test_the_ward_of_yesterday_is_one_slider_away(page: Page, ward_page: str) -> None:
    opened(page, ward_page + "/ward", "desktop")
    slider = page.locator("input[type=range]")
    slider.focus()
    slider.press("ArrowLeft")
    page.wait_for_url("**as-known-at=2026-03-06T15**")
    assert "The past. As it was known at Fri 6 Mar 15:00:00" in page.inner_text("#troubles")
    page.get_by_role("link", name="Back to now").click()
    page.wait_for_url("**/ward")


def test_the_chosen_day_is_beside_the_names_of_the_organs_and_not_under_them(page: Page, ward_page: str) -> None:
    opened(page, ward_page + "/stay/S-301?day=2026-03-04", "phone")
    names, chosen = (page.locator(one).bounding_box() for one in ("thead th:first-child", "thead .chosen"))
    assert names and chosen and chosen["x"] >= names["x"] + names["width"] and chosen["x"] + chosen["width"] <= 390


def test_what_is_shown_of_a_figure_is_the_same_on_paper(page: Page, ward_page: str) -> None:
    """Dark on light, with nothing to press."""
    opened(page, ward_page + "/stay/S-301?day=2026-03-04", "desktop")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.is_visible("form.moments") and page.is_visible(".days") and page.is_visible(".use")
