"""What is written goes out in order and once, beside what is computed meanwhile; what fails is said (I2, I3)."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.streams.partition import metrics
from picustream.streams.partition.outgoing import MOST, MOST_BYTES, Outgoing
from picustream.streams.store.outbox import Entry

PARTITION = 77


class Refused(Exception):
    pass


class Broker:
    """A publisher and a store that note what they were given; a transaction ends when it is let."""

    def __init__(self, fails_at: int | None = None, *, open_: bool = False) -> None:
        self.transactions: list[list[int]] = []
        self.trimmed: list[int] = []
        self.closed = False
        self.gate = asyncio.Event()
        self._fails_at = fails_at
        if open_:
            self.gate.set()

    async def publish(self, entries: Sequence[Entry]) -> dict[Any, Any]:
        await self.gate.wait()
        if len(self.transactions) == self._fails_at:
            raise Refused
        self.transactions.append([entry.sequence for entry in entries])
        return {}

    async def trim(self, partition: int, epoch: int, sequence: int, sent: Any) -> None:
        assert (partition, epoch) == (PARTITION, 5)
        self.trimmed.append(sequence)

    async def close(self) -> None:
        self.closed = True


def outgoing(broker: Broker) -> Outgoing:
    return Outgoing(PARTITION, 5, broker, broker)  # type: ignore[arg-type] # both as far as they are needed


def entries(first: int, count: int, size: int = 2) -> list[Entry]:
    return [Entry(one, "picu.mods.v1", PARTITION, b"S", "id", b"x" * size) for one in range(first, first + count)]


def run(story: Coroutine[Any, Any, None]) -> None:
    async def in_time() -> None:
        async with asyncio.timeout(10):
            await story

    asyncio.run(in_time())


async def pause() -> None:
    """Let everything go on that can."""
    for _ in range(10):
        await asyncio.sleep(0)


def pending() -> float:
    return metrics.OUTBOX_PENDING.labels(str(PARTITION))._value.get()


@pytest.mark.proves("I2", "I3")
@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=12))
def test_i3_whatever_is_put_goes_out_once_and_in_order(batches: list[tuple[int, bool]]) -> None:
    """However the batches fall between the transactions; an empty one is none."""

    async def story() -> None:
        broker = Broker(open_=True)
        out, last = outgoing(broker), 0
        for count, waits in batches:
            out.put(entries(last + 1, count), 0.0)
            last += count
            if waits:
                await pause()
        await out.sent()
        assert out.empty
        assert [one for some in broker.transactions for one in some] == list(range(1, last + 1))
        assert all(broker.transactions)
        assert broker.trimmed == [some[-1] for some in broker.transactions]
        assert pending() == 0

    run(story())


def test_what_is_put_while_a_transaction_is_under_way_goes_out_together() -> None:
    """And nobody waits for it, as long as it is not too much."""

    async def story() -> None:
        broker = Broker()
        out = outgoing(broker)
        for number in range(1, 4):
            out.put(entries(number, 1), 0.0)
            await out.ready()
            await pause()
        assert (broker.transactions, pending(), out.empty) == ([], 3, False)
        broker.gate.set()
        await out.sent()
        assert broker.transactions == [[1], [2, 3]]

    run(story())


@pytest.mark.proves("I9")
@pytest.mark.parametrize(("count", "size"), [(MOST, 2), (4, MOST_BYTES // 4)])
def test_i9_while_too_much_is_on_its_way_nothing_more_is_computed(count: int, size: int) -> None:
    """Until so much of it has gone that there is room."""

    async def story() -> None:
        broker = Broker()
        out = outgoing(broker)
        out.put(entries(1, count, size), 0.0)
        await out.ready()
        out.put(entries(count + 1, 1), 0.0)
        waits = asyncio.create_task(out.ready())
        await pause()
        assert not waits.done()
        broker.gate.set()
        await waits

    run(story())


@pytest.mark.proves("I2")
@pytest.mark.parametrize("more", [False, True])
def test_i2_what_publishing_fails_with_is_said_and_nothing_goes_out_any_more(more: bool) -> None:
    """A later record must not overtake one that failed: the next owner publishes both."""

    async def story() -> None:
        broker = Broker(fails_at=1, open_=True)
        out = outgoing(broker)
        out.put(entries(1, 1), 0.0)
        await out.sent()
        out.put(entries(2, 1), 0.0)
        await pause()
        if more:
            out.put(entries(3, 1), 0.0)
        for _ in range(2):
            with pytest.raises(Refused):
                await out.ready()
        assert (broker.transactions, broker.trimmed, out.empty) == ([[1]], [1], False)
        await out.close()
        assert broker.closed

    run(story())


def test_who_waits_for_room_hears_of_what_fails() -> None:
    async def story() -> None:
        broker = Broker(fails_at=0)
        out = outgoing(broker)
        out.put(entries(1, MOST + 1), 0.0)
        waits = asyncio.create_task(out.ready())
        await pause()
        broker.gate.set()
        with pytest.raises(Refused):
            await waits

    run(story())


def test_what_is_under_way_is_given_up_when_the_partition_leaves() -> None:
    """It is in the outbox; the gauge says so until the next owner has published it."""

    async def story() -> None:
        broker = Broker()
        out = outgoing(broker)
        out.put(entries(1, 2), 0.0)
        await pause()
        await out.close()
        broker.gate.set()
        await pause()
        assert (broker.transactions, broker.closed, pending()) == ([], True, 2)
        outgoing(broker)
        assert pending() == 0

    run(story())
