"""Where messages are handed in: stored, then done; whoever hands one in waits for what became of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from picustream.gateways.journal.journal import CannotStore, Ticket, Writer
from picustream.gateways.journal.outcome import Answer, Outcome
from picustream.gateways.journal.received import Received
from picustream.gateways.server import metrics
from picustream.gateways.server.gate import Budget, Gate
from picustream.runtime.crash_points import crash_point
from picustream.runtime.logs import logger

log = logger(__name__)

ON_THE_WAY = 128 << 20
"""Bytes of messages that may be on their way at a time, of all senders together."""
DISK = 1.0
"""Seconds between two tries of a disk that did not take a message."""


class NoAnswer(Exception):
    """It cannot be stored, or it took too long: the sender is not answered, and its connection is closed."""


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A message on its way. `deadline`: the loop's time at which its sender is no longer answered."""

    received: Received
    ticket: Ticket
    deadline: float

    @property
    def is_done(self) -> bool:
        """Whether what became of it is known."""
        return self.ticket.outcome.done()

    async def stored(self) -> None:
        """Until the journal has it. Raises `NoAnswer`."""
        await self._within(self.ticket.stored)

    async def outcome(self) -> Outcome:
        """What became of it. Raises `NoAnswer`."""
        if not self.is_done:
            await self.stored()
        await self._within(self.ticket.outcome)
        return self.ticket.outcome.result()

    async def _within(self, future: "asyncio.Future[int] | asyncio.Future[Outcome]") -> None:
        try:
            if not future.done():
                async with asyncio.timeout_at(self.deadline):
                    await asyncio.shield(future)
            future.result()
        except (TimeoutError, CannotStore) as error:
            raise NoAnswer(type(error).__name__) from error


class Desk:
    """Takes messages while they can be stored and published."""

    def __init__(
        self,
        writer: Writer,
        gate: Gate,
        refusal: Callable[[Received], Answer | None],
        now: Callable[[], datetime],
        patience: float,
    ) -> None:
        self._writer = writer
        self.gate = gate
        self.refusal = refusal
        """What a message is refused with before anything is made of it: its sender is not known, say."""
        self.now = now
        self._patience = patience
        self._budget = Budget(ON_THE_WAY)
        self._reopening: asyncio.Task[None] | None = None

    async def ready(self) -> None:
        """Until messages are taken. Raises `NoAnswer` where that takes too long."""
        if self.gate.is_open:
            return
        try:
            async with asyncio.timeout(self._patience):
                await self.gate.wait()
        except TimeoutError as error:
            raise NoAnswer("shut") from error

    async def hand_in(self, received: Received) -> HandedIn:
        """Hand in a message, once there is room for it; `settled` is to be called for it in the end."""
        await self._budget.take(len(received.raw))
        crash_point("gateway-received")
        metrics.one(metrics.received_bytes, received.way).inc(len(received.raw))
        ticket = self._writer.append(received)
        ticket.stored.add_done_callback(self._watch_disk)
        return HandedIn(received, ticket, asyncio.get_running_loop().time() + self._patience)

    def settled(self, handed_in: HandedIn) -> None:
        """Its sender is answered, or has gone."""
        self._budget.give(len(handed_in.received.raw))

    def _watch_disk(self, stored: "asyncio.Future[int]") -> None:
        if stored.cancelled() or not isinstance(stored.exception(), CannotStore) or self._reopening:
            return
        log.warning("disk-away", error=str(stored.exception()))
        self.gate.shut("disk")
        self._reopening = asyncio.create_task(self._reopen())

    async def _reopen(self) -> None:
        """Take messages again once there is room."""
        while True:
            await asyncio.sleep(DISK)
            if await asyncio.to_thread(self._writer.has_room):
                break
        self._reopening = None
        self.gate.clear("disk")
        log.info("disk-back")
