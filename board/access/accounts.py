"""Accounts, sessions and displays, in a file of their own: they cannot be made again from Kafka.

What a browser holds is random, 256 bits, and only its SHA-256 is kept. The file's form has a number, and the numbered
texts in `tables/` bring an older one up to date.
"""

import hashlib
import re
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from picustream.board.access.roles import Role, Visitor
from picustream.runtime.errors import ENVIRONMENT, UserError

TABLES = Path(__file__).parent / "tables"
IDLE = 15 * 60.0
"""Seconds without a page that somebody asked for after which a session ends."""
LONGEST = 12 * 3600.0
"""Seconds after which it ends anyhow: a shift."""
ELSEWHERE = "oidc:"
"""Before the name of somebody who logged in at a provider: no account of the board's own has such a name."""
_NAME = re.compile(r"[A-Za-z0-9._@-]{1,64}")
_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    role: Role
    created_at: str
    disabled_at: str | None


@dataclass(frozen=True, slots=True)
class Display:
    """A screen on a wall, which nobody logs in to."""

    name: str
    unit: str | None
    created_at: str
    revoked_at: str | None


class Accounts:
    """The file. Each call is a transaction of its own; any number of threads and processes may have it open."""

    def __init__(self, path: Path) -> None:
        self._path = path
        new = not path.exists()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with closing(self._connect()) as connection:
                _bring_up_to_date(connection, path)
            if new:
                path.chmod(0o600)
        except (OSError, sqlite3.Error) as error:
            raise UserError(
                f"The accounts of the board cannot be opened: {path} ({type(error).__name__}).",
                "Name a file that can be written by PICUSTREAM_BOARD_ACCOUNTS.",
                ENVIRONMENT,
            ) from None

    def add(self, name: str, role: Role, password: str) -> None:
        """A new account, with the hash of its password. Raises `UserError`."""
        self._new("account", name, "name, role, password, created_at", (name, role, password, _now()))

    def set_password(self, name: str, password: str) -> None:
        """Another password; whoever is logged in by the old one is so no more. Raises `UserError`."""
        self._change("account", name, "password = ?", password)
        self.end_all(name)

    def disable(self, name: str) -> None:
        """No more log-in, and no session that goes on. Raises `UserError`."""
        self._change("account", name, "disabled_at = ?", _now())
        self.end_all(name)

    def enable(self, name: str) -> None:
        """A disabled account can log in again. Raises `UserError`."""
        self._change("account", name, "disabled_at = ?", None)

    def all(self) -> list[Account]:
        """By name."""
        rows = self._rows("SELECT name, role, created_at, disabled_at FROM account ORDER BY name")
        return [Account(name, Role(role), created, disabled) for name, role, created, disabled in rows]

    def hash_of(self, name: str) -> str | None:
        """Of the password of an account that may log in."""
        rows = self._rows("SELECT password FROM account WHERE name = ? AND disabled_at IS NULL", name)
        return str(rows[0][0]) if rows else None

    def begin(self, name: str, now: float) -> str:
        """A session of an account: what its cookie holds."""
        return self._begin(now, account=name)

    def begin_elsewhere(self, name: str, roles: Iterable[Role], now: float) -> str:
        """A session of somebody who logged in at a provider, who says what they may see."""
        return self._begin(now, name=f"{ELSEWHERE}{name}", roles=" ".join(sorted(roles)))

    def _begin(self, now: float, account: str | None = None, name: str | None = None, roles: str | None = None) -> str:
        token = secrets.token_urlsafe(32)
        values = (digest(token), account, name, roles, now, now)
        with self._writing() as connection:
            connection.execute("DELETE FROM session WHERE seen_at < ? OR created_at < ?", (now - IDLE, now - LONGEST))
            connection.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?)", values)
        return token

    def session(self, token: str, now: float) -> Visitor | None:
        """Whose it is, unless it is over. `now`: seconds since 1970."""
        rows = self._rows(
            "SELECT account, coalesce(account, session.name), coalesce(role, roles), seen_at, session.created_at"
            " FROM session LEFT JOIN account ON account.name = account WHERE hash = ? AND disabled_at IS NULL",
            digest(token),
        )
        if not rows:
            return None
        account, name, roles, seen, created = rows[0]
        if now - seen > IDLE or now - created > LONGEST:
            return None
        return Visitor(name, frozenset(map(Role, roles.split())), session=digest(token), elsewhere=account is None)

    def seen(self, session: bytes, now: float) -> None:
        """Somebody asked for a page: the session's idle time begins anew."""
        with self._writing() as connection:
            connection.execute("UPDATE session SET seen_at = max(seen_at, ?) WHERE hash = ?", (now, session))

    def end(self, session: bytes) -> None:
        """Log out."""
        with self._writing() as connection:
            connection.execute("DELETE FROM session WHERE hash = ?", (session,))

    def end_all(self, name: str) -> int:
        """Log somebody out wherever they are; how many sessions that were. `name` as the audit has it."""
        with self._writing() as connection:
            return connection.execute("DELETE FROM session WHERE account = ? OR name = ?", (name, name)).rowcount

    def add_display(self, name: str, unit: str | None) -> str:
        """A display, and its token, which nothing keeps. Raises `UserError`."""
        token = secrets.token_urlsafe(32)
        values = (name, digest(token), unit, _now())
        self._new("display", name, "name, hash, unit, created_at", values)
        return token

    def revoke_display(self, name: str) -> None:
        """Its token opens nothing any more. Raises `UserError`."""
        self._change("display", name, "revoked_at = ?", _now())

    def displays(self) -> list[Display]:
        """By name."""
        rows = self._rows("SELECT name, unit, created_at, revoked_at FROM display ORDER BY name")
        return [Display(*row) for row in rows]

    def display(self, token: str) -> Visitor | None:
        """Whose token it is."""
        rows = self._rows("SELECT name, unit FROM display WHERE hash = ? AND revoked_at IS NULL", digest(token))
        if not rows:
            return None
        name, unit = rows[0]
        return Visitor(f"display:{name}", frozenset({Role.WARD}), display=True, unit=unit)

    def _new(self, table: str, name: str, columns: str, values: tuple[object, ...]) -> None:
        if not _NAME.fullmatch(name):
            raise UserError(f"{name!r} is no name of a {table}.", "Use 1 to 64 of A-Z, a-z, 0-9 and . _ @ -")
        places = ", ".join("?" * len(values))
        try:
            with self._writing() as connection:
                connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", values)
        except sqlite3.IntegrityError:
            raise UserError(f"There is a {table} {name} already.", "Choose another name.") from None

    def _change(self, table: str, name: str, what: str, value: str | None) -> None:
        with self._writing() as connection:
            changed = connection.execute(f"UPDATE {table} SET {what} WHERE name = ?", (value, name)).rowcount
        if not changed:
            raise UserError(f"There is no {table} {name}.", "picustream accounts list tells all that there are.")

    def _rows(self, statement: str, *values: object) -> list[Any]:
        with closing(self._connect()) as connection:
            return connection.execute(statement, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with closing(self._connect()) as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_PATIENCE)
        connection.execute("PRAGMA foreign_keys = ON")
        return connection


def digest(token: str) -> bytes:
    """By what a token is known. It is random and long, so a plain hash gives nothing away."""
    return hashlib.sha256(token.encode()).digest()


def _bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    steps = {int(file.stem): file for file in TABLES.glob("*.sql")}
    have = connection.execute("PRAGMA user_version").fetchone()[0]
    if have > max(steps):
        raise UserError(
            f"{path} was written by a later version of picustream (form {have}).",
            "Start that version, or name another file by PICUSTREAM_BOARD_ACCOUNTS.",
            ENVIRONMENT,
        )
    for number in sorted(number for number in steps if number > have):
        text = steps[number].read_text(encoding="utf-8")
        connection.executescript(f"BEGIN IMMEDIATE;\n{text}\nPRAGMA user_version = {number};\nCOMMIT;")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
