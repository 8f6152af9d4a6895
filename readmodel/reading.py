"""Asking a read model: what is so, what was known at a moment, and how old all of it is.

A `ReadModel` may be used by any number of threads at a time. Each question is answered from one state of the database;
of several questions `snapshot` makes one.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Executable, Select, and_, func, select, text
from sqlalchemy.exc import DBAPIError

from picustream.models.record import ALERT
from picustream.readmodel import asking, schema
from picustream.readmodel.asking import Stays
from picustream.readmodel.audience import Audience
from picustream.readmodel.database import Address, NoStore, address, for_reading, reason_of
from picustream.readmodel.rows import (
    DeadLetterCount,
    DeskRow,
    Hole,
    Position,
    Progress,
    Row,
    of_columns,
    of_micros,
    of_row,
    to_micros,
)
from picustream.scoring.presence.record import STAY

_REVISIONS, _CURRENT = schema.revisions.c, schema.current.c


class ReadModel:
    """A read model, to read."""

    def __init__(self, where: Address, engine: Engine, held: Connection | None = None) -> None:
        self.where, self._engine, self._held = where, engine, held

    @classmethod
    def open(cls, url: str) -> "ReadModel":
        """The one of a file or a URL. NoStore where there is none, or its tables are those of another version."""
        return cls.at(address(url))

    @classmethod
    def at(cls, where: Address) -> "ReadModel":
        """Likewise, of an address."""
        model = cls(where, for_reading(where))
        try:
            found = model._one(select(schema.origin.c.schema))
            if found is None or found["schema"] != schema.SCHEMA:
                raise NoStore(str(where), "it is of another version of picustream, or not made yet")
        except NoStore:  # whoever waits for it asks again and again, and a server has so many connections to give
            model.close()
            raise
        return model

    @contextmanager
    def snapshot(self) -> Iterator["ReadModel"]:
        """A read model that stands still: all that is asked of it is answered from one state. For one thread."""
        with self._connection() as connection:
            yield ReadModel(self.where, self._engine, connection)

    def close(self) -> None:
        """Give back what the database holds for us."""
        self._engine.dispose()

    @property
    def audience(self) -> Audience:
        """For whom it is."""
        return Audience(self._always(select(schema.origin.c.audience))["audience"])

    @property
    def zone(self) -> str:
        """The protocol's time zone, as the follower had it."""
        return str(self._always(select(schema.origin.c.zone))["zone"])

    @property
    def made_at(self) -> datetime:
        """When its making was begun."""
        return of_micros(self._always(select(schema.origin.c.made_at))["made_at"])

    def size(self) -> int:
        """Bytes that it takes in the database."""
        if self.where.is_file:
            pages = "SELECT page_count * page_size AS size FROM pragma_page_count(), pragma_page_size()"
            return int(self._always(text(pages))["size"])
        tables = ", ".join(f"('{name}')" for name in schema.metadata.tables)
        sizes = f"SELECT sum(pg_total_relation_size(name::regclass)) AS size FROM (VALUES {tables}) AS known (name)"
        return int(self._always(text(sizes))["size"])

    def version(self) -> int:
        """Grows with each commit of records: while it is the same, so is every answer but the ages."""
        return int(self._always(select(schema.progress.c.version))["version"])

    def progress(self) -> Progress:
        """How far the follower is."""
        with self.snapshot() as model:
            found = model._always(select(schema.progress))
            places = model._all(select(schema.positions).order_by(*schema.positions.primary_key.columns))
        positions = tuple(of_row(Position, place) for place in places)
        moments = ("committed_at", "emitted_at", "heartbeat_at", "known_until")
        return Progress(
            version=found["version"],
            follower=found["follower"],
            servers=found["servers"],
            ready=bool(found["ready"]),
            positions=positions,
            **{name: None if found[name] is None else of_micros(found[name]) for name in moments},
        )

    def current(
        self,
        topic: str,
        *,
        stay: Stays | None = None,
        record: Stays | None = None,
        state: str | None = None,
        unit: str | None = None,
        audience: str | None = None,
        name: str | None = None,
    ) -> list[Row]:
        """The newest revision of each record of a topic, withdrawn ones too; those alone that the words name."""
        return self._rows(
            asking.current(topic, stay, record=record, state=state, unit=unit, audience=audience, name=name)
        )

    def present(self, unit: str | None = None) -> list[Row]:
        """The record of each stay whose child is here."""
        return self.current(STAY, state="present", unit=unit)

    def places(self, since: datetime, until: datetime | None = None) -> list[tuple[str | None, str]]:
        """Every unit and bed that a record of a stay has named since a moment, each once; `until` another one."""
        named = select(_REVISIONS.unit, _REVISIONS.bed).distinct().where(_REVISIONS.bed.is_not(None))
        return [(one["unit"], one["bed"]) for one in self._all(named.where(*asking.between(STAY, since, until)))]

    def published(self, topic: str, since: datetime, until: datetime | None = None) -> list[Row]:
        """Every revision of a topic of states that was published since a moment, by records; `until` another one."""
        return self._rows(select(*asking.ROW).where(*asking.between(topic, since, until)))

    def changed(self, topic: str, since: datetime, until: datetime | None = None) -> list[str]:
        """The stays whose state of a topic had a revision since a moment; `until` another one."""
        found = select(_REVISIONS.stay).distinct().where(_REVISIONS.stay.is_not(None))
        return [one["stay"] for one in self._all(found.where(*asking.between(topic, since, until)))]

    def standing(self, topic: str, at: datetime | None = None) -> list[tuple[str, str]]:
        """Each stay of a topic of states and its state, now or at a moment; none whose record was withdrawn."""
        asked = asking.standing(topic) if at is None else asking.stood_at(at, topic)
        with self._connection() as connection:
            return [(stay, state) for stay, state in connection.execute(asked)]

    def alerts(
        self,
        *,
        firing: bool | None = True,
        audience: str | None = None,
        name: str | None = None,
        stay: Stays | None = None,
    ) -> list[Row]:
        """Alerts that fire (False: that are resolved, None: both)."""
        state = None if firing is None else "firing" if firing else "resolved"
        return self.current(ALERT, state=state, stay=stay, audience=audience, name=name)

    def known_at(
        self,
        at: datetime,
        topic: str,
        *,
        stay: Stays | None = None,
        record: Stays | None = None,
        state: str | None = None,
        name: str | None = None,
    ) -> list[Row]:
        """What `current` would have said at a moment, if nothing had been behind: by `emitted_at`."""
        return self._rows(asking.known_at(at, topic, stay, state, record=record, name=name), one_each=True)

    def revisions(self, topic: str, *, stay: str, record: str | None = None) -> list[Row]:
        """Every revision of a stay's records, or of one of them, in order."""
        return self._rows(asking.revisions(topic, stay, record))

    def moments(self, stay: str) -> list[datetime]:
        """The moments at which anything about a stay changed, in order."""
        same = and_(_REVISIONS.topic == _CURRENT.topic, _REVISIONS.record == _CURRENT.record)
        found = self._all(
            select(_REVISIONS.emitted_at)
            .distinct()
            .select_from(schema.current.join(schema.revisions, same))
            .where(_CURRENT.stay == stay)
            .order_by(_REVISIONS.emitted_at)
        )
        return [of_micros(one["emitted_at"]) for one in found]

    def stays(self) -> list[str]:
        """Every stay that there is a record of, in order."""
        found = self._all(select(_CURRENT.stay).distinct().where(_CURRENT.stay.is_not(None)).order_by(_CURRENT.stay))
        return [one["stay"] for one in found]

    def desk(
        self,
        *,
        stay: Stays | None = None,
        alert: str | None = None,
        type: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[DeskRow]:
        """What people entered, in the order of its moments; an entry that was sent twice is there once."""
        columns, asked = schema.desk.c, {"alert": alert, "type": type}
        wanted = [
            *asking.of(columns.stay, stay),
            *(columns[one] == is_ for one, is_ in asked.items() if is_ is not None),
            *([] if since is None else [columns.at >= to_micros(since)]),
            *([] if until is None else [columns.at <= to_micros(until)]),
        ]
        found = self._all(select(schema.desk).where(*wanted).order_by(columns.at, columns.partition, columns.offset))
        return list({one["event_id"]: of_row(DeskRow, one) for one in reversed(found)}.values())[::-1]

    def deadletters(self) -> list[DeadLetterCount]:
        """Dead letters counted by topic, source and reason, most of them first."""
        columns = schema.dead_letters.c
        by = (columns.about, columns.source, columns.scope, columns.reason)
        seen = columns.first_seen_at
        counted = select(
            *by,
            func.count().label("count"),
            func.min(seen).label("first_seen_at"),
            func.max(seen).label("last_seen_at"),
        )
        found = self._all(counted.group_by(*by).order_by(func.count().desc(), *by))
        return [of_row(DeadLetterCount, one) for one in found]

    def dead_letters(self, topics: Sequence[str]) -> list[Mapping[str, Any]]:
        """The rows of dead letters on these topics, in order of arrival."""
        columns = schema.dead_letters.c
        order = (columns.arrived_at_ms, columns.topic, columns.partition, columns.offset)
        return self._all(select(schema.dead_letters).where(columns.topic.in_(topics)).order_by(*order))

    def holes(self) -> list[Hole]:
        """Where records are missing, were published twice or cannot be read, by place."""
        found = self._all(select(schema.faults).order_by(*schema.faults.primary_key.columns))
        return [of_row(Hole, one) for one in found]

    def counts(self) -> dict[str, tuple[int, int]]:
        """Of each topic the number of rows, and of records where they are revisions."""
        found = {}
        with self.snapshot() as still:
            for table in (schema.revisions, schema.desk, schema.dead_letters):
                for one in still._all(select(table.c.topic, func.count().label("rows")).group_by(table.c.topic)):
                    found[one["topic"]] = one["rows"], 0
            records = select(_CURRENT.topic, func.count().label("records")).group_by(_CURRENT.topic)
            for one in still._all(records):
                found[one["topic"]] = found[one["topic"]][0], one["records"]
        return found

    def _rows(self, statement: Select[Any], one_each: bool = False) -> list[Row]:
        """Revisions in the order of their records, each in the order in which they were published; what an outer join
        did not find is left out.

        They are put in order here: a database that has to do it reads whole topics, by the index that has the order.
        """
        with self._connection() as connection:
            found = [one for one in connection.execute(statement) if one[0] is not None]
        rows = sorted(map(of_columns, found), key=_order)
        if not one_each:
            return rows
        return list({row.record: row for row in reversed(rows)}.values())[::-1]  # of a repeat the first one counts

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        if self._held is not None:
            yield self._held
            return
        try:
            with self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise NoStore(str(self.where), reason_of(error)) from None

    def _all(self, statement: Executable) -> list[Any]:
        with self._connection() as connection:
            return list(connection.execute(statement).mappings())

    def _one(self, statement: Executable) -> Any:
        return next(iter(self._all(statement)), None)

    def _always(self, statement: Executable) -> Any:
        """The one row of a table that has one."""
        found = self._one(statement)
        if found is None:
            raise NoStore(str(self.where), "it is not made yet")
        return found


def _order(row: Row) -> tuple[str, int, int, int]:
    return row.record, row.revision, row.partition, row.offset
