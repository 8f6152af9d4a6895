"""The store: what a partition keeps, and who may change it. On Redis: `redis_store.py`.

Whoever takes a partition over raises its epoch, and from then on no earlier writer changes anything (I4). A batch is
written whole or not at all, and once (I2, I3). A store that has less than its writer has seen it hold says so, and
writes nothing (I5).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from picustream.streams.store.batch_write import BatchWrite
from picustream.streams.store.outbox import Entry


class Fenced(Exception):
    """Another writer has raised the epoch: this one may change nothing any more (I4)."""


class StateLost(Exception):
    """The store has less than it was seen to hold: wiped, restored from an older copy, failed over (I5)."""


class Version(Protocol):
    """Which state of a partition is meant: a `Control`, or what was made of it."""

    @property
    def epoch(self) -> int:
        """Of the writer."""
        ...

    @property
    def batch(self) -> int:
        """Batches written."""
        ...


@dataclass(frozen=True, slots=True)
class Control:
    """Who writes a partition, and how far it is."""

    epoch: int
    batch: int
    sequence: int
    clock: datetime | None
    next: dict[str, int]
    """Next offset by input topic; a topic without one has not been read."""
    sent: dict[tuple[str, int], int]
    """Topic and partition -> the offset after our last record that is known to be there."""
    rebuilding: bool = False
    """Whether state is being rebuilt from Kafka, and is not whole."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a partition is, whoever owns it."""

    next: dict[str, int]
    outbox: int
    """Records not yet published."""
    due: datetime | None
    """When time alone changes something."""


class Store(Protocol):
    """Reads and writes the partitions of one consumer group, for one worker."""

    async def take_over(self, partition: int, owner: str, held: int | None = None) -> Control:
        """Raise the epoch. Fenced if this worker `held` an epoch and another has taken over since."""
        ...

    async def commit(self, partition: int, write: BatchWrite) -> None:
        """Write one batch, whole; once written, writing it again changes nothing. Fenced or StateLost: not written."""
        ...

    async def trim(self, partition: int, epoch: int, sequence: int, sent: Mapping[tuple[str, int], int]) -> None:
        """Drop the outbox up to `sequence`, and note up to where our records are known to be on their topics.

        Fenced or StateLost: not done.
        """
        ...

    async def begin_rebuild(self, partition: int, epoch: int, sequence: int) -> None:
        """Forget all state of the partition; it counts as lost until `end_rebuild`. Fenced or StateLost: not done."""
        ...

    async def end_rebuild(self, partition: int, epoch: int, batches: int) -> None:
        """The state is whole again, with so many batches written since `begin_rebuild`.

        Fenced or StateLost: not done; StateLost too where the store has fewer, or those of another rebuild.
        """
        ...

    async def outbox(self, partition: int, of: Version | None = None) -> list[Entry]:
        """What is to be published, in order. Fenced or StateLost: the store has another version than `of`."""
        ...

    async def due(self, partition: int, of: Version | None = None) -> list[tuple[str, datetime]]:
        """Every stay with a due time, earliest first. Raises as `outbox`."""
        ...

    async def states(
        self, partition: int, stay_ids: Sequence[str], of: Version | None = None
    ) -> list[dict[str, bytes]]:
        """The fields of each stay, in the order asked; none for a stay that is not there. The stay "" is the state that
        belongs to none. Raises as `outbox`."""
        ...

    async def progress(self, partition: int) -> Progress:
        """How far a partition is; for one that nobody has taken over yet, at the beginning."""
        ...

    async def feed_state(self, partition: int) -> tuple[Control, dict[str, bytes]]:
        """How far a partition is, and its state that belongs to no stay, both as of one moment."""
        ...
