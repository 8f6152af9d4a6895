"""What compaction has taken out of a topic is seen by what is left; nothing else looks like that (I5)."""

import struct
from collections.abc import Iterable

import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from picustream.models.event import LAB
from picustream.streams.kafka import offset_gaps
from picustream.streams.kafka.batches import span_of
from picustream.streams.kafka.offset_gaps import RecordsTakenOut, Trail, check

pytestmark = pytest.mark.proves("I5")

COUNT = 57
"""Where the number of records is in a batch."""
SIZES = st.lists(st.integers(1, 5), min_size=2, max_size=8)
"""Records of each batch; the marker of a transaction is a batch with one."""


def topic_of(sizes: Iterable[int]) -> list[bytes]:
    """The batches of a topic as the broker keeps them, from offset 0 on."""
    made, base = [], 0
    for size in sizes:
        builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 1 << 20)
        for place in range(size):
            assert builder.append(place, 1_700_000_000_000, b"S-1", b"{}", [])
        raw = bytearray(builder.build())
        struct.pack_into(">q", raw, 0, base)
        made.append(bytes(raw))
        base += size
    return made


def found(batches: Iterable[bytes], start: int = 0) -> bool:
    """Whether anything is missing, for one answer of the broker."""
    offset_gaps._found.clear()
    trail = Trail(LAB, 1, start)
    for one in batches:
        trail.batch(one, sound=True)
    try:
        check([(LAB, 0), (LAB, 1)])
    except RecordsTakenOut as error:
        assert (error.status, f"{LAB} partition 1" in error.message) == (3, True)
        return True
    finally:
        offset_gaps._found.clear()
    return False


@given(sizes=SIZES, data=st.data())
def test_a_topic_that_keeps_everything_has_no_holes_wherever_it_is_read_from(
    sizes: list[int], data: st.DataObject
) -> None:
    """Also from the midst of a batch, which is then answered whole."""
    start = data.draw(st.integers(0, sum(sizes) - 1))
    batches = [raw for raw in topic_of(sizes) if span_of(raw)[1] > start]
    assert not found(batches, start)


@given(sizes=SIZES, data=st.data())
def test_a_batch_that_is_gone_is_missed(sizes: list[int], data: st.DataObject) -> None:
    batches = topic_of(sizes)
    del batches[data.draw(st.integers(0, len(batches) - 2))]  # what is written last is never compacted
    assert found(batches)


@given(sizes=SIZES, data=st.data())
def test_a_record_that_is_gone_from_its_batch_is_missed(sizes: list[int], data: st.DataObject) -> None:
    batches = topic_of(sizes)
    place = data.draw(st.integers(0, len(batches) - 1))
    raw = bytearray(batches[place])
    struct.pack_into(">i", raw, COUNT, sizes[place] - 1)
    batches[place] = bytes(raw)
    assert found(batches)


def test_what_is_not_to_be_trusted_shows_nothing() -> None:
    first, _, third = topic_of([1, 2, 1])
    trail = Trail(LAB, 1, 0)
    trail.batch(first, sound=True)
    trail.batch(b"\0" * 70, sound=False)
    trail.batch(third, sound=True)
    check([(LAB, 1)])
