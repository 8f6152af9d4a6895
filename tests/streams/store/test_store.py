"""What a store promises: a batch is written whole or not at all, and only the owner's (I2, I3, I4, I5)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from picustream.models.event import LAB, VITAL
from picustream.scoring.scores.mods.record import MODS
from picustream.streams.store.batch_write import BatchWrite
from picustream.streams.store.outbox import Entry
from picustream.streams.store.store import Fenced, StateLost, Store
from tests.streams.store.conftest import Play
from tests.streams.store.servers import P, Server

NOW = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)


def entry(sequence: int) -> Entry:
    return Entry(sequence, MODS, P, b"S-1", f"e-{sequence}", b"\x00value", (("ce_id", b"x"),))


def write(epoch: int = 1, **changes: Any) -> BatchWrite:
    """The first batch of a partition."""
    first = BatchWrite(
        epoch=epoch,
        batch=0,
        sequence=0,
        clock=NOW,
        before={LAB: None},
        after={LAB: 5},
        due={"S-1": NOW + timedelta(hours=1), "S-2": NOW},
        writes={"S-1": {"a": b"\x001", "b": b"2"}, "": {"own": b"3"}},
        entries=[entry(1), entry(2)],
    )
    return replace(first, **changes)


async def everything(store: Store) -> Any:
    """All that the store holds of the partition, but for the control hash."""
    return await store.progress(P), await store.outbox(P), await store.due(P), await store.states(P, ["S-1", "S-2", ""])


def test_what_a_batch_wrote_is_what_the_next_owner_finds(on_store: Play) -> None:
    async def story(server: Server) -> None:
        store = server.store()
        assert (await store.take_over(P, "a")).epoch == 1
        await store.commit(P, write())
        control = await store.take_over(P, "b")
        assert (control.epoch, control.batch, control.sequence, control.clock) == (2, 1, 2, NOW)
        assert control.next == {LAB: 5}
        assert await store.outbox(P) == [entry(1), entry(2)]
        assert await store.due(P) == [("S-2", NOW), ("S-1", NOW + timedelta(hours=1))]
        assert await store.states(P, ["S-1", "S-2", ""]) == [{"a": b"\x001", "b": b"2"}, {}, {"own": b"3"}]

    on_store(story)


def test_a_second_batch_changes_deletes_and_removes(on_store: Play) -> None:
    async def story(server: Server) -> None:
        store = server.store()
        await store.take_over(P, "a")
        await store.commit(P, write())
        await store.commit(
            P,
            write(
                batch=1,
                sequence=2,
                before={LAB: 5, VITAL: None},
                after={LAB: 6, VITAL: 1},
                due={"S-1": None},
                writes={"S-1": {"a": None, "c": b"4"}},
                entries=[entry(3)],
            ),
        )
        assert (await store.progress(P)).next == {LAB: 6, VITAL: 1}
        assert await store.due(P) == [("S-2", NOW)]
        assert await store.states(P, ["S-1"]) == [{"b": b"2", "c": b"4"}]
        assert [one.sequence for one in await store.outbox(P)] == [1, 2, 3]

    on_store(story)


def test_the_same_batch_sent_twice_is_written_once(on_store: Play) -> None:
    """An answer that was lost on its way: the call is repeated (I3)."""

    async def story(server: Server) -> None:
        store = server.store()
        await store.take_over(P, "a")
        await store.commit(P, write())
        before = await everything(store)
        await store.commit(P, write())
        assert await everything(store) == before

    on_store(story)


def test_an_older_writer_changes_nothing_any_more(on_store: Play) -> None:
    """I4: it wakes up after another has taken over, and its batch, its trim and its take-over are refused."""

    async def story(server: Server) -> None:
        store = server.store()
        await store.take_over(P, "a")
        await store.commit(P, write())
        await store.take_over(P, "b")
        before = await everything(store)
        with pytest.raises(Fenced):
            await store.commit(P, write(batch=1, sequence=2, before={LAB: 5}, after={LAB: 6}))
        with pytest.raises(Fenced):
            await store.trim(P, 1, 2, {})
        with pytest.raises(Fenced):
            await store.take_over(P, "a", held=1)
        assert await everything(store) == before

    on_store(story)


@pytest.mark.parametrize(
    "expectation",
    [{"batch": 2}, {"sequence": 1}, {"before": {LAB: 4}}, {"before": {VITAL: 1}, "after": {VITAL: 2}}, {"epoch": 9}],
    ids=["batch", "sequence", "offset", "offset of a topic unread", "epoch"],
)
def test_a_store_that_went_back_in_time_is_noticed_and_not_written(on_store: Play, expectation: dict) -> None:
    """I5: restored from an older copy, or failed over with the last writes lost."""

    async def story(server: Server) -> None:
        store = server.store()
        await store.take_over(P, "a")
        await store.commit(P, write())
        before = await everything(store)
        following = {"batch": 1, "sequence": 2, "before": {LAB: 5}, "after": {LAB: 6}} | expectation
        with pytest.raises(StateLost):
            await store.commit(P, write(**following))
        assert await everything(store) == before

    on_store(story)


def test_a_store_that_was_wiped_is_noticed(on_store: Play) -> None:
    async def story(server: Server) -> None:
        store = server.store()
        await store.take_over(P, "a")
        await server.lose_control()
        with pytest.raises(StateLost):
            await store.commit(P, write())
        with pytest.raises(StateLost):
            await store.trim(P, 1, 2, {})

    on_store(story)


def test_after_a_wipe_the_epoch_still_rises_above_the_one_held(on_store: Play) -> None:
    async def story(server: Server) -> None:
        store = server.store()
        for _ in range(3):
            epoch = (await store.take_over(P, "a")).epoch
        await server.lose_control()
        assert (await store.take_over(P, "a", held=epoch)).epoch == epoch + 1

    on_store(story)


def test_trimming_takes_what_kafka_has_and_notes_how_far_the_topics_are_known(on_store: Play) -> None:
    async def story(server: Server) -> None:
        store = server.store()
        await store.take_over(P, "a")
        await store.commit(P, write(entries=[entry(number) for number in range(1, 6)]))
        await store.trim(P, 1, 3, {(MODS, P): 17, (LAB, 1): 4})
        assert [one.sequence for one in await store.outbox(P)] == [4, 5]
        assert (await store.take_over(P, "b")).sent == {(MODS, P): 17, (LAB, 1): 4}

    on_store(story)


def test_a_batch_of_thousands_of_fields_is_written_whole(on_store: Play) -> None:
    async def story(server: Server) -> None:
        store = server.store()
        await store.take_over(P, "a")
        fields = {f"f{number}": b"x" for number in range(20_000)}
        await store.commit(P, write(writes={"S-1": fields}))
        assert await store.states(P, ["S-1"]) == [fields]
        gone = dict.fromkeys(fields)
        await store.commit(
            P, write(batch=1, sequence=2, before={LAB: 5}, after={LAB: 6}, writes={"S-1": gone}, entries=())
        )
        assert await store.states(P, ["S-1"]) == [{}]

    on_store(story)
