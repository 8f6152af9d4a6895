"""The operator's page: what fires, what was refused and how far everything is, as the read model has it."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest

from picustream.board.app import application
from picustream.board.frame import Trouble
from picustream.board.pulse import Pulse, State
from picustream.board.workers import Workers
from picustream.readmodel.database import address
from picustream.readmodel.reading import ReadModel
from tests.board.made import ask
from tests.board.office import ALARMED, Office
from tests.readmodel.filling import Log

OWN = {"sec_fetch_site": "same-origin"}
PARTITION = {"partition": 3, "held": True, "state": "working", "rebuilt": None, "lag": 1200, "idle": False}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office.of(tmp_path, ALARMED)


def test_every_alert_of_operations_and_every_reason_is_on_the_page_and_nothing_of_the_trial_office(
    office: Office,
) -> None:
    model, text = ReadModel.at(office.where), ask(application(office.board()), "/ops").text
    firing = model.alerts(audience="operations")
    assert firing
    assert all(row.json()["name"] in text for row in firing)
    assert text.count("See to it") == len(firing)
    assert model.deadletters()
    assert all(one.reason in text for one in model.deadletters())
    for row in model.alerts(audience="trial-office"):
        assert row.json()["name"] not in text
    assert "eligible" not in text


def test_somebody_sees_to_an_alert_and_it_fires_on(office: Office) -> None:
    app = application(office.board())
    alert = ReadModel.at(office.where).alerts(audience="operations")[0].json()["alert_id"]
    form = {"type": "alert-acknowledged", "alert_id": alert, "based_on": "x"}
    answer = ask(app, "/ops", "POST", urlencode(form).encode(), **OWN)
    assert answer.status == 303
    assert "not yet on record" in ask(app, answer.headers["location"]).text
    office.read()
    text = ask(app, answer.headers["location"]).text
    assert "seen to by local" in text
    assert "not yet on record" not in text
    assert alert.rpartition("/")[0].rpartition("/")[2] in text


def test_a_record_that_is_missing_is_named(office: Office) -> None:
    model = ReadModel.at(office.where)
    assert "No record is missing" in ask(application(office.board()), "/ops").text
    lost = next(i for i, one in enumerate(office.log.records) if re.search(rb'"revision":2,', one.value or b""))
    holed = Office(office.where, office.log, ALARMED)
    del holed.log.records[lost]
    Path(office.where.path).unlink()
    model.close()
    holed.read()
    assert "<b>gap</b>" in ask(application(holed.board()), "/ops").text


def test_partitions_of_workers_are_shown_by_number_and_a_worker_that_is_away_has_none() -> None:
    answers = {"a": {"partitions": [{**PARTITION, "seconds_since_progress": 2.0, "trouble": None, "stuck": False}]}}

    def report(address: str) -> dict[str, object]:
        if address not in answers:
            raise OSError
        return dict(answers[address])

    workers = Workers(["a", "b"], report)
    asyncio.run(workers.ask())
    assert [trouble.words for trouble in workers()] == ["the worker at b does not answer"]
    [row] = workers.partitions()
    assert (row.partition, row.worker, row.lag, row.stuck) == (3, "a", 1200, False)
    answers.clear()
    asyncio.run(workers.ask())
    assert workers.partitions() == []


@pytest.mark.parametrize("wrong", [False, True])
def test_what_is_not_known_yet_is_not_said_to_be_nothing(tmp_path: Path, wrong: bool) -> None:
    """A read model that is empty for nobody has filled it says another thing than one that is empty."""
    office = Office(address(str(tmp_path / "store.sqlite")), Log())
    office.read()
    troubles = (Trouble("stale", "Not complete yet.", "The read model is being filled."),) if wrong else ()
    pulse = Pulse(lambda: State(1, office.now, troubles), lambda: office.now)
    app = application(replace(office.board(), pulse=pulse))
    words = {
        "/ops": (">Nothing.<", ">None.<", ">What fires is not known.<", ">What was refused is not known.<"),
        "/desk": (">Nobody is on this list.<", ">Who is on this list is not known.<"),
        "/ward": (">Nobody is here.<", ">Who is here is not known.<"),
    }
    for path, said in words.items():
        text = ask(app, path).text
        assert [one for one in said if one in text] == [one for one in said if ("not known" in one) == wrong]
