"""What a follower refuses to write into, and what it notices in the topics."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from picustream.readmodel.audience import Audience
from picustream.readmodel.database import Address, NoStore, address, for_writing
from picustream.readmodel.opening import Cluster, NotOurs, opened
from picustream.readmodel.reading import ReadModel
from picustream.readmodel.writing import NotTheWriter
from picustream.runtime.errors import BadSettings, UserError
from picustream.scoring.scores.mods.record import MODS
from tests.readmodel.filling import ZONE, Log, fill, fill_with, writer
from tests.readmodel.test_following import revision, stored

RECORD = "S-1/mods/2026-01-01"


def log_of(*numbers: int, **fields: Any) -> Log:
    """A log of revisions with these numbers of one record."""
    log = Log(partitions=2)
    for number in numbers:
        log.add(MODS, b"S-1", revision(RECORD, number, "S-1", **fields))
    return log


def faults(where: Address) -> list[tuple[str, int | None, int | None]]:
    return [(hole.kind, hole.expected, hole.found) for hole in ReadModel.at(where).holes()]


def test_a_revision_that_is_missing_is_noticed_where_it_is(where: Address) -> None:
    log = log_of(1, 2, 5, 6)
    fill(where, log, sizes=(3,))
    [hole] = ReadModel.at(where).holes()
    assert (hole.kind, hole.expected, hole.found, hole.record, hole.topic) == ("gap", 3, 5, RECORD, MODS)
    assert hole.offset == log.records[2].offset and "S-1" not in hole.detail
    assert [row.revision for row in ReadModel.at(where).revisions(MODS, stay="S-1")] == [1, 2, 5, 6]


def test_a_first_revision_that_is_missing_is_noticed(where: Address) -> None:
    fill(where, log_of(2))
    assert faults(where) == [("gap", 1, 2)]


@pytest.mark.parametrize("sizes", [(1,), (10,)])
def test_a_revision_that_comes_twice_is_kept_and_changes_nothing(where: Address, sizes: tuple[int, ...]) -> None:
    log = log_of(1, 2, 3, 2, 3, 4)
    fill(where, log, sizes=sizes)
    assert faults(where) == [("repeat", 4, 2), ("repeat", 4, 3)]
    model = ReadModel.at(where)
    [current] = model.current(MODS)
    assert (current.revision, current.offset) == (4, log.records[-1].offset) and len(stored(where)) == 6
    third = model.known_at(current.emitted_at.replace(minute=3), MODS)
    assert [(row.revision, row.offset) for row in third] == [(3, log.records[2].offset)]


def test_a_chain_that_supersedes_something_else_is_noticed(where: Address) -> None:
    log = log_of(1)
    log.add(MODS, b"S-1", revision(RECORD, 2, "S-1", supersedes="S-1/mods/2026-01-01/r0"))
    fill(where, log)
    assert faults(where) == [("fork", 2, 2)]


@pytest.mark.parametrize("audience", [Audience.EVERYTHING, Audience.WARD])
@pytest.mark.parametrize(
    "value",
    [
        None, b"", b"{", b"[]", b"\xff", b'{"event_id": "x"}', revision(RECORD, 2, "S-1").replace(b"/r2", b"/r3"),
        revision(RECORD, 2, "S-1", emitted_at="2026-01-01T00:00:00"), revision(RECORD, 2, "S\u0000"),
        revision(RECORD, 2, "S-1", revision=2**40), json.dumps({"status": "\ud800"}).encode(), b'{"a": "\x00"}',
    ],
)  # fmt: skip
def test_what_is_no_record_is_a_fault_and_stops_nothing(where: Address, audience: Audience, value: Any) -> None:
    log = log_of(1)
    log.add(MODS, b"S-1", value)
    log.add(MODS, b"S-1", revision(RECORD, 2, "S-1"))
    fill(where, log, audience)
    model = ReadModel.at(where)
    assert [hole.kind for hole in model.holes()] == ["unreadable"]
    assert [row.revision for row in model.revisions(MODS, stay="S-1")] == ([1, 2] if audience != "ward" else [1])
    kept = stored(where).get((MODS, log.records[1].partition, log.records[1].offset))
    assert kept is not None and kept[1] == (None if audience is Audience.WARD else value)


Other = Callable[[Log], Cluster]


def changed(log: Log, **fields: Any) -> Cluster:
    """The same cluster with something else in its place for one topic."""
    cluster = log.cluster(Audience.EVERYTHING)
    return replace(cluster, topics={**cluster.topics, MODS: replace(cluster.topics[MODS], **fields)})


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (lambda log: replace(log.cluster(Audience.EVERYTHING), cluster_id="other"), "made from another Kafka"),
        (lambda log: changed(log, topic_id="other"), f"another {MODS}: the topic was made anew"),
        (lambda log: changed(log, first={0: 100, 1: 100}, end={0: 200, 1: 200}), "Kafka has deleted what comes before"),
        (lambda log: changed(log, end={0: 1, 1: 1}), "in Kafka it ends at 1"),
        (lambda log: changed(log, first={0: 0}, end={0: 9}), f"read from 2 partitions of {MODS}"),
        (lambda log: log.cluster(Audience.STATISTICIAN), "follows other topics"),
    ],
)
def test_what_it_was_not_made_from_is_refused_and_nothing_is_written(where: Address, other: Other, words: str) -> None:
    log = log_of(*range(1, 9))
    fill(where, log)
    before, version = stored(where), ReadModel.at(where).version()
    with pytest.raises(NotOurs, match=words) as error, opened(where, Audience.EVERYTHING, other(log), ZONE):
        pass
    assert error.value.status == 3 and "store follow --anew" in error.value.hint
    assert stored(where) == before and ReadModel.at(where).version() == version
    with pytest.raises(NotOurs, match="is for everything, and not for ward"):
        fill(where, log, Audience.WARD)


def test_a_database_of_somebody_else_is_left_alone(where: Address) -> None:
    engine = for_writing(where)
    with engine.begin() as connection:
        if not where.is_file:
            connection.execute(text(f"CREATE SCHEMA {where.schema}"))
        connection.execute(text("CREATE TABLE theirs (a INTEGER)"))
    engine.dispose()
    with pytest.raises(NoStore, match="the tables there are no read model"):
        fill(where, log_of(1))


def test_one_follower_at_a_time(where: Address) -> None:
    log = log_of(1)
    with writer(where, log):
        with pytest.raises(UserError, match="Another follower has the read model") as error:
            fill(where, log)
        assert error.value.status == 3
    fill(where, log)


def test_a_follower_that_lost_its_place_writes_nothing_more(where: Address) -> None:
    """As after a PostgreSQL that has dropped its lock: the epoch is another one."""
    log = log_of(1)
    cluster = log.cluster(Audience.EVERYTHING)
    both = (opened(where, Audience.EVERYTHING, cluster, ZONE) for _ in range(2))
    with next(both) as first, next(both) as second:
        with pytest.raises(NotTheWriter):
            fill_with(first, log, Audience.EVERYTHING)
        with pytest.raises(NotTheWriter):
            first.beat({}, None)
        assert stored(where) == {}
        fill_with(second, log, Audience.EVERYTHING)
    assert len(stored(where)) == 1


@pytest.mark.parametrize("url", ["mysql://a/b", "nonsense://", "postgresql://host", "postgresql://h/d?schema=A;B"])
def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(BadSettings, match="neither a file nor a URL") as error:
        address(url)
    assert url not in str(error.value)


def test_a_password_is_never_shown() -> None:
    shown = str(address("postgresql://reader:correct-horse@db.example.org/picustream?schema=ward"))
    assert "correct-horse" not in shown and shown.endswith("?schema=ward")
