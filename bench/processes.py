"""Whole processes, measured from outside: wall and processor seconds, and the greatest memory."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.table import Column

COLUMNS = [Column("processor s", 2), Column("wall s", 2), Column("MB")]


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
    """A process with its standard error and output in files, or nowhere."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None, output: int = -3) -> None:
        self._started = time.perf_counter()
        self.command = command
        self.process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)

    def end(self) -> Used:
        """Wait until it ends by itself. Raises `CalledProcessError` when it fails."""
        _, status, used = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - self._started
        if status:
            raise subprocess.CalledProcessError(self.process.returncode, self.command)
        return Used(wall, used.ru_utime + used.ru_stime, _megabytes(used))


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Used:
    """Run a command to its end."""
    return Child(command, environment).end()


def python(*arguments: str) -> list[str]:
    """A command of this Python."""
    return [sys.executable, *arguments]


def _megabytes(used: resource.struct_rusage) -> float:
    return used.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
