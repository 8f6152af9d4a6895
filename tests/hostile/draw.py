"""Drawing a plan from a seed: every kind at least once where there is room, and then any."""

import json
import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from picustream.eventfiles.files import Line
from picustream.models.event import ADT
from picustream.streams.kafka.limits import LARGEST_EVENT
from tests.hostile.codecs import CODECS
from tests.hostile.dress import DRESSES, KEYS, STAMPS, partition_for
from tests.hostile.events import Ward, written
from tests.hostile.records import REFUSED_BY_BROKER, USED, Ground, Plan, Record, Sending, fates
from tests.hostile.semantics import SEMANTICS
from tests.hostile.values import VALUES, Kind, Made
from tests.hostile.wire import Bend

MAKES: dict[str, Kind] = VALUES | SEMANTICS
PLAIN = ("none", "gzip", "snappy-java", "snappy-block", "lz4", "zstd")
"""Codecs as clients write them."""
UNUSUAL = tuple(name for name in CODECS if name not in PLAIN)
BENDS = {
    "unused bits": Bend(attributes=0x80),
    "a time of the broker's claimed": Bend(attributes=0x08),
    "a control batch": Bend(attributes=0x20),
    "a delete horizon": Bend(attributes=0x40),
    "a transaction of nobody": Bend(attributes=0x10),
    "a codec nobody knows": Bend(attributes=0x07),
    "an old format": Bend(magic=1),
    "a format to come": Bend(magic=3),
    "more records claimed": Bend(counted=1),
    "fewer records claimed": Bend(counted=-1),
    "a hole behind the last record": Bend(last_delta=5),
    "a wrong check sum": Bend(crc=1),
    "bytes behind the last record": Bend(tail=b"\0\0\0"),
    "wide lengths": Bend(wide=True),
    "attributes of a record": Bend(record_attributes=0x7F),
    "broken packing": Bend(packed=b"\xff" * 24),
    "bytes inside a record": Bend(record_tail=b"\0\1\2"),
    "offsets with gaps": Bend(stride=3),
    "offsets that stand still": Bend(stride=0),
    "headers without a name": Bend(named=False),
}
"""What is unusual in a batch, by name."""
COMPRESSIONS = ("producer", "producer", "producer", "uncompressed", "gzip", "snappy", "lz4", "zstd")
CRASHES = ("before-lua", "after-lua", "mid-publish", "after-publish")
"""Where a worker dies with hostile records in its hands or in its outbox."""
ENDS, END_WEIGHTS = ("", "steady", "commit", "abort"), (8, 4, 2, 1)
OPEN = 2
"""Transactions that are left open, of a whole run: nothing behind one is read until the broker has given it up."""
POISONED = 12
"""Share of the records that are sound events of good children in transactions that never come about: one in so many."""


def plan(seed: int, records: int, good: Sequence[Line], without: Collection[str] = ()) -> Plan:
    """A plan of about `records` hostile records; `without`: names of kinds, codecs and ends that are left out."""
    rng = random.Random(f"{seed} plan")
    ward = Ward(rng, admissions_of(good))
    stamps = rng.choice(["LogAppendTime", "CreateTime"])
    crash = f"{rng.choice(CRASHES)}:{rng.randrange(3, 40)}" if rng.random() < 0.5 and "crash" not in without else ""
    ground = Ground(stamps, rng.choice([one for one in COMPRESSIONS if one not in without]), crash)
    drawn = [_dressed(ward, kind, without) for kind in _cycle(rng, MAKES, records, without)]
    drawn = [_restamped(ward, one, without) for one in drawn] if stamps == "CreateTime" else drawn
    packs = ground.compression != "uncompressed"
    drawn = [(one if packs and codec else _unpacked(one), codec) for one, codec in drawn]
    sendings = [*_sendings(rng, drawn, without), *_never(ward, records // POISONED, without)]
    sendings += _bent(ward, without)
    rng.shuffle(sendings)
    first = [(0.0, Sending((_record(topic, written(body), body["stay_id"]),))) for topic, body in ward.admissions()]
    hostile = first + sorted((rng.random(), one) for one in sendings)
    codecs = [name for name in Plan.codecs if name not in without]
    ends = [name for name in Plan.ends if name not in without]
    return Plan(seed, good, hostile, ground, codecs, ends)


def admissions_of(good: Sequence[Line]) -> dict[str, tuple[str, datetime]]:
    """Stay of the good ward -> patient and admission."""
    events = [json.loads(line.value) for line in good if line.topic == ADT]
    return {
        one["stay_id"]: (one["patient_id"], datetime.fromisoformat(one["occurred_at"]))
        for one in events
        if one["type"] == "admitted"
    }


def _record(topic: str, value: bytes | None, stay: str, kind: str = "an event") -> Record:
    return Record(topic, value, stay.encode(), fates=fates(USED), kind=kind)


def _cycle(rng: random.Random, kinds: dict[str, Kind], count: int, without: Collection[str]) -> Iterator[str]:
    """Names in any order, none again before all have come; then more of the cheap ones than of those that are huge."""
    names = [name for name in kinds if name not in without]
    rng.shuffle(names)
    yield from names[:count]
    small = [name for name in names if "MB" not in name and "MiB" not in name and "much" not in name]
    for _ in range(count - len(names)):
        yield rng.choice(small)


def _dressed(ward: Ward, kind: str, without: Collection[str]) -> tuple[Record, str | None]:
    """A record of a kind, in any dress, and the codec that it needs."""
    made: Made = MAKES[kind](ward)
    record = Record(made.topic, made.value, made.stay.encode(), fates=made.fates, kind=kind)
    names = [name for name in DRESSES if name not in without and name not in STAMPS]
    chosen = ward.rng.sample(names, ward.rng.choice([0, 0, 0, 1, 1, 2]))
    if len(KEYS.keys() & set(chosen)) > 1:
        del chosen[0]  # a record has one key
    for name in chosen:
        record = replace(DRESSES[name](ward, record), kind=f"{record.kind}, {name}")
    return record, made.codec or ("lz4" if "a header of 12 MB" in chosen else None)


def _restamped(ward: Ward, one: tuple[Record, str | None], without: Collection[str]) -> tuple[Record, str | None]:
    record, codec = one
    names = [name for name in STAMPS if name not in without]
    if names and ward.rng.random() < 0.3:
        name = ward.rng.choice(names)
        record = replace(STAMPS[name](ward, record), kind=f"{record.kind}, {name}")
    return record, codec


def _unpacked(record: Record) -> Record:
    """What is not packed, by its client or by its topic, the broker refuses where it is over the topic's limit."""
    if record.fates is None or _size(record) < LARGEST_EVENT:
        return record
    return replace(record, fates=record.fates | fates(REFUSED_BY_BROKER))


def _sendings(
    rng: random.Random, drawn: Sequence[tuple[Record, str | None]], without: Collection[str]
) -> Iterator[Sending]:
    """The records in batches of one or some, with any codec, plain or in a transaction."""
    grouped: dict[tuple[str, int], list[Record]] = {}
    for record, codec in drawn:
        if codec is not None or _is_alone(record):
            yield _packed(rng, (record,), codec, without)
            continue
        some = grouped.setdefault((record.topic, partition_for(record)), [])
        some.append(record)
        if rng.random() < 0.6 or len(some) > 6:
            yield _packed(rng, tuple(some), None, without)
            some.clear()
    for some in grouped.values():
        if some:
            yield _packed(rng, tuple(some), None, without)


def _is_alone(record: Record) -> bool:
    """Whether the broker may refuse it, and so everything that is in one batch with it; or it is large."""
    if _size(record) > 1 << 20 or (record.timestamp or 0) < 0:
        return True
    return record.fates is not None and REFUSED_BY_BROKER in record.fates


def _size(record: Record) -> int:
    return len(record.value or b"") + len(record.key or b"") + sum(len(value or b"") for _, value in record.headers)


def _packed(rng: random.Random, records: tuple[Record, ...], codec: str | None, without: Collection[str]) -> Sending:
    unpacked = any(one.fates == fates(REFUSED_BY_BROKER) for one in records)
    names = [name for name in PLAIN if name not in without]
    codec = codec or ("none" if unpacked else rng.choice(names))
    ends = [(end, weight) for end, weight in zip(ENDS, END_WEIGHTS, strict=True) if end not in without]
    end = "" if _is_alone(records[0]) else rng.choices(*zip(*ends, strict=True))[0]  # type: ignore[call-overload]
    company = 0 if _is_alone(records[0]) else rng.choice([0, 0, 1, 3])
    return Sending(records, codec, end=end, held=rng.choice([0, 0, 3, 20]), company=company)


def _never(ward: Ward, count: int, without: Collection[str]) -> Iterator[Sending]:
    """Sound events that would change a good child's scores, in transactions that are aborted or left open."""
    for number in range(max(count, OPEN)):
        end = "open" if number < OPEN else "abort"
        if end not in without:
            topic, body = ward.poison()
            record = _record(topic, written(body), body["stay_id"], "an event that never was")
            yield Sending((record,), ward.rng.choice(["none", "gzip"]), end=end, held=ward.rng.choice([0, 5, 40]))


def _bent(ward: Ward, without: Collection[str]) -> Iterator[Sending]:
    """Batches as no client of the product writes them, of two sound events each."""
    bent = [(name, bend, codec) for name, bend in BENDS.items() for codec in ("none", "gzip")]
    for name, bend, codec in bent + [(name, Bend(), name) for name in UNUSUAL]:
        if name in without or (name == "broken packing" and codec == "none"):
            continue
        topic, body = ward.measured()
        kind = f"{name} ({codec})"
        pair = [_record(topic, written(body), body["stay_id"], kind)]
        pair.append(_record(topic, written(ward.sound(topic, body["stay_id"])[1]), body["stay_id"], kind))
        may = fates(USED, REFUSED_BY_BROKER, "unreadable")
        headers = ((b"h", b"1"),)
        yield Sending(tuple(replace(one, fates=may, headers=headers) for one in pair), codec, bend)
