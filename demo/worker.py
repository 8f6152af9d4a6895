"""The worker of a demo: `picustream worker` as a process of its own, with the ward's clock in its settings."""

import json
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from picustream.demo.process import ANSWER, Process
from picustream.runtime.settings import Settings


class Worker(Process):
    """One worker. `settings`: those it is started with; `log`: the file that takes its output."""

    def __init__(self, settings: Settings, log: Path) -> None:
        super().__init__("worker", ["worker"], settings, log)

    def wait_until_ready(self) -> None:
        """Return when it owns all its partitions and holds their state. Raises `ProcessEnded`."""
        self.wait_until(lambda: self._all(lambda partition: bool(partition["held"])))

    @property
    def idle(self) -> bool:
        """Whether it holds all its partitions, has processed all of their inputs, and nothing is due."""
        return self._all(lambda partition: partition["held"] and partition["idle"] and not partition["trouble"])

    def _all(self, wanted: Callable[[dict[str, Any]], bool]) -> bool:
        """Whether it owns all partitions and each is as `wanted`."""
        try:
            with urlopen(self._page("healthz"), timeout=ANSWER) as answer:
                partitions = json.load(answer)["partitions"]
        except (URLError, OSError, HTTPException):  # not there yet, or 503: not well
            return False
        return len(partitions) == self._settings.partitions and all(map(wanted, partitions))
