"""No question reads more than it has to: what a stay is asked does not grow with the number of stays."""

import re
from typing import Any

import pytest
from sqlalchemy import event

from picustream.readmodel.database import address
from picustream.readmodel.reading import ReadModel
from picustream.scoring.presence.record import STAY
from picustream.scoring.scores.mods.record import MODS
from tests.readmodel.filling import fill
from tests.readmodel.test_reading import histories


@pytest.fixture
def model(tmp_path: Any) -> ReadModel:
    where = address(str(tmp_path / "store.sqlite"))
    fill(where, histories())
    return ReadModel.at(where)


def plans(model: ReadModel, ask: Any) -> list[str]:
    """How SQLite finds what it is asked, step by step."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(model._engine, "before_cursor_execute", note)
    ask()
    event.remove(model._engine, "before_cursor_execute", note)
    with model._engine.begin() as connection:
        explained = [
            connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            for statement, parameters in asked
            if statement.startswith("SELECT")
        ]
    return [step[3] for steps in explained for step in steps]


def test_revisions_are_found_by_record_place_or_time_and_never_by_their_topic_alone(model: ReadModel) -> None:
    stay = model.stays()[0]
    at = model.moments(stay)[-1]
    questions = {
        "current": lambda: model.current(MODS),
        "current of a stay": lambda: model.current(MODS, stay=stay),
        "known at": lambda: model.known_at(at, STAY),
        "known at, in a state": lambda: model.known_at(at, STAY, state="present"),
        "stood at": lambda: model.standing(STAY, at),
        "places": lambda: model.places(at),
        "changed": lambda: model.changed(STAY, at),
        "known at, of a stay": lambda: model.known_at(at, MODS, stay=stay),
        "revisions": lambda: model.revisions(MODS, stay=stay),
        "moments": lambda: model.moments(stay),
        "present": lambda: model.present(),
        "alerts": lambda: model.alerts(),
    }
    for name, ask in questions.items():
        steps = [step for step in plans(model, ask) if "revisions" in step]
        assert steps, name
        for step in steps:
            assert re.search(r"SEARCH .*\(topic=\? AND ((record|partition)=\?|emitted_at>\?)", step), (name, step)


def test_the_current_records_of_a_stay_are_found_by_the_stay(model: ReadModel) -> None:
    stay = model.stays()[0]
    for ask in (lambda: model.moments(stay), lambda: model.revisions(MODS, stay=stay)):
        assert any("current_of_stay (stay=?" in step for step in plans(model, ask))
