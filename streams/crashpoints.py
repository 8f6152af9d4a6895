"""Named points between the steps of the partition protocol, at which a test can kill the worker for good.

`PICUSTREAM_CRASH_AT=after-lua` sends SIGKILL to the process when it first comes to that point, `after-lua:3` when it
comes there for the third time. Without the variable a point is one comparison with None.
"""

import os
import signal

POINTS = (
    "take-over-epoch-raised",
    "take-over-producer-ready",
    "take-over-outbox-published",
    "take-over-trimmed",
    "before-lua",
    "after-lua",
    "mid-publish",
    "after-publish",
    "after-trim",
)
"""In the order in which a batch passes them; `mid-publish` lies between the last send and the commit."""

_name, _, _times = (os.environ.get("PICUSTREAM_CRASH_AT") or "").partition(":")
_left = int(_times or 1)


def crash_point(name: str) -> None:
    """End the process here and now, as a power cut would, if a test asked for it."""
    global _left
    if name != _name:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
