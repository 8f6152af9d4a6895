"""The store in memory, with the promises of `streams/store/store.py`: what the suite says of one holds for the
other."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar
from uuid import uuid4

from picustream.streams.store.batch_write import BatchWrite
from picustream.streams.store.outbox import Entry
from picustream.streams.store.store import Control, Fenced, Progress, StateLost, Store, Version


@dataclass
class Kept:
    """What is kept of one partition. `control` None: nobody has taken it over, or that is forgotten."""

    control: Control | None = None
    owner: str = ""
    """Unique to each take-over."""
    rebuilding: int | None = None
    """The epoch under which a rebuild has begun."""
    states: dict[str, dict[str, bytes]] = field(default_factory=dict)
    due: dict[str, datetime] = field(default_factory=dict)
    outbox: list[Entry] = field(default_factory=list)


@dataclass
class MemoryStore(Store):
    """One worker's store; `server` is shared by those of all workers."""

    server: defaultdict[int, Kept] = field(default_factory=lambda: defaultdict(Kept))
    _owners: dict[int, str] = field(default_factory=dict)

    async def take_over(self, partition: int, owner: str, held: int | None = None) -> Control:
        kept = self.server[partition]
        control = kept.control or _EMPTY
        epoch = control.epoch
        if held is not None:
            if epoch > held or (epoch == held and kept.owner != self._owners.get(partition, "")):
                raise Fenced
            epoch = held
        kept.control = replace(control, epoch=epoch + 1)
        kept.owner = self._owners[partition] = f"{owner} {uuid4().hex}"
        return _copied(kept.control)

    async def commit(self, partition: int, write: BatchWrite) -> None:
        kept, control = self._mine(partition, write.epoch)
        if control.batch == write.batch + 1:
            return
        if (control.batch, control.sequence) != (write.batch, write.sequence):
            raise StateLost
        if any(control.next.get(topic) != write.before.get(topic) for topic in write.after):
            raise StateLost
        entries = [replace(one, sequence=write.sequence + count) for count, one in enumerate(write.entries, start=1)]
        kept.control = replace(
            control,
            batch=write.batch + 1,
            sequence=write.sequence + len(entries),
            clock=write.clock,
            next=control.next | dict(write.after),
        )
        kept.outbox += entries
        kept.due = _merged(kept.due, write.due)
        for stay_id, fields in write.writes.items():
            kept.states[stay_id] = _merged(kept.states.get(stay_id, {}), fields)

    async def trim(self, partition: int, epoch: int, sequence: int, sent: Mapping[tuple[str, int], int]) -> None:
        kept, control = self._mine(partition, epoch)
        if control.sequence < sequence:
            raise StateLost
        kept.control = replace(control, sent=control.sent | dict(sent))
        kept.outbox = [entry for entry in kept.outbox if entry.sequence > sequence]

    async def begin_rebuild(self, partition: int, epoch: int, sequence: int) -> None:
        kept, _ = self._mine(partition, epoch)
        self.server[partition] = Kept(
            replace(_EMPTY, epoch=epoch, sequence=sequence, rebuilding=True), kept.owner, epoch
        )

    async def end_rebuild(self, partition: int, epoch: int, batches: int) -> None:
        kept, control = self._mine(partition, epoch)
        if control.batch != batches or kept.rebuilding != epoch:
            raise StateLost
        kept.control, kept.rebuilding = replace(control, rebuilding=False), None

    async def outbox(self, partition: int, of: Version | None = None) -> list[Entry]:
        return list(self._read(partition, of).outbox)

    async def due(self, partition: int, of: Version | None = None) -> list[tuple[str, datetime]]:
        return sorted(self._read(partition, of).due.items(), key=lambda item: (item[1], item[0]))

    async def states(
        self, partition: int, stay_ids: Sequence[str], of: Version | None = None
    ) -> list[dict[str, bytes]]:
        kept = self._read(partition, of) if stay_ids else Kept()
        return [dict(kept.states.get(stay_id, {})) for stay_id in stay_ids]

    async def progress(self, partition: int) -> Progress:
        kept = self.server[partition]
        return Progress(dict((kept.control or _EMPTY).next), len(kept.outbox), min(kept.due.values(), default=None))

    async def feed_state(self, partition: int) -> tuple[Control, dict[str, bytes]]:
        kept = self.server[partition]
        return _copied(kept.control or _EMPTY), dict(kept.states.get("", {}))

    def _mine(self, partition: int, epoch: int) -> tuple[Kept, Control]:
        """What is kept, where this worker may still change it."""
        kept = self.server[partition]
        control = kept.control or _EMPTY
        if control.epoch > epoch:
            raise Fenced
        if control.epoch < epoch:
            raise StateLost
        if kept.owner != self._owners.get(partition, ""):
            raise Fenced
        return kept, control

    def _read(self, partition: int, of: Version | None) -> Kept:
        kept = self.server[partition]
        control = kept.control or _EMPTY
        if of is not None:
            if control.epoch > of.epoch:
                raise Fenced
            if (control.epoch, kept.owner, control.batch) != (of.epoch, self._owners.get(partition, ""), of.batch):
                raise StateLost
        return kept


Value = TypeVar("Value")
_EMPTY = Control(0, 0, 0, None, {}, {})


def _copied(control: Control) -> Control:
    return replace(control, next=dict(control.next), sent=dict(control.sent))


def _merged(old: Mapping[str, Value], new: Mapping[str, Value | None]) -> dict[str, Value]:
    """The old fields with the new ones; those that are None are gone."""
    return {name: value for name, value in (dict(old) | dict(new)).items() if value is not None}
