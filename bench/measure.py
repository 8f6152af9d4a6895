"""Whole processes, timed from outside: wall and processor seconds, and the greatest memory."""

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figures:
    """Medians over the runs: seconds, seconds, and MB (the maximum)."""

    wall: float
    cpu: float
    memory: float

    def __str__(self) -> str:
        return f"{self.wall:6.2f} s wall  {self.cpu:6.2f} s processor  {self.memory:6.0f} MB"


def measure(command: Sequence[str], runs: int = 3) -> Figures:
    """Run a command several times. Raises `CalledProcessError` when it fails."""
    found = [_once(command) for _ in range(runs)]
    return Figures(
        statistics.median(one.wall for one in found),
        statistics.median(one.cpu for one in found),
        max(one.memory for one in found),
    )


def _once(command: Sequence[str]) -> Figures:
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise subprocess.CalledProcessError(os.waitstatus_to_exitcode(status), command)
    return Figures(time.perf_counter() - started, used.ru_utime + used.ru_stime, _megabytes(used))


def _megabytes(used: resource.struct_rusage) -> float:
    return used.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


def report(name: str, figures: Figures, baseline: Figures) -> None:
    """Print the figures beside those of a baseline."""
    print(f"{name:24} {figures}   x{figures.cpu / baseline.cpu:.1f} of the baseline's processor time")
