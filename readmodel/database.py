"""Opening the database of a read model: SQLite by default, PostgreSQL by URL.

Within PostgreSQL a read model is a schema, `picustream` unless the URL names another one: `...?schema=ward`.
"""

import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from picustream.runtime.errors import ENVIRONMENT, BadSettings, UserError
from picustream.runtime.places import default_store
from picustream.runtime.settings import Settings

PATIENCE = 10.0
"""Seconds to wait for a server, or for another's write."""
SQLITE, POSTGRES = "sqlite", "postgresql"
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,40}")


class NoStore(UserError):
    """There is no read model where one is looked for, or it cannot be read."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(
            f"No read model can be read at {where}: {reason}.",
            "picustream store follow makes one; name it by --store or PICUSTREAM_STORE.",
            ENVIRONMENT,
        )


@dataclass(frozen=True, slots=True)
class Address:
    """Where a read model is."""

    url: URL
    schema: str = "picustream"
    """Within PostgreSQL."""

    @property
    def is_file(self) -> bool:
        return self.url.get_backend_name() == SQLITE

    @property
    def path(self) -> Path:
        """Of the file."""
        return Path(self.url.database or "")

    def __str__(self) -> str:
        """Without a password."""
        if self.is_file:
            return str(self.path)
        return f"{self.url.render_as_string(hide_password=True)}?schema={self.schema}"


def named(settings: Settings, text: str | None = None) -> Address:
    """The read model that is named, or set, or the user's own file. Raises BadSettings."""
    return address(text or settings.store or str(default_store()))


def address(text: str) -> Address:
    """Of the path of a SQLite file, or of a URL of SQLite or PostgreSQL. Raises BadSettings."""
    if "://" not in text:
        return Address(URL.create(SQLITE, database=str(Path(text).absolute())))
    try:
        url = make_url(text)
        kind = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError):
        raise _bad() from None
    if kind == SQLITE and url.database:
        return Address(URL.create(SQLITE, database=str(Path(url.database).absolute())))
    schema = url.query.get("schema", "picustream")
    if kind != POSTGRES or not url.database or not isinstance(schema, str) or not _SCHEMA.fullmatch(schema):
        raise _bad()
    return Address(url.set(drivername="postgresql+psycopg").difference_update_query(["schema"]), schema)


def _bad() -> BadSettings:
    return BadSettings(
        "The read model is named by neither a file nor a URL of SQLite or PostgreSQL.",
        "Examples: /var/lib/picustream/store.sqlite, postgresql://reader@db.example.org/picustream?schema=ward",
    )


def for_reading(where: Address) -> Engine:
    """An engine whose transactions see one state of the database each, and can change nothing."""
    if where.is_file:
        # A reader of a write-ahead log keeps its index: `mode=ro` could not, and `query_only` keeps it from more.
        engine = _sqlite(where, "rw", "query_only = ON")
        _begin(engine, "BEGIN")
    else:
        engine = _postgres(where, "REPEATABLE READ")
        _begin(engine, "SET TRANSACTION READ ONLY")
    return engine


def for_writing(where: Address) -> Engine:
    """An engine for the one who writes: what is committed is on the disk. A file that is not there is made."""
    if where.is_file:
        engine = _sqlite(where, "rwc", "journal_mode = WAL", "synchronous = FULL", "cache_size = -32768")
        _begin(engine, "BEGIN IMMEDIATE")
        return engine
    return _postgres(where, "READ COMMITTED")


def reason_of(error: DBAPIError) -> str:
    """The database's own first line; no statement and no value of it."""
    return str(error.orig).strip().partition("\n")[0].rstrip(".") or type(error).__name__


def _sqlite(where: Address, mode: str, *pragmas: str) -> Engine:
    def connect() -> sqlite3.Connection:
        made = sqlite3.connect(
            f"{where.path.as_uri()}?mode={mode}", uri=True, timeout=PATIENCE, check_same_thread=False,
            isolation_level=None,
        )  # fmt: skip
        for pragma in pragmas:
            made.execute(f"PRAGMA {pragma}").close()
        return made

    # Who reads has no pool: the name may be given to another file, and opening takes a fifth of a millisecond.
    return create_engine("sqlite://", creator=connect, poolclass=NullPool if mode == "rw" else QueuePool)


def _postgres(where: Address, level: Any) -> Engine:
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise UserError(
            "The read model is in PostgreSQL, and the package psycopg is missing.",
            "pip install 'picustream[postgres]'",
            ENVIRONMENT,
        ) from None
    options = {
        "connect_timeout": int(PATIENCE),
        "application_name": "picustream",
        "options": f"-c search_path={where.schema}",
        # A statement that is prepared would go on with the tables that another schema has taken the place of.
        "prepare_threshold": None,
    }
    return create_engine(where.url, connect_args=options, isolation_level=level, pool_pre_ping=True)


def _begin(engine: Engine, statement: str) -> None:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    event.listen(engine, "begin", begin)
