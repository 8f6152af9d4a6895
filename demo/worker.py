"""The worker of a demo: `picustream worker` as a process of its own, with the ward's clock in its settings."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.runtime.settings import Settings

READY = 60.0
"""Seconds until it must own its partitions."""
STOP = 10.0
"""Seconds from SIGTERM to SIGKILL; the worker itself means to end within seven."""
ANSWER = 2.0
"""Seconds for an answer of /healthz."""
PAUSE = 0.05
"""Seconds between two checks of a worker that starts."""


class WorkerEnded(UserError):
    """The worker ended, or does not start, without having been asked to."""


class Worker:
    """One process. `settings`: those it is started with; `log`: the file that takes its output."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self._settings = settings
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; no signal from this terminal reaches it."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "picustream", "worker"],
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

    def wait_until_ready(self) -> None:
        """Return when it owns all its partitions and holds their state. Raises `WorkerEnded`."""
        deadline = time.monotonic() + READY
        while not self._all(lambda partition: bool(partition["held"])):
            self.check()
            if time.monotonic() > deadline:
                raise self._ended(f"The worker is not ready within {READY:.0f} s")
            time.sleep(PAUSE)

    def check(self) -> None:
        """Raises `WorkerEnded` if it has ended, with the last line of its log."""
        status = None if self._process is None else self._process.poll()
        if status is not None:
            raise self._ended(f"The worker ended ({_how(status)})")

    @property
    def idle(self) -> bool:
        """Whether it holds all its partitions, has processed all of their inputs, and nothing is due."""
        return self._all(lambda partition: partition["held"] and partition["idle"] and not partition["trouble"])

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

    def _all(self, wanted: Callable[[dict[str, Any]], bool]) -> bool:
        """Whether it owns all partitions and each is as `wanted`."""
        try:
            with urlopen(f"http://127.0.0.1:{self._settings.http_port}/healthz", timeout=ANSWER) as answer:
                partitions = json.load(answer)["partitions"]
        except (URLError, OSError, HTTPException):  # not there yet, or 503: not well
            return False
        return len(partitions) == self._settings.partitions and all(map(wanted, partitions))

    def _ended(self, how: str) -> WorkerEnded:
        """The folder of the log goes with the demo, so the log is put where the user can read it."""
        last_words = _last_line(self._log)
        handle, kept = tempfile.mkstemp(prefix="picustream-demo-worker-", suffix=".log")
        os.close(handle)
        shutil.copyfile(self._log, kept)
        return WorkerEnded(f"{how}; its last line: {last_words}", f"Its log: {kept}", ENVIRONMENT)


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
