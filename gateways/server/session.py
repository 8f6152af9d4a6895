"""One session of the pipeline: from what the index has, through what the journal has, to what comes.

It ends by an exception, and then nothing of it is needed: the next one begins with the index again.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from picustream.gateways.journal.index import Done, Index, Known, Redo
from picustream.gateways.journal.journal import Journal
from picustream.gateways.journal.outcome import Answer, Event, Outcome
from picustream.gateways.journal.received import Received
from picustream.gateways.server import metrics
from picustream.gateways.server.interpreter import MakesInterpreter
from picustream.gateways.server.sink import Sink, acknowledged, mark
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
        self._sink = sink
        self._state = State()
        self._state.load(index.state())
        self._interpreter = make(self._state)
        index.note("site", self._interpreter.site)
        self._flying: deque[Pending] = deque()
        self._names: dict[str, Known] = {}
        """Of what is on its way."""
        self._flights: Counter[str] = Counter()
        """How many of each are."""
        self._there: set[bytes] = set()
        """What Kafka has already, until all is done that a session before may have sent."""
        self._some = asyncio.Event()
        """Set while something is on its way."""
        self._fewer = asyncio.Event()
        """Set, and made anew, when some of it is committed."""
        self.next = index.done + 1
        self.asked = True
        """Whether something may have to be done again."""
        self._sending = False
        self._heard = 0.0
        """The loop's time of the last acknowledgement, or of when one was first waited for."""

    @property
    def silence(self) -> float:
        """Seconds for which Kafka has acknowledged nothing of what it was given."""
        return asyncio.get_running_loop().time() - self._heard if self._flying or self._sending else 0.0

    async def redo_tail(self, last: int, now: datetime) -> None:
        """Do anew what the journal has beyond the index, up to a place.

        What a session before sent and did not commit, of that or of what was to be done again, is asked of Kafka first:
        since it came, and since `now` where the clock has been set back in between.
        """
        again = [asked.sequence for asked in self._index.asked_again() if not asked.everything]
        doubtful = again[:1] + ([self.next] if last >= self.next else [])
        moments = [received.at for received in self._journal.find(doubtful)]
        if moments:
            self._there = await self._sink.published(min(*moments, now))
        if last >= self.next:
            log.info("doing-anew", first=self.next, last=last)
            for received in self._journal.read(self.next, last):
                await self.do(received)

    async def do(self, received: Received) -> None:
        """Do one message. Its answer is ready when `commit` has it."""
        self.next = received.sequence + 1
        await self._one(received)

    async def do_again(self) -> None:
        """Do again what was asked for, and what need wait no longer; what was pruned is dismissed."""
        self.asked = False
        for asked in self._index.asked_again():
            await self._again(asked)
        self._there = set()
        metrics.waiting.set(self._index.waiting)

    async def give_up(self, now: datetime) -> None:
        """What has waited for too long waits no longer: its values are letters."""
        for sequence in self._index.waiting_since_before(now - self._interpreter.wait):
            await self._again(Redo(sequence, False), given_up=True)

    async def commit(self, settle: Callable[[Done], None]) -> None:
        """Commit what Kafka has acknowledged, in order, until cancelled. Raises `CannotPublish`."""
        while True:
            await self._some.wait()
            batch = await self._arrived()
            crash_point("gateway-published")
            self._index.commit([one.done for one in batch], self._interpreter.site)
            crash_point("gateway-committed")
            self._heard = asyncio.get_running_loop().time()
            for pending in batch:
                self._flying.popleft()
                self._landed(pending.done)
                settle(pending.done)
                self.asked |= bool(pending.done.outcome.opened)
            if not self._flying:
                self._some.clear()
            self._fewer.set()
            self._fewer = asyncio.Event()

    async def settled(self) -> None:
        """Until nothing is on its way."""
        while self._flying:
            await self._fewer.wait()

    async def _again(self, asked: Redo, given_up: bool = False) -> None:
        await self.settled()
        found = list(self._journal.find([asked.sequence]))
        for received in found:
            await self._one(received, asked, given_up)
        if not found:
            log.warning("no-longer-in-the-journal", sequence=asked.sequence)
            self._index.dismiss([asked.sequence])

    async def _one(self, received: Received, asked: Redo | None = None, given_up: bool = False) -> None:
        name = self._interpreter.name(received)
        known = self._names.get(name) or self._index.known(name)
        if asked is None and known is not None and self._needs_nothing(known):
            await self._put(Pending(Done(received, repeated(name, known), (), frozenset()), []), known)
            return
        outcome = self._outcome(received, known.times if known else 0, given_up)
        crash_point("gateway-translated")
        had = known.sent if known else frozenset[bytes]()
        skip = set[bytes]() if asked and asked.everything else had | self._there
        marks = [mark(event) for event in outcome.events]
        sent = await self._sent([one for one, digest in zip(outcome.events, marks, strict=True) if digest not in skip])
        crash_point("gateway-sent")
        changes = self._state.take_changes()
        done = Done(received, outcome, changes, had | {*marks}, again=asked is not None, known=known is not None)
        await self._put(Pending(done, sent), known)

    async def _sent(self, events: Sequence[Event]) -> list["asyncio.Future[object]"]:
        if not self._flying:
            self._heard = asyncio.get_running_loop().time()
        self._sending = True
        deliveries = [await self._sink.send(event) for event in events]
        self._sending = False
        return deliveries

    def _outcome(self, received: Received, times: int, given_up: bool) -> Outcome:
        """What a message makes; one at which our program fails must not keep all others from being done."""
        try:
            return self._interpreter.outcome(received, times, given_up)
        except Exception as error:  # noqa: BLE001 - reported with its place, and the message is a letter
            self._state.undo()
            log.error("bug", sequence=received.sequence, **place(error))
            metrics.bugs.inc()
            return self._interpreter.unforeseen(received, type(error).__name__)

    def _needs_nothing(self, known: Known) -> bool:
        return known.state != "refused" and known.site == self._interpreter.site

    async def _put(self, pending: Pending, known: Known | None) -> None:
        outcome = pending.done.outcome
        times = known.times + 1 if known else 1
        if known is None or outcome.state != "repeat":
            place = pending.done.received.sequence
            site, code = self._interpreter.site, outcome.answer.code
            known = Known(place, outcome.source, outcome.state, site, code, pending.done.sent, times)
        self._names[outcome.message] = known._replace(times=times)
        self._flights[outcome.message] += 1
        while len(self._flying) >= FLYING:
            await self._fewer.wait()
        self._flying.append(pending)
        self._some.set()

    def _landed(self, done: Done) -> None:
        """What is committed is known from the index."""
        name = done.outcome.message
        self._flights[name] -= 1
        if not self._flights[name]:
            del self._flights[name], self._names[name]

    async def _arrived(self) -> list[Pending]:
        """What is acknowledged, from the first on; waits for that one."""
        await acknowledged(self._flying[0].deliveries)
        batch = []
        for pending in list(self._flying):
            if not all(delivery.done() for delivery in pending.deliveries):
                break
            await acknowledged(pending.deliveries)
            batch.append(pending)
        return batch


def repeated(name: str, known: Known) -> Outcome:
    """What is made of bytes that came before: nothing, and the same answer."""
    return Outcome(name, known.source, "", "repeat", Answer(known.answer))
