"""One session of the pipeline: from what the index has, through what the journal has, to what comes.

It ends by an exception, and then nothing of it is needed: the next one begins with the index again.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from picustream.gateways.journal.index import Done, Index, Known, Redo
from picustream.gateways.journal.journal import Journal, Ticket
from picustream.gateways.journal.outcome import Outcome
from picustream.gateways.journal.received import Received
from picustream.gateways.server import metrics
from picustream.gateways.server.interpreter import MakesInterpreter
from picustream.gateways.server.sink import CannotPublish, Sink, acknowledged, mark
from picustream.gateways.state import State
from picustream.runtime.crash_points import crash_point
from picustream.runtime.logs import logger, place

log = logger(__name__)

FLYING = 1000
"""Messages that may be on their way to Kafka at a time."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A message whose events are on their way."""

    done: Done
    deliveries: list["asyncio.Future[object]"]


class Session:
    """Does messages one after the other, and commits them in that order."""

    def __init__(self, journal: Journal, index: Index, make: MakesInterpreter, sink: Sink) -> None:
        self._journal = journal
        self._index = index
        self._committing = Index(journal.folder)
        """Used in a thread of its own."""
        self._sink = sink
        self._state = State()
        self._state.load(index.state())
        self._interpreter = make(self._state)
        self._waits: dict[str, set[int]] = {}
        for key, sequence in index.waits():
            self._waits.setdefault(key, set()).add(sequence)
        self._flying: deque[Pending] = deque()
        self._names: dict[str, Known] = {}
        """Of what is on its way."""
        self._there: set[bytes] = set()
        """Of what is done anew, what Kafka has."""
        self._opened: deque[int] = deque()
        self._changed = asyncio.Condition()
        self.next = index.done + 1

    async def redo_tail(self, last: int) -> None:
        """Do anew what the journal has beyond the index."""
        if last < self.next:
            return
        log.info("doing-anew", first=self.next, last=last)
        for received in self._journal.read(self.next, last):
            if not self._there:
                self._there = await self._sink.published(received.at)
            await self.do(received)
        self._there = set()

    async def do(self, received: Received, asked: Redo | None = None, given_up: bool = False) -> None:
        """Do one message, and what has waited for it. Its answer is ready when `commit` has it."""
        self._opened.clear()
        await self._one(received, asked, given_up)
        redone = {received.sequence}
        while self._opened:
            sequence = self._opened.popleft()
            if sequence not in redone:
                redone.add(sequence)
                await self.again(Redo(sequence, False))

    async def again(self, asked: Redo, given_up: bool = False) -> None:
        """Do a message again; one that was pruned is dismissed."""
        await self._settled(asked.sequence)
        found = list(self._journal.find([asked.sequence]))
        if not found:
            self._index.dismiss([asked.sequence])
        for received in found:
            await self._one(received, asked, given_up)

    async def commit(self, settle: Callable[[Done], None]) -> None:
        """Commit what Kafka has acknowledged, in order, until cancelled. Raises `CannotPublish`."""
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._flying)
            batch = [pending async for pending in self._arrived()]
            crash_point("gateway-published")
            await asyncio.to_thread(self._committing.commit, [one.done for one in batch], self._interpreter.site)
            crash_point("gateway-committed")
            async with self._changed:
                for pending in batch:
                    self._flying.popleft()
                    self._forget(pending.done)
                    settle(pending.done)
                self._changed.notify_all()

    async def settled(self) -> None:
        """Until nothing is on its way."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._flying)

    def close(self) -> None:
        """End it."""
        self._committing.close()

    async def _one(self, received: Received, asked: Redo | None, given_up: bool) -> None:
        name = self._interpreter.name(received)
        known = self._names.get(name) or self._index.known(name)
        if asked is None and known is not None and self._needs_nothing(known):
            outcome = Outcome(name, "", "", "repeat", Answer("AA"))
            await self._put(Done(received, outcome, (), frozenset()), [])
            return
        outcome = self._outcome(received, known.times if known else 0, given_up)
        crash_point("gateway-translated")
        had = frozenset() if known is None else known.sent
        skip = frozenset() if asked and asked.everything else had
        deliveries = [
            await self._sink.send(event)
            for event in outcome.events
            if (digest := mark(event)) not in skip and digest not in self._there
        ]
        crash_point("gateway-sent")
        sent = had | {mark(event) for event in outcome.events}
        await self._put(Done(received, outcome, self._state.take_changes(), sent, asked is not None), deliveries)
        self._note_waits(received.sequence, outcome)
