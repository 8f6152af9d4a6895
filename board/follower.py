"""Feeds the read model where nobody else does: `picustream store follow` as a process of the board's own."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Iterator

from picustream.board.frame import Trouble
from picustream.board.source import Source
from picustream.board.state import UNFED
from picustream.readmodel.database import NoStore
from picustream.runtime.clock import wall_clock
from picustream.runtime.logs import logger

EVERY = 2.0
"""Seconds between two looks whether somebody feeds it."""
AGAIN = 5.0
"""Seconds from the end of one follower to the start of the next."""
STOP = 10.0
"""Seconds from SIGTERM to SIGKILL."""

PROGRAM = ("-m", "picustream")

log = logger(__name__)


class Follower:
    """At most one process at a time. `arguments`: what `picustream` is started with."""

    def __init__(self, source: Source, arguments: list[str]) -> None:
        self._source = source
        self._arguments = arguments
        self._process: Process | None = None
        self._ended = ""

    def __call__(self) -> Iterator[Trouble]:
        if self._ended:
            yield Trouble("stale", "Nothing feeds the read model:", self._ended)

    async def run(self, fed: Callable[[], bool] | None = None) -> None:
        """Follow until cancelled, and not while another does."""
        try:
            while True:
                if await asyncio.to_thread(fed or self._fed):
                    self._ended = ""
                    await asyncio.sleep(EVERY)
                    continue
                await self._follow()
                await asyncio.sleep(AGAIN)
        finally:
            await self._stop()

    async def _follow(self) -> None:
        """Start a follower and return when it has ended."""
        command = [sys.executable, *PROGRAM, *self._arguments]
        self._process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, start_new_session=True
        )
        self._ended = ""
        assert self._process.stderr is not None
        last = ""
        async for line in self._process.stderr:
            last = line.decode(errors="replace").strip() or last
        status = await self._process.wait()
        self._ended = f"its follower ended with status {status}: {last}"
        log.warning("follower-ended", status=status, last=last)

    async def _stop(self) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(STOP):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def _fed(self) -> bool:
        try:
            seen = self._source.model().progress().heartbeat_at
        except NoStore:
            self._source.lost()
            return False
        return seen is not None and wall_clock() - seen <= UNFED
