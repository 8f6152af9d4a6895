"""Kafka's record batches, written and read byte by byte.

The clients of the product refuse to write much that the broker takes - a header's name that is no UTF-8, a snappy
block without the frame of Java's library, a batch that claims a time of its own - and could not read it back either.
So the kit has its own hand: https://kafka.apache.org/documentation/#recordbatch.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from crc32c import crc32c

from tests.hostile.codecs import CODECS

Header = tuple[bytes, bytes | None]

HEAD = struct.Struct(">qiibI")
"""Base offset, length, leader epoch, magic, CRC."""
BODY = struct.Struct(">hiqqqhii")
"""Attributes, last offset delta, first and greatest time, producer id and epoch, sequence, records."""
TRANSACTIONAL, CONTROL = 0x10, 0x20
CODEC = 0x07
MAGIC = 2


@dataclass(frozen=True, slots=True)
class Wire:
    """One record as it goes over the wire; `timestamp` in milliseconds since 1970 UTC, anything that 64 bits hold."""

    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...] = ()
    timestamp: int = 0


@dataclass(frozen=True, slots=True)
class Bend:
    """What is unusual in a batch, beyond its records; the broker takes some of it."""

    attributes: int = 0
    """Bits set on top of the codec's: a time of the broker's (8), a control batch (32), unused ones (64 up)."""
    magic: int = MAGIC
    counted: int = 0
    """Records claimed beyond those that there are."""
    last_delta: int = 0
    """Added to the last offset delta."""
    crc: int = 0
    """XOR on the check sum."""
    packed: bytes = b""
    """Put over the first bytes of what is compressed."""
    tail: bytes = b""
    """Bytes behind the last record."""
    wide: bool = False
    """Lengths written in more bytes than they need."""
    record_attributes: int = 0
    record_tail: bytes = b""
    """Bytes inside each record, behind its last header."""
    stride: int = 1
    """From the offset of a record to that of the next."""
    named: bool = True
    """Whether headers have names; without one the length of the name is -1."""


STRAIGHT = Bend()


@dataclass(frozen=True, slots=True)
class Producer:
    """Who writes, as the broker numbers producers; the default is one that has no number."""

    id: int = -1
    epoch: int = -1
    sequence: int = -1
    transactional: bool = False


def batch(
    records: Sequence[Wire], codec: str = "none", producer: Producer = Producer(), bend: Bend = STRAIGHT
) -> bytes:
    """One record batch, format 2, with offsets from 0."""
    number, pack = CODECS[codec]
    first = records[0].timestamp if records else 0
    plain = b"".join(_record(one, place, first, bend) for place, one in enumerate(records)) + bend.tail
    packed = pack(plain)
    packed = bend.packed + packed[len(bend.packed) :]
    attributes = number | bend.attributes | (TRANSACTIONAL if producer.transactional else 0)
    greatest = max((one.timestamp for one in records), default=-1)
    body = BODY.pack(
        attributes - (attributes & 0x8000) * 2,
        len(records) - 1 + bend.last_delta,
        first,
        greatest,
        producer.id,
        producer.epoch,
        producer.sequence,
        len(records) + bend.counted,
    )
    checked = body + packed
    length = HEAD.size - 12 + len(checked)
    return HEAD.pack(0, length, 0, bend.magic, crc32c(checked) ^ bend.crc) + checked


def _record(one: Wire, place: int, first: int, bend: Bend) -> bytes:
    delta = (one.timestamp - first + (1 << 63)) % (1 << 64) - (1 << 63)
    parts = [bytes([bend.record_attributes]), varint(delta), varint(place * bend.stride), _counted(one.key, bend.wide)]
    parts += [_counted(one.value, bend.wide), varint(len(one.headers))]
    for name, value in one.headers:
        parts += [_counted(name if bend.named else None, bend.wide), _counted(value, bend.wide)]
    body = b"".join(parts) + bend.record_tail
    return varint(len(body), bend.wide) + body


def _counted(raw: bytes | None, wide: bool) -> bytes:
    return varint(-1) if raw is None else varint(len(raw), wide) + raw


def varint(number: int, wide: bool = False) -> bytes:
    """A number of variable length (zigzag, low bits first); `wide`: in five bytes, some of which say nothing."""
    rest = (number << 1) ^ (number >> 63)
    rest &= (1 << 64) - 1
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    if wide and len(out) < 5:
        out[-1] |= 0x80
        out += b"\x80" * (4 - len(out)) + b"\x00"
    return bytes(out)


def as_batch_builder(make: Callable[[Producer], bytes], records: int, transactional: bool) -> Any:
    """What aiokafka sends in the place of a batch of its own."""
    return _Prepared(make, records, transactional)


class _Prepared:
    def __init__(self, make: Callable[[Producer], bytes], records: int, transactional: bool) -> None:
        self._make = make
        self._records = records
        self._transactional = transactional
        self._producer = Producer()

    def _set_producer_state(self, producer_id: int, producer_epoch: int, base_sequence: int) -> None:
        self._producer = Producer(producer_id, producer_epoch, base_sequence, self._transactional)

    def _build(self) -> bytes:
        return self._make(self._producer)

    def append(self, **_: Any) -> None:
        """Takes nothing more."""

    def close(self) -> None:
        """Is closed from the beginning."""

    def closed(self) -> bool:
        return True

    def record_count(self) -> int:
        return self._records

    def size(self) -> int:
        return len(self._build())
