"""Record batches taken apart: what stands on a topic, without what was aborted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.hostile.codecs import UNPACK
from tests.hostile.wire import BODY, CODEC, CONTROL, HEAD, MAGIC, TRANSACTIONAL, Header


@dataclass(frozen=True, slots=True)
class Read:
    """A record as it stands on a topic."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]
    timestamp: int

    @property
    def place(self) -> tuple[str, int, int]:
        return self.topic, self.partition, self.offset


def read(raw: bytes, topic: str, partition: int, aborted: "Aborted") -> Iterator[tuple[int, list[Read]]]:
    """The batches in what a fetch brought: the offset after each, and its committed records, control batches without.

    The last batch of a fetch may be cut off; it is passed over.
    """
    at = 0
    while at + HEAD.size + BODY.size <= len(raw):
        base, length, _, magic, _ = HEAD.unpack_from(raw, at)
        end = at + 12 + length
        if end > len(raw):
            return
        assert magic == MAGIC, "a batch of an old format"
        attributes, last, first, greatest, producer, *_ = BODY.unpack_from(raw, at + HEAD.size)
        body = raw[at + HEAD.size + BODY.size : end]
        count = BODY.unpack_from(raw, at + HEAD.size)[-1]
        stamp = greatest if attributes & 8 else None
        hidden = aborted.hides(base, producer, attributes)
        records = [] if hidden else list(_records(UNPACK[attributes & CODEC](body), count))
        yield (
            base + last + 1,
            [Read(topic, partition, base + delta, key, value, headers, first + moved if stamp is None else stamp)
             for delta, moved, key, value, headers in records
             if 0 <= delta <= last],  # what lies beyond its batch no client gives out
        )  # fmt: skip
        at = end


class Aborted:
    """The transactions of a partition that were aborted, from what a fetch says of them."""

    def __init__(self) -> None:
        self._begun: dict[int, set[int]] = {}
        self._within: set[int] = set()

    def note(self, found: Sequence[tuple[int, int]] | None) -> None:
        """Producer id and first offset of some."""
        for producer, first in found or ():
            self._begun.setdefault(producer, set()).add(first)

    def hides(self, base: int, producer: int, attributes: int) -> bool:
        """Whether a batch holds no committed record. Batches must come in order."""
        if attributes & CONTROL:
            self._within.discard(producer)
            self._begun[producer] = {first for first in self._begun.get(producer, ()) if first > base}
            return True
        if not attributes & TRANSACTIONAL:
            return False
        begun = self._begun.get(producer, set())
        passed = {first for first in begun if first <= base}
        if passed:
            begun -= passed
            self._within.add(producer)
        return producer in self._within


def _records(raw: bytes, count: int) -> Iterator[tuple[int, int, bytes | None, bytes | None, tuple[Header, ...]]]:
    view = _Reader(raw)
    for _ in range(count):
        end = view.number() + view.at
        view.at += 1
        moved, delta, key, value = view.number(), view.number(), view.counted(), view.counted()
        headers = tuple((view.counted() or b"", view.counted()) for _ in range(view.number()))
        view.at = end  # some records are longer than what is in them
        yield delta, moved, key, value, headers


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self.at = 0

    def number(self) -> int:
        shift = found = 0
        while True:
            byte = self._raw[self.at]
            self.at += 1
            found |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return (found >> 1) ^ -(found & 1)

    def counted(self) -> bytes | None:
        size = self.number()
        if size < 0:
            return None
        self.at += size
        return self._raw[self.at - size : self.at]
