"""What `picustream doctor` finds, run now and then: it writes nothing, and needs more than a page may wait for."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from picustream.board.follower import PROGRAM
from picustream.doctor.finding import Finding
from picustream.runtime.clock import wall_clock
from picustream.runtime.logs import logger

FIRST = 10.0
"""Seconds from the start of the board to the first one."""
EVERY = 300.0
"""Seconds from the end of one to the start of the next."""
PATIENCE = 120.0
"""Seconds for one."""

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Checked:
    """The last findings. `at`, of the wall clock: when they were complete; None: there are none yet."""

    at: datetime | None = None
    findings: tuple[Finding, ...] = ()
    trouble: str = ""
    """Why the last run gave none."""


class Checks:
    """One process at a time. `more`: what its environment has beside the board's own."""

    def __init__(
        self,
        more: Mapping[str, str],
        arguments: Sequence[str] = (*PROGRAM, "doctor", "--json"),
        now: Callable[[], datetime] = wall_clock,
    ) -> None:
        self._more, self._arguments, self._now = more, arguments, now
        self._last = Checked()

    def __call__(self) -> Checked:
        """What the last run found."""
        return self._last

    async def run(self) -> None:
        """Check for ever."""
        await asyncio.sleep(FIRST)
        while True:
            await self.check()
            await asyncio.sleep(EVERY)

    async def check(self) -> None:
        """Check now."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, *self._arguments, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, start_new_session=True,
            env={**os.environ, **self._more},
        )  # fmt: skip
        try:
            async with asyncio.timeout(PATIENCE):
                said, complained = await process.communicate()
        except TimeoutError:
            self._failed(f"it gave no answer in {PATIENCE:.0f} s")
            return
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        try:
            findings = tuple(Finding(**one) for one in json.loads(said)["findings"])
        except (ValueError, KeyError, TypeError):
            lines = complained.decode(errors="replace").strip().splitlines() or ["no word"]
            self._failed(f"it ended with status {process.returncode}: {lines[-1]}")
            return
        self._last = Checked(self._now(), findings)

    def _failed(self, why: str) -> None:
        """What an earlier run found is kept, with its moment."""
        log.warning("not-checked", why=why)
        self._last = Checked(self._last.at, self._last.findings, why)
