"""What a chart remembers of pruned versions: enough to know when an answer would need them (invariant I9).

Of each source the latest filing time, and a Bloom filter of the names: 32 KiB however many there are. So a late version
that is newer than everything pruned, or of which nothing was pruned, is filed as any other. For the few others a newer
version may have been pruned, and nothing is guessed.
"""

from base64 import b85decode, b85encode
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import blake2b
from struct import unpack
from typing import Any
from zlib import compress, decompress

from picustream.scoring.chart.entries import Filed

BITS = 1 << 18
HASHES = 3


class Pruned:
    """A set of the names of pruned versions, which may find a name that is not in it, and never misses one that is."""

    def __init__(self) -> None:
        self._latest: dict[str, datetime] = {}
        self._bits = bytearray()
        """None until something is pruned, which of most stays nothing ever is."""

    def __bool__(self) -> bool:
        return bool(self._latest)

    def note(self, filed: Filed, identity: str) -> bool:
        """Adds a pruned version; whether anything changed."""
        moment, latest = filed.rank[0], self._latest.get(filed.source)
        changed = latest is None or moment > latest or not self.may_contain(filed.source, identity)
        self._latest[filed.source] = moment if latest is None else max(moment, latest)
        self._bits = self._bits or bytearray(BITS // 8)
        for place in _places(filed.source, identity):
            self._bits[place >> 3] |= 1 << (place & 7)
        return changed

    def may_supersede(self, filed: Filed, identity: str) -> bool:
        """Whether a later version of this may have been pruned; never false where one was."""
        latest = self._latest.get(filed.source)
        return latest is not None and filed.rank[0] <= latest and self.may_contain(filed.source, identity)

    def may_contain(self, source: str, identity: str) -> bool:
        """Whether some version of it may have been pruned; never false where one was."""
        return bool(self._bits) and all(
            self._bits[place >> 3] >> (place & 7) & 1 for place in _places(source, identity)
        )

    def may_have_pruned(self, source: str, identity: str) -> bool:
        """Likewise; false for a source of which nothing was pruned."""
        return source in self._latest and self.may_contain(source, identity)

    def to_store(self) -> dict[str, Any]:
        """For `restore`."""
        return {"latest": self._latest, "bits": b85encode(compress(bytes(self._bits), 1)).decode()}

    def restore(self, stored: Mapping[str, Any]) -> None:
        """Takes over what `to_store` gave, written as JSON."""
        self._latest = {source: datetime.fromisoformat(moment) for source, moment in stored["latest"].items()}
        self._bits = bytearray(decompress(b85decode(stored["bits"])))


def _places(source: str, identity: str) -> Iterator[int]:
    digest = blake2b(f"{source}\n{identity}".encode(), digest_size=4 * HASHES).digest()
    return (word % BITS for word in unpack(f">{HASHES}I", digest))
