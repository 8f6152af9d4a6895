"""What cannot be known without remembering every event: repeats, versions, conflicts, silences, what lies outside its
stay, whose bounds may come last, and what contradicts or replaces what. Remembered on disk.

A private temporary database of SQLite: small files stay in its cache, large ones go to a temporary file that nobody
else sees and that is deleted with the process. It holds hashes, times, event ids (they decide between versions) and the
points of coma scales; no other value, no patient and no stay.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple, Self

from picustream.models.times import EPOCH

_TABLES = """
    CREATE TABLE event (stay INTEGER, at INTEGER, feed INTEGER, patient INTEGER, parts INTEGER, usable INTEGER,
                        place INTEGER, name INTEGER, text INTEGER);
    CREATE TABLE thing (feed INTEGER, name INTEGER, bare INTEGER, meant INTEGER, form INTEGER, sort INTEGER,
                        at INTEGER, filed INTEGER, rank INTEGER, event TEXT, text INTEGER, status INTEGER,
                        place INTEGER);
    CREATE TABLE coma (stay INTEGER, at INTEGER, part INTEGER, points INTEGER, name INTEGER, place INTEGER);
"""
_INSERTS = {
    "event": "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "thing": "INSERT INTO thing VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "coma": "INSERT INTO coma VALUES (?, ?, ?, ?, ?, ?)",
}
_ROWS = 5_000
"""Written at a time."""
_LINES = 1 << 40
"""Lines of one file, at most: a place is the file's number and the line in one integer."""

VERSION_ORDER = "filed, rank, event, text"
"""What decides between versions of one thing (docs/topics.md), the last of it but where all else ties."""
LATEST_FIRST = ", ".join(f"{column} DESC" for column in VERSION_ORDER.split(", "))

_MICROSECOND = timedelta(microseconds=1)


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
    name: int
    """A hash of its id."""
    text: int
    """A hash of all that it states."""


class Thing(NamedTuple):
    """A version of an observation, of what a ventilator event states of support and control, or of a fact."""

    feed: int
    name: int
    """A hash of what its versions have in common."""
    bare: int
    """The same, whatever the stay."""
    meant: int
    """A hash of stay, source, code and moment: what a correction under another id may have meant."""
    form: int
    """Number of the form that its id has (`identity`)."""
    sort: int
    """`identity.Sort`."""
    at: int
    filed: int
    rank: int
    """Of its status among versions filed at the same time."""
    event: str
    """The id of its event."""
    text: int
    """A hash of all that its event states."""
    status: int
    """Place of its status among all."""
    place: int


class Coma(NamedTuple):
    """Usable points of a coma scale."""

    stay: int
    at: int
    part: int
    """Place in `coma.PARTS`."""
    points: int
    name: int
    """As of the `Thing`."""
    place: int


@dataclass(frozen=True, slots=True)
class Count:
    """So many, and where the first is: number of the file, number of the line."""

    count: int
    file: int
    line: int


class Memory:
    """A context manager; everything is forgotten when it is left."""

    def __init__(self) -> None:
        self.database = sqlite3.connect("", isolation_level=None)
        self._rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in _INSERTS}

    def __enter__(self) -> Self:
        self.database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()

    def add(self, row: Happened | Thing | Coma) -> None:
        """Remember an event, a version of something it speaks of, or points of a coma scale."""
        rows = self._rows[_TABLE_OF[type(row)]]
        rows.append(row)
        if len(rows) >= _ROWS:
            self.write()

    def repeats(self) -> dict[int, Count]:
        """By feed: events that came before, word for word."""
        return self._counted(
            "SELECT feed, COUNT(*) - COUNT(DISTINCT text) AS more, MIN(place) AS place FROM event GROUP BY feed, name"
        )

    def versions(self) -> dict[int, Count]:
        """By feed: versions of observations and facts after their first."""
        return self._counted(
            "SELECT MIN(feed) AS feed, COUNT(DISTINCT text) - 1 AS more, MIN(place) AS place FROM thing GROUP BY name"
        )

    def conflicts(self) -> dict[int, Count]:
        """By feed: filings that state two different things of one observation or fact, with nothing to show which one
        is the later."""
        return self._counted(
            "SELECT feed, 1 AS more, MIN(place) AS place FROM"
            " (SELECT feed, filed, event, rank, MIN(place) AS place FROM thing"
            " GROUP BY feed, name, filed, rank, event HAVING COUNT(DISTINCT text) > 1)"
            " GROUP BY feed, filed, event, rank"
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
        for table, rows in self._rows.items():
            self.database.executemany(_INSERTS[table], rows)
            rows.clear()
        self.database.execute("COMMIT")


_TABLE_OF: dict[type, str] = {Happened: "event", Thing: "thing", Coma: "coma"}


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
    return (moment - EPOCH) // _MICROSECOND


def moment(microseconds: int) -> datetime:
    """The moment of so many microseconds since 1970 UTC."""
    return EPOCH + microseconds * _MICROSECOND
