"""From the journal to Kafka to the index, in the journal's order; then the sender may be answered.

    journal -> read and translate -> sent to Kafka -> acknowledged -> index committed -> answer

A session begins with what the index has: the state, and the place up to which all is done. What the journal has beyond
it is done anew, and events that Kafka has already are found there and not sent again. Whatever Kafka or the disk refuse
ends the session, and the next one begins like a start of the process.

A broker that does not answer ends no session at first: the producer knows what it has sent, and sends that again under
the same numbers, so that it is there once whatever of it is still on its way. Meanwhile nothing more is taken.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime

from picustream.gateways.journal.index import Done, Index
from picustream.gateways.journal.journal import Journal, Ticket
from picustream.gateways.journal.received import Received
from picustream.gateways.journal.transaction import CannotKeep
from picustream.gateways.server import metrics
from picustream.gateways.server.gate import Gate
from picustream.gateways.server.interpreter import MakesInterpreter
from picustream.gateways.server.session import Session
from picustream.gateways.server.sink import CannotPublish, Sink
from picustream.runtime.logs import logger
from picustream.runtime.tasks import until_one_ends

log = logger(__name__)

BACKOFF = (0.2, 0.5, 1.0, 2.0)
"""Seconds until the next session, the last for all further ones."""
TICK = 0.5
"""Seconds between two looks at what was asked for."""
SILENT = 5.0
"""Seconds without an acknowledgement after which Kafka counts as away."""
LOST = 600.0
"""Seconds after which it is tried with another producer: brokers may have moved. By then no packet of the former one is
on its way any more, and what arrived is found."""
TURN = 0.003
"""Seconds that are spent on messages before connections and answers have their turn."""
GIVE_UP = 60.0
"""Seconds between two looks at what has waited for too long."""


class Pipeline:
    """The one that does what the journal has. `last`: the place up to which the journal had something at the start."""

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
        self._inbox: deque[Received] = deque()
        self._tickets: dict[int, tuple[datetime, Ticket]] = {}
        """By place, of what is not done: when it came, and who waits for it."""
        self._redone = False
        """Whether the session has done what was left."""
        self._trouble: tuple[str, str] | None = None
        """What is away, and why, as it was said last."""
        self._news = asyncio.Event()
        self.last = 0
        """The place of the last message that is to be done."""
        self.idle = asyncio.Event()
        """Set while nothing is left to do."""

    @property
    def unsettled(self) -> int:
        """How many senders wait for what becomes of their message."""
        return len(self._tickets)

    def oldest_unsettled(self) -> datetime | None:
        """When the first message came of those that are not done yet."""
        return next((at for at, _ in self._tickets.values()), None)

    def stored(self, received: Received, ticket: Ticket) -> None:
        """The journal has one more message; to be called in order."""
        self._inbox.append(received)
        self._tickets[received.sequence] = received.at, ticket
        self.last = received.sequence
        self.idle.clear()
        self._news.set()

    async def run(self) -> None:
        """Do what comes until cancelled."""
        failures = 0
        while True:
            sink, self._redone = self._sink(), False
            try:
                await sink.start()
                await self._session(sink)
            except CannotPublish as error:
                self._shut("kafka", str(error))
            except CannotKeep as error:
                self._shut("index", error.message)
            finally:
                await sink.close()
            self.idle.clear()
            self._inbox.clear()  # it is read from the journal
            failures = 1 if self._redone else failures + 1
            await asyncio.sleep(BACKOFF[min(failures, len(BACKOFF)) - 1])

    async def _session(self, sink: Sink) -> None:
        session = Session(self._journal, self._index, self._make, sink)
        await until_one_ends(self._do(session), session.commit(self._settle), self._listen(session))

    async def _do(self, session: Session) -> None:
        # What came before this session is in the journal.
        await session.redo_tail(self._inbox[0].sequence - 1 if self._inbox else self.last, self._now())
        await session.settled()
        self._redone = True
        self._open()
        given_up = 0.0
        while True:
            self._news.clear()
            while self._inbox:
                await self._do_some(session)
                await asyncio.sleep(0)
            await session.do_again()
            if (now := asyncio.get_running_loop().time()) >= given_up:
                await session.give_up(self._now())
                given_up = now + GIVE_UP
            await self._rest(session)

    async def _do_some(self, session: Session) -> None:
        """Do what came, for as long as others may wait: what is done at one go travels and is committed together."""
        until = time.monotonic() + TURN
        while self._inbox and time.monotonic() < until:
            await session.do(self._inbox.popleft())
            if session.asked:
                await session.do_again()

    async def _listen(self, session: Session) -> None:
        """Take nothing while Kafka acknowledges nothing. Raises `CannotPublish` where that lasts."""
        while True:
            await asyncio.sleep(TICK)
            if session.silence > LOST:
                raise CannotPublish("silent")
            if session.silence > SILENT:
                self._shut("kafka", "silent")
            elif self._redone:
                self._open()

    def _shut(self, reason: str, why: str) -> None:
        """Take nothing; it is said once for each trouble."""
        if reason not in self._gate.reasons and reason == "kafka":
            metrics.kafka_failures.inc()
        self._gate.shut(reason)
        if (reason, why) != self._trouble:
            self._trouble = reason, why
            log.warning(f"{reason}-away", error=why, unsettled=self.unsettled)

    def _open(self) -> None:
        for reason in ("kafka", "index"):
            self._gate.clear(reason)
        if self._trouble:
            self._trouble = None
            log.info("goes-on")

    async def _rest(self, session: Session) -> None:
        """Until something comes, or it is time to look."""
        settled = asyncio.create_task(session.settled())
        try:
            async with asyncio.timeout(TICK):
                await settled
                if not session.asked and not self._news.is_set():
                    self.idle.set()
                    await self._news.wait()
        except TimeoutError:
            return
        finally:
            settled.cancel()

    def _settle(self, done: Done) -> None:
        metrics.count(done, self._now())
        _, ticket = self._tickets.pop(done.received.sequence, (None, None))
        if ticket is not None and not ticket.outcome.done():
            ticket.outcome.set_result(done.outcome)
