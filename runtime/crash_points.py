"""Named points between the steps of worker and gateway, at which a test can kill the process, or make it hang.

`PICUSTREAM_CRASH_AT=after-lua` sends SIGKILL to the process when it first comes to that point, `after-lua:3` when it
comes there for the third time. `PICUSTREAM_HANG_AT=engine` keeps the thread that comes there from going on, for good.
`PICUSTREAM_FAIL_ON=lis-7` raises an error, as a bug of ours would, wherever the core is given a record that holds these
bytes. Without these variables a point is a comparison with nothing.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Iterable

POINTS = (
    "take-over-epoch-raised",
    "take-over-producer-ready",
    "take-over-outbox-published",
    "take-over-trimmed",
    "fetch",
    "engine",
    "before-lua",
    "after-lua",
    "mid-publish",
    "after-publish",
    "after-trim",
)
"""In the order in which a batch passes them; `mid-publish` lies between the last send and the commit."""
REBUILD_POINTS = ("rebuild-begun", "rebuild-stored", "rebuild-ended")
"""In the order in which a take-over that finds state lost passes them, after `take-over-producer-ready`."""

GATEWAY_POINTS = (
    "gateway-received",
    "gateway-written",
    "gateway-stored",
    "gateway-translated",
    "gateway-sent",
    "gateway-published",
    "gateway-committed",
    "gateway-answered",
)
"""In the order in which a message passes them, from its last byte to the acknowledgement of it."""

STORE_POINTS = ("store-read", "store-written", "store-committed")
"""In the order in which a batch passes them on its way into a read model; `store-written` lies before the commit."""


class _Point:
    """The point that a variable names, and how often it is still passed by."""

    def __init__(self, variable: str) -> None:
        self._name, _, times = (os.environ.get(variable) or "").partition(":")
        self._left = int(times or 1)

    def reached(self, name: str) -> bool:
        """Whether what the variable asks for is to be done here and now."""
        if name != self._name:
            return False
        self._left -= 1
        return self._left <= 0


_FAILS_ON = (os.environ.get("PICUSTREAM_FAIL_ON") or "").encode()

_crash, _hang = _Point("PICUSTREAM_CRASH_AT"), _Point("PICUSTREAM_HANG_AT")


def crash_point(name: str) -> None:
    """End the process here and now, as a power cut would, or stop this thread, if a test asked for it."""
    if _crash.reached(name):
        os.kill(os.getpid(), signal.SIGKILL)
    if _hang.reached(name):
        threading.Event().wait()


async def stall_point(name: str) -> None:
    """Likewise; but what hangs here is this task alone, and everything else of its thread goes on."""
    if _crash.reached(name):
        os.kill(os.getpid(), signal.SIGKILL)
    if _hang.reached(name):
        await asyncio.Event().wait()


def fail_point(values: Iterable[bytes | None]) -> None:
    """Fail at records that hold what a test named."""
    if _FAILS_ON and any(_FAILS_ON in (value or b"") for value in values):
        raise ZeroDivisionError
