"""Whole processes, measured from outside: wall and processor seconds, and the greatest memory."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.table import Column

COLUMNS = [Column("processor s", 2), Column("wall s", 2), Column("MB")]
LAUNCH = Path(__file__).with_name("launch.py")


class Failed(Exception):
    """A program that is measured did not do what it should."""


@dataclass(frozen=True, slots=True)
class Used:
    """What a process used: seconds on the wall and on the processor, and MB at most."""

    wall: float
    processor: float
    memory: float

    def figures(self, events: int = 0) -> dict[str, float]:
        """By column; with the events that it processed also how many for each second."""
        rates = {"events/s": events / self.wall, "events/processor s": events / self.processor} if events else {}
        return {"processor s": self.processor, "wall s": self.wall, "MB": self.memory} | rates


class Child:
    """A process. What it prints is in its log."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None, log: Path | None = None
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="picustream-bench-")
        self._command, self._used = command, Path(self._folder.name) / "used"
        self._log = log or Path(self._folder.name) / "log"
        launched = [sys.executable, "-S", "-E", str(LAUNCH), str(self._used), *command]
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(launched, stdout=output, stderr=output, env=environment)

    def end(self) -> Used:
        """Wait until it ends by itself. Raises `Failed` when it does not end well."""
        if self._process.wait():
            raise Failed(f"{' '.join(self._command)} failed: {self._log.read_text(errors='replace')[-2_000:]}")
        return Used(*map(float, self._used.read_text().split()))

    def stop(self) -> Used:
        """Ask it to end, and wait."""
        self._process.terminate()
        return self.end()

    def kill(self) -> None:
        """End it, whatever it does."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()

    def said(self, event: str) -> datetime:
        """When it first logged an event; waits for that. Raises `Failed` when it ends without."""
        return datetime.fromisoformat(self.line(event)["timestamp"])

    def line(self, event: str) -> dict[str, Any]:
        """The first line of its log of an event; likewise."""
        while True:
            ended = self._process.poll() is not None
            for line in self._lines():
                if line["event"] == event:
                    return line
            if ended:
                raise Failed(f"{' '.join(self._command)} ended and never logged {event}")
            time.sleep(0.02)

    def _lines(self) -> list[dict[str, Any]]:
        lines = self._log.read_text(errors="replace").splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Used:
    """Run a command to its end."""
    return Child(command, environment or os.environ).end()


def python(*arguments: str) -> list[str]:
    """A command of this Python."""
    return [sys.executable, *arguments]
