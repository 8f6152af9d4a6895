"""How a record is put on the wire beside its value: keys, headers, partitions and time stamps."""

from collections.abc import Callable
from dataclasses import replace

from picustream.streams.kafka.topics import partition_of
from tests.hostile.events import Ward
from tests.hostile.records import REFUSED_BY_BROKER, USED, Fates, Record, fates
from tests.hostile.values import NAME
from tests.hostile.wire import Header

Dress = Callable[[Ward, Record], Record]
PARTITIONS = 4


def _also(expected: Fates, *more: str) -> Fates:
    return None if expected is None else expected | fates(*more)


# Keys. -------------------------------------------------------------------------------------------------------------


def _key(make: Callable[[Ward, bytes], bytes]) -> Dress:
    """Another key than the stay's: an event that is otherwise in order is refused for it."""

    def dress(ward: Ward, record: Record) -> Record:
        if record.fates is None:
            expected = None
        else:
            expected = fates("key-mismatch", *(one for one in record.fates if not one.startswith(USED)))
        return replace(record, key=make(ward, record.key or b""), fates=expected)

    return dress


KEYS: dict[str, Dress] = {
    "no key": lambda ward, record: replace(record, key=None, partition=ward.rng.randrange(PARTITIONS)),
    "an empty key": _key(lambda *_: b""),
    "a quoted key": _key(lambda _, key: b'"' + key + b'"'),
    "a key with a line break": _key(lambda _, key: key + b"\n"),
    "a key with a zero": _key(lambda _, key: key + b"\0"),
    "a key of another stay": _key(lambda ward, _: ward.rng.choice(sorted(ward.good)).encode()),
    "a key that is no UTF-8": _key(lambda *_: b"\xff\xfe\x80"),
    "a key from the schema registry": _key(lambda _, key: b"\0\0\0\0\x01" + key),
    "a number for a key": _key(lambda *_: (7).to_bytes(8, "big")),
    "a name for a key": _key(lambda *_: NAME.encode()),
    "a key of 5 MB": _key(lambda *_: b"K" * 5_000_000),
    "a key of 200,000 letters": _key(lambda *_: NAME.encode() * 10_000),
}


# Headers. ----------------------------------------------------------------------------------------------------------


def _headers(*headers: Header) -> Dress:
    return lambda _, record: replace(record, headers=record.headers + headers)


def _unreadable(*headers: Header) -> Dress:
    """A name that no client for Python decodes."""
    return lambda _, record: replace(record, headers=record.headers + headers, fates=_also(record.fates, "unreadable"))


def _huge(ward: Ward, record: Record) -> Record:
    """More than a topic takes of a record that is not packed."""
    return replace(record, headers=(*record.headers, (b"trace", b"x" * (12 << 20))),
                   fates=_also(record.fates, "too-large"))  # fmt: skip


HEADERS: dict[str, Dress] = {
    "a header without value": _headers((b"traceparent", None)),
    "an empty header": _headers((b"", b"")),
    "an empty name without value": _headers((b"", None)),
    "a header thrice": _headers((b"a", b"1"), (b"a", None), (b"a", b"2")),
    "a header of any bytes": _headers((b"h", bytes(range(256)))),
    "a header with letters": _headers(("名前".encode(), NAME.encode())),
    "a name with a zero": _headers((b"a\0b", b"1")),
    "a name that is no UTF-8": _unreadable((b"\xff\xfe", b"1")),
    "a name in Latin-1": _unreadable((b"gr\xf6sse", None)),
    "2,000 headers": _headers(*((b"h%d" % number, None if number % 3 else b"v") for number in range(2_000))),
    "a header of 600 kB": _headers((b"h", b"x" * 600_000)),
    "a long name": _headers((b"n" * 200_000, b"1")),
    "a header of 12 MB": _huge,
    "resubmitted without value": _headers((b"picustream-resubmitted", None)),
    "resubmitted garbage": _headers((b"picustream-resubmitted", b"\xff\0" + NAME.encode())),
    "resubmitted twice": _headers((b"picustream-resubmitted", b"dead/x/0/0"), (b"picustream-resubmitted", None)),
    "forwarded without value": _headers((b"picustream_forwarded_from", None)),
    "forwarded garbage": _headers((b"picustream_forwarded_from", b"\xff/x/-1")),
    "forwarded from nowhere": _headers((b"picustream_forwarded_from", b"picu.lab.v1/0/0")),
    "without key without value": _headers((b"picustream_without_key", None)),
    "outbox without value": _headers((b"picustream_outbox", None)),
    "outbox garbage": _headers((b"picustream_outbox", b"////" + NAME.encode())),
    "outbox of ours": _headers((b"picustream_outbox", b"{group}/0/99999999/forwarded:picu.lab.v1/0/0")),
    "outbox that is no number": _headers((b"picustream_outbox", b"{group}/0/zero/dead")),
    "head": _headers((b"picustream_head", b"{}"), (b"ce_id", None), (b"ce_type", b"\xff")),
}


# Partitions and time stamps. ---------------------------------------------------------------------------------------


def _astray(ward: Ward, record: Record) -> Record:
    return replace(record, partition=ward.rng.randrange(PARTITIONS))


def _stamp(moment: int) -> Dress:
    """One before 1970 the broker takes or not."""
    refused = (REFUSED_BY_BROKER,) if moment < 0 else ()
    return lambda _, record: replace(record, timestamp=moment, fates=_also(record.fates, *refused))


STAMPS: dict[str, Dress] = {
    "a stamp in microseconds": _stamp(1_772_445_600_000_000),
    "a stamp in seconds": _stamp(1_772_445_600),
    "a stamp in nanoseconds": _stamp(1_772_445_600_000_000_000),
    "no stamp": _stamp(-1),
    "a stamp before 1970": _stamp(-86_400_000),
    "the stamp 0": _stamp(0),
    "the first stamp of all": _stamp(-(1 << 63)),
    "the last stamp of all": _stamp((1 << 63) - 1),
    "a stamp in 2200": _stamp(7_258_118_400_000),
}
DRESSES: dict[str, Dress] = KEYS | HEADERS | STAMPS | {"a wrong partition": _astray}


def partition_for(record: Record) -> int:
    """Where its client puts it, who keys by the stay as Kafka does."""
    if record.partition is not None:
        return record.partition
    try:
        return partition_of((record.key or b"").decode(), PARTITIONS)
    except UnicodeDecodeError:
        return 0
