"""A read model in memory, of the simulated ward's records; and pages asked for without a network."""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from starlette.types import ASGIApp, Message

from picustream.board.app import application
from picustream.board.board import Board
from picustream.board.frame import Trouble
from picustream.board.pulse import Pulse, State
from picustream.demo.timeline import Timed
from picustream.demo.ward import SEED, ward
from picustream.eventfiles.replay import Replay
from picustream.models.record import DEAD_LETTERS
from picustream.readmodel.asking import Stays
from picustream.scoring.presence.record import STAY
from picustream.scoring.rules import load_rules
from picustream.scoring.validation import InputRecord

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 6, 15, 20, tzinfo=ZONE)
"""A moment at which seven children are on the ward."""
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Kept:
    """A revision."""

    topic: str
    record: str
    revision: int
    stay: str | None
    emitted_at: datetime
    body: str

    @property
    def state(self) -> str | None:
        found = json.loads(self.body).get("state")
        return None if found is None else str(found)


def kept(topic: str, body: str) -> Kept:
    """A record's text as a revision."""
    fields = json.loads(body)
    record = fields["event_id"].rpartition("/r")[0]
    at = datetime.fromisoformat(fields["emitted_at"])
    return Kept(topic, record, fields["revision"], fields["stay_id"], at, body)


@cache
def everything() -> tuple[Kept, ...]:
    """All revisions of the ward, of all topics but dead letters, in order."""
    return revisions_of(ward(SEED).events)


def revisions_of(events: Iterable[Timed]) -> tuple[Kept, ...]:
    """The revisions that events make."""
    replay = Replay(load_rules(), ward(SEED).closes)
    inputs = [InputRecord(one.topic, 0, None, None, json.dumps(one.value).encode()) for one in events]
    outputs = [*replay.take(inputs), *replay.end()]
    return tuple(kept(one.topic, one.value.decode()) for one in outputs if one.topic not in DEAD_LETTERS)


class Memory:
    """What `ReadModel` answers, of rows in memory."""

    def __init__(self, rows: Iterable[Kept], until: datetime | None = None) -> None:
        self.rows = [row for row in rows if until is None or row.emitted_at <= until]

    @contextmanager
    def snapshot(self) -> Iterator["Memory"]:
        yield self

    def model(self) -> "Memory":
        return self

    def current(self, topic: str, *, stay: Stays | None = None) -> Sequence[Kept]:
        return newest(row for row in self.rows if row.topic == topic and is_of(row, stay))

    def known_at(
        self, at: datetime, topic: str, *, stay: Stays | None = None, state: str | None = None
    ) -> Sequence[Kept]:
        found = newest(row for row in self.rows if row.topic == topic and row.emitted_at <= at and is_of(row, stay))
        return [row for row in found if state in (None, row.state)]

    def revisions(self, topic: str, *, stay: str) -> Sequence[Kept]:
        found = [row for row in self.rows if row.topic == topic and row.stay == stay]
        return sorted(found, key=lambda row: (row.record, row.revision))

    def present(self, unit: str | None = None) -> Sequence[Kept]:
        found = [(row, json.loads(row.body)) for row in self.current(STAY)]
        return [row for row, body in found if body["state"] == "present" and unit in (None, body["unit"])]

    def published(self, topic: str, since: datetime, until: datetime | None = None) -> Sequence[Kept]:
        found = [
            row for row in self.rows if row.topic == topic and since <= row.emitted_at <= (until or row.emitted_at)
        ]
        return sorted(found, key=lambda row: (row.record, row.revision))

    def places(self, since: datetime, until: datetime | None = None) -> Sequence[tuple[str | None, str]]:
        rows = (row for row in self.rows if row.topic == STAY and row.emitted_at >= since)
        bodies = (json.loads(row.body) for row in rows if until is None or row.emitted_at <= until)
        return list({(body["unit"], body["bed"]): None for body in bodies if body["bed"] is not None})


def is_of(row: Kept, stay: Stays | None) -> bool:
    """Whether it is of a stay, or of one of several."""
    return stay is None or (row.stay == stay if isinstance(stay, str) else row.stay in stay)


def newest(rows: Iterable[Kept]) -> list[Kept]:
    found: dict[tuple[str, str], Kept] = {}
    for row in rows:
        known = found.get((row.topic, row.record))
        if known is None or known.revision < row.revision:
            found[row.topic, row.record] = row
    return list(found.values())


def made(model: Memory, now: datetime = NOON, troubles: Callable[[], tuple[Trouble, ...]] = tuple) -> Board:
    """A board of a model whose age is no trouble, unless one is named."""
    pulse = Pulse(lambda: State(len(model.rows), now, troubles()), lambda: now)
    return Board(model, pulse, lambda: now, ZONE, "0.0.0")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str
    cookies: tuple[str, ...] = ()
    """Each as it is set."""


def asked(board: Board, path: str, **headers: str) -> Answer:
    """What the board answers."""
    return ask(application(board), path, **headers)


def ask(app: ASGIApp, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
    """What an application answers; `headers` with _ for -."""
    where, _, query = path.partition("?")
    named = {"host": HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": where, "raw_path": where.encode(), "root_path": "", "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
        "server": (HOST, 80), "client": (HOST, 1),
    }  # fmt: skip
    sent: list[Message] = []

    asked: list[bool] = []

    async def receive() -> Message:
        if asked:
            await asyncio.Event().wait()  # nobody goes away
        asked.append(True)
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    try:
        asyncio.run(app(scope, receive, send))
    except RuntimeError:  # for the server's log
        if not sent:
            raise
    text = b"".join(message.get("body", b"") for message in sent).decode()
    answered = [(name.decode(), value.decode()) for name, value in sent[0]["headers"]]
    cookies = tuple(value for name, value in answered if name == "set-cookie")
    return Answer(sent[0]["status"], dict(answered), text, cookies)
