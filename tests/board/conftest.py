"""A browser for all tests of a process, and boards to show in it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from picustream.board.app import application
from picustream.board.board import Board
from tests.board.made import NOON, Memory, everything, made

CHROMIUM = next((path for path in map(Path, ("/usr/bin/chromium", "/usr/bin/google-chrome")) if path.exists()), None)
MISSING = "needs the browser Chromium, which is not installed (Debian: apt install chromium)"

SEEN = 30_000
"""Milliseconds for a page to show what is so. It does within ten seconds where the machine does nothing else."""

Serves = Callable[[Board], str]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Of a module alone: while there is one, its event loop runs, and no other can be started in the process."""
    if CHROMIUM is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab. Whatever the browser complains of fails the test: a script's error, a style that the policy refuses."""
    with browser.new_context() as context:
        tab = context.new_page()
        complaints: list[str] = []
        tab.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        yield tab
        assert [text for text in complaints if not text.startswith("Failed to load resource")] == []


def seen_by_axe(page: Page) -> AxeResults:
    """What keeps somebody from using a page, as it is now: one that axe holds up for long would rightly turn grey."""
    page.evaluate("for (let timer = 0; timer < 1000; timer += 1) clearInterval(timer)")
    return Axe().run(page)


@contextmanager
def serving() -> Iterator[Serves]:
    """Serves boards on free ports: their addresses."""
    running: list[uvicorn.Server] = []

    def serve(board: Board) -> str:
        app = application(board, [board.pulse.run])
        config = uvicorn.Config(app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        running.append(server)
        threading.Thread(target=server.run, daemon=True).start()
        while not server.started:
            time.sleep(0.01)
        return f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"

    yield serve
    for server in running:
        server.should_exit = True


@pytest.fixture
def serves() -> Iterator[Serves]:
    """Serves boards until the test is done: those of all tests together would leave a page no time."""
    with serving() as serve:
        yield serve


@pytest.fixture(scope="session")
def ward_page() -> Iterator[str]:
    """The address of a board of the ward's fifth day."""
    with serving() as serve:
        yield serve(made(Memory(everything(), NOON)))
