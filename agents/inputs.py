"""Agents of the input topics: each passes whole batches on to the partition that they belong to."""

from typing import cast

from faust import Stream, StreamT

from picustream.models.event import INPUT_TOPICS
from picustream.streams.kafka.scheduler import FetchedBatch
from picustream.streams.worker.app import Agent, App


async def pass_on(batches: StreamT[FetchedBatch]) -> None:
    """Queue each batch in its partition.

    `noack`: what is processed is in Redis. Faust would acknowledge an event even where an error was raised here.
    """
    async for event in cast(Stream[FetchedBatch], batches).noack().events():
        cast(App, event.app).partitions.receive(cast(FetchedBatch, event.value))


AGENTS: dict[str, Agent] = dict.fromkeys(INPUT_TOPICS, pass_on)
"""Input topic -> its agent. What a topic means to the scores is the engine's business: one function serves them all."""
