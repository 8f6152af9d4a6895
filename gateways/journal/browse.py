"""What came and what became of it, for a person: messages and letters by source, reason, state and time."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from picustream.gateways.journal.index import Index

_MESSAGE = "sequence, message, at, way, source, peer, kind, bytes, state, answer, events"
_LETTER = "letter, sequence, message, source, at, reason, path"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages or letters. None: all."""

    source: str | None = None
    reason: str | None = None
    state: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def clause(self, *names: str) -> tuple[str, list[str]]:
        """A WHERE of SQL, for a table that has columns of these names."""
        parts, values = ["1"], []
        for name in names:
            if (value := getattr(self, name)) is not None:
                parts.append(f"{name} = ?")
                values.append(value)
        for bound, moment in ((">=", self.since), ("<", self.until)):
            if moment is not None:
                parts.append(f"at {bound} ?")
                values.append(moment.isoformat())
        return " AND ".join(parts), values


@dataclass(frozen=True, slots=True)
class Message:
    """One message, without its content."""

    sequence: int
    message: str
    at: str
    way: str
    source: str
    peer: str
    kind: str
    bytes: int
    state: str
    answer: str
    events: int
    values: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """It, for a program."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class KeptLetter:
    """One letter, as it was kept."""

    letter: str
    sequence: int
    message: str
    source: str
    at: str
    reason: str
    path: str
    body: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """It, for a program."""
        return {"letter": self.letter, "sequence": self.sequence, **self.body}


def messages(index: Index, wanted: Wanted, last: int | None = None) -> Iterator[Message]:
    """Messages, in order; of many the last ones."""
    where, values = wanted.clause("source", "state")
    limit = -1 if last is None else last
    rows = index.rows(
        f"SELECT {_MESSAGE}, counts FROM messages WHERE {where} ORDER BY sequence DESC LIMIT ?", [*values, limit]
    )
    for row in reversed(rows):
        yield Message(**dict(zip(_MESSAGE.split(", "), row, strict=False)), values=json.loads(row[-1]))


def sequences_of(index: Index, name: str) -> list[int]:
    """The places of a message by its id, or by its place itself."""
    number = int(name) if name.isdigit() else 0
    rows = index.rows(
        "SELECT sequence FROM messages WHERE message = ? OR sequence = ? ORDER BY sequence", (name, number)
    )
    return [row[0] for row in rows]


def letters(index: Index, wanted: Wanted) -> Iterator[KeptLetter]:
    """Letters, in the order of their messages."""
    where, values = wanted.clause("source", "reason")
    for row in index.rows(f"SELECT {_LETTER}, body FROM letters WHERE {where} ORDER BY sequence, path", values):
        yield _letter(row)


def letters_named(index: Index, name: str) -> list[KeptLetter]:
    """The letter of a name, or all those of a message."""
    rows = index.rows(
        f"SELECT {_LETTER}, body FROM letters WHERE letter = ? OR message = ? ORDER BY path", (name, name)
    )
    return [_letter(row) for row in rows]


def replayed(index: Index, since: datetime, until: datetime | None) -> list[int]:
    """The places of all messages of a time; what came again is not done again."""
    where, values = Wanted(since=since, until=until).clause()
    rows = index.rows(f"SELECT sequence FROM messages WHERE {where} AND state != 'repeat' ORDER BY sequence", values)
    return [row[0] for row in rows]


def _letter(row: tuple[Any, ...]) -> KeptLetter:
    return KeptLetter(**dict(zip(_LETTER.split(", "), row, strict=False)), body=json.loads(row[-1]))
