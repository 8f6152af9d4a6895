"""Validation of anything: it never raises, every input record is accounted for, and no message repeats a value."""

import copy
import json
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from picustream.models.event import INPUT_TOPICS
from picustream.models.record import DEAD_LETTERS
from picustream.scoring.engine import Engine
from picustream.scoring.validation import InputRecord
from tests import reference
from tests.reference.written import Number, canonical
from tests.scoring.build import Stay, at, obs
from tests.scoring.histories import SHIPPED

NOW = at("day 300")
SECRET = "Zwetschgenmus"
"""A word that no message may contain."""

SOUND = (
    Stay()
    .admitted("day 1 08:00", birth_date="2020-05-01", sex="female")
    .discharged("day 4 08:00", recorded="day 4 09:00")
    .died("day 5 08:00")
    .seen("day 30 08:00", True)
    .sedation("day 1 09:00", "on", intrinsic_alteration=False)
    .consent("day 1 10:00", id="c1")
    .treatment("day 1 12:00")
    .ards("day 2 08:00", "confirmed", onset_at="day 1 20:00")
    .trial("data_collection", "day 3 08:00", complete=True)
    .gas("day 1 09:00", obs("pao2", "80.50", "mmHg"), obs("fio2", 40, None), recorded="day 1 09:10")
    .vital("day 1 09:00", obs("heart_rate", 120, id="h"), gcs_total=9, status="preliminary")
    .vent("day 1 09:00", "invasive", obs("peep", 5), obs("fio2", "0.4"), control="pressure", mode="PC-AC")
).events
"""One sound event of every kind."""

words = st.sampled_from(
    ["", SECRET, "final", "cancelled", "2025-01-01T09:00:00", "2025-01-01T09:00:00Z", "\ud800", "\0"]
)
numbers = st.one_of(
    st.integers(-(10**6), 10**6),
    st.sampled_from(["0", "-0", "1e400", "1e-400", "0.1e3", "15", "1" * 41, "1e999999999", "250.0"]).map(Number),
)
junk = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, words, st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(words | st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, as a path."""
    inside: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, part in inside for place in places(part, (*path, name)))]


@st.composite
def spoiled(draw: st.DrawFn) -> tuple[str, Any]:
    """A sound event with a few places replaced, taken out or added, sometimes on another topic."""
    topic, value = draw(st.sampled_from(SOUND))
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        *above, last = draw(st.sampled_from(places(value)[1:]))
        holder = value
        for step in above:
            holder = holder[step]
        change = draw(st.sampled_from(["replace", "take", "add"]))
        if change == "take" and len(value) > 1:
            del holder[last]
        elif change == "add" and isinstance(holder, dict):
            holder[draw(words | st.text(max_size=5))] = draw(junk)
        else:
            holder[last] = draw(junk)
        if not isinstance(value, dict) or len(places(value)) < 2:
            break
    return draw(st.sampled_from([topic, topic, topic, *INPUT_TOPICS])), value


def account(topic: str, raw: bytes | None) -> tuple[bool, list[dict[str, Any]]]:
    """Whether an input record was accepted, and its dead letters; the bytes always come back in them."""
    engine = Engine(SHIPPED)
    batch = engine.read([InputRecord(topic, 0, 0, None, raw)], NOW)
    outputs = engine.process(batch, NOW).outputs
    letters = [json.loads(output.value) for output in outputs if output.topic in DEAD_LETTERS]
    accepted = batch.inputs[0].accepted is not None
    assert accepted == all(letter["scope"] == "observation" for letter in letters)
    assert accepted or len(letters) == 1
    return accepted, letters


@pytest.mark.proves("I2")
@given(st.sampled_from(INPUT_TOPICS), st.binary(max_size=200))
def test_any_bytes_are_accounted_for(topic: str, raw: bytes) -> None:
    """Garbage is one dead letter."""
    accepted, letters = account(topic, raw)
    assert not accepted
    assert letters[0]["reason"] in ("not-json", "schema")


@pytest.mark.proves("I2")
@given(st.sampled_from(INPUT_TOPICS), junk)
def test_any_json_is_accounted_for(topic: str, value: Any) -> None:
    """JSON that is no event is one dead letter."""
    accepted, letters = account(topic, canonical(value).encode(errors="surrogatepass"))
    assert not accepted
    assert letters[0]["reason"] in ("not-json", "schema")


@pytest.mark.proves("I2", "I10")
@given(spoiled())
@example(("picu.lab.v1", {**SOUND[9][1], SECRET.lower(): SECRET, "status": SECRET}))
def test_a_spoiled_event_is_used_or_refused_and_its_values_are_not_repeated(made: tuple[str, Any]) -> None:
    """Whatever happens to a sound event, it is accepted or refused, and no message copies a value."""
    topic, value = made
    _, letters = account(topic, json.dumps(value, default=str).encode())
    assert not [letter for letter in letters if SECRET in letter["message"]]


def undecided(value: Any) -> bool:
    """Whether something is there of which docs/topics.md says nothing, and that the two readings take differently:
    a null for an optional field, an empty unit, a very long word or number, half a character."""
    if isinstance(value, dict):
        return value.get("unit") == "" or any(undecided(part) for part in (*value, *value.values()))
    if isinstance(value, list):
        return any(undecided(part) for part in value)
    return value is None or (isinstance(value, str) and (len(value) > 40 or "\ud800" in value))


@pytest.mark.proves("I2")
@given(spoiled())
def test_the_two_readings_of_the_schemas_agree(made: tuple[str, Any]) -> None:
    """What is accepted, the schemas as written down a second time let in, and nothing else."""
    topic, value = made
    assume(not undecided(value))
    accepted, _ = account(topic, canonical(value).encode())
    assert accepted == reference.accepts(topic, value, NOW)
