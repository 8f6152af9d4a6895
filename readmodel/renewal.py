"""A read model is made anew beside the old one, which answers until the new one is whole; then the name changes hands.

A file's name becomes a link to the new file: SQLite looks for the log of a file beside the file itself, so the logs of
old and new never meet. In PostgreSQL the new schema takes the name of the old one. Whoever is reading ends on what it
began with.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, inspect, select, text

from picustream.readmodel import schema
from picustream.readmodel.audience import Audience
from picustream.readmodel.database import Address, address, for_writing
from picustream.readmodel.opening import Cluster, NotOurs, check

_LOGS = ("-wal", "-shm")
"""What SQLite has beside a file."""


def target(where: Address, audience: Audience, cluster: Cluster, *, anew: bool) -> Address:
    """Where to write: in place, or beside what is there if that is of another version or not wanted any more.

    A new one that was begun is gone on with, if it is one of ours. To be called `alone`.
    """
    tidy(where)
    there = _schema_of(where)
    if there is None or (there == schema.SCHEMA and not anew):
        return where
    beside = _beside(where)
    if _schema_of(beside) != schema.SCHEMA or not _fits(beside, audience, cluster):
        _drop(beside)
    return beside


def swap(where: Address, new: Address) -> None:
    """Give the new read model the name of the old one, at once. Files of the old one stay for who reads it: `tidy`."""
    if not where.is_file:
        with _connected(where) as connection:
            connection.execute(text(f"DROP SCHEMA {where.schema} CASCADE"))
            connection.execute(text(f"ALTER SCHEMA {new.schema} RENAME TO {where.schema}"))
        return
    _empty_log(where)
    link = where.path.with_name(f"{where.path.name}.link")
    link.unlink(missing_ok=True)
    link.symlink_to(new.path.name)
    link.replace(where.path)


def _beside(where: Address) -> Address:
    if not where.is_file:
        return replace(where, schema=f"{where.schema}_next")
    return address(str(where.path.with_name(f"{where.path.name}.{_number(where.path) + 1}")))


def _number(path: Path) -> int:
    """Of the file that a name stands for: 1 is the file of that name itself."""
    return int(path.readlink().name.rpartition(".")[2]) if path.is_symlink() else 1


def tidy(where: Address) -> None:
    """Delete what swaps have left. To be called `alone`, and when nobody reads it any more."""
    if not where.is_file or not where.path.is_symlink():
        return
    now = _number(where.path)
    _unlink_logs(where.path)
    for path in where.path.parent.glob(f"{where.path.name}.*"):
        if path.suffix[1:].isdigit() and int(path.suffix[1:]) < now:
            path.unlink()
            _unlink_logs(path)


def _drop(beside: Address) -> None:
    if beside.is_file:
        beside.path.unlink(missing_ok=True)
        _unlink_logs(beside.path)
        return
    with _connected(beside) as connection:
        connection.execute(text(f"DROP SCHEMA IF EXISTS {beside.schema} CASCADE"))


def _unlink_logs(path: Path) -> None:
    for end in _LOGS:
        path.with_name(f"{path.name}{end}").unlink(missing_ok=True)


def _schema_of(where: Address) -> int | None:
    """The number of the tables there; None where there are none, or none that say where they come from."""
    if where.is_file and not where.path.exists():
        return None
    with _connected(where) as connection:
        found = inspect(connection).has_table(schema.origin.name, None if where.is_file else where.schema)
        return connection.execute(select(schema.origin.c.schema)).scalar() if found else None


def _fits(beside: Address, audience: Audience, cluster: Cluster) -> bool:
    with _connected(beside) as connection:
        try:
            check(connection, beside, audience, cluster)
        except NotOurs:
            return False
    return True


def _empty_log(where: Address) -> None:
    """Have everything in the file itself: who opens it in the moment of the swap may not find its log."""
    engine = for_writing(where)
    with closing(engine.raw_connection()) as connection:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


@contextmanager
def _connected(where: Address) -> Iterator[Connection]:
    engine = for_writing(where)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()
