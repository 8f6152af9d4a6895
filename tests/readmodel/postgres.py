"""A real PostgreSQL for the tests, on a socket of its own: Debian's programs, run by a user who is not root."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
HERE = INSTALLED[-1].parent if INSTALLED else None
MISSING = "needs PostgreSQL, which is not installed (Debian: apt install postgresql)"
SETTINGS = "-c listen_addresses='' -c fsync=on -c max_connections=50 -c shared_buffers=32MB"


def _as_postgres(command: list[str]) -> None:
    """Run as the user `postgres` where we are root, since PostgreSQL refuses root."""
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        subprocess.run(
            command,
            check=True,
            user=user.pw_uid,
            group=user.pw_gid,
            extra_groups=[],
            cwd="/",
            stdout=subprocess.DEVNULL,
        )
    else:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A server with an empty database: its URL. The folder should have a short name: a socket's may have 107 bytes."""
    assert HERE is not None
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    _as_postgres(
        [str(HERE / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
    )
    options = f"-k {folder} {SETTINGS}"
    _as_postgres([str(HERE / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start"])
    try:
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        _as_postgres([str(HERE / "pg_ctl"), "-D", str(data), "-w", "-m", "immediate", "stop"])
