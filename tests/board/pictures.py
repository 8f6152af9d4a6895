"""Takes the pictures of the pages on the board: `python -m tests.board.pictures docs/images`."""

import sys
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page, sync_playwright

from picustream.board.frame import Trouble
from picustream.board.pages.page import AT
from tests.board.conftest import CHROMIUM, serving
from tests.board.made import NOON, ZONE, Memory, everything, made

STAY = "/stay/S-301?" + urlencode({"day": "2026-03-04"})
PAST = "/stay/S-301?" + urlencode({"day": "2026-03-04", AT: "2026-03-05T08:00"})
BEHIND = (Trouble("stale", "The read model is behind", "by 45 s; 1,234 records to be read."),)
MIDNIGHT = datetime(2026, 3, 6, 0, 20, tzinfo=ZONE)
"""Soon after it, when little is measured."""
SETTLE = 600
"""Milliseconds for a page to hear of its server."""


def take(page: Page, address: str, to: Path, width: int, height: int) -> None:
    """One picture, of what a screen of this size shows."""
    page.set_viewport_size({"width": width, "height": height})
    page.goto(address)
    page.wait_for_timeout(SETTLE)
    page.screenshot(path=str(to))


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
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
