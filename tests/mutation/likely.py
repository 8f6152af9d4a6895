"""Which test notices a mutant is often the one that noticed its neighbours: it is tried first."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

SLACK = 0.2
"""Seconds that a test takes beside its own."""


class Likely:
    """A plugin of pytest. What a forked process learns comes back by a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._killed: Counter[str] = Counter()
        self._seconds: dict[str, float] = {}

    def learn(self) -> None:
        """Takes over what the process that has ended found out."""
        if self._path.exists():
            for line in self._path.read_text().splitlines():
                seconds, outcome, name = line.split(" ", 2)
                self._seconds[name] = max(float(seconds), self._seconds.get(name, 0.0))
                self._killed[name] += outcome == "failed"
            self._path.unlink()

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items.sort(key=lambda item: -self._killed[item.nodeid] / (SLACK + self._seconds.get(item.nodeid, 0.0)))

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "call":
            with self._path.open("a") as lines:
                lines.write(f"{report.duration:.3f} {report.outcome} {report.nodeid}{os.linesep}")
