"""Laboratory and blood-gas results (`picu.lab.v1`)."""

from typing import Any

from picustream.streams.kafka.topics import LAB as TOPIC

__all__ = ["TOPIC", "agent"]


async def agent(batches: Any) -> None:
    """Pass each batch on to its partition; nothing can be raised here that an agent of Faust's would acknowledge."""
    async for batch in batches.noack().events():
        await batch.app.partitions.receive(batch.value)
