"""A process of a demo: a `picustream` command with settings of its own, and how its end is reported."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.runtime.settings import Settings

READY = 60.0
"""Seconds until it must be ready."""
STOP = 10.0
"""Seconds from SIGTERM to SIGKILL; worker and gateway themselves mean to end within seven."""
ANSWER = 2.0
"""Seconds for an answer of its pages."""
PAUSE = 0.05
"""Seconds between two checks of a process that starts."""


class ProcessEnded(UserError):
    """A process ended, or does not start, without having been asked to."""


class Process:
    """One process: `picustream ARGUMENTS`. `settings`: its own; `log`: the file that takes its output."""

    def __init__(self, name: str, arguments: Sequence[str], settings: Settings, log: Path) -> None:
        self._name = name
        self._arguments = arguments
        self._settings = settings
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; no signal from this terminal reaches it."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "picustream", *self._arguments],
                env=environment(self._settings),
                # Not the current folder: Python would look there first for a package of our name.
                cwd=self._log.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        # For whoever has to clean up after a demo that was killed.
        self._log.with_suffix(".pid").write_text(f"{self._process.pid}\n")

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Return when it is `ready`. Raises `ProcessEnded`."""
        deadline = time.monotonic() + READY
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise self._ended(f"The {self._name} is not ready within {READY:.0f} s")
            time.sleep(PAUSE)

    def check(self) -> None:
        """Raises `ProcessEnded` if it has ended, with the last line of its log."""
        status = None if self._process is None else self._process.poll()
        if status is not None:
            raise self._ended(f"The {self._name} ended ({_how(status)})")

    def stop(self) -> None:
        """SIGTERM, and SIGKILL if that does not help; returns when it has ended. Nothing if it does not run."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def pages(self) -> str:
        """Where its health page and its metrics are."""
        return f"http://127.0.0.1:{self._settings.http_port}"

    def _page(self, page: str) -> str:
        """Where one of them is."""
        return f"{self.pages}/{page}"

    def _ended(self, how: str) -> ProcessEnded:
        """The folder of the log goes with the demo, so the log is put where the user can read it."""
        last_words = _last_line(self._log)
        handle, kept = tempfile.mkstemp(prefix=f"picustream-demo-{self._name}-", suffix=".log")
        os.close(handle)
        shutil.copyfile(self._log, kept)
        return ProcessEnded(f"{how}; its last line: {last_words}", f"Its log: {kept}", ENVIRONMENT)


def environment(settings: Settings) -> dict[str, str]:
    """This process's environment, with the PICUSTREAM_* settings that differ from the defaults and no others."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PICUSTREAM_")}
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if value != field.default:
            ours[f"PICUSTREAM_{name.upper()}"] = value.isoformat() if isinstance(value, datetime) else str(value)
    return ours


def _how(status: int) -> str:
    return f"exit status {status}" if status >= 0 else signal.Signals(-status).name


def _last_line(log: Path) -> str:
    """The most informative line: the last complaint of the command, else simply the last line."""
    lines = [" ".join(line.split()) for line in log.read_text(errors="replace").splitlines() if line.strip()]
    complaints = [line for line in lines if line.startswith("picustream: ")]
    return (complaints or lines or ["nothing"])[-1]
