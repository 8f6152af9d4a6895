"""The kit's own hand: what it writes it reads back, and a client of the product reads the same where it can."""

import random

import pytest
from aiokafka.record.memory_records import MemoryRecords

from tests.hostile.codecs import CODECS
from tests.hostile.standing import Aborted, read
from tests.hostile.wire import Bend, Producer, Wire, batch, varint

RECORDS = [
    Wire(b"S-1", b'{"a":1}', (), 1_772_445_600_000),
    Wire(None, None, ((b"a", None), (b"a", b""), (b"", b"\xff")), -1),
    Wire(b"", b"x" * 100_000, (), (1 << 63) - 1),
]


def back(raw: bytes, aborted: Aborted | None = None) -> list:
    return [one for _, some in read(raw, "t", 0, aborted or Aborted()) for one in some]


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("wide", [False, True])
def test_what_is_written_is_read_back_in_every_codec(codec: str, wide: bool) -> None:
    found = back(batch(RECORDS, codec, bend=Bend(wide=wide)))
    assert [Wire(one.key, one.value, one.headers, one.timestamp) for one in found] == RECORDS
    assert [one.offset for one in found] == [0, 1, 2]


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy-java", "lz4", "zstd"])
def test_a_client_reads_the_same(codec: str) -> None:
    taken = MemoryRecords(batch(RECORDS, codec))
    one = taken.next_batch()
    assert one is not None and one.validate_crc()
    assert [(each.key, each.value, each.timestamp) for each in one] == [
        (each.key, each.value, each.timestamp) for each in RECORDS
    ]


def test_numbers_of_variable_length() -> None:
    """The examples of Protocol Buffers, whose zigzag Kafka uses."""
    assert [varint(number) for number in (0, -1, 1, -2, 150)] == [b"\0", b"\x01", b"\x02", b"\x03", b"\xac\x02"]
    assert varint(-(1 << 63)) == b"\xff" * 9 + b"\x01"
    assert varint(1, wide=True) == b"\x82\x80\x80\x80\x00"


def test_what_was_aborted_is_not_there_and_what_comes_after_it_is() -> None:
    one, other = Producer(7, 0, 0, True), Producer(8, 0, 0, True)
    record = Wire(b"k", b"v")
    raws = [
        batch([record], producer=one),
        batch([record], producer=other),
        batch([Wire(b"\0\0\0\0", b"\0" * 6)], producer=one, bend=Bend(attributes=0x20)),
        batch([record], producer=one),
    ]
    placed = b"".join(number.to_bytes(8) + raw[8:] for number, raw in enumerate(raws))
    aborted = Aborted()
    aborted.note([(7, 0)])
    parts = placed[: len(raws[0]) + len(raws[1])], placed[len(raws[0]) + len(raws[1]) :]
    assert [one.offset for one in back(parts[0], aborted)] == [1]
    aborted.note([(7, 0)])  # the next fetch returns it again
    assert [one.offset for one in back(parts[1], aborted)] == [3]


def test_a_batch_that_is_cut_off_is_passed_over() -> None:
    raw = batch(RECORDS)
    cut = random.Random(1).randrange(len(raw))
    assert len(back(raw + raw[:cut])) == len(RECORDS)
