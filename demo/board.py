"""The board of a demo: `picustream board` as a process of its own, which feeds a read model in the demo's folder."""

import os
import sys
import webbrowser
from pathlib import Path

from picustream.demo.process import Process
from picustream.local import ports
from picustream.runtime.settings import Settings


class Board(Process):
    """One board, on a free port. `worker`: where the worker's health page is."""

    def __init__(self, settings: Settings, worker: str, store: Path, log: Path) -> None:
        self._port = ports.free_port()
        mine = {"board_port": self._port, "board_workers": worker, "log_format": "text"}
        super().__init__("board", ["board", "--store", str(store)], settings.model_copy(update=mine), log)

    @property
    def address(self) -> str:
        """Of the ward's page."""
        return f"http://127.0.0.1:{self._port}/ward"

    def wait_until_ready(self) -> None:
        """Return when it answers. Raises `ProcessEnded`."""
        self.wait_until(lambda: ports.is_open(self._port))


def show(address: str) -> bool:
    """Open a browser that has a window, if there is one. One for terminals would take ours."""
    windows = sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    return windows and sys.stdout.isatty() and webbrowser.open(address)
