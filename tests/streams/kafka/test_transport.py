"""The consumer on top of Faust's."""

import asyncio
from types import SimpleNamespace

import pytest
from faust.types import TP

from picustream.models.event import LAB
from picustream.streams.kafka.held import Held, Wanted
from picustream.streams.kafka.transport import Consumer, ConsumerThread
from picustream.streams.partition.trouble import TROUBLE


def test_a_consumer_whose_thread_has_ended_is_trouble_and_no_bug() -> None:
    """Why it ended is reported by whoever watches it, and not by whoever asks it something in the meantime."""

    async def story() -> None:
        consumer = object.__new__(Consumer)
        consumer._thread = ConsumerThread.__new__(ConsumerThread)
        consumer._thread.thread_loop = asyncio.new_event_loop()
        consumer._thread.thread_loop.close()
        with pytest.raises(TROUBLE):
            await consumer.read()
        await consumer.commit_for_display({})

    asyncio.run(story())


def test_what_is_held_back_is_not_asked_for_until_it_is_free() -> None:
    """Even by a fetch that began to wait before; it is woken, for what is free again may be there already."""

    async def story() -> None:
        waiter = asyncio.get_running_loop().create_future()
        fetcher = SimpleNamespace(_fetch_waiters={waiter}, _notify=lambda one: one.set_result(None))
        thread = ConsumerThread.__new__(ConsumerThread)
        thread.held, thread.thread_loop = Held(), asyncio.get_running_loop()
        thread._consumer = SimpleNamespace(_fetcher=fetcher)  # type: ignore[assignment]
        consumer = object.__new__(Consumer)
        consumer._thread = thread
        wanted = Wanted({TP(LAB, 1), TP(LAB, 2)}, thread.held.holds)
        thread.held.change(1, frozenset({LAB}))
        assert [TP(LAB, number) in wanted for number in (1, 2, 3)] == [False, True, False]
        consumer.hold_back(1, frozenset({LAB}))
        await asyncio.sleep(0)
        assert not waiter.done(), "nothing has changed"
        consumer.hold_back(1, frozenset())
        await asyncio.wait_for(waiter, 5)
        assert TP(LAB, 1) in wanted

    asyncio.run(story())
