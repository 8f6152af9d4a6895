"""Stays for which a replay has no room in memory: in a file that nobody else sees and that is gone with it."""

import marshal
import sqlite3
import zlib
from collections.abc import Mapping


class Scratch:
    """Fields of stays, a compressed text for each. Nothing is asked of it that a crash could break."""

    def __init__(self) -> None:
        self._file = sqlite3.connect(
            "", isolation_level=None
        )  # "": SQLite's own temporary file, on disk when it is large
        self._file.execute("pragma journal_mode = off")
        self._file.execute("pragma synchronous = off")
        self._file.execute("create table stay (id text primary key, fields blob) without rowid")
        self._known: set[str] = set()

    def put(self, stay_id: str, fields: Mapping[str, bytes]) -> None:
        """Keeps the fields of a stay, and nothing that it kept of it before."""
        self._known.add(stay_id)
        self._file.execute("replace into stay values (?, ?)", (stay_id, packed(fields)))

    def take(self, stay_id: str) -> dict[str, bytes]:
        """The fields of a stay; none of one that is not here."""
        if stay_id not in self._known:
            return {}
        [[blob]] = self._file.execute("select fields from stay where id = ?", (stay_id,))
        return unpacked(blob)


def packed(fields: Mapping[str, bytes]) -> bytes:
    """Fields as one: 4 kB for a stay of 84 events, where they take 40 kB."""
    return zlib.compress(marshal.dumps(dict(fields)), 1)


def unpacked(blob: bytes) -> dict[str, bytes]:
    """What `packed` took."""
    found: dict[str, bytes] = marshal.loads(zlib.decompress(blob))
    return found
