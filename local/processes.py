"""Processes that outlive the command that started them, and are ended only by their own id and start."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from picustream.local.places import LocalError

_PAUSE = 0.02
"""Seconds between two checks of something that is waited for."""
_KILL_LIMIT = 10.0
"""Seconds within which the system must have ended a process after SIGKILL."""


@dataclass(frozen=True)
class Process:
    """A process by id and by the start that the system knows of it: an id alone may belong to somebody else by now."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        """True while this very process runs."""
        return started(self.pid) == self.started

    def stop(self, limit: float) -> bool:
        """SIGTERM, and SIGKILL if it still runs after `limit` seconds; True if it ended without that."""
        self._signal(os.kill, signal.SIGTERM)
        if wait_until(lambda: not self.alive, limit):
            return True
        self.kill()
        return False

    def kill(self) -> None:
        """SIGKILL to it and what it started; returns when it has ended."""
        self._signal(os.killpg, signal.SIGKILL)  # its group is its own: `spawn` gave it a session
        if not wait_until(lambda: not self.alive, _KILL_LIMIT):
            raise LocalError(f"Process {self.pid} does not end.", f"Look at it: ps -fp {self.pid}")

    def _signal(self, send: Callable[[int, int], None], number: signal.Signals) -> None:
        if self.alive:
            with suppress(ProcessLookupError):  # it ended between the look and the signal
                send(self.pid, number)


def spawn(command: Sequence[str], log: Path) -> Process:
    """Start a program in a session of its own, its output in `log`; the log of the run before becomes `<log>.1`.

    No signal from this terminal reaches it.
    """
    if log.exists():
        log.replace(log.with_name(f"{log.name}.1"))
    create = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    pid = os.posix_spawn(
        command[0],
        list(command),
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), create, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigmask=[],
        setsigdef=[signal.SIGPIPE, signal.SIGINT, signal.SIGTERM],  # Python ignores SIGPIPE; a server must not
    )
    return Process(pid, started(pid) or "ended at once")


def save(path: Path, process: Process) -> None:
    """Write the process down, whole or not at all."""
    half = path.with_name(f"{path.name}.part")
    half.write_text(json.dumps(asdict(process)))
    half.replace(path)


def load(path: Path) -> Process | None:
    """The process written down in `path` if it runs, else None; a file that cannot be read names no process."""
    try:
        process = Process(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return process if process.alive else None


def started(pid: int) -> str | None:
    """When `pid` started, by the system; None if there is no such process or it has ended."""
    start = _started_linux(pid) if sys.platform == "linux" else _started_posix(pid)
    if start is None:  # looked at first: reaped before, a child that ends in between would be left
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)  # a child of ours that ended would stay in the process table for ever
    return start


def wait_until(there: Callable[[], bool], limit: float) -> bool:
    """True as soon as `there()` is true, False if it is not within `limit` seconds."""
    deadline = time.monotonic() + limit
    while not there():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_PAUSE)
    return True


def _started_linux(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # proc(5): the name, field 2, may hold anything but its closing bracket is the last one; state is field 3 and the
    # start, in clock ticks since boot, field 22. Ticks and not the time of day, which a clock correction would move.
    fields = stat.rpartition(")")[2].split()
    if fields[0] in "ZX":
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}/{fields[19]}"


def _started_posix(pid: int) -> str | None:
    listed = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, start = listed.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else start.strip()
