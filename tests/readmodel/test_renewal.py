"""Another version of the tables, or a read model made anew: beside the old one, which answers until the end."""

from pathlib import Path

import pytest
from sqlalchemy import update

from picustream.readmodel import renewal, schema
from picustream.readmodel.audience import Audience
from picustream.readmodel.database import Address, NoStore, address, for_writing
from picustream.readmodel.opening import alone
from picustream.readmodel.reading import ReadModel
from picustream.scoring.scores.mods.record import MODS
from tests.readmodel.filling import Log, fill
from tests.readmodel.test_following import assert_equal, revision

EVERYTHING = Audience.EVERYTHING


def log_of(count: int, name: str = "a") -> Log:
    log = Log(name, partitions=1)
    for number in range(1, count + 1):
        log.add(MODS, b"S-1", revision("S-1/mods/2026-01-01", number, "S-1"))
    return log


def renewed(where: Address, log: Log, *, anew: bool = True, audience: Audience = EVERYTHING) -> Address:
    """Make it anew, as a follower does; where it was made."""
    with alone(where):
        target = renewal.target(where, audience, log.cluster(audience), anew=anew)
    fill(target, log, audience)
    with alone(where):
        if target != where:
            renewal.swap(where, target)
    return target


def age(where: Address) -> None:
    """Let the tables be those of another version."""
    engine = for_writing(where)
    with engine.begin() as connection:
        connection.execute(update(schema.origin).values(schema=schema.SCHEMA - 1))
    engine.dispose()


def files(where: Address) -> set[str]:
    return {path.name for path in where.path.parent.iterdir()} if where.is_file else set()


def test_in_place_while_there_is_nothing_or_what_is_there_fits(where: Address) -> None:
    log = log_of(3)
    assert renewed(where, log, anew=False) == where == renewed(where, log, anew=False)
    assert_equal(where, log)


def test_another_version_is_made_beside_and_then_takes_the_name(where: Address) -> None:
    log = log_of(5)
    fill(where, log)
    age(where)
    with pytest.raises(NoStore, match="another version"):
        ReadModel.at(where)
    assert renewed(where, log, anew=False) != where
    assert_equal(where, log)


def test_whoever_reads_the_old_one_ends_on_it_and_then_has_the_new_one(tmp_path: Path) -> None:
    """Again and again, by the same name; and nothing is left lying about."""
    where = address(str(tmp_path / "store.sqlite"))
    fill(where, log_of(2))
    model = ReadModel.at(where)
    for count, audience in ((3, Audience.WARD), (4, EVERYTHING), (5, Audience.WARD), (6, EVERYTHING)):
        with model.snapshot() as still:
            before = still.audience, still.current(MODS), still.version()
            renewed(where, log_of(count), audience=audience)
            assert (still.audience, still.current(MODS), still.version()) == before
        assert model.audience is audience
    assert_equal(where, log_of(6))
    with alone(where):
        renewal.tidy(where)
    assert {name for name in files(where) if not name.endswith(".lock")} == {"store.sqlite", "store.sqlite.5"}


def test_a_swap_waits_for_who_reads(where: Address) -> None:
    """And does not keep them from reading: in PostgreSQL too, whoever asks again has the new one."""
    fill(where, log_of(2))
    model = ReadModel.at(where)
    assert len(model.current(MODS)) == 1
    renewed(where, log_of(7, "other"), audience=Audience.STATISTICIAN)
    assert model.audience is Audience.STATISTICIAN and [row.revision for row in model.current(MODS)] == [7]


def test_a_swap_that_was_interrupted_is_tidied_up(tmp_path: Path) -> None:
    where, log = address(str(tmp_path / "store.sqlite")), log_of(3)
    fill(where, log)
    for _ in range(2):
        target = renewed(where, log)
    assert target.path.name == "store.sqlite.3"
    target.path.with_name("store.sqlite.2-wal").touch()
    where.path.with_name("store.sqlite.link").touch()
    assert renewed(where, log).path.name == "store.sqlite.4"
    assert renewed(where, log, anew=False) == where
    left = {name for name in files(where) if not name.endswith(".lock")}
    assert left == {"store.sqlite", "store.sqlite.4"}
    assert_equal(where, log)


def test_one_that_was_begun_is_gone_on_with_and_one_of_another_kafka_is_not(where: Address) -> None:
    log = log_of(6)
    fill(where, log)
    with alone(where):
        target = renewal.target(where, EVERYTHING, log.cluster(EVERYTHING), anew=True)
    half = log_of(3)
    fill(target, half)
    first = ReadModel.at(target).made_at
    with alone(where):
        assert renewal.target(where, EVERYTHING, log.cluster(EVERYTHING), anew=True) == target
    fill(target, log)
    assert ReadModel.at(target).made_at == first
    assert_equal(target, log)
    other = log_of(2, "other")
    assert renewed(where, other) == target
    assert_equal(where, other)
