"""Nights in which clocks are changed, as a display and a slider in a real browser show them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Page

from picustream.board.views import times
from picustream.board.views.reading import Reading
from picustream.board.views.ward import ward
from tests.board.conftest import SEEN, Serves
from tests.board.made import Memory
from tests.board.nights import BACK, BERLIN, FORWARD, board, change, revisions
from tests.board.test_browser import opened
from tests.board.test_live import LIVE

pytestmark = pytest.mark.xdist_group("browser")


@pytest.mark.parametrize("night", [BACK, FORWARD])
def test_a_slider_reaches_every_moment_around_the_change(page: Page, serves: Serves, night: date) -> None:
    """Those of the hour that there is twice, too, in the order in which they came."""
    opened(page, serves(board(night, change(night) + timedelta(days=1))) + "/stay/S-301", "desktop")
    offered = page.eval_on_selector_all("#moment option", "all => all.map((one) => one.value).filter(Boolean)")
    moments = [datetime.fromisoformat(one).astimezone(UTC) for one in offered]
    assert moments == sorted(set(moments), reverse=True)
    near = [at for at in moments if abs(at - change(night)) < timedelta(hours=1)]
    assert min(near) < change(night) <= max(near)
    for at in near:
        page.locator("input[type=range]").fill(str(len(moments) - 1 - moments.index(at)))
        page.wait_for_selector(f"#troubles:has-text('As it was known at {times.exact(at.astimezone(BERLIN))}')")


@pytest.mark.parametrize("night", [BACK, FORWARD])
def test_a_display_goes_through_the_night(page: Page, serves: Serves, night: date) -> None:
    """It is renewed at 02:30 and at 02:30 again; ages grow by the time that passes, and days end at their midnight."""
    midnight = datetime(night.year, night.month, night.day, tzinfo=BERLIN).astimezone(UTC)
    next_midnight = (datetime(night.year, night.month, night.day, tzinfo=BERLIN) + timedelta(days=1)).astimezone(UTC)
    half = timedelta(minutes=30)
    clock = [midnight + half]
    served = board(night, lambda: clock[0])
    page.goto(serves(served) + "/ward")
    page.wait_for_selector(LIVE)
    for now in (change(night) - half, change(night) + half, next_midnight - half, next_midnight + half):
        clock[0] = now
        local = now.astimezone(BERLIN)
        page.wait_for_selector(f"#known:text-is('{times.exact(local)}')", timeout=SEEN)
        page.wait_for_selector(LIVE)
        shown = dict(page.eval_on_selector_all(".bed:has(.total)", READ))
        children = ward(Reading(Memory(revisions(night), now)), now, BERLIN).children
        wanted = {bed.label: [child.of_day, child.oldest] for bed, child in children if child.figure}
        assert shown == wanted
        assert {day for day, _ in shown.values()} <= {"today", "yesterday"}


READ = """beds => beds.map((bed) => [bed.dataset.label, [
  bed.querySelector(".of-day").textContent.replace(",", ""),
  bed.querySelector(".counts [data-age]").textContent.replace("oldest value ", ""),
]])"""
