"""From the journal to Kafka to the index, in the journal's order; then the sender may be answered.

    journal -> read and translate -> sent to Kafka -> acknowledged -> index committed -> answer

A session begins with what the index has: the state, and the place up to which all is done. What the journal has beyond
it is done anew, and events that Kafka has already are found there and not sent again. Whatever goes wrong with Kafka or
the disk ends the session, and the next one begins like a start of the process.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from picustream.gateways.journal.index import Done, Index
from picustream.gateways.journal.journal import Journal
from picustream.gateways.journal.outcome import Outcome
from picustream.gateways.journal.received import Received
from picustream.gateways.server import metrics
from picustream.gateways.server.gate import Gate
from picustream.gateways.server.interpreter import MakesInterpreter
from picustream.gateways.server.session import Failed, Session
from picustream.gateways.server.sink import CannotPublish, Sink
from picustream.runtime.logs import logger, place

log = logger(__name__)

BACKOFF = (0.2, 0.5, 1.0, 2.0)
"""Seconds until the next session, the last for all further ones."""


@dataclass(slots=True)
class Inbox:
    """What the journal has stored since the session began, and who waits for what became of it."""

    received: deque[Received] = field(default_factory=deque)
    waiting: dict[int, asyncio.Future[Outcome]] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)


class Pipeline:
    """The one that does what the journal has."""

    def __init__(
        self,
        journal: Journal,
        index: Index,
        make: MakesInterpreter,
        sink: Callable[[], Sink],
        gate: Gate,
        now: Callable[[], datetime],
    ) -> None:
        self._journal = journal
        self._index = index
        self._make = make
        self._sink = sink
        self._gate = gate
        self._now = now
        self._inbox = Inbox()
        self._failing: dict[int, str] = {}
        self.idle = asyncio.Event()
        """Set while nothing is to be done."""

    def stored(self, received: Received) -> None:
        """The journal has one more message; to be called in order."""
        self._inbox.received.append(received)
        self._inbox.waiting[received.sequence] = asyncio.get_running_loop().create_future()
        self.idle.clear()
        self._inbox.news.set()

    async def outcome(self, received: Received) -> Outcome:
        """What became of a message, once all of it is done."""
        return await asyncio.shield(self._inbox.waiting[received.sequence])

    def ask(self) -> None:
        """Look for what is to be done again."""
        self._inbox.news.set()

    async def run(self) -> None:
        """Do what comes until cancelled."""
        failures = 0
        while True:
            try:
                await self._session()
            except CannotPublish as error:
                log.warning("kafka-away", error=str(error))
                self._gate.shut("kafka")
                await asyncio.sleep(BACKOFF[min(failures, len(BACKOFF) - 1)])
                failures += 1
            except Failed as failed:
                # One message at which our program fails must not keep all others from being done: it is a letter.
                log.error("bug", sequence=failed.sequence, **place(failed.error))
                metrics.bugs.inc()
                self._failing[failed.sequence] = type(failed.error).__name__
                failures = 0

    async def _session(self) -> None:
        sink = self._sink()
        try:
            await sink.start()
            session = Session(self._journal, self._index, self._make, sink, self._failing, self._now)
            await session.begin()
            self._gate.clear("kafka")
            await self._work(session)
        finally:
            await sink.close()

    async def _work(self, session: Session) -> None:
        committing = asyncio.create_task(session.commit(self._settle))
        try:
            for received in self._backlog(session.next):
                await self._do(session, received, committing)
            while True:
                self._inbox.news.clear()
                while self._inbox.received or session.has_more():
                    await self._one(session, committing)
                if session.settled:
                    self.idle.set()
                await self._news(session, committing)
        finally:
            committing.cancel()
            with contextlib.suppress(asyncio.CancelledError, CannotPublish):
                await committing
