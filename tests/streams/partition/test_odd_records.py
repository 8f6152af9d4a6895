"""Records as no feed should send them and every client can: null and large headers, odd stamps, values cut short."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from picustream.models.event import LAB, MAX_EVENT_BYTES
from picustream.runtime.clock import Clock
from picustream.scoring.faults import Whole
from picustream.streams.kafka.batches import CUT, UNREADABLE
from picustream.streams.kafka.resubmission import RESUBMITTED_HEADER, resubmission_of
from picustream.streams.kafka.topics import partition_of
from picustream.streams.partition.intake import input_record_of
from picustream.streams.partition.misrouted import FORWARDED_HEADER, forwarded
from picustream.streams.store.outbox import Entry, Header

PARTITIONS = 4
STAY = b"S-1"
HOME = partition_of(STAY.decode(), PARTITIONS)
ELSEWHERE = (HOME + 1) % PARTITIONS
WALL = datetime.fromtimestamp(1_700_000_000, UTC)


@dataclass
class Record:
    offset: int = 10
    key: bytes | None = STAY
    value: bytes | None = b"{}"
    headers: tuple[Header, ...] = ()
    timestamp: int = 1_700_000_000_123


def sent_on(headers: Any, value: bytes = b"{}", key: bytes | None = STAY) -> Entry | None:
    return forwarded(LAB, ELSEWHERE, 7, key, value, headers, PARTITIONS)


@pytest.mark.parametrize("stamp", [-1, 0, 1_700_000_000, 1_700_000_000_123_456, -(2**63), 2**63 - 1])
@pytest.mark.parametrize("speed", [1.0, 86_400.0])
def test_a_stamp_that_no_broker_sets_is_no_time_of_arrival(stamp: int, speed: float) -> None:
    """With CreateTime it is the producer's, in whatever unit, or not set at all."""
    clock = Clock(datetime(2025, 1, 1, tzinfo=UTC), WALL, speed)
    assert input_record_of(LAB, HOME, Record(timestamp=stamp), clock).arrived_at is None


def test_a_stamp_beyond_what_compressed_time_can_say_is_none() -> None:
    clock = Clock(datetime(2025, 1, 1, tzinfo=UTC), WALL, 1e6)
    assert input_record_of(LAB, HOME, Record(timestamp=7_000_000_000_000), clock).arrived_at is None


def test_what_nobody_can_read_is_refused_for_that() -> None:
    input_record = input_record_of(LAB, HOME, Record(headers=((UNREADABLE, b"no gzip"),)), Clock())
    assert input_record.fault is not None
    assert (input_record.fault.reason, "no gzip" in input_record.fault.message) == ("unreadable", True)


def test_the_head_of_a_large_value_says_of_what_it_is_the_head() -> None:
    input_record = input_record_of(LAB, HOME, Record(headers=((CUT, b"14000000 ab"),)), Clock())
    assert input_record.whole == Whole(14_000_000, "ab")


@pytest.mark.parametrize("name", ["traceparent", RESUBMITTED_HEADER])
def test_a_null_header_is_no_trouble(name: str) -> None:
    input_record = input_record_of(LAB, HOME, Record(headers=((name, None),)), Clock())
    assert input_record.resubmitted is (name == RESUBMITTED_HEADER)
    assert not resubmission_of([(name, None)])


def test_null_headers_stay_null_and_twins_stay_two() -> None:
    entry = sent_on([("trace", None), ("trace", b"1")])
    assert entry is not None
    assert entry.headers[:2] == (("trace", None), ("trace", b"1"))


def test_headers_larger_than_an_event_stay_behind_but_for_ours() -> None:
    """What is made of a record has a bound, and the stay gets its event all the same."""
    entry = sent_on([("blob", bytes(8 << 20)), (RESUBMITTED_HEADER, b"dead/x")])
    assert entry is not None
    assert [name for name, _ in entry.headers] == [RESUBMITTED_HEADER, FORWARDED_HEADER]


@pytest.mark.parametrize("mark", [CUT, UNREADABLE], ids=["cut", "unreadable"])
def test_what_is_not_whole_is_refused_where_it_is(mark: str) -> None:
    assert sent_on([("trace", b"1"), (mark, b"9 ab")]) is None


def test_what_is_too_large_for_an_event_is_refused_where_it_is() -> None:
    large = b'{"stay_id": "' + STAY + b'"}' + b" " * MAX_EVENT_BYTES
    assert sent_on([], large, None) is None


def through_redis(entry: Entry) -> Entry:
    flat = [part if isinstance(part, bytes) else part.encode() for part in entry.fields()]
    return Entry.of(b"7-0", dict(zip(flat[::2], flat[1::2], strict=True)))


def test_headers_come_back_from_redis_as_they_went() -> None:
    """In their order, one name twice, a null that stays null; redis-py gives the fields as a dictionary."""
    headers = (("a", b"1"), ("a", b"\xff"), ("b", b""), ("c", None), ("ä", b"1"))
    entry = Entry(7, LAB, 3, b"\x00key", "id-ä", b"\xffvalue", headers)
    assert through_redis(entry) == entry


def test_an_entry_has_few_fields_however_many_headers_it_has() -> None:
    """A script of Redis can pass on 8,000 strings, and would end in the midst of its writes."""
    entry = Entry(7, LAB, 3, None, "id", b"", tuple(("h", None) for _ in range(50_000)))
    assert len(entry.fields()) < 20
    assert through_redis(entry) == entry


def test_an_entry_that_version_0_1_left_in_redis_is_read() -> None:
    fields = {b"topic": LAB.encode(), b"partition": b"3", b"id": b"e/1", b"header:ce_id": b"e/1", b"value": b"v"}
    assert Entry.of(b"7-0", fields) == Entry(7, LAB, 3, None, "e/1", b"v", (("ce_id", b"e/1"),))


@pytest.mark.parametrize("number", ["1", "9" * 5_000, "1e400", "1e9999999999"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_an_event_without_a_key_goes_where_it_belongs_whatever_numbers_it_holds(number: str, mark: str) -> None:
    """Python reads no integer of more than 4,300 digits unless it is asked to; the engine does."""
    entry = sent_on((), f'{mark}{{"stay_id":"S-1","x":{number}}}'.encode(), key=None)
    assert entry is not None and (entry.partition, entry.key) == (HOME, STAY)


@pytest.mark.parametrize(
    "value", ['{"stay_id":"S-1"}'.encode("utf-16"), b'{"stay_id":"S-2","stay_id":"S-1"}', b"[" * 10**5]
)
def test_what_the_engine_cannot_read_goes_nowhere(value: bytes) -> None:
    assert sent_on((), value, key=None) is None
