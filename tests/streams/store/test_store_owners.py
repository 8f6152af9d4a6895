"""Two writers of one partition, of whom one slept, and whom a store that was set back may give one epoch (I4)."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from picustream.models.event import LAB
from picustream.scoring.scores.mods.record import MODS
from picustream.streams.store.store import Control, Fenced, StateLost, Store
from tests.streams.store.conftest import Play
from tests.streams.store.servers import P, Server
from tests.streams.store.test_store import entry, write

pytestmark = pytest.mark.proves("I3", "I4", "I5")

Action = Callable[[Store], Awaitable[Any]]


ACTIONS: dict[str, Action] = {
    "the next batch": lambda store: store.commit(P, write(2, batch=1, sequence=2, before={LAB: 5}, after={LAB: 6})),
    "the batch that the other has written": lambda store: store.commit(P, write(2)),
    "a trim": lambda store: store.trim(P, 2, 2, {(MODS, P): 17}),
    "a rebuild": lambda store: store.begin_rebuild(P, 2, 0),
    "the end of one": lambda store: store.end_rebuild(P, 2, 1),
    "a take-over": lambda store: store.take_over(P, "a", held=2),
}


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_one_that_slept_changes_nothing_though_another_has_its_epoch(on_store: Play, action: Action) -> None:
    """The store is set back to before it took over, and another raises the epoch to the same."""

    async def story(server: Server) -> None:
        slept, newer = server.store(), server.store()
        await newer.take_over(P, "b")
        copy = await server.copy()
        assert (await slept.take_over(P, "a")).epoch == 2
        await server.set_back(copy)
        assert (await newer.take_over(P, "b")).epoch == 2
        await newer.commit(P, write(2))
        before = await server.copy()
        with pytest.raises(Fenced):
            await action(slept)
        assert await server.copy() == before

    on_store(story)


def test_half_a_rebuild_of_an_earlier_owner_is_not_taken_for_ones_own(on_store: Play) -> None:
    """The store is set back to before one's own began, when it held as many batches of the other's."""

    async def story(server: Server) -> None:
        slept, newer = server.store(), server.store()
        await slept.take_over(P, "a")
        await slept.begin_rebuild(P, 1, 2)
        await slept.commit(P, write(sequence=2, before={}, after={}, entries=[]))  # and it died
        control = await newer.take_over(P, "b")
        copy = await server.copy()
        await newer.begin_rebuild(P, control.epoch, 2)
        await newer.commit(P, write(2, sequence=2, before={}, after={}, entries=[], writes={"S-1": {"a": b"more"}}))
        await server.set_back(copy)
        await newer.commit(P, write(2, batch=1, sequence=2, entries=[], writes={}))
        with pytest.raises(StateLost):
            await newer.end_rebuild(P, control.epoch, 2)

    on_store(story)


Read = Callable[[Store, Control], Awaitable[Any]]
READS: dict[str, Read] = {
    "the outbox": lambda store, of: store.outbox(P, of),
    "due times": lambda store, of: store.due(P, of),
    "states": lambda store, of: store.states(P, ["S-1"], of),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_what_another_version_holds_is_not_read(on_store: Play, read: Read) -> None:
    """A server that was the first, or became it, and has not what the other has: what is written goes to that one."""

    async def story(server: Server) -> None:
        slept, newer = server.store(), server.store()
        await slept.take_over(P, "a")
        before = await server.copy()
        await slept.commit(P, write())
        control = await slept.take_over(P, "a", held=1)
        await read(slept, control)
        after = await server.copy()
        await server.set_back(before)
        with pytest.raises(StateLost):
            await read(slept, control)
        await server.set_back(after)
        await slept.commit(P, write(2, batch=1, sequence=2, before={LAB: 5}, after={LAB: 6}, entries=[entry(3)]))
        with pytest.raises(StateLost):
            await read(slept, control)
        await newer.take_over(P, "b")
        with pytest.raises(Fenced):
            await read(slept, control)

    on_store(story)
