"""What a batch of records adds to a read model: rows for its audience, and what is wrong with the topics."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from picustream.models.desk import DESK
from picustream.readmodel import blinding, intake
from picustream.readmodel.audience import Audience
from picustream.readmodel.chains import Head, Heads, Key, fault_of
from picustream.readmodel.intake import Arrived, Fields, NotARecord
from picustream.readmodel.rows import to_micros
from picustream.runtime.clock import wall_clock

ACKNOWLEDGED = "alert-acknowledged"
Row = dict[str, Any]


@dataclass(slots=True)
class Batch:
    """What one commit writes, by table."""

    revisions: list[Row] = field(default_factory=list)
    current: dict[Key, Row] = field(default_factory=dict)
    """The newest revision of each record that has a new one."""
    heads: dict[Key, int] = field(default_factory=dict)
    """Of records whose newest revision is not for this audience."""
    desk: list[Row] = field(default_factory=list)
    dead_letters: list[Row] = field(default_factory=list)
    faults: list[Row] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether there is anything for this audience."""
        return any((self.revisions, self.desk, self.dead_letters, self.faults))

    @property
    def emitted_at(self) -> int | None:
        """The greatest."""
        return max((row["emitted_at"] for row in self.revisions), default=None)


class Revision(NamedTuple):
    """A record of a topic of revisions, as it was read."""

    record: Arrived
    body: str
    fields: Fields
    name: str

    @property
    def key(self) -> Key:
        return self.record.topic, self.name


class Sorter:
    """Makes rows of records, in the order of their partitions."""

    def __init__(self, audience: Audience, heads: Heads, now: Callable[[], datetime] = wall_clock) -> None:
        self._audience, self._heads, self._now = audience, heads, now

    def batch(self, records: Iterable[Arrived]) -> Batch:
        """What these records add. A record that is none is a fault, and stops nothing."""
        made = Batch()
        read = [self._read(made, record) for record in records]
        revisions = [one for one in read if one is not None]
        self._heads.want(one.key for one in revisions)
        for one in revisions:
            with_row = self._blind if self._audience is Audience.WARD else _as_it_is
            try:
                self._add(made, one, *with_row(one, self._heads[one.key]))
            except NotARecord as error:
                self._unreadable(made, one.record, error)
        return made

    def _read(self, made: Batch, record: Arrived) -> Revision | None:
        """A revision; what is none is put in its place at once."""
        try:
            if record.topic == DESK:
                self._desk(made, intake.desk_row(record))
            elif not intake.is_revision(record.topic):
                made.dead_letters.append(intake.dead_letter_row(record))
            else:
                body = intake.decoded(record.value)
                fields = intake.fields_of(body)
                return Revision(record, body, fields, fields.record)
        except NotARecord as error:
            self._unreadable(made, record, error)
        return None

    def _desk(self, made: Batch, row: Row) -> None:
        """Notes and decisions are the trial office's own; operations have what concerns their alerts."""
        if self._audience is not Audience.OPS or row["type"] == ACKNOWLEDGED:
            made.desk.append(row)

    def _add(self, made: Batch, one: Revision, row: Row | None, after: Head) -> None:
        """A revision, with its row if this audience has one, and the head that it makes."""
        before = self._heads[one.key]
        if wrong := fault_of(one.fields, one.name, before):
            made.faults.append(_fault(one.record, self._now(), **wrong))
        if row is not None:
            made.revisions.append(row)
        if one.fields.revision <= before.head:
            return
        self._heads[one.key] = after
        if row is not None:
            made.current[one.key] = _current(row, after)
            made.heads.pop(one.key, None)
        else:
            made.heads[one.key] = after.head

    def _blind(self, one: Revision, head: Head) -> tuple[Row | None, Head]:
        """For the ward: nothing of the trial, and no revision that changes nothing else."""
        _row(one, one.body)  # what could not be read is a fault for the ward as well, whatever it would see of it
        seen = blinding.seen_by_ward(one.record.topic, one.body)
        digest = blinding.digest_of(seen)
        after = replace(head, head=one.fields.revision)
        if digest == head.digest or one.fields.revision <= head.head:
            return None, after
        number = head.revision + 1
        body = blinding.numbered(seen, one.name, number)
        return _row(one, body), Head(one.fields.revision, number, digest)

    def _unreadable(self, made: Batch, record: Arrived, error: NotARecord) -> None:
        """What it holds is kept, but for the ward: it may be anything."""
        value = record.value
        whole = (
            {} if value is None or self._audience is Audience.WARD else {"sha256": intake.digest(value), "raw": value}
        )
        fault = _fault(record, self._now(), kind="unreadable", detail=str(error), **whole)
        made.faults.append(fault)


def _as_it_is(one: Revision, head: Head) -> tuple[Row, Head]:
    return _row(one, one.body), Head(one.fields.revision, one.fields.revision)


def _row(one: Revision, body: str) -> Row:
    fields = one.fields if body is one.body else intake.fields_of(body)
    return intake.revision_row(one.record, one.name, fields, body)


def _current(row: Row, after: Head) -> Row:
    same = ("topic", "record", "partition", "offset", "revision", "stay", "state", "unit", "audience", "name")
    return {name: row[name] for name in same} | {"head": after.head, "digest": after.digest}


def _fault(at: Arrived, now: datetime, **what: Any) -> Row:
    empty = dict.fromkeys(("record", "expected", "found", "sha256", "raw"))
    return intake.place_of(at) | {"noticed_at": to_micros(now)} | empty | what
