"""A worker's name in the consumer group (static membership).

A worker that comes back under its old name has its partitions back at once, and the others never stop; one that comes
back under a new name makes the group wait for the old one's session to run out. So the name must outlive the process:
it is set (`PICUSTREAM_INSTANCE`, from a StatefulSet's ordinal, say), or it is the host name, with a number for the
second, third ... worker of this machine. The lowest free number is taken, and a process that ends in any way gives its
number back, so that a restarted worker finds its own again.
"""

import fcntl
import hashlib
import os
import socket
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from redis.asyncio import Redis

from picustream.runtime.errors import ENVIRONMENT, WRONG_USE, UserError
from picustream.runtime.settings import Settings

HANDED = "PICUSTREAM_SLOT"
"""The name that a supervisor has taken for its worker, and keeps while the worker is started again."""
MOST = 1000
"""Workers of one group on one machine."""


@dataclass(frozen=True, slots=True)
class InstanceName:
    """`name` in the group; `number` on this machine, 0 for the first and for every worker with a name of its own."""

    name: str
    number: int


def take(settings: Settings) -> InstanceName:
    """The name of this process, until it ends."""
    if settings.instance:
        return InstanceName(settings.instance, 0)
    if HANDED in os.environ:
        handed_number, _, name = os.environ[HANDED].partition(" ")
        return InstanceName(name, int(handed_number))
    try:
        folder = Path(tempfile.gettempdir()) / f"picustream-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"No temporary folder to take a worker's name in ({error.strerror}).",
            "Set PICUSTREAM_INSTANCE, or give the worker a writable temporary folder.",
            ENVIRONMENT,
        ) from error
    group = hashlib.sha256(f"{settings.kafka} {settings.group}".encode()).hexdigest()[:16]
    for number in range(MOST):
        if _locked(folder / f"{group}-{number}.lock"):
            return InstanceName(socket.gethostname() + (f"-{number + 1}" if number else ""), number)
    raise RuntimeError(f"more than {MOST} workers on this machine")


def handed(taken: InstanceName) -> dict[str, str]:
    """The environment of a process that works under a name that we have taken."""
    return {HANDED: f"{taken.number} {taken.name}"}


def _locked(path: Path) -> bool:
    """Lock the file for as long as this process lives; False if another process has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return False
    return True


class NameTaken(UserError):
    """Another process works under the name of this one. To start it again would only end the other one."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Another worker was started under the name {name}; this one ends.",
            "Give each worker a PICUSTREAM_INSTANCE of its own.",
            WRONG_USE,
        )


class Claim:
    """Says in Redis which process has a name: the one that was started last.

    Two processes of one name would turn each other out of the group for ever, without either knowing. A Redis set
    back to an older copy names a process that ended long ago: what is older than we are takes no name from us.
    """

    def __init__(self, redis: Redis, group: str, name: str) -> None:
        self._redis = redis
        self._key = f"picustream:{{{group}}}:names"
        self._name = name
        self._started = time.time_ns()
        self._process = f"{self._started}/{uuid.uuid4().hex}"

    async def make(self) -> None:
        """From here on the name is ours."""
        await self._redis.hset(self._key, self._name, self._process)

    async def check(self) -> None:
        """Raises NameTaken if another process, started after this one, has the name by now."""
        holder = cast(bytes | None, await self._redis.hget(self._key, self._name))
        if holder is None or _started(holder) < self._started:
            await self.make()
        elif holder.decode() != self._process:
            raise NameTaken(self._name)


def _started(holder: bytes) -> int:
    """When the process of a claim was started, nanoseconds since 1970; 0 for the claim of an earlier version."""
    moment, found, _ = holder.partition(b"/")
    return int(moment) if found else 0
