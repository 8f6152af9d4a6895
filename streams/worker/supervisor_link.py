"""What ties a supervised worker to its supervisor: a socket whose other end closes when that process ends, in any way.

So nobody is left over: a supervisor that is killed takes its worker with it, by a clean stop. The worker says one
thing over it: that it has come as far as working.
"""

import os
import signal
import socket
import threading
import time

VARIABLE = "PICUSTREAM_LEASH"
"""The worker's end: a file descriptor."""
STOP = 10.0
"""Seconds that the worker has to stop when its supervisor has ended."""

_end: socket.socket | None = None


def follow() -> None:
    """Stop, as by SIGTERM, when the supervisor ends; without one, nothing."""
    global _end
    descriptor = os.environ.pop(VARIABLE, None)
    if descriptor is not None:
        _end = socket.socket(fileno=int(descriptor))
        threading.Thread(target=_wait, args=(_end,), name="supervisor-link", daemon=True).start()


def at_work() -> None:
    """Let the supervisor know that all was there that a worker needs, and since when: a clock that both share."""
    if _end is not None:
        try:
            _end.send(repr(time.monotonic()).encode())
        except OSError:
            return  # it has ended; the thread has noticed


def _wait(end: socket.socket) -> None:
    try:
        end.recv(1)
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP)
        os._exit(0)
