"""How a demo ends: by Ctrl-C, by a signal, or because its time is up."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)


class Ended(BaseException):
    """Breaks off what takes long. No `Exception`: a library that retries must not take it for a failure."""


class Ending:
    """Listens to signals while it is entered. Only the first one counts: nothing disturbs the cleaning up after it.

    `seconds` until the time is up, None: never. To be used in the main thread, as Python wants it of signals.
    """

    def __init__(self, seconds: float | None = None) -> None:
        self.signal: signal.Signals | None = None
        """What asked it to end: SIGALRM means that the time is up; None: nothing has."""
        self._seconds = seconds
        self._breaks = False
        self._before: dict[signal.Signals, Any] = {}

    @property
    def requested(self) -> bool:
        """Whether it is time to end."""
        return self.signal is not None

    @property
    def time_is_up(self) -> bool:
        """Whether it ends because the time given is over."""
        return self.signal is signal.SIGALRM

    @property
    def status(self) -> int:
        """Exit status of a command that ended so: 0 when its time was up, else 128 + signal, as a shell counts."""
        return 0 if self.signal is None or self.time_is_up else 128 + self.signal

    @contextmanager
    def breaks(self) -> Iterator[None]:
        """What runs inside is broken off by `Ended`; outside, the end waits until somebody asks for `requested`."""
        self._breaks = True
        try:
            if self.requested:
                raise Ended
            yield
        finally:
            self._breaks = False

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._on_signal) for number in SIGNALS}
        if self._seconds is not None:
            signal.setitimer(signal.ITIMER_REAL, max(self._seconds, 0.001))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.requested:
            return
        self.signal = signal.Signals(number)
        if self._breaks:
            raise Ended
