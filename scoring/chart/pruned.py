"""What a chart remembers of pruned versions: enough to know when an answer would need them (invariant I9).

Of each source the latest filing time, and a Bloom filter of the names of the events: 16 KiB however many there are. So
a late version that is newer than everything pruned, or of which nothing was pruned, is filed as any other. For the few
others a newer version may have been pruned, and nothing is guessed.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import blake2b
from struct import Struct
from typing import Any

import zstandard

from picustream.models.times import EARLIEST
from picustream.scoring.chart.entries import VENTILATION, Entry, Filed
from picustream.scoring.chart.lineage import AMENDED

BITS = 1 << 17
HASHES = 2
"""Of 17,000 events, those of ten days at one a minute, one unknown name in twenty is taken for one of them."""


class Pruned:
    """A set of the names of pruned versions, which may find a name that is not in it, and never misses one that is."""

    def __init__(self) -> None:
        self._latest: dict[str, datetime] = {}
        self._end = EARLIEST
        """When the last of them happened."""
        self._bits = bytearray()
        """None until something is pruned, which of most stays nothing ever is."""

    def __bool__(self) -> bool:
        return bool(self._latest)

    def note(self, filed: Filed, identity: str) -> bool:
        """Adds a pruned version; whether anything changed."""
        moment, latest, bits = filed.rank[0], self._latest.get(filed.source), self._bits or bytearray(BITS // 8)
        changed = latest is None or moment > latest
        if changed:
            self._latest[filed.source] = moment
        for place in _places(filed.source, _name(identity)):
            before = bits[place >> 3]
            bits[place >> 3] = before | 1 << (place & 7)
            changed = changed or before != bits[place >> 3]
        self._bits = bits
        return changed

    def note_all(self, entries: Iterable[Entry]) -> None:
        """Adds pruned versions. Nearly all have the name of their event, which is added once."""
        events, others = set[Filed](), []
        for one in entries:
            if one.pruned_as.rpartition("#")[0] == one.filed.event_id:
                events.add(one.filed)
            else:
                others.append((one.filed, _name(one.pruned_as)))
        latest, bits = self._latest, self._bits or bytearray(BITS // 8)
        for filed, name in {*((filed, filed.event_id) for filed in events), *others}:
            before = latest.get(filed.source)
            if before is None or filed.rank[0] > before:
                latest[filed.source] = filed.rank[0]
            self._end = max(self._end, filed.happened_at)
            for place in _places(filed.source, name):
                bits[place >> 3] |= 1 << (place & 7)
        self._bits = bits

    def precedes(self, filed: Filed) -> bool:
        """Whether all of them happened before an event, and were filed before it: then it is filed as any other."""
        latest = self._latest.get(filed.source)
        return filed.happened_at > self._end and (latest is None or filed.rank[0] > latest)

    def may_supersede(self, filed: Filed, identity: str) -> bool:
        """Whether a later version of this may have been pruned; never false where one was."""
        latest = self._latest.get(filed.source)
        return latest is not None and filed.rank[0] <= latest and self.may_contain(filed.source, identity)

    def may_contain(self, source: str, identity: str) -> bool:
        """Whether some version of it may have been pruned; never false where one was."""
        return bool(self._bits) and all(
            self._bits[place >> 3] >> (place & 7) & 1 for place in _places(source, _name(identity))
        )

    def may_have_pruned(self, source: str, identity: str) -> bool:
        """Likewise; false for a source of which nothing was pruned."""
        return source in self._latest and self.may_contain(source, identity)

    def misses_what_is_corrected(self, entries: Iterable[Entry]) -> bool:
        """Whether one of these corrects or withdraws something that was not pruned, so that an alert may be due."""
        return any(
            one.status_rank >= AMENDED and not self.may_have_pruned(one.filed.source, one.pruned_as) for one in entries
        )

    def to_store(self) -> dict[str, Any]:
        """For `restore`, but the names."""
        return {"latest": self._latest}

    def names_to_store(self) -> bytes:
        """For `restore`: the names."""
        return zstandard.compress(bytes(self._bits), 1)

    def restore(self, stored: Mapping[str, Any], names: bytes | None, end: datetime) -> None:
        """Takes over what `to_store`, written as JSON, and `names_to_store` gave; without these any name may be one.

        `end`: when the last of them happened.
        """
        self._latest = {source: datetime.fromisoformat(moment) for source, moment in stored["latest"].items()}
        self._end = end
        self._bits = bytearray(b"\xff" * (BITS // 8) if names is None else zstandard.decompress(names))


_WORDS = Struct(f">{HASHES}I").unpack


def _name(identity: str) -> str:
    """One name for all that an event states, where the ids are made of the event's."""
    return identity.rpartition("#")[0] or identity.removeprefix(VENTILATION)


def _places(source: str, name: str) -> list[int]:
    """Where the bits of a name are."""
    digest = blake2b(f"{source}\n{name}".encode(), digest_size=4 * HASHES).digest()
    return [word % BITS for word in _WORDS(digest)]
