"""What became of each message, in SQLite beside the journal: outcomes, letters, what waits, what the gateway remembers.

It holds nothing that the journal does not: without it everything is done anew. What a message changed in the memory of
the gateway is committed together with its outcome. Any process may read, and ask for messages to be done again.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from picustream.gateways.journal.outcome import DIGEST, Code, Outcome, letter_id
from picustream.gateways.journal.received import Received
from picustream.gateways.journal.transaction import CannotKeep, DamagedIndex, Transaction
from picustream.gateways.state import Change, Json
from picustream.runtime.errors import ENVIRONMENT, UserError

FILE = "index.sqlite"
VERSION = 2
CHECKPOINT = 8000
"""Pages of 4 KiB that are written before the index itself is brought up to date, which waits for the disk."""
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE messages (
    sequence INTEGER PRIMARY KEY, message TEXT NOT NULL, at TEXT NOT NULL, way TEXT NOT NULL, source TEXT NOT NULL,
    peer TEXT NOT NULL, kind TEXT NOT NULL, bytes INTEGER NOT NULL, state TEXT NOT NULL, answer TEXT NOT NULL,
    site TEXT NOT NULL, counts TEXT NOT NULL, events INTEGER NOT NULL, sent BLOB NOT NULL
);
CREATE INDEX messages_message ON messages (message, sequence);
CREATE INDEX messages_at ON messages (at);
CREATE TABLE letters (
    letter TEXT PRIMARY KEY, sequence INTEGER NOT NULL, message TEXT NOT NULL, source TEXT NOT NULL, at TEXT NOT NULL,
    reason TEXT NOT NULL, path TEXT NOT NULL, body TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX letters_message ON letters (message);
CREATE TABLE waits (key TEXT NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (key, sequence)) WITHOUT ROWID;
CREATE TABLE state (name TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (name, key)) WITHOUT ROWID;
CREATE TABLE redo (sequence INTEGER PRIMARY KEY, everything INTEGER NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Done:
    """One message with what it made, for the index. `sent`: of its events those that Kafka has, by their digests."""

    received: Received
    outcome: Outcome
    changes: Sequence[Change]
    sent: frozenset[bytes]
    again: bool = False
    """Whether it was done before: its place is behind what is done."""
    known: bool = True
    """Whether something was made of the same bytes before."""


class Known(NamedTuple):
    """What is known of an earlier message of the same bytes."""

    sequence: int
    source: str
    state: str
    site: str
    answer: Code
    sent: frozenset[bytes]
    times: int
    """How often it came."""


class Redo(NamedTuple):
    """A message that is to be done again. `everything`: its events are sent though Kafka has them."""

    sequence: int
    everything: bool


class Index:
    """The index of a journal's folder."""

    def __init__(self, folder: Path, read_only: bool = False) -> None:
        path = folder / FILE
        if read_only and not path.exists():
            raise UserError(f"There is no journal in {folder}.", "PICUSTREAM_GATEWAY_JOURNAL names it.", ENVIRONMENT)
        if not read_only:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
        try:
            self._db.execute("PRAGMA journal_mode=WAL")
            # What a power cut takes from the index is done anew from the journal, which is on the disk.
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT}")
            self._make()
        except sqlite3.OperationalError as error:
            raise CannotKeep(str(error)) from error
        except sqlite3.DatabaseError as error:
            raise DamagedIndex(path, str(error)) from error

    def close(self) -> None:
        """Close it."""
        self._db.close()

    @property
    def done(self) -> int:
        """Up to which place everything is done."""
        row = self._db.execute("SELECT value FROM meta WHERE key = 'done'").fetchone()
        return int(row[0]) if row else 0

    def state(self) -> Iterator[Change]:
        """What the gateway remembers."""
        for name, key, value in self._db.execute("SELECT name, key, value FROM state"):
            yield Change(name, key, json.loads(value))

    @property
    def waiting(self) -> int:
        """How many messages wait."""
        return int(self._db.execute("SELECT count(DISTINCT sequence) FROM waits").fetchone()[0])

    def known(self, message: str) -> Known | None:
        """What is known of a message by its id."""
        rows = self._db.execute(
            "SELECT sequence, source, state, site, answer, sent FROM messages WHERE message = ? ORDER BY sequence",
            (message,),
        ).fetchall()
        if not rows:
            return None
        sequence, source, state, site, answer, sent = next((row for row in rows if row[2] != "repeat"), rows[0])
        return Known(sequence, source, state, site, answer, _split(sent), len(rows))

    def first_unsettled(self) -> int | None:
        """The earliest place that is still needed: of what waits, or is to be done again."""
        row = self._db.execute(
            "SELECT min(sequence) FROM (SELECT sequence FROM waits UNION ALL SELECT sequence FROM redo)"
        ).fetchone()
        return None if row[0] is None else int(row[0])

    def waiting_since_before(self, moment: datetime) -> list[int]:
        """Places of messages that have waited since before a moment."""
        return [
            row[0]
            for row in self._db.execute(
                "SELECT DISTINCT waits.sequence FROM waits JOIN messages USING (sequence) WHERE at < ? ORDER BY 1",
                (moment.isoformat(),),
            )
        ]

    def commit(self, batch: Iterable[Done], site: str) -> None:
        """Keep what became of messages, in order, all or nothing. `site`: what the configuration is known by."""
        done = list(batch)
        with self._transaction():
            self._drop_letters(one.received.sequence for one in done if one.again)
            self._db.executemany(
                "INSERT OR REPLACE INTO messages VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                (_row(one, site) for one in done),
            )
            for one in done:
                self._keep_what_follows(one)
            self._keep_state({(name, key): value for one in done for name, key, value in one.changes})
            if new := [one.received.sequence for one in done if not one.again]:
                self._put("done", str(new[-1]))

    def ask_again(self, sequences: Iterable[int], everything: bool) -> None:
        """Ask for messages to be done again, by whichever process has the journal."""
        with self._transaction():
            self._db.executemany(
                "INSERT INTO redo VALUES (?, ?) ON CONFLICT DO UPDATE SET everything = max(everything, ?)",
                [(sequence, everything, everything) for sequence in sequences],
            )

    def asked_again(self, limit: int = 1000) -> list[Redo]:
        """What is to be done again, in order."""
        rows = self._db.execute("SELECT sequence, everything FROM redo ORDER BY sequence LIMIT ?", (limit,))
        return [Redo(sequence, bool(everything)) for sequence, everything in rows]

    def to_redo(self) -> set[int]:
        """The places of all messages that are to be done again."""
        return {row[0] for row in self._db.execute("SELECT sequence FROM redo")}

    def dismiss_redo(self, sequences: Iterable[int]) -> None:
        """Ask no longer for messages to be done again."""
        with self._transaction():
            self._db.executemany("DELETE FROM redo WHERE sequence = ?", [(sequence,) for sequence in sequences])

    def dismiss(self, sequences: Iterable[int]) -> None:
        """What was asked for cannot be done: the journal no longer has it."""
        with self._transaction():
            numbers = [(sequence,) for sequence in sequences]
            for table in ("redo", "waits"):
                self._db.executemany(f"DELETE FROM {table} WHERE sequence = ?", numbers)

    def note(self, key: str, value: str) -> None:
        """Keep a word about the gateway itself."""
        with self._transaction():
            self._put(key, value)

    def noted(self, key: str) -> str | None:
        """A word that was kept."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def prune(self, before: datetime, most: int = 1000) -> bool:
        """Forget messages, and their letters, that came before a moment and wait for nothing: at most so many, so that
        whoever comes meanwhile is not kept waiting. Whether there may be more."""
        with self._transaction():
            gone = self._db.execute(
                "SELECT sequence, message FROM messages WHERE at < ? AND sequence NOT IN (SELECT sequence FROM waits)"
                " AND sequence NOT IN (SELECT sequence FROM redo) ORDER BY at LIMIT ?",
                (before.isoformat(), most),
            ).fetchall()
            self._db.executemany("DELETE FROM messages WHERE sequence = ?", [(sequence,) for sequence, _ in gone])
            self._db.executemany(
                "DELETE FROM letters WHERE message = ?"
                " AND NOT EXISTS (SELECT 1 FROM messages WHERE messages.message = letters.message)",
                [(message,) for _, message in gone],
            )
        return len(gone) == most

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What a query finds."""
        return self._db.execute(query, values).fetchall()

    def _keep_what_follows(self, done: Done) -> None:
        """Letters of a message, and what waits because of it, or no longer does."""
        sequence, outcome = done.received.sequence, done.outcome
        if done.again:
            for table in ("redo", "waits"):
                self._db.execute(f"DELETE FROM {table} WHERE sequence = ?", (sequence,))
        if outcome.state != "repeat":
            self._keep_letters(done)
        for key in outcome.waits:
            self._db.execute("INSERT OR IGNORE INTO waits VALUES (?, ?)", (key, sequence))
        for key in outcome.opened:
            self._db.execute(
                "INSERT OR IGNORE INTO redo SELECT sequence, 0 FROM waits WHERE key = ? AND sequence != ?",
                (key, sequence),
            )

    def _keep_state(self, changes: Mapping[tuple[str, str], Json]) -> None:
        """What several messages changed is written once, as the last has it."""
        rows = sorted((*place, json.dumps(value)) for place, value in changes.items() if value is not None)
        gone = sorted(place for place, value in changes.items() if value is None)
        self._db.executemany("INSERT OR REPLACE INTO state VALUES (?,?,?)", rows)
        self._db.executemany("DELETE FROM state WHERE name = ? AND key = ?", gone)

    def _keep_letters(self, done: Done) -> None:
        received, outcome = done.received, done.outcome
        if done.known:
            self._db.execute("DELETE FROM letters WHERE message = ?", (outcome.message,))
        for letter in outcome.letters:
            name = letter_id(outcome.message, letter.reason, letter.path)
            self._db.execute(
                "INSERT OR REPLACE INTO letters VALUES (?,?,?,?,?,?,?,?)",
                (
                    name, received.sequence, outcome.message, outcome.source, received.at.isoformat(),
                    letter.reason, letter.path, json.dumps(letter.as_json(), default=str),
                ),
            )  # fmt: skip

    def _drop_letters(self, sequences: Iterable[int]) -> None:
        """Of messages that are done again: where another source takes one than before, its id is another."""
        for sequence in sequences:
            self._db.execute(
                "DELETE FROM letters WHERE sequence = ?1"
                " AND message = (SELECT message FROM messages WHERE sequence = ?1)",
                (sequence,),
            )

    def _put(self, key: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def _make(self) -> None:
        with self._transaction():
            if not self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._put("version", str(VERSION))
        if self.noted("version") != str(VERSION):
            raise UserError("The index is of another version of picustream.", f"Remove {FILE}: it is made anew.")

    def _transaction(self) -> Transaction:
        return Transaction(self._db)


def _row(done: Done, site: str) -> tuple[Any, ...]:
    received, outcome = done.received, done.outcome
    return (
        received.sequence, outcome.message, received.at.isoformat(), received.way, outcome.source,
        received.peer, outcome.kind, len(received.raw), outcome.state, outcome.answer.code,
        site, json.dumps(dict(outcome.counts)), len(outcome.events), b"".join(sorted(done.sent)),
    )  # fmt: skip


def _split(sent: bytes) -> frozenset[bytes]:
    return frozenset(sent[at : at + DIGEST] for at in range(0, len(sent), DIGEST))
