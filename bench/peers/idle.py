"""Faust's idle loop: an app whose agents count events and do nothing else, until all of a backlog are counted.

It is what Faust by itself costs for each event: the same topics, partitions, settings of fetching and event loop as the
worker, one agent for each topic, and one event for each record, as Faust hands them out. It keeps no state, publishes
nothing, and commits its offsets as Faust does by default.

    python -m bench.peers.idle EVENTS
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

import faust

from bench.say import say
from picustream.models.event import INPUT_TOPICS
from picustream.runtime.settings import Settings
from picustream.streams.kafka.limits import FETCH
from picustream.streams.worker import loop


async def count(settings: Settings, events: int) -> None:
    """Run the app until its agents have counted so many events."""
    app = faust.App(
        settings.group,
        broker=f"kafka://{settings.kafka}",
        broker_max_poll_records=settings.batch_records,
        broker_check_crcs=True,
        consumer_max_fetch_size=FETCH,
        consumer_auto_offset_reset="earliest",
        stream_wait_empty=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
    )
    counted, all_counted = 0, asyncio.Event()

    async def agent(stream: faust.StreamT[bytes]) -> None:
        nonlocal counted
        async for _ in stream:
            counted += 1
            if counted == events:
                all_counted.set()

    agents: dict[str, Callable[[faust.StreamT[bytes]], Awaitable[None]]] = dict.fromkeys(INPUT_TOPICS, agent)
    for topic, one in agents.items():
        app.agent(app.topic(topic, key_serializer="raw", value_serializer="raw"), name=topic)(one)
    await app.maybe_start()
    say("ready")
    await all_counted.wait()
    say("stopping")
    os._exit(0)  # as the worker does: what the threads of a client still wait for is nothing to count


if __name__ == "__main__":
    loop.run(count(Settings(), int(sys.argv[1])))
