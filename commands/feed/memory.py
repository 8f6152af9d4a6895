"""What cannot be told without remembering every event: repeats, versions, conflicts, silences, and what lies outside
its stay, whose bounds may come last. Remembered on disk.

A private temporary database of SQLite: small files stay in its cache, large ones go to a temporary file that nobody
else sees and that is gone with the process. It holds hashes and times, and no value.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple, Self

_TABLES = """
    CREATE TABLE said (kind INTEGER, feed INTEGER, name INTEGER, version INTEGER, text INTEGER, place INTEGER,
                       filed INTEGER, stands INTEGER);
    CREATE TABLE event (stay INTEGER, at INTEGER, feed INTEGER, patient INTEGER, parts INTEGER, usable INTEGER,
                        place INTEGER);
"""
_ROWS = 5_000
"""Written at a time."""
_LINES = 1 << 40
"""Lines of one file, at most: a place is the file's number and the line in one integer."""
EVENT, THING = 0, 1
"""What is remembered: whole events, and the observations and facts that they speak of."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Said(NamedTuple):
    """An event or a thing, as it is remembered."""

    kind: int
    feed: int
    name: int
    """A hash of its name."""
    version: int
    """A hash of what decides between versions of it."""
    text: int
    """A hash of all that the event says."""
    place: int
    filed: int
    """When, in microseconds."""
    stands: bool
    """It is not withdrawn."""


class Happened(NamedTuple):
    """An event, as a moment of its stay."""

    stay: int
    at: int
    """In microseconds."""
    feed: int
    patient: int
    """A hash of the pseudonym."""
    parts: int
    """`components.bits` of what it gives."""
    usable: int
    """Its usable values."""
    place: int


@dataclass(frozen=True, slots=True)
class Count:
    """So many, and where the first stands: number of the file, number of the line."""

    count: int
    file: int
    line: int


class Memory:
    """A context manager; everything is forgotten when it is left."""

    def __init__(self) -> None:
        self.database = sqlite3.connect("", isolation_level=None)
        self._said: list[Said] = []
        self._happened: list[Happened] = []

    def __enter__(self) -> Self:
        self.database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()

    def say(self, said: Said) -> None:
        """Remember what an event says of one thing, or at all."""
        self._said.append(said)
        if len(self._said) >= _ROWS:
            self.write()

    def happen(self, happened: Happened) -> None:
        """Remember an event as a moment of its stay."""
        self._happened.append(happened)
        if len(self._happened) >= _ROWS:
            self.write()

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

    def moments(self, parts: int) -> Iterator[tuple[int, int]]:
        """Stay and time (microseconds) of every event that gives any of these parts, by stay and time."""
        self.write()
        query = "SELECT DISTINCT stay, at FROM event WHERE parts & ? ORDER BY stay, at"
        with closing(self.database.execute(query, (parts,))) as rows:
            yield from rows

    def _counted(self, groups: str) -> dict[int, Count]:
        self.write()
        query = f"SELECT feed, SUM(more), MIN(place) FROM ({groups}) WHERE more > 0 GROUP BY feed"
        return {feed: Count(count, *where(place)) for feed, count, place in self.database.execute(query)}

    def write(self) -> None:
        """Hand everything to the database."""
        self.database.execute("BEGIN")
        self.database.executemany("INSERT INTO said VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self._said)
        self.database.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)", self._happened)
        self.database.execute("COMMIT")
        self._said, self._happened = [], []


def hashed(text: str) -> int:
    """64 bits of a text: among ten million, two that differ have one hash once in a few hundred thousand files."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def place(file: int, line: int) -> int:
    """A line of a file as one integer, in the order of reading."""
    return file * _LINES + line


def where(place: int) -> tuple[int, int]:
    """Number of the file and number of the line."""
    return divmod(place, _LINES)


def microseconds(moment: datetime) -> int:
    """A moment as microseconds since 1970 UTC, exactly: both ends of a stay belong to it (T2)."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(microseconds: int) -> datetime:
    """The moment of so many microseconds since 1970 UTC."""
    return _EPOCH + microseconds * _MICROSECOND
