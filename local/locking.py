"""One at a time: a lock on a file, which the system drops when its holder dies, however it dies."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from picustream.local.reporting import Report


@contextmanager
def locked(path: Path, report: Report) -> Iterator[None]:
    """Hold the lock of `path`; reports it if another holds it, and waits as long as that takes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report(f"another picustream is at work in {path.parent}: waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
