"""A store set back from any moment of a writer's work to any earlier one: nothing is published twice (I3, I5)."""

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from picustream.models.event import LAB
from picustream.scoring.scores.mods.record import MODS
from picustream.streams.partition.takeover import MARKER
from picustream.streams.store.store import Control, StateLost, Store
from tests.streams.store.conftest import Play
from tests.streams.store.servers import P, Server
from tests.streams.store.test_store import entry, write

pytestmark = pytest.mark.proves("I3", "I5")

EPOCH = 1


@dataclass
class World:
    """A partition in a store, and how far its outputs are on their topic."""

    store: Store
    server: Server
    published: int = 0
    """The greatest sequence on the topic."""
    end: int = 0
    """The offset after it."""
    copies: list[Any] = field(default_factory=list)
    """What the store had after each step."""

    def publish(self, sequence: int) -> None:
        self.end += sequence - self.published + MARKER
        self.published = sequence

    async def trim(self) -> None:
        await self.store.trim(P, EPOCH, self.published, {(MODS, P): self.end})

    def is_noticed(self, control: Control) -> bool:
        """What a take-over asks of the topics and of the store (`TakeOver`)."""
        grown = self.end > control.sent.get((MODS, P), 0) + MARKER
        return control.rebuilding or (grown and self.published > control.sequence)


Step = Callable[[World], Awaitable[None]]


def commit(batch: int, sequence: int, entries: int, moves: tuple[int | None, int] | None = None) -> Step:
    """A batch with so many outputs, which moves an offset from one place to another."""
    made = [entry(sequence + number) for number in range(1, entries + 1)]
    before, after = ({LAB: moves[0]}, {LAB: moves[1]}) if moves else ({}, {})

    async def step(world: World) -> None:
        changes = {"batch": batch, "sequence": sequence, "before": before, "after": after, "entries": made}
        await world.store.commit(P, write(EPOCH, **changes))

    return step


async def first(world: World) -> None:
    """The first batch, of which all is published and trimmed."""
    await world.store.commit(P, write(EPOCH))
    world.publish(2)
    await world.trim()


def publish(sequence: int) -> Step:
    async def step(world: World) -> None:
        world.publish(sequence)

    return step


async def trim(world: World) -> None:
    await world.trim()


async def begin(world: World) -> None:
    await world.store.begin_rebuild(P, EPOCH, world.published)


def end(batches: int) -> Step:
    async def step(world: World) -> None:
        await world.store.end_rebuild(P, EPOCH, batches)

    return step


WORK = [
    first, commit(1, 2, 3, (5, 6)), publish(5), trim, commit(2, 5, 0, (6, 7)), commit(3, 5, 1, (7, 8)), publish(6),
    trim, commit(4, 6, 1, (8, 9)),
]  # fmt: skip
REBUILD = [
    first, begin, commit(0, 2, 0), commit(1, 2, 2), commit(2, 4, 0, (None, 5)), end(3), publish(4), trim,
    commit(3, 4, 1, (5, 6)),
]  # fmt: skip


@pytest.mark.parametrize("steps", [WORK, REBUILD], ids=["work", "rebuild"])
def test_a_store_set_back_at_any_moment_to_any_earlier_one_is_noticed(on_store: Play, steps: list[Step]) -> None:
    """The writer goes on only where nothing but a trim is gone, or the mark of a rebuild is back; and a take-over knows
    of all that was published."""

    async def story(server: Server) -> None:
        unharmed = await taken_over(server, steps, len(steps) - 1, len(steps) - 1)
        for to, back in itertools.combinations(range(len(steps)), 2):
            found = await taken_over(server, steps, to, back)
            assert found.refused or back == len(steps) - 1 or found.kept == unharmed.kept, (to, back)
            assert found.sequence >= found.published or found.is_noticed, (to, back)
            assert found.is_noticed or steps is WORK or found.is_whole, (to, back)

    on_store(story)


@dataclass(frozen=True)
class Found:
    """What a take-over finds after a store that was set back."""

    refused: bool
    """The writer was."""
    kept: tuple[Any, ...]
    is_whole: bool
    sequence: int
    published: int
    is_noticed: bool


async def taken_over(server: Server, steps: list[Step], to: int, back: int) -> Found:
    """Do `steps`; the store goes back from what it had after step `back` to what it had after step `to`."""
    await server.wipe()
    world = World(server.store(), server)
    await world.store.take_over(P, "a")
    for step in steps[: back + 1]:
        await step(world)
        world.copies.append(await server.copy())
    await server.set_back(world.copies[to])
    refused = False
    try:
        for step in steps[back + 1 :]:
            await step(world)
    except StateLost:
        refused = True
    control = await world.store.take_over(P, "a", held=EPOCH)
    kept = (control.batch, control.sequence, control.next)  # what is whole may be rebuilt once more
    is_whole = control.next.get(LAB) is not None  # a rebuild writes the offsets last
    return Found(refused, kept, is_whole, control.sequence, world.published, world.is_noticed(control))
