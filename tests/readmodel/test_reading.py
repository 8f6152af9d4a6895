"""What a read model answers, beside a plain walk over the same records."""

import gc
import json
from collections import defaultdict
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from sqlalchemy import update

from picustream.eventfiles.replay import run
from picustream.models.record import ALERT, DEAD_LETTERS
from picustream.readmodel import schema
from picustream.readmodel.audience import Audience
from picustream.readmodel.database import Address, NoStore, for_writing
from picustream.readmodel.reading import ReadModel, _order
from picustream.readmodel.rows import Row
from picustream.scoring.presence.record import STAY
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.trial.records import ELIGIBILITY
from tests.readmodel.filling import Log, Record, fill
from tests.reference.generate import case
from tests.scoring.histories import input_records, rules_for

SEEDS = range(6)
Bodies = dict[str, list[tuple[Record, dict[str, Any]]]]


@cache
def histories() -> Log:
    """What several random histories make, each of a stay of its own."""
    log = Log()
    for seed in SEEDS:
        made = case(seed)
        outputs = run(rules_for(made.protocol), input_records(made.events), made.until)
        log.add_all(one for one in outputs if one.key is not None)  # alerts of no stay are every history's own
    return log


def by_record(topic: str) -> Bodies:
    """The revisions of each record in order, by what its ids begin with."""
    found: Bodies = defaultdict(list)
    for record in histories().records:
        if record.topic == topic and record.value is not None:
            body = json.loads(record.value)
            found[body["event_id"].rpartition("/")[0]].append((record, body))
    return found


REVISED = [topic for topic in Audience.EVERYTHING.topics if topic not in DEAD_LETTERS and topic != "picu.desk.v1"]


@pytest.fixture
def model(where: Address) -> ReadModel:
    fill(where, histories())
    return ReadModel.at(where)


def same(row: Row, record: Record) -> bool:
    return (row.topic, row.partition, row.offset, row.body.encode()) == (
        record.topic, record.partition, record.offset, record.value
    )  # fmt: skip


def test_current_is_the_newest_revision_of_each_record(model: ReadModel) -> None:
    for topic in REVISED:
        found = {row.record: row for row in model.current(topic)}
        wanted = {name: revisions[-1][0] for name, revisions in by_record(topic).items()}
        assert found.keys() == wanted.keys() and all(same(found[name], record) for name, record in wanted.items())
    for stay in model.stays():
        rows = model.current(MODS, stay=stay)
        assert rows == [row for row in model.current(MODS) if row.stay == stay]


def test_what_was_known_at_each_moment_is_the_newest_revision_made_by_then(model: ReadModel) -> None:
    for topic in (MODS, STAY, ALERT):
        records = by_record(topic)
        moments = sorted({datetime.fromisoformat(body["emitted_at"]) for one in records.values() for _, body in one})
        for at in (*moments[::9], moments[0] - timedelta(microseconds=1), moments[-1]):
            wanted = {}
            for name, revisions in records.items():
                by_then = [one for one, body in revisions if datetime.fromisoformat(body["emitted_at"]) <= at]
                wanted |= {name: by_then[-1]} if by_then else {}
            found = {row.record: row for row in model.known_at(at, topic)}
            assert found.keys() == wanted.keys() and all(same(found[name], record) for name, record in wanted.items())
            states = {row.state for row in found.values()}
            for state in states - {None}:
                assert model.known_at(at, topic, state=state) == [one for one in found.values() if one.state == state]
            some = model.stays()[::2]
            assert model.known_at(at, topic, stay=some) == [one for one in found.values() if one.stay in some]


@pytest.mark.parametrize("topic", [STAY, ELIGIBILITY])
def test_states_and_what_changed_in_a_time_are_those_of_the_records(model: ReadModel, topic: str) -> None:
    moments = sorted(row.emitted_at for stay in model.stays() for row in model.revisions(topic, stay=stay))
    assert sorted(model.standing(topic)) == sorted((row.stay, row.state) for row in model.current(topic) if row.state)
    for since, at in zip(moments[::7], moments[3::7], strict=False):
        known = model.known_at(at, topic)
        assert sorted(model.standing(topic, at)) == sorted((row.stay, row.state) for row in known if row.state)
        mine = {row.stay for stay in model.stays() for row in model.revisions(topic, stay=stay)
                if row.state and since <= row.emitted_at <= at}  # fmt: skip
        assert sorted(model.changed(topic, since, at)) == sorted(str(stay) for stay in mine)
        assert set(model.changed(topic, since)) >= mine


def test_revisions_and_moments_of_a_stay_are_all_there_are(model: ReadModel) -> None:
    for stay in model.stays():
        changed = set()
        for topic in REVISED:
            rows, wanted = model.revisions(topic, stay=stay), by_record(topic)
            mine = [one for revisions in wanted.values() for one, body in revisions if body["stay_id"] == stay]
            assert sorted((row.partition, row.offset) for row in rows) == sorted(
                (one.partition, one.offset) for one in mine
            )
            changed |= {row.emitted_at for row in rows}
            for name in {row.record for row in rows}:
                one_record = model.revisions(topic, stay=stay, record=name)
                assert [row.revision for row in one_record] == list(range(1, len(one_record) + 1))
        assert model.moments(stay) == sorted(changed)


def test_who_is_here_and_what_fires_are_by_their_current_state(model: ReadModel) -> None:
    stays, alerts = model.current(STAY), model.current(ALERT)
    assert model.present() == [row for row in stays if row.json()["state"] == "present"]
    units = {row.unit for row in stays}
    for unit in units - {None}:
        assert model.present(unit) == [row for row in model.present() if row.json()["unit"] == unit]
    for firing, state in ((True, "firing"), (False, "resolved")):
        assert model.alerts(firing=firing) == [row for row in alerts if row.json()["state"] == state]
    assert model.alerts(firing=None) == alerts and {row.audience for row in alerts} == {"operations", "trial-office"}
    mine = model.alerts(firing=None, audience="trial-office")
    assert mine == [row for row in alerts if row.json()["audience"] == "trial-office"]
    for name in {row.name for row in alerts}:
        assert model.alerts(firing=None, name=name) == [row for row in alerts if row.json()["name"] == name]


def test_what_was_published_between_two_moments_is_all_there_is(model: ReadModel) -> None:
    rows = sorted((row for stay in model.stays() for row in model.revisions(STAY, stay=stay)), key=_order)
    moments = sorted({row.emitted_at for row in rows})
    first, last = moments[len(moments) // 3], moments[2 * len(moments) // 3]
    assert model.published(STAY, moments[0]) == rows
    assert model.published(STAY, first) == [row for row in rows if row.emitted_at >= first] != rows
    assert model.published(STAY, first, last) == [row for row in rows if first <= row.emitted_at <= last]


def test_dead_letters_are_counted_by_what_they_are_about(model: ReadModel) -> None:
    letters = [json.loads(one.value or b"") for one in histories().records if one.topic in DEAD_LETTERS]
    counts = model.deadletters()
    assert letters and sum(one.count for one in counts) == len(letters)
    for one in counts:
        alike = [letter for letter in letters if (letter["topic"], letter["reason"]) == (one.about, one.reason)]
        assert one.count <= len(alike) and one.scope in {letter["scope"] for letter in alike}


def test_a_follower_that_did_its_work_lags_nothing_behind(model: ReadModel) -> None:
    progress = model.progress()
    assert (progress.lag, progress.ready, model.holes()) == (0, True, [])
    assert progress.known_until is not None and progress.age(progress.known_until) == timedelta(0)
    assert model.audience is Audience.EVERYTHING and model.version() == progress.version > 0


def test_a_snapshot_stands_still_while_the_follower_goes_on(where: Address) -> None:
    log = Log()
    first = [one for one in histories().records if one.topic == MODS][:20]
    for one in first[:10]:
        log.add(one.topic, one.key, one.value)
    fill(where, log)
    model = ReadModel.at(where)
    with model.snapshot() as still:
        before = still.current(MODS), still.version()
        for one in first[10:]:
            log.add(one.topic, one.key, one.value)
        fill(where, log)
        assert (still.current(MODS), still.version()) == before
    assert model.current(MODS) != before[0] and model.version() > before[1]


def test_where_none_was_made_there_is_none_to_read(where: Address) -> None:
    with pytest.raises(NoStore, match="No read model can be read") as error:
        ReadModel.at(where)
    assert error.value.status == 3 and not (where.is_file and where.path.exists())


def test_who_waits_for_a_read_model_takes_no_connections_away(where: Address) -> None:
    """The board asks every second, and a server of the tests has fifty: nothing waits for Python's collector."""
    fill(where, histories())
    engine = for_writing(where)
    with engine.begin() as connection:
        connection.execute(update(schema.origin).values(schema=schema.SCHEMA + 1))
    engine.dispose()
    gc.disable()
    try:
        for _ in range(60):
            with pytest.raises(NoStore, match="of another version"):
                ReadModel.at(where)
    finally:
        gc.enable()
