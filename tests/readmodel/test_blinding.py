"""The ward's read model has nothing of the trial, nor anything that it could be guessed from."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from picustream.eventfiles.replay import run
from picustream.models.desk import DESK
from picustream.models.event import TRIAL
from picustream.models.fact import Consent
from picustream.readmodel.audience import Audience
from picustream.readmodel.blinding import NOT_SHOWN, SEEN, seen_by_ward
from picustream.readmodel.database import Address, address
from picustream.readmodel.intake import digest
from picustream.readmodel.reading import ReadModel
from picustream.readmodel.rows import Row
from picustream.scoring.scores.registry import MODELS
from tests.readmodel.filling import Log, fill
from tests.readmodel.test_following import note, stored
from tests.reference.generate import Case, case
from tests.scoring.histories import SEEDS, input_records, rules_for

CANARY = "canary-of-the-trial"
HIDDEN = ("elapsed_day", "sdtm_day", "in_window")
Events = Iterable[tuple[str, dict[str, Any]]]


def outputs_of(made: Case, events: Events) -> Log:
    found = run(rules_for(made.protocol), input_records(list(events)), made.until)
    return Log().add_all(one for one in found if one.key is not None)


def is_start(topic: str, body: dict[str, Any]) -> bool:
    return topic == TRIAL and body.get("type") == "treatment_started" and "occurred_at" in body


@cache
def treated() -> list[int]:
    """Seeds of histories in which treatment starts."""
    return [seed for seed in range(SEEDS * 4) if any(is_start(*one) for one in case(seed).events)]


def later(text: str, days: int) -> str:
    return (datetime.fromisoformat(text) + timedelta(days=days)).isoformat()


def rows_of(where: Address) -> list[tuple[Any, ...]]:
    """All revisions that the ward sees, in their order: what is said in them."""
    model = ReadModel.at(where)
    rows = [row for stay in model.stays() for topic in SEEN for row in model.revisions(topic, stay=stay)]
    return [(row.topic, row.record, row.revision, row.event_id, row.emitted_at, row.sha256, row.body) for row in rows]


def moved(body: dict[str, Any], days: int, arm: str) -> dict[str, Any]:
    """A start of treatment on another day, filed at the same moment."""
    filed = {"recorded_at": body["occurred_at"]} if body.get("recorded_at") is None else {}
    return body | {"occurred_at": later(body["occurred_at"], days), "arm": arm} | filed


def marked(body: dict[str, Any]) -> dict[str, Any]:
    """A trial event whose id is a word that nothing else holds."""
    return body | {"event_id": f"{CANARY}-{body['event_id']}"} if "event_id" in body else body


@pytest.mark.proves("I10")
@pytest.mark.parametrize("number", range(SEEDS // 3))
def test_when_treatment_started_changes_nothing_that_the_ward_has(
    number: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same history with another start and another arm makes the same read model, revision for revision."""
    made = case(treated()[number % len(treated())])
    found = []
    for days, arm in ((0, "trial"), (number % 4 - 2 or 3, "control")):
        events = [(topic, moved(body, days, arm) if is_start(topic, body) else body) for topic, body in made.events]
        where = address(str(tmp_path_factory.mktemp("ward") / "store.sqlite"))
        fill(where, outputs_of(made, events), Audience.WARD)
        found.append(rows_of(where))
    assert found[0] == found[1]


@pytest.mark.proves("I10")
def test_no_word_of_the_trial_is_anywhere_in_the_wards_database(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Not in the bytes of its files: ids of trial events, study days, what else only the trial office knows."""
    hidden, everything = 0, b""
    words = [CANARY, *HIDDEN, "treatment_started", "consent", "data_collection", "trial-office"]
    for seed in treated()[: SEEDS // 3]:
        made = case(seed)
        events = [(topic, marked(body) if topic == TRIAL else body) for topic, body in made.events]
        log = outputs_of(made, events)
        log.add(DESK, b"S", note(1))
        log.add(next(iter(SEEN)), b"S", CANARY.encode())
        folder = tmp_path_factory.mktemp("ward")
        ward, whole = (address(str(folder / f"{name}.sqlite")) for name in ("ward", "whole"))
        fill(ward, log, Audience.WARD)
        fill(whole, log)
        content = b"".join(path.read_bytes() for path in folder.glob("ward.sqlite*"))
        assert [word for word in words if word.encode() in content] == []
        everything += b"".join(path.read_bytes() for path in folder.glob("whole.sqlite*"))
        hidden += len({place for place in stored(whole) if place[0] in SEEN} - set(stored(ward)))
    assert all(word.encode() in everything for word in (CANARY, "elapsed_day", "treatment_started"))
    assert hidden > 1, "revisions of which the ward sees nothing are not among these histories"


def test_what_the_ward_sees_else_is_as_it_was_written(tmp_path: Any) -> None:
    """Every field of its list, with its numbers as they were; and no hash of what is not there."""
    made = case(treated()[0])
    log, where = outputs_of(made, made.events), address(str(tmp_path / "store.sqlite"))
    fill(where, log, Audience.WARD)
    model = ReadModel.at(where)
    originals = {(one.topic, one.partition, one.offset): one.value or b"" for one in log.of(Audience.WARD)}
    for row in [row for stay in model.stays() for topic in SEEN for row in model.revisions(topic, stay=stay)]:
        original = originals[row.topic, row.partition, row.offset]
        body, sent = json.loads(row.body, parse_float=str), json.loads(original, parse_float=str)
        assert body.keys() == sent.keys() - set(HIDDEN)
        own = {"event_id", "revision", "supersedes", "cause"}
        assert {name: body[name] for name in body.keys() - own} == {name: sent[name] for name in body.keys() - own}
        assert body["cause"] in (sent["cause"], NOT_SHOWN)
        assert row.sha256 == digest(row.body.encode()) != digest(original)


def chain(rows: list[Row]) -> list[tuple[str, int, str | None]]:
    return [(row.event_id, row.revision, row.json()["supersedes"]) for row in rows]


def test_the_ward_counts_what_it_sees(tmp_path: Any) -> None:
    made = case(treated()[0])
    where = address(str(tmp_path / "store.sqlite"))
    fill(where, outputs_of(made, made.events), Audience.WARD)
    model = ReadModel.at(where)
    for stay in model.stays():
        for topic in SEEN:
            for current in model.current(topic, stay=stay):
                name = current.record
                rows = model.revisions(topic, stay=stay, record=name)
                ids = [f"{name}/w{number}" for number in range(1, len(rows) + 1)]
                assert chain(rows) == list(zip(ids, range(1, len(rows) + 1), [None, *ids], strict=False))
                assert rows[-1] == current
    assert model.holes() == []


def test_somebody_has_decided_of_every_field_whether_the_ward_sees_it() -> None:
    """One that is new is not shown until it is named in `blinding.py`, and this test says so."""
    for topic, seen in SEEN.items():
        hidden = set(HIDDEN) & MODELS[topic].model_fields.keys()
        assert seen == MODELS[topic].model_fields.keys() - hidden, topic
    body = json.dumps({"event_id": "x", "arm": "trial", "new": 1, "cause": {"reason": "consent", "event_id": "e"}})
    assert seen_by_ward(next(iter(SEEN)), body) == {"event_id": "x", "cause": NOT_SHOWN}
    assert Consent.model_fields["type"].annotation.__args__ == ("consent",)  # type: ignore[union-attr]


def test_operations_have_acknowledgements_and_no_notes(where: Address) -> None:
    log = Log()
    for number in range(4):
        log.add(DESK, b"S", note(number))
    fields = {"event_id": "ack", "at": "2026-01-01T00:00:00Z", "by": "a", "role": "ops"}
    log.add(DESK, None, json.dumps(fields | {"type": "alert-acknowledged", "alert_id": "alert/x"}).encode())
    fill(where, log, Audience.OPS)
    model = ReadModel.at(where)
    assert [entry.type for entry in model.desk()] == ["alert-acknowledged"] and model.desk(alert="alert/x")
    assert model.progress().lag == 0
