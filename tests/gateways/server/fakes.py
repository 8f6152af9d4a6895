"""A gateway without Kafka and without a site: what it would send is kept, and can be made to fail."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from picustream.gateways.journal.cipher import Key
from picustream.gateways.journal.index import Index
from picustream.gateways.journal.journal import Writer
from picustream.gateways.journal.outcome import Answer, Event, Outcome
from picustream.gateways.journal.received import Received
from picustream.gateways.server.gate import Gate
from picustream.gateways.server.interpreter import answer_to_unreadable
from picustream.gateways.server.pipeline import Pipeline
from picustream.gateways.server.sink import CLOCKS_DIFFER, CannotPublish, mark
from picustream.gateways.state import State
from picustream.scoring.faults import Fault

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def message(words: str, control: str = "1", accept: str = "", application: str = "") -> bytes:
    """Words in a message of HL7."""
    header = f"MSH|^~\\&|LAB|CH|||20260301080000+0000||ORU^R01|{control}|P|2.5|||{accept}|{application}"
    return f"{header}\rZZ1|{words}".encode()


def resource(words: str, identity: str = "1") -> bytes:
    """Words in a resource of FHIR."""
    return json.dumps({"resourceType": "Observation", "id": identity, "words": words}).encode()


def words_of(raw: bytes) -> str:
    return str(json.loads(raw)["words"]) if raw.startswith(b"{") else raw.rpartition(b"ZZ1|")[2].decode("latin-1")


def received(raw: bytes, at: datetime = NOW) -> Received:
    return Received(raw, at, "mllp", peer="127.0.0.1", port=2575)


@dataclass(frozen=True)
class FakeEvent:
    event_id: str
    value: bytes
    topic: str = "picu.lab.v1"
    key: str = "S-1"


@dataclass(frozen=True)
class FakeLetter:
    reason: str
    path: str = "OBX[1]"

    def as_json(self) -> dict[str, Any]:
        return {"reason": self.reason, "path": self.path}


@dataclass
class Topics:
    """What Kafka holds, and whether it can be reached."""

    events: list[Event] = field(default_factory=list)
    away: bool = False
    swallows: bool = False
    """Whether it keeps an event and does not say so."""
    forgets: bool = False
    """Whether it does not know what it has."""
    clock: datetime = NOW
    """By which events are stamped."""
    stamps: list[datetime] = field(default_factory=list)
    unsaid: "list[asyncio.Future[object]]" = field(default_factory=list)

    def speak(self) -> None:
        """Say what was kept, and from now on."""
        self.swallows = False
        for delivery in self.unsaid:
            delivery.set_result(None)

    @property
    def ids(self) -> list[str]:
        return [event.event_id for event in self.events]


class FakeSink:
    def __init__(self, topics: Topics) -> None:
        self._topics = topics

    async def start(self) -> None:
        if self._topics.away:
            raise CannotPublish("away")

    async def send(self, event: Event) -> "asyncio.Future[object]":
        delivery: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        if self._topics.away:
            raise CannotPublish("away")
        self._topics.events.append(event)
        self._topics.stamps.append(self._topics.clock)
        if self._topics.swallows:
            self._topics.unsaid.append(delivery)
        else:
            asyncio.get_running_loop().call_soon(lambda: delivery.done() or delivery.set_result(None))
        return delivery

    async def published(self, since: datetime) -> set[bytes]:
        if self._topics.forgets:
            return set()
        stamped = zip(self._topics.events, self._topics.stamps, strict=True)
        return {mark(event) for event, stamp in stamped if stamp >= since - CLOCKS_DIFFER}

    async def close(self) -> None:
        pass


class FakeInterpreter:
    """Messages are words: `event a b` makes two events, `letter x` a letter, `wait k` waits for `open k`, `bug` fails.

    `count` counts in the memory; `stranger` is refused and `broken` unreadable.
    """

    site = "site-1"
    wait = timedelta(hours=24)

    def __init__(self, state: State) -> None:
        self._table = state.table("counted")

    def name(self, received: Received) -> str:
        return f"h-{received.raw.decode('latin-1')}"

    def outcome(self, received: Received, times: int = 0, given_up: bool = False) -> Outcome:
        word, *rest = words_of(received.raw).split() or ["broken"]
        name = self.name(received)
        events: list[FakeEvent] = []
        if word == "broken":
            answer = answer_to_unreadable(Fault("no-msh", "", "no MSH"), times)
            return Outcome(name, "lab", "", "refused", answer, letters=[FakeLetter("no-msh")])
        if word == "stranger":
            return Outcome(name, "", "", "refused", Answer("AR"), letters=[FakeLetter("source-unknown")])
        if word == "letter":
            return Outcome(name, "lab", "ORU^R01", "done", Answer(), letters=[FakeLetter(one) for one in rest])
        if word == "wait" and rest[0] not in self._table:
            if given_up:
                return Outcome(name, "lab", "ORU^R01", "done", Answer(), letters=[FakeLetter("no-stay")])
            return Outcome(name, "lab", "ORU^R01", "waiting", Answer(), waits=rest)
        if word == "open":
            self._table[rest[0]] = True
        elif word != "wait":  # what waited is done again at no place of its own among what comes
            self._table["count"] = self._table.get("count", 0) + 1
        if word == "bug":
            raise ZeroDivisionError
        if word == "count":
            rest = [str(self._table["count"])]
        events = [FakeEvent(f"{name}/{number}", one.encode()) for number, one in enumerate(rest)]
        opened = rest if word == "open" else []
        return Outcome(name, "lab", "ORU^R01", "done", Answer(), events=events, opened=opened)

    def refusal(self, received: Received) -> Answer | None:
        return Answer("AR", (Fault("source-unknown", "", "unknown"),)) if b"stranger" in received.raw else None

    def unforeseen(self, received: Received, kind: str) -> Outcome:
        return Outcome(self.name(received), "lab", "", "done", Answer(), letters=[FakeLetter("bug")])


@dataclass
class Gateway:
    """Journal and pipeline over one folder."""

    writer: Writer
    index: Index
    pipeline: Pipeline
    gate: Gate

    async def give(self, *raws: bytes, at: datetime = NOW) -> list[Outcome]:
        tickets = [self.writer.append(received(raw, at)) for raw in raws]
        async with asyncio.timeout(10):
            return [await ticket.outcome for ticket in tickets]

    async def idle(self) -> None:
        async with asyncio.timeout(10):
            await self.pipeline.idle.wait()

    def letters(self) -> list[str]:
        return [row[0] for row in self.index.rows("SELECT reason FROM letters ORDER BY sequence")]


@contextlib.asynccontextmanager
async def gateway(
    folder: Path, topics: Topics, now: datetime = NOW, keys: tuple[Key, ...] = (), make: Any = FakeInterpreter
) -> AsyncIterator[Gateway]:
    """A gateway at work; what was under way when it ends is given up, as when a process is killed."""
    gate, index = Gate(), Index(folder)
    writer = Writer(folder, keys, lambda one, ticket: pipeline.stored(one, ticket))
    pipeline = Pipeline(writer, index, make, lambda: FakeSink(topics), gate, lambda: now)
    writer.open(index.done)
    pipeline.last = writer.last
    tasks = [asyncio.create_task(writer.run()), asyncio.create_task(pipeline.run())]
    try:
        yield Gateway(writer, index, pipeline, gate)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in tasks:
            if not task.cancelled() and task.exception():
                task.result()
        writer.close()
        index.close()
