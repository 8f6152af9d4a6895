"""The JSON Schemas in docs/schemas: made from the models, closed, and true of what comes in and goes out."""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from picustream.contract.schemas import DIALECT, main, schemas, written
from picustream.demo.ward import ward
from picustream.models.desk import DESK
from picustream.models.event import INPUT_TOPICS
from picustream.models.record import DEAD_LETTER_TRIAL
from picustream.scoring.scores.registry import OUTPUT_TOPICS
from tests import reference
from tests.paths import DOCS, REAL_DATA, needs_real_data
from tests.reference.generate import case
from tests.reference.written import canonical
from tests.scoring.build import obs
from tests.scoring.histories import LONG, SEEDS, SHIPPED, replayed, rules_for
from tests.scoring.test_validation import ADT, LAB, TRIAL, VENTILATOR, faults
from tests.scoring.test_validation_fuzz import account, spoiled

COMMITTED = DOCS / "schemas"
TOPICS = (*INPUT_TOPICS, *OUTPUT_TOPICS, DESK)


@cache
def validator(topic: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((COMMITTED / f"{topic}.json").read_text()))


def faults_of(messages: Iterable[tuple[str, Any]]) -> list[str]:
    """The first messages that do not fit their topic's schema, and where."""
    wrong = (
        f"{topic}: {error.json_path}: {error.message[:200]}"
        for topic, value in messages
        if (error := next(validator(topic).iter_errors(value), None)) is not None
    )
    return [line for _, line in zip(range(3), wrong, strict=False)]


@pytest.mark.parametrize("topic", TOPICS)
def test_the_committed_schema_is_the_models_own(topic: str) -> None:
    """`python -m picustream.contract.schemas docs/schemas` changes nothing."""
    assert (COMMITTED / f"{topic}.json").read_text() == written(schemas()[topic])


def test_there_is_one_schema_per_topic_and_none_besides(tmp_path: Path) -> None:
    """A file for each topic, and writing them anew gives the same."""
    assert main([str(tmp_path / "new")]) == 0
    names = {path.name for path in COMMITTED.iterdir()}
    assert names == {f"{topic}.json" for topic in TOPICS} == {path.name for path in (tmp_path / "new").iterdir()}


def test_a_wrong_use_of_the_generator_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No folder, an option, a file in the way: a line on standard error and the status for it."""
    (tmp_path / "file").touch()
    assert [main([]), main(["--help"]), main(["a", "b"]), main([str(tmp_path / "file")])] == [2, 2, 2, 3]
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 4)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_schema_is_sound_named_and_closed(topic: str) -> None:
    """Draft 2020-12, with an id and a title; no object in it takes a field that it does not name."""
    schema = schemas()[topic]
    Draft202012Validator.check_schema(schema)
    assert list(schema)[:3] == ["$schema", "$id", "title"]
    assert (schema["$schema"], schema["$id"], schema["title"]) == (DIALECT, f"urn:picustream:topic:{topic}", topic)
    objects = [part for part in parts(schema) if part.get("type") == "object"]
    assert objects
    assert all(part["additionalProperties"] is False for part in objects)


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Every object in a schema, itself included."""
    if isinstance(schema, dict):
        yield schema
    inside = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    for part in inside:
        yield from parts(part)


@needs_real_data
def test_real_events_fit() -> None:
    """Every event of the real data in the long form; one of each shape in the short one."""
    events = [(topic, json.loads(canonical(value))) for topic, value in reference.read(REAL_DATA)]
    shapes = events if LONG else {shape(*event): event for event in events}.values()
    assert len(shapes) > 20
    assert faults_of(shapes) == []


def shape(topic: str, value: dict[str, Any]) -> str:
    """What a schema sees of an event: which fields it has, and its words."""
    words = [value.get(name) for name in ("status", "support", "specimen", "control", "type", "destination", "sex")]
    return f"{topic} {sorted(value)} {words} {[sorted(one) for one in value.get('observations', ())]}"


def test_the_simulated_ward_and_all_that_it_makes_fit() -> None:
    """Its events, its scores, its alerts, and its dead letters."""
    events = [(message.topic, message.value) for message in ward().events]
    assert faults_of(events) == []
    made = replayed(events, SHIPPED)
    assert {output.topic for output in made} == set(OUTPUT_TOPICS) - {DEAD_LETTER_TRIAL}
    assert faults_of((output.topic, json.loads(output.value)) for output in made) == []


@pytest.mark.parametrize("seed", range(min(SEEDS, 200)))
def test_what_a_random_history_makes_fits(seed: int) -> None:
    """Withdrawn records, null totals, confirmed and refuted ARDS, dead letters of every kind."""
    made = case(seed)
    outputs = replayed(made.events, rules_for(made.protocol), made.until)
    assert faults_of((output.topic, json.loads(output.value)) for output in outputs) == []


@given(spoiled())
def test_a_schema_refuses_nothing_that_validation_lets_in(made: tuple[str, Any]) -> None:
    """Whoever checks against the schema before sending is not held to more than validation asks."""
    topic, value = made
    accepted, _ = account(topic, canonical(value).encode(errors="surrogatepass"))
    if accepted:
        assert faults_of([(topic, json.loads(canonical(value)))]) == []


@pytest.mark.parametrize(("event", "changes"), [
    (LAB, {"observedAt": "x"}),
    (LAB, {"observed_at": None}),
    (LAB, {"observations": []}),
    (LAB, {"observations": [{"code": "2160-0", "unit": "mg/dL"}]}),
    (LAB, {"observations": [{"code": "2160-0", "status": "final"}], "status": "registered"}),
    (LAB, {"status": "corrected"}),
    (LAB, {"observations": [obs("creatinine", 60, status="cancelled")]}),
    (LAB, {"specimen": 7}),
    (LAB, {"event_id": "a b"}),
    (ADT, {"type": "discharged"}),
    (ADT, {"type": "consent"}),
    (ADT, {"status": "entered-in-error"}),
    (ADT, {"birth_date": "20-02-03"}),
    (TRIAL, {"decision": None}),
    (TRIAL, {"id": 7}),
])  # fmt: skip
def test_a_schema_shows_most_faults_before_the_event_is_sent(
    event: tuple[str, dict[str, Any]], changes: dict[str, Any]
) -> None:
    """Fields, words, and what a status requires."""
    assert faults(event, **changes)
    value = {name: part for name, part in {**event[1], **changes}.items() if part is not None}
    assert len(faults_of([(event[0], value)])) == 1


@pytest.mark.parametrize(("event", "changes"), [
    (LAB, {"observations": [{"code": "2160-0"}], "status": "registered"}),
    (LAB, {"observations": [{"code": "2160-0", "status": "unknown"}]}),
    (ADT, {"type": "discharged", "status": "registered"}),
    (VENTILATOR, {"observations": None}),
])  # fmt: skip
def test_a_schema_asks_for_nothing_that_is_not_needed(
    event: tuple[str, dict[str, Any]], changes: dict[str, Any]
) -> None:
    """What is withdrawn or says nothing need not say it again, and a breath needs no observation."""
    assert faults(event, **changes) == []
    value = {name: part for name, part in {**event[1], **changes}.items() if part is not None}
    assert faults_of([(event[0], value)]) == []
