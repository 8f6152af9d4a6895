"""The live events of a stay as its store keeps them: together in compressed packs, and not a field for each.

Events of one stay are nearly alike: one by itself takes some 200 bytes, and each of five hundred together 25. Events
that have come are a pack of their own, and packs are merged when there are `FANOUT` of about a size, so an event is
written three or four times in all and a stay is a few dozen packs, however long. A pack that loses an event is written
anew without it: what was superseded must not come back.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from zlib import compress, decompress

import zstandard

from picustream.scoring.chart.entries import Filed

PACK = "p:"
"""Prefix of the packs' fields in the store; their number follows."""

FANOUT, MOST = 8, 512
"""Packs of about a size that are merged, and events of a pack: writing one anew takes 0.2 ms and 10 kB."""

_BETWEEN = b"\x1e"
"""Between the events of a pack: no JSON has this byte (RFC 7464)."""
_LEVEL, _LEVEL_OF_LARGE = 3, 1
"""Of zlib, and of zstd."""
SMALL = 1_500
"""Bytes of a pack below which that is not worth it: an event by itself would take twice as long."""
LARGE = 30_000
"""Bytes of a pack from which zstd takes less time than zlib, and leaves a third less; of a small one it takes twice."""
_ZLIB, _ZSTD = b"x", b"\x28\xb5\x2f\xfd"
"""How compressed bytes begin, and no topic does."""


def packed(events: Iterable[tuple[str, str]]) -> bytes:
    """Topics and texts of events as one pack."""
    pack = _BETWEEN.join(f"{topic}\n{text}".encode() for topic, text in events)
    if len(pack) < SMALL:
        return pack
    return compress(pack, _LEVEL) if len(pack) < LARGE else zstandard.compress(pack, _LEVEL_OF_LARGE)


def unpacked(pack: bytes) -> Iterator[tuple[str, str]]:
    """The topics and texts of a pack."""
    for one in _plain(pack).split(_BETWEEN):
        topic, _, text = one.decode().partition("\n")
        yield topic, text


def _plain(pack: bytes) -> bytes:
    if pack.startswith(_ZSTD):
        return zstandard.decompress(pack)
    return decompress(pack) if pack.startswith(_ZLIB) else pack


def stored_events(fields: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Topics and texts of all events among the fields of a stay."""
    for name, pack in fields.items():
        if name.startswith(PACK):
            yield from unpacked(pack)


class EventPacks:
    """Which event is in which pack."""

    def __init__(self) -> None:
        self._pack_of: dict[str, int] = {}
        """By the event's short name."""
        self._sizes: Counter[int] = Counter()

    def restore(self, name: str, keys: Collection[str]) -> None:
        """Takes over what the pack of a field holds."""
        number = int(name.removeprefix(PACK))
        self._pack_of.update(dict.fromkeys(keys, number))
        self._sizes[number] = len(keys)

    def write(self, changed: Iterable[str], live: Mapping[str, Filed]) -> Iterator[tuple[str, bytes | None]]:
        """The fields to write after events came or went; None: to delete."""
        fresh, stale = [], set()
        for key in changed:
            pack = self._pack_of.get(key)
            if pack is None and key in live:
                fresh.append(key)
            elif pack is not None and key not in live:
                del self._pack_of[key]
                self._sizes[pack] -= 1
                stale.add(pack)
        self._merge(stale, len(fresh))
        moved = [key for key, pack in self._pack_of.items() if pack in stale] if stale else []
        for pack in sorted(stale):
            del self._sizes[pack]
            yield f"{PACK}{pack}", None
        keys = moved + fresh
        for first in range(0, len(keys), MOST):
            some = keys[first : first + MOST]
            name = f"{PACK}{max(self._sizes, default=0) + 1}"
            self.restore(name, some)
            yield name, packed((live[key].topic, live[key].text) for key in some)

    def _merge(self, stale: set[int], fresh: int) -> None:
        """Adds to packs that are to be written anew those that are so merged, as long as there are any."""
        while True:
            level = _level(fresh + sum(self._sizes[pack] for pack in stale))
            small = {pack for pack, size in self._sizes.items() if size < MOST and _level(size) <= level} - stale
            if len(small) + 1 < FANOUT:
                return
            stale |= small


def _level(size: int) -> int:
    """Packs of one level are of about a size, `FANOUT` of the next one smaller."""
    return (size.bit_length() - 1) // (FANOUT.bit_length() - 1)
