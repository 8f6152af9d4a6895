"""The event loop: uvloop. A worker processes a backlog with it in half the time that asyncio's own loop takes.

One thing it does otherwise than asyncio: writing to a connection that has just been lost is a RuntimeError there. To
aiokafka (aio-libs/aiokafka#1038) and to redis-py that is no trouble with the network but a defect in the program, and a
broker that dies at the wrong moment would take the worker with it. Here it is what it is: the connection is lost.
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop

SWITCH = 0.0005
"""Seconds after which a thread that computes gives way to another, and not Python's own 5 ms: while an engine computes,
each answer of Kafka or Redis waits for as long, and a batch needs some ten of them. In processor time it costs nothing
that could be measured: a backlog took 116 us for each event with either."""


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run `main` on uvloop; loops that other threads make are uvloop's too."""
    sys.setswitchinterval(SWITCH)
    uvloop.install()
    asyncio.StreamWriter.write = _lost_is_lost(asyncio.StreamWriter.write)  # type: ignore[method-assign]
    asyncio.StreamWriter.writelines = _lost_is_lost(asyncio.StreamWriter.writelines)  # type: ignore[method-assign]
    uvloop.run(main)


def _lost_is_lost(write: Callable[..., None]) -> Callable[..., None]:
    """`write`, which reports a lost connection by ConnectionResetError."""

    def translated(writer: asyncio.StreamWriter, data: Any) -> None:
        try:
            write(writer, data)
        except RuntimeError as error:
            if not writer.transport.is_closing():
                raise
            raise ConnectionResetError("the connection is lost") from error

    return translated
