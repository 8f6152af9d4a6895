"""Takes the pictures of the pages on the board: `python -m tests.board.pictures docs/images`."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from playwright.sync_api import Page, sync_playwright

from picustream.board.access.roles import LOCAL
from picustream.board.board import Board
from picustream.board.checks import Checked
from picustream.board.entries import entered
from picustream.board.frame import Trouble
from picustream.board.pages.page import AT
from picustream.board.pipeline import Behind, Feed
from picustream.doctor.finding import Finding, ok
from picustream.models.event import INPUT_TOPICS, VITAL
from tests.board.conftest import CHROMIUM, serving
from tests.board.made import NOON, ZONE, Memory, everything, made
from tests.board.office import Office

STAY = "/stay/S-301?" + urlencode({"day": "2026-03-04"})
PAST = "/stay/S-301?" + urlencode({"day": "2026-03-04", AT: "2026-03-05T08:00"})
BEHIND = (Trouble("stale", "The read model is behind", "by 45 s; 1,234 records to be read."),)
MIDNIGHT = datetime(2026, 3, 6, 0, 20, tzinfo=ZONE)
"""Soon after it, when little is measured."""
APPROACHED = {"type": "screening-decision", "decision": "approached"}
CLOCK = (Finding("clock", "finding", "Kafka's clock is 4 s ahead of this machine's", "Set both by NTP."),)
SETTLE = 600
"""Milliseconds for a page to hear of its server."""


def take(page: Page, address: str, to: Path, width: int, height: int) -> None:
    """One picture, of what a screen of this size shows."""
    page.set_viewport_size({"width": width, "height": height})
    page.goto(address)
    page.wait_for_timeout(SETTLE)
    page.screenshot(path=str(to))


def office(folder: Path) -> Board:
    """A board over a file, with what a coordinator and an operator see on a usual day."""
    behind_it = Office.of(folder)
    ana = replace(LOCAL, name="ana")
    for fields in ({"type": "note", "note": "Father comes at six; wants the leaflet in Chinese."}, APPROACHED):
        behind_it.take(entered(fields, "S-301", ana, NOON - timedelta(minutes=fields is APPROACHED)))
    behind_it.read()
    feeds = tuple(
        Feed(name, name != "adt", NOON - since, limit, NOON - since + limit)
        for name, since, limit in (
            ("adt", timedelta(hours=3), timedelta(hours=24)),
            ("bga-1", timedelta(minutes=50), timedelta(hours=6)),
            ("bga-2", timedelta(hours=7), timedelta(hours=6)),
            ("monitor", timedelta(seconds=20), timedelta(minutes=30)),
            ("ventilator", timedelta(seconds=40), timedelta(minutes=30)),
        )
    )
    waiting = {(topic, number): 0 for topic in INPUT_TOPICS for number in range(4)} | {(VITAL, 2): 3}
    owners = {number: f"icu-{number % 2 + 1} (10.0.0.{number % 2 + 3})" for number in range(4)}
    newest = {topic: NOON - timedelta(minutes=2) for topic in INPUT_TOPICS}
    pipeline = Behind(owners, waiting, newest, feeds, 4, (), NOON)
    found = (ok("kafka", "Kafka 4.1 answers"), ok("redis", "appendonly yes, appendfsync always"), *CLOCK)
    return replace(behind_it.board(), behind=lambda: pipeline, checked=lambda: Checked(datetime.now(UTC), found))


def main(folder: Path) -> None:
    with sync_playwright() as playwright, serving() as serve:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page()
        model = Memory(everything(), NOON)
        ward = serve(made(model))
        take(page, ward + "/ward", folder / "board-ward.png", 1920, 1080)
        take(page, ward + "/ward", folder / "board-phone.png", 390, 844)
        night = serve(made(Memory(everything(), MIDNIGHT), MIDNIGHT))
        take(page, night + "/ward", folder / "board-night.png", 1920, 1080)
        take(page, ward + STAY, folder / "board-stay.png", 1280, 1000)
        take(page, ward + PAST, folder / "board-past.png", 1280, 560)
        old = serve(made(model, troubles=lambda: BEHIND))
        take(page, old + "/ward", folder / "board-old.png", 1280, 640)
        with TemporaryDirectory() as store:
            trial = serve(office(Path(store)))
            take(page, trial + "/desk?tab=all", folder / "desk.png", 1280, 1100)
            take(page, trial + "/ops", folder / "ops.png", 1280, 1300)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
