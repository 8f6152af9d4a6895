"""A thread that ends the process when its event loop hangs, or when a stop does not come to its end.

What hangs cannot end itself, and a hung event loop is worse than a dead one: the consumer's own thread may go on
assuring the group that all is well, so that nobody else gets the partitions.
"""

import os
import sys
import threading
import time
import traceback

from picustream.runtime.errors import STALLED
from picustream.runtime.logs import logger

log = logger(__name__)

STEP = 0.25
"""Seconds between two looks."""
STOP = 4.5
"""Seconds for a stop; a worker that is asked to stop has ended within five."""
SAY = 1.0
"""Seconds to say why: what hangs may be standard error itself."""


class LoopWatch(threading.Thread):
    """Ends the process when `tick` was not called for `limit` seconds, or a stop takes longer than `STOP`."""

    def __init__(self, limit: float) -> None:
        super().__init__(name="loop-watch", daemon=True)
        self._limit = limit
        self._ticked_at = time.monotonic()
        self._stop_by: float | None = None
        self._status = 0
        self._last_words = ""

    def tick(self) -> None:
        """The event loop lives."""
        self._ticked_at = time.monotonic()

    def stopping(self, status: int, last_words: str = "") -> None:
        """From now on the process has `STOP` seconds to end; if it does not, it is ended with `status`.

        `last_words`: what standard error says then, as it would have in the end.
        """
        if self._stop_by is None:
            self._status, self._last_words = status, last_words
            self._stop_by = time.monotonic() + STOP

    def run(self) -> None:
        """Look, until the process ends."""
        looked_at = time.monotonic()
        while True:
            time.sleep(STEP)
            now = time.monotonic()
            slept, looked_at = now - looked_at, now
            if slept > 4 * STEP:  # everything slept, by SIGSTOP or with its machine: the loop could not tick either
                self._ticked_at += slept
                continue
            if self._stop_by is not None:
                if now > self._stop_by:
                    _end(self._status, "stop", self._last_words)
            elif now - self._ticked_at > self._limit:
                _end(STALLED, "event-loop", f"The event loop has hung for {self._limit:g} s; the worker is ended.")


def _end(status: int, what: str, last_words: str) -> None:
    saying = threading.Thread(target=_say, args=(what, last_words), daemon=True)
    saying.start()
    saying.join(SAY)
    os._exit(status)


def _say(what: str, last_words: str) -> None:
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    lines = traceback.extract_stack(frame)[-6:] if frame is not None else []
    where = " < ".join(f"{one.filename.rsplit('/', 1)[-1]}:{one.lineno}" for one in reversed(lines))
    log.error("hung", what=what, where=where)
    if last_words:
        print(f"picustream: {last_words}", file=sys.stderr, flush=True)
