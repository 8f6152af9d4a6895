"""Long days of a display: time flies, figures change, and neither the page nor the board becomes any larger."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page

from picustream.local.ports import free_port
from tests.board.test_live import LIVE, sizes
from tests.paths import ROOT
from tests.scoring.histories import LONG

pytestmark = pytest.mark.xdist_group("browser")

MINUTES = 24 * 60 if LONG else 60
"""That pass on the ward; the page is renewed with each."""
BEFORE = 40
"""After which everything that is made once has been made."""
COUNTED = """() => {
  const before = exchange;
  window.renewals = 0;
  exchange = (page) => { window.renewals += 1; before(page); };
}"""
"""Counts how often the page was renewed."""
LARGER = 12_000
"""Kilobytes that a board may take more: it remembers the records that it has read, up to a number."""


class Hurried:
    """The board of a ward whose clock is moved on."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def pass_minutes(self, number: int) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{number}\n")
        self._process.stdin.flush()
        said = iter(self._process.stdout.readline, "")
        assert "done\n" in said, "its process has ended"  # before that come lines of its log

    @property
    def kilobytes(self) -> int:
        """That its process takes."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


@contextmanager
def hurried(folder: Path) -> Iterator[tuple[str, Hurried]]:
    port = free_port()
    command = [sys.executable, "-m", "tests.board.hurried", str(port), str(folder)]
    board = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert board.stdout is not None and board.stdout.readline() == "ready\n"
        yield f"http://127.0.0.1:{port}", Hurried(board)
    finally:
        board.kill()
        board.wait()


def test_a_day_of_renewals_makes_neither_the_page_nor_the_board_larger(page: Page, tmp_path: Path) -> None:
    with hurried(tmp_path) as (address, ward):
        page.goto(address + "/ward")
        page.wait_for_selector(LIVE)
        page.evaluate(COUNTED)
        ward.pass_minutes(BEFORE)
        known, page_before, board_before = page.inner_text("#known"), sizes(page), ward.kilobytes
        ward.pass_minutes(MINUTES)
        page.wait_for_selector(LIVE)
        page_after, board_after = sizes(page), ward.kilobytes
        renewed = page.evaluate("renewals")
        assert page.inner_text("#known") != known
        assert renewed > (BEFORE + MINUTES) / 4, "a renewal at each word, and of those that come meanwhile one"
        assert page_after["Nodes"] < 1.5 * page_before["Nodes"]
        assert page_after["JSEventListeners"] <= page_before["JSEventListeners"]
        assert page_after["JSHeapUsedSize"] < page_before["JSHeapUsedSize"] + 1_000_000
        assert board_after < board_before + LARGER
        print(renewed, page_before, page_after, board_before, board_after)
