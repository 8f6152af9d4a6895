"""The lock of a journal's folder: one process writes."""

import fcntl
import os
from pathlib import Path

from picustream.runtime.errors import ENVIRONMENT, UserError

LOCK = "lock"


class InUse(UserError):
    """Another process writes this journal."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"A gateway is at work on the journal in {folder}.", "Stop it, or use another folder.", ENVIRONMENT
        )


def lock(folder: Path) -> int:
    """The lock of a folder, which the system drops when its holder ends. Raises `InUse`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise InUse(folder) from None
    return held


def unlock(held: int) -> None:
    """Give a lock back."""
    os.close(held)
