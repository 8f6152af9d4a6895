"""The consumer on top of Faust's."""

import asyncio

import pytest

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
