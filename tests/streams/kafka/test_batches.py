"""Whatever batch stands on a topic, both clients read it: with its records, or with records that say why not."""

import gzip
import hashlib
import struct
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords as OfAiokafka
from crc32c import crc32c
from hypothesis import given
from hypothesis import strategies as st
from kafka.record.memory_records import MemoryRecords as OfKafkaPython

from picustream.models.event import MAX_EVENT_BYTES
from picustream.streams.kafka.batches import CUT, CUT_TO, MOST_PLACES, UNREADABLE, legible, split
from picustream.streams.kafka.codecs import NAMES, CannotUnpack, unpacked
from picustream.streams.store.outbox import Header

Said = tuple[bytes | None, bytes | None, tuple[Header, ...]]
"""Key, value and headers of a record."""
CLIENTS = (OfAiokafka, OfKafkaPython)
ATTRIBUTES, LAST, COUNT, RECORDS = 21, 23, 57, 61
"""Where they are in a batch."""
SMALL: list[Said] = [(b"k", b"v", (("h", None),)), (None, None, ()), (b"k", b"w", (("h", b"1"), ("h", b"2")))]


def batch(records: Iterable[Said], codec: int = 0, base: int = 100) -> bytes:
    """As a producer writes it and the broker keeps it."""
    builder = DefaultRecordBatchBuilder(2, codec, False, -1, -1, -1, 1 << 30)
    for place, (key, value, headers) in enumerate(records):
        assert builder.append(place, 1_700_000_000_000 + place, key, value, list(headers))
    raw = bytearray(builder.build())
    struct.pack_into(">q", raw, 0, base)
    return bytes(raw)


def bent(raw: bytes, change: Callable[[bytearray], None]) -> bytes:
    """With another content, and lengths and checksum that fit it."""
    changed = bytearray(raw)
    change(changed)
    struct.pack_into(">i", changed, 8, len(changed) - 12)
    struct.pack_into(">I", changed, 17, crc32c(bytes(changed[ATTRIBUTES:])))
    return bytes(changed)


def packed(raw: bytes, codec: int, content: bytes) -> bytes:
    """The batch with another content, which it says is packed."""

    def change(changed: bytearray) -> None:
        changed[RECORDS:] = content
        struct.pack_into(">h", changed, ATTRIBUTES, codec)

    return bent(raw, change)


def read(raw: bytes, largest: int | None = None) -> list[Any]:
    """What each client makes of it, which must be the same."""
    found = []
    for client in CLIENTS:
        one = client(legible(raw, largest)).next_batch()
        assert one.validate_crc()
        records = list(one)
        found.append([(r.offset, r.key, r.value, tuple(r.headers)) for r in records])
        assert one.next_offset == 100 + struct.unpack_from(">i", raw, LAST)[0] + 1
    assert found[0] == found[1]
    return found[0]


def faults(records: list[Any]) -> list[tuple[int, str]]:
    """Offset and fault of each record, all of which must be unreadable."""
    return [(offset, dict(headers)[UNREADABLE].decode()) for offset, _, _, headers in records]


@pytest.mark.parametrize("codec", NAMES)
@given(
    said=st.lists(
        st.tuples(
            st.none() | st.binary(max_size=40),
            st.none() | st.binary(max_size=300),
            st.lists(st.tuples(st.text(max_size=5), st.none() | st.binary(max_size=9)), max_size=3).map(tuple),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_every_codec_is_read(codec: int, said: list[Said]) -> None:
    """Keys, values and headers as they were, null where they were null."""
    assert read(batch(said, codec)) == [(100 + place, *one) for place, one in enumerate(said)]


@pytest.mark.parametrize("codec", [1, 2, 3, 4])
@given(junk=st.binary(max_size=200), at=st.integers(0, 60), whole=st.booleans())
def test_whatever_is_packed_no_client_fails_at_it(codec: int, junk: bytes, at: int, whole: bool) -> None:
    """Each offset has its record, readable or not; where the codec has no checksum, junk may be read as records."""
    good = batch(SMALL, codec)
    content = good[RECORDS:]
    broken = junk if whole else content[:at] + junk + content[at + len(junk) :]
    offsets = [offset for offset, *_ in read(packed(good, codec, broken))]
    assert offsets == [100, 101, 102]


@given(st.binary(max_size=120))
def test_whatever_is_in_a_batch_no_client_fails_at_it(content: bytes) -> None:
    assert [offset for offset, *_ in read(packed(batch(SMALL), 0, content))] == [100, 101, 102]


def test_a_batch_that_cannot_be_read_names_each_of_its_offsets_and_keeps_its_bytes() -> None:
    raw = packed(batch(SMALL), 4, b"no zstd")
    found = read(raw)
    assert [offset for offset, _ in faults(found)] == [100, 101, 102]
    assert "zstd" in faults(found)[0][1]
    assert [value for _, _, value, _ in found] == [raw, None, None]


def test_a_wrong_checksum_is_reported() -> None:
    raw = bytearray(batch(SMALL))
    raw[-1] ^= 1
    assert {fault for _, fault in faults(read(bytes(raw)))} == {"the checksum of its batch is wrong"}


@pytest.mark.parametrize("codec", [5, 6, 7])
def test_a_codec_that_nobody_knows_is_reported(codec: int) -> None:
    assert "none of Kafka's" in faults(read(packed(batch(SMALL), codec, b"?")))[0][1]


def test_of_a_large_batch_that_cannot_be_read_one_record_is_made() -> None:
    """What is made of a batch has a bound."""
    raw = packed(batch([(None, b"", ())] * (MOST_PLACES + 1)), 1, b"?")
    [(offset, fault)] = faults(read(raw))
    assert (offset, f"{MOST_PLACES} records before it" in fault) == (100 + MOST_PLACES, True)


@pytest.mark.parametrize("codec", [1, 2, 3, 4])
def test_a_few_bytes_that_stand_for_many_do_not_fill_the_memory(codec: int) -> None:
    raw = batch([(b"S-1", bytes(70 << 20), ())], codec)
    assert "once unpacked" in faults(read(raw))[0][1] or "at once" in faults(read(raw))[0][1]


@pytest.mark.parametrize("codec", NAMES)
def test_of_a_value_that_is_too_large_the_worker_keeps_the_head(codec: int) -> None:
    """With the size and the hash of the whole; its neighbours are as they were."""
    large = bytes(range(256)) * (14 << 12)
    [first, second] = read(batch([(b"S-1", large, (("h", None),)), (b"S-2", b"{}", ())], codec), MAX_EVENT_BYTES)
    whole = f"{len(large)} {hashlib.sha256(large).hexdigest()}".encode()
    assert first == (100, b"S-1", large[:CUT_TO], (("h", None), (CUT, whole)))
    assert second == (101, b"S-2", b"{}", ())


@pytest.mark.parametrize("codec", [0, 1])
def test_the_name_of_a_header_that_is_no_utf8_costs_nothing(codec: int) -> None:
    """No client would read it, and the event is as good as any."""
    raw = batch([(b"S-1", b"{}", (("name", b"x"),))])
    named = raw[RECORDS:].replace(b"name", b"n\xffme")
    changed = packed(raw, codec, gzip.compress(named) if codec else named)
    assert read(changed) == [(100, b"S-1", b"{}", (("n\\xffme", b"x"),))]


def test_bytes_behind_the_last_record_are_passed_over() -> None:
    raw = batch(SMALL)
    assert len(read(packed(raw, 0, raw[RECORDS:] + b"tail"))) == len(SMALL)


def test_a_batch_that_claims_more_records_than_it_has_is_reported() -> None:
    raw = bent(batch(SMALL), lambda changed: struct.pack_into(">i", changed, COUNT, 4))
    assert [offset for offset, _ in faults(read(raw))] == [100, 101, 102]


def test_offsets_out_of_order_are_reported_and_not_passed_over() -> None:
    """A client would skip the second record as one that it has seen."""
    one = batch(SMALL[:1])[RECORDS:]
    raw = bent(packed(batch(SMALL), 0, one * 3), lambda changed: None)
    assert "not in order" in faults(read(raw))[0][1]


def test_control_batches_and_old_formats_are_left_to_the_client() -> None:
    control = bent(batch(SMALL), lambda changed: struct.pack_into(">h", changed, ATTRIBUTES, 0x30))
    assert legible(control) == control
    old = b"\0" * 8 + struct.pack(">i", 14) + b"\0" * 4 + b"\x01" + b"\0" * 9
    assert legible(old) == old


def test_batches_are_split_and_one_that_is_cut_off_is_passed_over() -> None:
    first, second = batch(SMALL), batch(SMALL, base=103)
    assert list(split(first + second)) == [first, second]
    assert list(split(first + second[:-1])) == [first]
    assert list(split(first[:5])) == []


def test_packed_in_several_frames_or_with_something_behind_is_read_as_the_broker_reads_it() -> None:
    plain = b"records" * 100
    for member in (gzip.compress(plain[:50]) + gzip.compress(plain[50:]), gzip.compress(plain) + b"padding"):
        assert unpacked(1, member) == plain


@pytest.mark.parametrize("size", [-4, 0, 1 << 30])
def test_a_block_of_snappy_that_cannot_be_ends_the_reading(size: int) -> None:
    """Both clients would go round for ever at a negative one."""
    head = b"\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01"
    with pytest.raises(CannotUnpack):
        unpacked(2, head + struct.pack(">i", size) + b"\0" * 8)


def test_the_reader_in_c_is_the_one_that_is_asked() -> None:
    """Every batch is read once more by it: in Python that would cost ten times as much."""
    assert not DefaultRecordBatch.__module__.endswith("record.default_records")
