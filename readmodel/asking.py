"""The statements that find revisions. None reads more than it has to: `tests/readmodel/test_plans.py`."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Join, Select, and_, func, select

from picustream.readmodel import schema
from picustream.readmodel.rows import COLUMNS, to_micros

_REVISIONS, _CURRENT = schema.revisions.c, schema.current.c
ROW = [_REVISIONS[name] for name in COLUMNS]
"""What a revision is made of."""
_state = func.coalesce(_REVISIONS.state, "")

Stays = str | Collection[str]
"""A stay, or several; of other names likewise."""


def current(topic: str, stay: Stays | None, **asked: Stays | None) -> Select[Any]:
    """The newest revision of each record."""
    same = and_(*(_REVISIONS[name] == _CURRENT[name] for name in ("topic", "partition", "offset")))
    joined = select(*ROW).select_from(schema.current.join(schema.revisions, same))
    return joined.where(*_named(topic, stay, **asked))


def known_at(at: datetime, topic: str, stay: Stays | None, state: str | None, **asked: Stays | None) -> Select[Any]:
    """The newest that there was at a moment, or nothing, of each record."""
    then = [] if state is None else [_state == state]
    return select(*ROW).select_from(_then(at)).where(*_named(topic, stay, **asked), *then)


def standing(topic: str) -> Select[Any]:
    """Each record's stay and state; a record that is withdrawn has none."""
    return select(_CURRENT.stay, _CURRENT.state).where(_CURRENT.topic == topic, _CURRENT.state.is_not(None))


def stood_at(at: datetime, topic: str) -> Select[Any]:
    """Likewise, at a moment."""
    return select(_CURRENT.stay, _state.label("state")).select_from(_then(at)).where(*_named(topic, None), _state != "")


def _then(at: datetime) -> Join:
    """Each current record with what it was at a moment.

    An outer join, so that SQLite begins with the current records and not with all revisions of the topic; it stays one
    only as long as no condition shows SQLite that a revision has to be found, hence `_state`.
    """
    by_then = (
        select(func.max(_REVISIONS.revision))
        .where(
            _REVISIONS.topic == _CURRENT.topic,
            _REVISIONS.record == _CURRENT.record,
            _REVISIONS.emitted_at <= to_micros(at),
        )
        .correlate(schema.current)
        .scalar_subquery()
    )
    same = and_(
        _REVISIONS.topic == _CURRENT.topic, _REVISIONS.record == _CURRENT.record, _REVISIONS.revision == by_then
    )
    return schema.current.outerjoin(schema.revisions, same)


def revisions(topic: str, stay: str, record: str | None) -> Select[Any]:
    """Those of a stay's records, which are known from the current ones, or of one of them."""
    mine = select(_CURRENT.record).where(_CURRENT.stay == stay, _CURRENT.topic == topic)
    one = [] if record is None else [_REVISIONS.record == record]
    return select(*ROW).where(_REVISIONS.topic == topic, _REVISIONS.record.in_(mine), *one)


def between(topic: str, since: datetime, until: datetime | None) -> list[ColumnElement[bool]]:
    """Of a topic of states, what was published from a moment on; `until` another one."""
    wanted = [schema.STATED, _REVISIONS.topic == topic, _REVISIONS.emitted_at >= to_micros(since)]
    return wanted if until is None else [*wanted, _REVISIONS.emitted_at <= to_micros(until)]


def _named(topic: str, stay: Stays | None, **asked: Stays | None) -> list[ColumnElement[bool]]:
    """Those current records of a topic that have these values; None: whatever it is."""
    others = (condition for name, value in asked.items() for condition in of(_CURRENT[name], value))
    return [_CURRENT.topic == topic, *of(_CURRENT.stay, stay), *others]


def of(column: Any, stay: Stays | None) -> list[ColumnElement[bool]]:
    """Of a stay, or of one of several."""
    if stay is None:
        return []
    return [column == stay if isinstance(stay, str) else column.in_(stay)]
