"""Whether the workers are at work: where they are not, nothing new is published, and no read model would know."""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from picustream.board.frame import Trouble

PATIENCE = 2.0
"""Seconds to wait for an answer."""
EVERY = 3.0
"""Seconds from one question to the next."""

Answers = Callable[[str], dict[str, Any]]
"""The report of a worker by the address of its pages. OSError, HTTPException, ValueError."""


def report(address: str) -> dict[str, Any]:
    """What a worker's health page says; it says so with another status where the worker is stuck."""
    try:
        with urlopen(f"{address}/healthz", timeout=PATIENCE) as answer:
            found: dict[str, Any] = json.load(answer)
    except HTTPError as error:
        found = json.load(error)
    return found


@dataclass(frozen=True, slots=True)
class PartitionReport:
    """What a worker says of a partition."""

    worker: str
    partition: int
    state: str
    lag: int
    seconds: float
    """Since it got on."""
    trouble: str
    stuck: bool


class Workers:
    """Those at these addresses (`http://127.0.0.1:6066`); `run` asks them until it is cancelled."""

    def __init__(self, addresses: Sequence[str], ask: Answers = report) -> None:
        self._addresses = [address.strip().rstrip("/") for address in addresses]
        self._ask = ask
        self._wrong: tuple[str, ...] = ()
        self._partitions: dict[str, tuple[PartitionReport, ...]] = {}

    def __call__(self) -> Iterator[Trouble]:
        """One line for all of them, of when they were last asked."""
        if self._wrong:
            yield Trouble("stale", "No new scores:", "; ".join(self._wrong))

    def partitions(self) -> Sequence[PartitionReport]:
        """What the workers said when they were last asked, by partition."""
        found = [row for rows in tuple(self._partitions.values()) for row in rows]
        return sorted(found, key=lambda row: (row.partition, row.worker))

    async def run(self) -> None:
        """Ask for ever, all at a time: a worker that hangs keeps nobody waiting."""
        while True:
            await self.ask()
            await asyncio.sleep(EVERY)

    async def ask(self) -> None:
        """Ask now."""
        found = await asyncio.gather(*(asyncio.to_thread(self._of, address) for address in self._addresses))
        self._wrong = tuple(words for words in found if words)

    def _of(self, address: str) -> str:
        """What is wrong with one; empty where nothing is."""
        where = address.removeprefix("http://")
        self._partitions[address] = ()
        try:
            rows = tuple(_partition(where, row) for row in self._ask(address)["partitions"])
        except (OSError, HTTPException, ValueError, KeyError, TypeError):
            return f"the worker at {where} does not answer"
        self._partitions[address] = rows
        stuck = [row.partition for row in rows if row.stuck]
        return f"the worker at {where} is stuck, partitions {', '.join(map(str, stuck))}" if stuck else ""


def _partition(where: str, row: dict[str, Any]) -> PartitionReport:
    return PartitionReport(
        where,
        row["partition"],
        row["state"],
        row["lag"],
        row["seconds_since_progress"],
        row["trouble"] or "",
        row["stuck"],
    )
