"""The store on Redis: everything that it has of a partition, written by scripts that change all of it or nothing.

All keys of partition p share the hash tag `{group.p}`, so that one script can touch them all, in Redis Cluster too:

| key | type | holds |
|---|---|---|
| `picustream:{g.p}:control` | hash | who writes and how far it is: the fields of `Control`, and the `owner` |
| `picustream:{g.p}:stay:<id>` | hash | the state of one stay, in pieces |
| `picustream:{g.p}:partition` | hash | the engine's state that belongs to no stay |
| `picustream:{g.p}:due` | sorted set | stay by due time, microseconds since 1970 |
| `picustream:{g.p}:outbox` | stream | what is to be published, `<sequence>-0` |
| `picustream:{g.p}:staged` | hash | the arguments of a write that are too many for one call; gone once it is written |
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from picustream.models.times import EPOCH
from picustream.streams.store.batch_write import BatchWrite, calls, commit_arguments
from picustream.streams.store.outbox import Entry
from picustream.streams.store.store import Control, Fenced, Progress, StateLost, Store, Version

READ_AT_ONCE = 1_000
"""Entries of an outbox."""
FORGOTTEN_AT_ONCE = 500
"""States of stays that a rebuild begins without."""


class RedisStore(Store):
    """Raises redis-py's errors when Redis does not answer."""

    def __init__(self, redis: Redis, group: str) -> None:
        self._redis = redis
        self._group = group
        self._owners: dict[int, str] = {}
        """What each partition's take-over, of this process, is known by to the scripts."""
        self._next_owners: dict[int, str] = {}
        """Likewise of one under way, whose answer may have been lost: asked again it is the same."""
        self._take_over = redis.register_script(_lua("take_over"))
        self._commit, self._stage, self._trim, self._reset, self._forget = (
            redis.register_script(_lua("owner") + _lua(name)) for name in ("commit", "stage", "trim", "reset", "forget")
        )

    def key(self, partition: int, name: str) -> str:
        """The Redis key of `name` (`control`, `due`, `outbox`, `partition`, `stay:<id>`) in `partition`."""
        return f"picustream:{{{self._group}.{partition}}}:{name}"

    def state_key(self, partition: int, stay_id: str) -> str:
        """The key of a stay's state; the stay "" is the partition's own."""
        return self.key(partition, f"stay:{stay_id}" if stay_id else "partition")

    async def take_over(self, partition: int, owner: str, held: int | None = None) -> Control:
        ours = self._next_owners.setdefault(partition, f"{owner} {uuid.uuid4().hex}")
        arguments = [ours, "" if held is None else held, self._owners.get(partition, "")]
        answer = await self._take_over([self.key(partition, "control")], arguments)
        del self._next_owners[partition]
        if answer == b"FENCED":
            raise Fenced
        self._owners[partition] = ours
        return _control(dict(zip(answer[::2], answer[1::2], strict=True)))

    async def begin_rebuild(self, partition: int, epoch: int, sequence: int) -> None:
        keys = [self.key(partition, name) for name in ("control", "due", "outbox")]
        _raise_for(await self._reset(keys, [*self._by(partition, epoch), "begin", sequence]))
        found: list[str | bytes] = [self.key(partition, name) for name in ("partition", "staged")]
        async for key in self._redis.scan_iter(match=_literal(self.key(partition, "stay:")) + "*", count=1000):
            found.append(key)
            if len(found) == FORGOTTEN_AT_ONCE:
                _raise_for(await self._forget([keys[0], *found], self._by(partition, epoch)))
                found = []
        if found:
            _raise_for(await self._forget([keys[0], *found], self._by(partition, epoch)))

    async def end_rebuild(self, partition: int, epoch: int, batches: int) -> None:
        keys = [self.key(partition, name) for name in ("control", "due", "outbox")]
        _raise_for(await self._reset(keys, [*self._by(partition, epoch), "end", batches]))

    async def progress(self, partition: int) -> Progress:
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hgetall(self.key(partition, "control"))
            pipe.xlen(self.key(partition, "outbox"))
            pipe.zrange(self.key(partition, "due"), 0, 0, withscores=True)
            control, outbox, due = await pipe.execute()
        return Progress(_control({b"epoch": b"0", **control}).next, outbox, _moment(due[0][1]) if due else None)

    async def feed_state(self, partition: int) -> tuple[Control, dict[str, bytes]]:
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hgetall(self.key(partition, "control"))
            pipe.hgetall(self.state_key(partition, ""))
            control, fields = await pipe.execute()
        return _control({b"epoch": b"0", **control}), {name.decode(): value for name, value in fields.items()}

    async def outbox(self, partition: int, of: Version | None = None) -> list[Entry]:
        entries: list[Entry] = []
        while True:
            async with self._reading(partition) as pipe:
                pipe.xrange(self.key(partition, "outbox"), _after(entries), count=READ_AT_ONCE)
                [some] = await self._read(pipe, partition, of)
            if not some:
                return entries
            entries += [Entry.of(*item) for item in some]

    async def due(self, partition: int, of: Version | None = None) -> list[tuple[str, datetime]]:
        async with self._reading(partition) as pipe:
            pipe.zrange(self.key(partition, "due"), 0, -1, withscores=True)
            [items] = await self._read(pipe, partition, of)
        return [(stay.decode(), _moment(score)) for stay, score in items]

    async def states(
        self, partition: int, stay_ids: Sequence[str], of: Version | None = None
    ) -> list[dict[str, bytes]]:
        """A stay is read whole: a record per day and what is in force of its events (I9), some 10 MB after 25 years."""
        if not stay_ids:
            return []
        async with self._reading(partition) as pipe:
            for stay_id in stay_ids:
                pipe.hgetall(self.state_key(partition, stay_id))
            found = await self._read(pipe, partition, of)
        return [{name.decode(): value for name, value in fields.items()} for fields in found]

    def _reading(self, partition: int) -> Pipeline:
        """What is asked by one connection, and so of one server, with whose state it is."""
        pipe = self._redis.pipeline(transaction=False)
        pipe.hmget(self.key(partition, "control"), "epoch", "owner", "batch")
        return pipe

    async def _read(self, pipe: Pipeline, partition: int, of: Version | None) -> list[Any]:
        """The answers. While two servers take themselves for the first, what one of them holds may be old, and what is
        made of it would be written to the other."""
        (epoch, owner, batch), *answers = await pipe.execute()
        if of is not None:
            if int(epoch or 0) > of.epoch:
                raise Fenced
            ours = (of.epoch, self._owners.get(partition, "").encode(), of.batch)
            if (int(epoch or 0), owner, int(batch or 0)) != ours:
                raise StateLost
        return answers

    def _by(self, partition: int, epoch: int) -> list[Any]:
        """Who writes, as all scripts are given it."""
        return [epoch, self._owners.get(partition, "")]

    async def commit(self, partition: int, write: BatchWrite) -> None:
        """Write one batch, whole, in one call of the script.

        No call has more than `MOST_ARGUMENTS`, or `MOST_BYTES` and one argument: what is more is laid down beforehand,
        where nothing reads it, and written in one call all the same.
        """
        keys = [self.key(partition, name) for name in ("control", "due", "outbox", "staged")]
        keys += [self.state_key(partition, stay_id) for stay_id in write.writes]
        arguments = commit_arguments(write)
        by = self._by(partition, write.epoch)
        head = [*by, write.batch, write.sequence, write.clock.isoformat() if write.clock else ""]
        portions = list(calls(arguments))
        if len(portions) == 1:
            _raise_for(await self._commit(keys, [*head, "", *arguments]))
            return
        first = 1
        for some in portions:
            _raise_for(await self._stage([keys[0], keys[3]], [*by, write.batch, first, *some]))
            first += len(some)
        _raise_for(await self._commit(keys, [*head, len(arguments)]))

    async def trim(self, partition: int, epoch: int, sequence: int, sent: Mapping[tuple[str, int], int]) -> None:
        keys = [self.key(partition, name) for name in ("control", "outbox")]
        arguments = [*self._by(partition, epoch), sequence]
        for (topic, number), offset in sent.items():
            arguments += [f"sent:{topic}:{number}", offset]
        _raise_for(await self._trim(keys, arguments))


def _after(entries: Sequence[Entry]) -> str:
    return f"{entries[-1].sequence + 1}-0" if entries else "-"


def _moment(score: float) -> datetime:
    return EPOCH + timedelta(microseconds=int(score))


def _raise_for(answer: bytes) -> None:
    if answer == b"FENCED":
        raise Fenced
    if answer == b"GAP":
        raise StateLost


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
