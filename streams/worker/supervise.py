"""`picustream worker --supervised`: a small process that starts a worker, and starts it again when it ends by accident.

For people without systemd, Docker or Kubernetes. It keeps the worker's name: one that comes back under its name has its
partitions back at once, and the other workers never stop.
"""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from types import FrameType

from picustream.runtime.errors import ENVIRONMENT, WRONG_USE
from picustream.runtime.logs import configure, logger
from picustream.runtime.settings import Settings
from picustream.streams.worker import instance_names, supervisor_link

log = logger(__name__)

BACK_OFF = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds before the worker is started again after its first end, its second one without `STEADY` between them ..."""
STEADY = 2.0
"""Seconds of work after which the end of a worker counts as the first one again."""
STOP = 8.0
"""Seconds for a worker that is asked to stop, which takes less than five; then it is killed."""
PAUSE = 0.05
"""Seconds between two looks, while waiting to start again, at whether we are asked to stop."""


def supervise(settings: Settings, command: Sequence[str]) -> int:
    """Run `command`, a worker, until it is done, we are asked to stop, or starting it again would not help.

    The exit status: the worker's last one. Not started again: status 0; status 2, a wrong setting; status 3, something
    is missing, unless a worker of ours has worked before: then it is waited for.
    """
    configure(settings)
    name = instance_names.take(settings)
    return _Supervisor(command, os.environ | ({} if settings.instance else instance_names.handed(name))).run()


class _Supervisor:
    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command = command
        self._environment = environment
        self._worker: subprocess.Popen[bytes] | None = None
        self._stopping = False

    def run(self) -> int:
        """One life of the worker after another; the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        failures, has_worked = 0, False
        while True:
            status, worked = self._one_life()
            has_worked = has_worked or worked > 0
            if self._stopping:
                return status if status > 0 else 0
            hopeless = status in (0, WRONG_USE) or (status == ENVIRONMENT and not has_worked)
            failures = 1 if worked > STEADY else failures + 1
            again_in = None if hopeless else BACK_OFF[min(failures, len(BACK_OFF)) - 1]
            log.warning("worker-ended", how=_how(status), worked=round(worked, 1), again_in=again_in)
            if again_in is None or not self._pause(again_in):
                return max(status, 0)

    def _one_life(self) -> tuple[int, float]:
        """Start the worker and wait for its end: its status (negative: the signal), and its seconds of work."""
        ours, its = socket.socketpair()
        with ours, its:
            self._worker = subprocess.Popen(
                self._command,
                env={**self._environment, supervisor_link.VARIABLE: str(its.fileno())},
                pass_fds=[its.fileno()],
                start_new_session=True,  # Ctrl-C is for us, and we pass it on
            )
            its.close()
            if self._stopping:  # while it was being started
                self._worker.terminate()
            status = self._worker.wait()
            ended = time.monotonic()
            ours.setblocking(False)
            began = _heard(ours)
            return status, ended - began if began else 0.0

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        if self._worker is not None:
            self._worker.terminate()
            last = threading.Timer(STOP, self._worker.kill)
            last.daemon = True
            last.start()

    def _pause(self, seconds: float) -> bool:
        """False if we are asked to stop meanwhile."""
        until = time.monotonic() + seconds
        while not self._stopping and time.monotonic() < until:
            time.sleep(PAUSE)
        return not self._stopping


def _heard(end: socket.socket) -> float:
    """When the worker came to work, by the clock `time.monotonic`; 0 if it did not."""
    try:
        return float(end.recv(64) or 0)
    except OSError:
        return 0.0


def _how(status: int) -> str:
    return f"status {status}" if status >= 0 else signal.Signals(-status).name
