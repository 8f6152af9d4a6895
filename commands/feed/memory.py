"""What cannot be told without remembering every event: repeats, versions, conflicts, silences. Remembered on disk.

A private temporary database of SQLite: small files stay in its cache, large ones go to a temporary file that nobody
else sees and that is gone with the process. It holds hashes and times, and no value.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from typing import Self

_TABLES = """
    CREATE TABLE said (kind INTEGER, feed INTEGER, name INTEGER, version INTEGER, text INTEGER, place INTEGER);
    CREATE TABLE sign (stay INTEGER, at INTEGER);
"""
_ROWS = 5_000
"""Written at a time."""
_LINES = 1 << 40
"""Lines of one file, at most: a place is the file's number and the line in one integer."""
EVENT, THING = 0, 1
"""What is remembered: whole events, and the observations and facts that they speak of."""


@dataclass(frozen=True, slots=True)
class Count:
    """So many, and where the first stands: number of the file, number of the line."""

    count: int
    file: int
    line: int


class Memory:
    """A context manager; everything is forgotten when it is left."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._said: list[tuple[int, ...]] = []
        self._signs: list[tuple[int, int]] = []

    def __enter__(self) -> Self:
        self._database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def say(self, kind: int, feed: int, name: str, version: str, text: int, file: int, line: int) -> None:
        """Remember an event or a thing by its `name`; `version` is what decides between versions of it, `text` a hash
        of all that the event says."""
        self._said.append((kind, feed, hashed(name), hashed(version), text, file * _LINES + line))
        if len(self._said) >= _ROWS:
            self._write()

    def sign(self, stay: int, at: int) -> None:
        """Remember a vital sign; `at` in seconds since 1970 UTC."""
        self._signs.append((stay, at))
        if len(self._signs) >= _ROWS:
            self._write()

    def repeats(self) -> dict[int, Count]:
        """By feed: events that came before, word for word."""
        return self._counted(
            "SELECT feed, COUNT(*) - COUNT(DISTINCT text) AS more, MIN(place) AS place FROM said"
            f" WHERE kind = {EVENT} GROUP BY feed, name"
        )

    def versions(self) -> dict[int, Count]:
        """By feed: versions of observations and facts after their first."""
        return self._counted(
            "SELECT MIN(feed) AS feed, COUNT(DISTINCT text) - 1 AS more, MIN(place) AS place FROM said"
            f" WHERE kind = {THING} GROUP BY name"
        )

    def conflicts(self) -> dict[int, Count]:
        """By feed: filings that say two different things of one observation or fact, with nothing to tell which one
        is the later."""
        return self._counted(
            "SELECT feed, 1 AS more, MIN(place) AS place FROM (SELECT feed, version, MIN(place) AS place FROM said"
            f" WHERE kind = {THING} GROUP BY feed, name, version HAVING COUNT(DISTINCT text) > 1)"
            " GROUP BY feed, version"
        )

    def signs(self) -> Iterator[tuple[int, int]]:
        """Stay and time of every vital sign, by stay and time."""
        self._write()
        with closing(self._database.execute("SELECT DISTINCT stay, at FROM sign ORDER BY stay, at")) as rows:
            yield from rows

    def _counted(self, groups: str) -> dict[int, Count]:
        self._write()
        query = f"SELECT feed, SUM(more), MIN(place) FROM ({groups}) WHERE more > 0 GROUP BY feed"
        return {feed: Count(count, *divmod(place, _LINES)) for feed, count, place in self._database.execute(query)}

    def _write(self) -> None:
        self._database.execute("BEGIN")
        self._database.executemany("INSERT INTO said VALUES (?, ?, ?, ?, ?, ?)", self._said)
        self._database.executemany("INSERT INTO sign VALUES (?, ?)", self._signs)
        self._database.execute("COMMIT")
        self._said, self._signs = [], []


def hashed(text: str) -> int:
    """64 bits of a text: among ten million, two that differ have one hash once in a few hundred thousand files."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
