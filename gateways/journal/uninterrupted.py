"""Work that is not left half done: a thread goes on whatever becomes of the task that waits for it."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def uninterrupted(work: Coroutine[Any, Any, None]) -> None:
    """Do `work` to its end, also where the task that waits for it is cancelled; that one ends after it."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,))
        raise
