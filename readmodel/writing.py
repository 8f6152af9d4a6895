"""Writing a read model: one writer, and records, positions and heads in one transaction."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from picustream.readmodel import schema
from picustream.readmodel.audience import Audience
from picustream.readmodel.chains import Head, Heads, Key
from picustream.readmodel.intake import Arrived
from picustream.readmodel.rows import to_micros
from picustream.readmodel.sorting import Batch, Sorter
from picustream.runtime.clock import wall_clock
from picustream.runtime.crash_points import crash_point
from picustream.runtime.errors import STALLED, UserError

Place = tuple[str, int]
"""Topic and partition."""
ASKED_AT_ONCE = 400
"""Keys in one statement."""


class NotTheWriter(UserError):
    """Another follower writes this read model since."""

    def __init__(self, where: str) -> None:
        super().__init__(f"Another follower has taken over {where}.", "One read model has one follower.", STALLED)


class Writer:
    """The one who writes. The database is open, made and locked (`opening.py`). After an error it is of no use."""

    def __init__(
        self, engine: Engine, where: str, audience: Audience, epoch: int, now: Callable[[], datetime] = wall_clock
    ) -> None:
        self._engine, self._where, self._epoch, self._now = engine, where, epoch, now
        self._sorter = Sorter(audience, Heads(self._load_heads), now)

    def positions(self) -> dict[Place, int]:
        """The offset of each partition that is read next."""
        columns = schema.positions.c
        with self._engine.begin() as connection:
            rows = connection.execute(select(columns.topic, columns.partition, columns.next)).all()
        return {(topic, partition): offset for topic, partition, offset in rows}

    def commit(self, records: Iterable[Arrived], positions: Mapping[Place, int]) -> Batch:
        """Write records, and the offsets to go on from after them, or nothing. NotTheWriter."""
        batch, now = self._sorter.batch(records), to_micros(self._now())
        with self._engine.begin() as connection:
            changed = {"version": schema.progress.c.version + 1, "committed_at": now} if batch else {}
            self._step(connection, heartbeat_at=now, **changed)
            _add(connection, schema.revisions, batch.revisions)
            _put(connection, schema.current, batch.current.values())
            _raise_heads(connection, batch.heads)
            for table, rows in (
                (schema.desk, batch.desk),
                (schema.dead_letters, batch.dead_letters),
                (schema.faults, batch.faults),
            ):
                _add(connection, table, rows)
            crash_point("store-written")
            _move(connection, positions)
            if batch.emitted_at is not None:
                _latest(connection, batch.emitted_at)
        return batch

    def beat(self, ends: Mapping[Place, int], known_until: datetime | None) -> None:
        """Say that the follower is at work, and how far the topics reach."""
        now, columns = to_micros(self._now()), schema.positions.c
        known = {} if known_until is None else {"known_until": to_micros(known_until), "ready": True}
        with self._engine.begin() as connection:
            self._step(connection, heartbeat_at=now, **known)
            rows = [{"t": topic, "p": number, "end": end, "asked_at": now} for (topic, number), end in ends.items()]
            if rows:
                this = (columns.topic == bindparam("t")) & (columns.partition == bindparam("p"))
                connection.execute(update(schema.positions).where(this), rows)

    def _step(self, connection: Connection, **values: Any) -> None:
        """The first statement of every transaction: whoever is not the writer any more writes nothing."""
        mine = schema.progress.c.epoch == self._epoch
        if connection.execute(update(schema.progress).where(mine).values(values)).rowcount != 1:
            raise NotTheWriter(self._where)

    def _load_heads(self, keys: list[Key]) -> dict[Key, Head]:
        columns, found = schema.current.c, {}
        asked = select(columns.topic, columns.record, columns.head, columns.revision, columns.digest)
        with self._engine.begin() as connection:
            for start in range(0, len(keys), ASKED_AT_ONCE):
                some = tuple_(columns.topic, columns.record).in_(keys[start : start + ASKED_AT_ONCE])
                for topic, record, *head in connection.execute(asked.where(some)):
                    found[topic, record] = Head(*head)
        return found


def _add(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _put(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows, or replace those that have their keys."""
    rows = list(rows)
    if not rows:
        return
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    new = dialect.insert(table)
    others = {column.name: new.excluded[column.name] for column in table.columns if not column.primary_key}
    connection.execute(new.on_conflict_do_update(index_elements=table.primary_key.columns, set_=others), rows)


def _raise_heads(connection: Connection, heads: Mapping[Key, int]) -> None:
    if heads:
        columns = schema.current.c
        this = (columns.topic == bindparam("t")) & (columns.record == bindparam("r"))
        rows = [{"t": topic, "r": record, "head": head} for (topic, record), head in heads.items()]
        connection.execute(update(schema.current).where(this), rows)


def _move(connection: Connection, positions: Mapping[Place, int]) -> None:
    rows = [{"t": topic, "p": number, "next": offset} for (topic, number), offset in positions.items()]
    if rows:
        columns = schema.positions.c
        this = (columns.topic == bindparam("t")) & (columns.partition == bindparam("p"))
        connection.execute(update(schema.positions).where(this), rows)


def _latest(connection: Connection, emitted_at: int) -> None:
    column = schema.progress.c.emitted_at
    later = (column.is_(None)) | (column < emitted_at)
    connection.execute(update(schema.progress).where(later).values(emitted_at=emitted_at))
