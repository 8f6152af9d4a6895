"""The store: everything that Redis knows of a partition, behind one class.

All keys of partition p share the hash tag `{group.p}`, so that one script can touch them all, in Redis Cluster too:

| key | type | holds |
|---|---|---|
| `picustream:{g.p}:control` | hash | who writes and how far it is: the fields of `Control`, and `owner` |
| `picustream:{g.p}:stay:<id>` | hash | the state of one stay, in pieces |
| `picustream:{g.p}:partition` | hash | the engine's state that belongs to no stay |
| `picustream:{g.p}:due` | sorted set | stay by due time, microseconds since 1970 |
| `picustream:{g.p}:outbox` | stream | what is to be published, `<sequence>-0` |
| `picustream:{g.p}:staged` | hash | the arguments of a write that are too many for one call; gone once it is written |
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from picustream.streams.store.outbox import Entry

MOST_ARGUMENTS, MOST_BYTES = 50_000, 32 * 1024 * 1024
"""Of one call: Redis refuses more than 1,048,576 arguments, or one of 512 MB, for good, and all partitions wait for a
call to end."""

READ_AT_ONCE = 1_000
"""Entries of an outbox."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Fenced(Exception):
    """Another writer has raised the epoch: this one may change nothing any more (I4)."""


class StateLost(Exception):
    """Redis holds less than it was seen to hold: wiped, restored from an older copy, failed over (I5)."""


@dataclass(frozen=True, slots=True)
class Control:
    """The control hash of a partition."""

    epoch: int
    batch: int
    sequence: int
    clock: datetime | None
    next: dict[str, int]
    """Next offset by input topic; a topic without one has not been read."""
    sent: dict[tuple[str, int], int]
    """Topic and partition -> the offset after our last record there that is known to stand."""
    rebuilding: bool = False
    """Whether state is being rebuilt from Kafka, and is not whole."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a partition is, whoever owns it."""

    next: dict[str, int]
    outbox: int
    """Records not yet published."""
    due: datetime | None
    """When time alone changes something."""


@dataclass(frozen=True, slots=True)
class BatchWrite:
    """All that one batch writes. `after` is the next offset by topic, `before` what Redis must hold until then."""

    epoch: int
    batch: int
    sequence: int
    clock: datetime | None
    before: Mapping[str, int | None] = field(default_factory=dict)
    after: Mapping[str, int] = field(default_factory=dict)
    due: Mapping[str, datetime | None] = field(default_factory=dict)
    writes: Mapping[str, Mapping[str, bytes | None]] = field(default_factory=dict)
    entries: Sequence[Entry] = ()


class Store:
    """Reads and writes the partitions of one consumer group. Raises redis-py's errors when Redis does not answer."""

    def __init__(self, redis: Redis, group: str) -> None:
        self._redis = redis
        self._group = group
        self._take_over = redis.register_script(_lua("take_over"))
        self._commit = redis.register_script(_lua("commit"))
        self._stage = redis.register_script(_lua("stage"))
        self._trim = redis.register_script(_lua("trim"))
        self._reset = redis.register_script(_lua("reset"))

    def key(self, partition: int, name: str) -> str:
        """The Redis key of `name` (`control`, `due`, `outbox`, `partition`, `stay:<id>`) in `partition`."""
        return f"picustream:{{{self._group}.{partition}}}:{name}"

    def state_key(self, partition: int, stay_id: str) -> str:
        """The key of a stay's state; the stay "" stands for the partition's own."""
        return self.key(partition, f"stay:{stay_id}" if stay_id else "partition")

    async def take_over(self, partition: int, owner: str, held: int | None = None) -> Control:
        """Raise the epoch, return the control hash. Fenced if an epoch was `held` and has been raised by another."""
        answer = await self._take_over([self.key(partition, "control")], [owner, "" if held is None else held])
        if answer == b"FENCED":
            raise Fenced
        return _control(dict(zip(answer[::2], answer[1::2], strict=True)))

    async def begin_rebuild(self, partition: int, epoch: int, sequence: int) -> None:
        """Forget all state of the partition; it counts as lost until `end_rebuild`. Fenced or StateLost: not done."""
        keys = [self.key(partition, name) for name in ("control", "due", "outbox")]
        _raise_for(await self._reset(keys, [epoch, "begin", sequence]))
        async for key in self._redis.scan_iter(match=_literal(self.key(partition, "stay:")) + "*", count=1000):
            await self._redis.unlink(key)
        await self._redis.unlink(self.key(partition, "partition"), self.key(partition, "staged"))

    async def end_rebuild(self, partition: int, epoch: int, batches: int) -> None:
        """The state is whole again, with so many batches written since `begin_rebuild`. Fenced or StateLost: not done.

        StateLost too where Redis holds fewer, for then it is not whole.
        """
        keys = [self.key(partition, name) for name in ("control", "due", "outbox")]
        _raise_for(await self._reset(keys, [epoch, "end", batches]))

    async def standing(self, partition: int) -> Standing:
        """How far a partition is; for one that nobody has taken over yet, at the beginning."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hgetall(self.key(partition, "control"))
            pipe.xlen(self.key(partition, "outbox"))
            pipe.zrange(self.key(partition, "due"), 0, 0, withscores=True)
            control, outbox, due = await pipe.execute()
        return Standing(_control({b"epoch": b"0", **control}).next, outbox, _moment(due[0][1]) if due else None)

    async def heard(self, partition: int) -> tuple[Control, dict[str, bytes]]:
        """How far a partition is, and its state that is of no stay, both as of one moment."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hgetall(self.key(partition, "control"))
            pipe.hgetall(self.state_key(partition, ""))
            control, fields = await pipe.execute()
        return _control({b"epoch": b"0", **control}), {name.decode(): value for name, value in fields.items()}

    async def outbox(self, partition: int) -> list[Entry]:
        """What the outbox holds, in order."""
        entries: list[Entry] = []
        while some := await self._redis.xrange(self.key(partition, "outbox"), _after(entries), count=READ_AT_ONCE):
            entries += [Entry.of(*item) for item in some]
        return entries

    async def due(self, partition: int) -> list[tuple[str, datetime]]:
        """Every stay with a due time, earliest first."""
        items = await self._redis.zrange(self.key(partition, "due"), 0, -1, withscores=True)
        return [(stay.decode(), _moment(score)) for stay, score in items]

    async def states(self, partition: int, stay_ids: Sequence[str]) -> list[dict[str, bytes]]:
        """The fields of each stay's hash, in the order asked; empty for a stay that is not there.

        A stay is read whole: a record per day and what is in force of its events (I9), some 10 MB after 25 years.
        """
        if not stay_ids:
            return []
        async with self._redis.pipeline(transaction=False) as pipe:
            for stay_id in stay_ids:
                pipe.hgetall(self.state_key(partition, stay_id))
            found = await pipe.execute()
        return [{name.decode(): value for name, value in fields.items()} for fields in found]

    async def commit(self, partition: int, write: BatchWrite) -> None:
        """Write one batch, whole; once written, writing it again changes nothing. Fenced or StateLost: not written.

        No call has more than `MOST_ARGUMENTS`, or `MOST_BYTES` and one argument: what is more is laid down beforehand,
        where nothing looks at it, and written in one call all the same.
        """
        keys = [self.key(partition, name) for name in ("control", "due", "outbox", "staged")]
        keys += [self.state_key(partition, stay_id) for stay_id in write.writes]
        head, arguments = _commit_arguments(write)
        calls = list(_calls(arguments))
        if len(calls) == 1:
            _raise_for(await self._commit(keys, [*head, "", *arguments]))
            return
        first = 1
        for some in calls:
            _raise_for(await self._stage([keys[0], keys[3]], [write.epoch, first, *some]))
            first += len(some)
        _raise_for(await self._commit(keys, [*head, len(arguments)]))

    async def trim(self, partition: int, epoch: int, sequence: int, sent: Mapping[tuple[str, int], int]) -> None:
        """Drop the outbox up to `sequence`. Fenced or StateLost: not dropped."""
        keys = [self.key(partition, name) for name in ("control", "outbox")]
        arguments: list[Any] = [epoch, sequence]
        for (topic, number), offset in sent.items():
            arguments += [f"sent:{topic}:{number}", offset]
        _raise_for(await self._trim(keys, arguments))


def _after(entries: Sequence[Entry]) -> str:
    return f"{entries[-1].sequence + 1}-0" if entries else "-"


def _moment(score: float) -> datetime:
    return _EPOCH + timedelta(microseconds=int(score))


def _raise_for(answer: bytes) -> None:
    if answer == b"FENCED":
        raise Fenced
    if answer == b"GAP":
        raise StateLost


def _commit_arguments(write: BatchWrite) -> tuple[list[Any], list[Any]]:
    """The arguments of commit.lua, in the order of its header: the first four, and those that may be laid down."""
    head: list[Any] = [write.epoch, write.batch, write.sequence, write.clock.isoformat() if write.clock else ""]
    arguments: list[Any] = [len(write.after)]
    for topic, offset in write.after.items():
        before = write.before.get(topic)
        arguments += [topic, "" if before is None else before, offset]
    arguments.append(len(write.due))
    for stay_id, time in write.due.items():
        arguments += [stay_id, "" if time is None else (time - _EPOCH) // _MICROSECOND]
    arguments.append(len(write.entries))
    for entry in write.entries:
        arguments += _counted(entry.fields())
    for fields in write.writes.values():
        arguments += _counted([part for name, value in fields.items() if value is not None for part in (name, value)])
        arguments += _counted([name for name, value in fields.items() if value is None])
    return head, arguments


def _calls(arguments: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The arguments in portions for one call each; an empty one where there are none."""
    first = size = 0
    for place, one in enumerate(arguments):
        length = len(one) if isinstance(one, str | bytes) else 8
        if place > first and (place - first >= MOST_ARGUMENTS or size + length > MOST_BYTES):
            yield arguments[first:place]
            first, size = place, 0
        size += length
    yield arguments[first:]


def _counted(items: Iterable[Any]) -> list[Any]:
    items = list(items)
    return [len(items), *items]


def _control(raw: Mapping[bytes, bytes]) -> Control:
    plain = {name.decode(): value.decode() for name, value in raw.items()}
    sent = {}
    for name, value in plain.items():
        if name.startswith("sent:"):
            topic, _, partition = name[len("sent:") :].rpartition(":")
            sent[topic, int(partition)] = int(value)
    return Control(
        epoch=int(plain["epoch"]),
        batch=int(plain.get("batch", 0)),
        sequence=int(plain.get("sequence", 0)),
        clock=datetime.fromisoformat(plain["clock"]) if plain.get("clock") else None,
        next={name[len("next:") :]: int(value) for name, value in plain.items() if name.startswith("next:")},
        sent=sent,
        rebuilding="rebuilding" in plain,
    )


def _literal(key: str) -> str:
    """A key as a pattern that matches it alone."""
    return re.sub(r"([\\*?\[\]^])", r"\\\1", key)


def _lua(name: str) -> str:
    return (Path(__file__).parent / f"{name}.lua").read_text(encoding="utf-8")
