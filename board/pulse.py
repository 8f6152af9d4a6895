"""How far the read model is, asked once a second for all pages: an answer that is old is no answer."""

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from picustream.board.frame import Trouble

EVERY = 1.0
"""Seconds from one question to the next."""
STALE = 3.0
"""Seconds after which the last answer counts no more: the pages are given none, and say that they are not live."""


@dataclass(frozen=True, slots=True)
class State:
    """What the read model, and whoever fills it, were like."""

    version: int
    """Grows with everything that is stored."""
    known: datetime
    """Whatever was published before this moment of the ward's clock is in it."""
    troubles: tuple[Trouble, ...]
    there: bool = True
    """Whether it can be read."""


class Asks(Protocol):
    """Asks the read model and others; may take long."""

    def __call__(self) -> State: ...


@dataclass(frozen=True, slots=True)
class Beat:
    """The state, when it was asked for, and the version of all that a page may show of it."""

    state: State
    at: float
    version: str


class Pulse:
    """Keeps the last answer; `run` asks until it is cancelled."""

    def __init__(self, ask: Asks, now: Callable[[], datetime], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._now = now
        self._monotonic = monotonic
        self._last: Beat | None = None

    async def run(self) -> None:
        """Ask for ever. An error of the read model is a trouble of the state, and not of ours (`Asks`)."""
        while True:
            await asyncio.to_thread(self.ask)
            await asyncio.sleep(EVERY)

    async def now(self) -> Beat:
        """The last answer, or a new one where it is too old."""
        beat = self.fresh
        return beat if beat is not None else await asyncio.to_thread(self.ask)

    def ask(self) -> Beat:
        """Ask now."""
        begun = self._monotonic()
        state = self._ask()
        beat = Beat(state, begun, _version(state, self._now()))
        self._last = beat
        return beat

    @property
    def fresh(self) -> Beat | None:
        """The last answer, if it is not too old."""
        last = self._last
        return last if last is not None and self._monotonic() - last.at < STALE else None


def _version(state: State, now: datetime) -> str:
    """Ages on a page are in minutes, so the minute is part of it."""
    return digest(repr((state.version, state.troubles, now.replace(second=0, microsecond=0))))


def digest(shown: str) -> str:
    """A version of what is shown."""
    return hashlib.sha256(shown.encode()).hexdigest()[:16]
