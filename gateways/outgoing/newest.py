"""The newest revision of every record, and which of them a server has: a file, so that memory does not grow."""

import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

from picustream.eventfiles.outputs import BrokenRecord, OnError, Stored
from picustream.models import text
from picustream.runtime.errors import UserError

_SCHEMA = """
create table if not exists server (url text not null);
create table if not exists newest (
    key text primary key, number integer not null, topic text not null, origin text not null, value blob,
    sent integer not null default 0
);
"""


class Newest:
    """Takes revisions in any order and gives the newest of each key: an older one is never sent after it."""

    def __init__(self, path: Path | None = None, server: str = "") -> None:
        """Without a path nothing is left behind. Raises `UserError` where the file is of another server."""
        self._file = sqlite3.connect(path or "")  # "": SQLite's own temporary file, on disk when it is large
        try:
            self._file.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            raise UserError(f"{path} cannot be used ({error}).", "Name another file with --state.") from error
        known = self._file.execute("select url from server").fetchone()
        if known is None:
            self._file.execute("insert into server values (?)", (server,))
        elif known[0] != server:
            raise UserError(f"{path} says what another server has.", "Name a file of its own with --state.")

    def add(self, stored: Stored, on_error: OnError) -> None:
        """Take one revision. What has no id and number is reported, and not kept."""
        try:
            fields = text.parse(stored.value)
            number = int(fields["revision"])
            key = str(fields["event_id"]).removesuffix(f"/r{number}")
        except (text.NotJson, TypeError, KeyError, ValueError):
            on_error(BrokenRecord(stored.where, "it has no event_id or no revision"))
            return
        self._file.execute(
            "insert into newest (key, number, topic, origin, value) values (?, ?, ?, ?, ?)"
            " on conflict (key) do update set number = excluded.number, value = excluded.value,"
            " origin = excluded.origin where excluded.number > number",
            (key, number, stored.topic, stored.where, zlib.compress(stored.value, 1)),
        )

    def unsent(self) -> list[tuple[str, int]]:
        """Key and number of what the server does not have, in order of first appearance."""
        return self._file.execute("select key, number from newest where number > sent order by rowid").fetchall()

    def get(self, key: str) -> Stored:
        """The newest of a key that is not sent."""
        [row] = self._file.execute("select topic, origin, value from newest where key = ?", (key,))
        return _stored(*row)

    def all(self) -> Iterator[Stored]:
        """The newest of every key, in order of first appearance."""
        for topic, origin, value in self._file.execute("select topic, origin, value from newest order by rowid"):
            yield _stored(topic, origin, value)

    def is_sent(self, key: str, number: int) -> None:
        """The server has that revision: its body is needed no more."""
        self._file.execute(
            "update newest set sent = ?, value = case when number = ? then null else value end"
            " where key = ? and sent < ?",
            (number, number, key, number),
        )

    def save(self) -> None:
        """Keep what was marked."""
        self._file.commit()

    def close(self) -> None:
        self._file.commit()
        self._file.close()


def _stored(topic: str, origin: str, value: bytes) -> Stored:
    return Stored(topic, None, zlib.decompress(value), origin)
