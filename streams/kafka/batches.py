"""Record batches as the broker keeps them, made so that any client can read them, whatever a producer put in.

A client that meets a batch which it cannot read raises, and is asked for the same batch again: the partition stands
still for good. So each batch is checked before the client sees it (https://kafka.apache.org/documentation/#recordbatch):
what is packed is unpacked, within a bound; what no client could read becomes a batch of the same offsets, whose records
say so. That is all: which records there are, aborted transactions and offsets stay the client's business.
"""

import hashlib
import secrets
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from aiokafka.record.default_records import DefaultRecordBatch
from crc32c import crc32c

from picustream.streams.kafka.codecs import CannotUnpack, unpacked
from picustream.streams.store.outbox import Header

_TOKEN = secrets.token_hex(8)
UNREADABLE = f"picustream-unreadable-{_TOKEN}"
"""Header of a record that stands for one which nobody can read: what is wrong with it. Its name is known to this
process alone, so that no producer can say this of a record of its own."""
CUT = f"picustream-cut-{_TOKEN}"
"""Header of a record whose value is the head of a larger one: `<bytes> <SHA-256>` of the whole."""
CUT_TO = 64 << 10
"""Bytes that are left of a value that is too large to be of use."""
MOST_PLACES = 500
"""Offsets of a batch that nobody can read which become a record each; a batch with more becomes one record."""

_HEAD = struct.Struct(">qiibI")
"""Base offset, length, leader epoch, magic, CRC."""
_BODY = struct.Struct(">hiqqqhii")
"""Attributes, last offset delta, first and greatest time, producer id, epoch, sequence, number of records."""
_LENGTH_COUNTS_FROM = 12
_CODEC, _CONTROL = 0x07, 0x20
_MAGIC = 2


class Unreadable(Exception):
    """What is wrong with a batch, in words that hold nothing of it."""


class _Record(NamedTuple):
    """Without its attributes, a byte that says nothing: aiokafka takes it for a number of any length."""

    time_delta: int
    offset_delta: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]


@dataclass(frozen=True, slots=True)
class _Batch:
    base: int
    epoch: int
    attributes: int
    last: int
    """Offset of the last record, counted from the base."""
    first_time: int
    greatest_time: int
    producer: int
    producer_epoch: int
    sequence: int
    count: int
    packed: bytes

    @classmethod
    def of(cls, raw: bytes) -> "_Batch":
        base, _, epoch, _, _ = _HEAD.unpack_from(raw)
        body: tuple[int, int, int, int, int, int, int, int] = _BODY.unpack_from(raw, _HEAD.size)
        return cls(base, epoch, *body, packed=raw[_HEAD.size + _BODY.size :])

    @property
    def codec(self) -> int:
        return self.attributes & _CODEC

    @property
    def is_plausible(self) -> bool:
        """Whether it may have as many records and offsets as it says."""
        return 0 < self.count <= self.last + 1

    def plain(self, records: bytes, count: int) -> bytes:
        """The batch with other records, not packed."""
        attributes = self.attributes & ~_CODEC
        body = _BODY.pack(
            attributes, self.last, self.first_time, self.greatest_time,
            self.producer, self.producer_epoch, self.sequence, count,
        )  # fmt: skip
        checked = body + records
        length = _HEAD.size - _LENGTH_COUNTS_FROM + len(checked)
        return _HEAD.pack(self.base, length, self.epoch, _MAGIC, crc32c(checked)) + checked


def checksum_of(raw: bytes) -> tuple[int, int]:
    """The checksum that a batch of format 2 says it has, and the one that it has."""
    return _HEAD.unpack_from(raw)[4], crc32c(raw[_HEAD.size :])


def span_of(raw: bytes) -> tuple[int, int, bool]:
    """Of a batch of format 2: its first offset, the one after its last, and whether a record stands at each."""
    batch = _Batch.of(raw)
    return batch.base, batch.base + batch.last + 1, batch.count == batch.last + 1


def is_readable_format(raw: bytes) -> bool:
    """Whether it is a batch of format 2, as all producers of today write; older ones are the clients' business."""
    return len(raw) >= _HEAD.size + _BODY.size and raw[_HEAD.size - 5] == _MAGIC


def legible(raw: bytes, largest: int | None = None) -> bytes:
    """A batch that every client can read, for one batch as the broker keeps it.

    `largest`: of a larger value only its head is left (`CUT`). A name of a header that is no UTF-8 is written with
    backslashes.
    """
    if not is_readable_format(raw):
        return raw
    batch = _Batch.of(raw)
    try:
        stated, actual = checksum_of(raw)
        if stated != actual:
            batch = batch if batch.is_plausible else replace(batch, last=0)
            raise Unreadable("the checksum of its batch is wrong")
        if batch.attributes & _CONTROL:
            return raw
        return _read(batch, raw, largest)
    except Unreadable as fault:
        return _told(batch, raw, str(fault), largest)


def _read(batch: _Batch, raw: bytes, largest: int | None) -> bytes:
    try:
        records = unpacked(batch.codec, batch.packed)
    except CannotUnpack as error:
        raise Unreadable(f"its batch cannot be unpacked: {error}") from error
    plain = raw if batch.codec == 0 else batch.plain(records, batch.count)
    if (largest is None or len(records) <= largest) and _read_by_others(plain, batch):
        return plain
    found = list(_records(records, batch))
    if largest is not None:
        found = [_cut(one, largest) for one in found]
    return batch.plain(b"".join(map(_written, found)), len(found))


def _read_by_others(plain: bytes, batch: _Batch) -> bool:
    """Whether a client can read a batch that is not packed. Asked of a client's own reader, which is written in C."""
    expected = batch.base
    try:
        for record in DefaultRecordBatch(plain):
            if not expected <= record.offset <= batch.base + batch.last:
                return False
            expected = record.offset + 1
    # It raises what it likes, and no more is asked here than whether it does.
    except Exception:  # noqa: BLE001
        return False
    return True


def _records(raw: bytes, batch: _Batch) -> Iterator[_Record]:
    """The records, read as leniently as can be. Raises Unreadable."""
    reader, expected = _Reader(raw), 0
    try:
        for _ in range(batch.count):
            record = reader.record()
            if not expected <= record.offset_delta <= batch.last:
                raise Unreadable("the offsets in its batch are not in order")
            expected = record.offset_delta + 1
            yield record
    except (IndexError, struct.error) as error:
        raise Unreadable("its batch does not hold the records that it says") from error


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    def record(self) -> _Record:
        end = self._number() + self._at
        self._at += 1
        time_delta, offset_delta = self._number(), self._number()
        key, value = self._counted(), self._counted()
        headers = tuple((self._name(), self._counted()) for _ in range(self._number()))
        if self._at != end:
            raise Unreadable("a record in its batch is not as long as it says")
        return _Record(time_delta, offset_delta, key, value, headers)

    def _number(self) -> int:
        shift = found = 0
        while True:
            byte = self._raw[self._at]
            self._at += 1
            found |= (byte & 0x7F) << shift
            if not byte & 0x80:
                return (found >> 1) ^ -(found & 1)
            shift += 7
            if shift > 63:
                raise Unreadable("a number in its batch is too long")

    def _counted(self) -> bytes | None:
        size = self._number()
        if size < 0:
            return None
        if size > len(self._raw) - self._at:
            raise Unreadable("a record in its batch ends too early")
        self._at += size
        return self._raw[self._at - size : self._at]

    def _name(self) -> str:
        return (self._counted() or b"").decode("utf-8", "backslashreplace")


def _cut(record: _Record, largest: int) -> _Record:
    if record.value is None or len(record.value) <= largest:
        return record
    whole = f"{len(record.value)} {hashlib.sha256(record.value).hexdigest()}".encode()
    return record._replace(value=record.value[:CUT_TO], headers=(*record.headers, (CUT, whole)))


def _told(batch: _Batch, raw: bytes, fault: str, largest: int | None) -> bytes:
    """A batch of the same offsets whose records say what is wrong; the first of them holds what there is."""
    number = max(0, batch.last) + 1
    places: Sequence[int] = range(number)
    if number > MOST_PLACES:
        places = [number - 1]
        fault = f"{fault}; so are the {number - 1} records before it"
    marks = ((UNREADABLE, fault.encode()),)
    made = [_Record(0, place, None, raw if place == places[0] else None, marks) for place in places]
    if largest is not None:
        made = [_cut(one, largest) for one in made]
    whole = replace(batch, last=number - 1)
    return whole.plain(b"".join(map(_written, made)), len(made))


def _written(record: _Record) -> bytes:
    parts = [b"\0", _varint(record.time_delta), _varint(record.offset_delta)]
    parts += [_sized(record.key), _sized(record.value), _varint(len(record.headers))]
    for name, value in record.headers:
        parts += [_sized(name.encode()), _sized(value)]
    body = b"".join(parts)
    return _varint(len(body)) + body


def _sized(raw: bytes | None) -> bytes:
    return _varint(-1) if raw is None else _varint(len(raw)) + raw


def _varint(number: int) -> bytes:
    rest = ((number << 1) ^ (number >> 63)) & ((1 << 64) - 1)
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def split(raw: bytes) -> Iterator[bytes]:
    """The whole batches of what a fetch brought; the last may be cut off, and is passed over."""
    at = 0
    while at + _LENGTH_COUNTS_FROM <= len(raw):
        end = at + _LENGTH_COUNTS_FROM + struct.unpack_from(">i", raw, at + 8)[0]
        if end > len(raw) or end <= at:
            return
        yield raw[at:end]
        at = end
