"""A transaction of the index, and what keeps one from being made."""

import sqlite3
from pathlib import Path

from picustream.runtime.errors import ENVIRONMENT, UserError


class CannotKeep(UserError):
    """The disk does not take what is to be kept, or somebody else writes for very long."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The journal's index cannot be written: {why}.", "Is the disk full?", ENVIRONMENT)


class DamagedIndex(UserError):
    """It is no index, or one with holes."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path} cannot be read: {why}.",
            f"Move {path.name}* away: it is made anew, and everything in the journal is done anew.",
            ENVIRONMENT,
        )


class Transaction:
    """One transaction, which keeps other writers out from its beginning. Raises `CannotKeep`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise CannotKeep(str(error)) from error

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        try:
            if error is None:
                self._db.execute("COMMIT")
        except sqlite3.OperationalError as refused:
            error = refused
        if self._db.in_transaction:  # SQLite ends some that failed by itself
            self._db.execute("ROLLBACK")
        if isinstance(error, sqlite3.OperationalError):
            raise CannotKeep(str(error)) from error
