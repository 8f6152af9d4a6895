"""What is read at once is what the models read: the fast way takes the same events as they do, and as the same."""

import random
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from picustream.models import text
from picustream.models.event import OBSERVATION_TOPICS, validate
from picustream.models.message import decode, message_of
from picustream.models.observation import ObservationEvent
from picustream.scoring.chart.reading import Accepted
from picustream.scoring.validation import InputRecord, Validator
from tests.fuzz.spoilers import spoiled
from tests.reference.generate import history
from tests.scoring.build import Stay, obs
from tests.scoring.histories import SHIPPED, written

MEASURED = (
    Stay()
    .gas("day 1 09:00", obs("pao2", "80.50", "mmHg"), obs("fio2", 40, None), recorded="day 1 09:10")
    .lab("day 1 10:00", obs("creatinine", "1e1", "umol/L", comparator="<"), obs("bilirubin_total", 9, status="final"))
    .vital("day 1 09:00", obs("heart_rate", 120, id="h"), gcs_total=9, status="preliminary")
    .vent("day 1 09:00", "invasive", obs("peep", 5), obs("fio2", "0.4"), control="pressure", mode="PC-AC")
    .vent("day 1 10:00", "oxygen")
).events
"""A sound event of every kind that carries observations."""


def by_the_models(topic: str, raw: bytes) -> tuple[str, ObservationEvent] | None:
    """The text and the event, where the models take it."""
    try:
        read = text.decoded(raw)
        return read, cast(ObservationEvent, validate[topic](text.parse(read)))
    except (text.NotJson, ValidationError):
        return None


def at_once(topic: str, raw: bytes) -> Accepted | None:
    try:
        read = text.decoded(raw)
        return SHIPPED.reader.read(topic, decode(topic, read), read)
    except (ValueError, ArithmeticError):
        return None


def in_full(accepted: Accepted) -> dict[str, Any]:
    """Everything in it, each number as it is written."""
    filed, reading, fact = accepted
    fields = {name: getattr(filed, name) for name in filed.__struct_fields__}
    observed = [
        {"own_id": one.own_id} | {name: getattr(one.meant, name) for name in one.meant.__struct_fields__}
        for one in reading.observed
    ]
    statement = reading.ventilation
    stated = statement and [getattr(statement, name) for name in statement.__struct_fields__ if name != "filed"]
    for one in observed:
        one["original"] = one["original"] if one["original"] is None else text.encode(one["original"])
    return {"filed": fields, "observed": observed, "ventilation": stated, "rest": reading[2:], "fact": fact}


def check(topic: str, raw: bytes) -> bool:
    """Compares both; whether the event was read at once."""
    found, models = at_once(topic, raw), by_the_models(topic, raw)
    if found is None:
        return False
    assert models is not None, "the models refuse what is read at once"
    read, event = models
    assert in_full(found) == in_full(SHIPPED.reader.read_model(topic, event, read))
    assert found.filed.happened_at == event.observed_at
    assert [(one.id, one.original, one.unit) for one in found.reading.observed] == [
        (event.id_of(one), one.number, one.unit) for one in event.observations
    ]
    return True


@pytest.mark.proves("V1", "I2")
@given(st.sampled_from(MEASURED), st.integers(0, 1 << 40))
def test_a_broken_message_is_read_at_once_as_the_models_read_it_or_not_at_all(
    sound: tuple[str, dict[str, Any]], seed: int
) -> None:
    topic, raw = spoiled(random.Random(seed), *sound)
    if topic in OBSERVATION_TOPICS:
        check(topic, raw)


@pytest.mark.proves("V1")
@given(st.integers(0, 10**9))
def test_a_history_is_read_at_once_as_the_models_read_it(seed: int) -> None:
    """And all of it but what the models refuse, and objects and lists in the place of a number."""
    for topic, value in history(seed, events=40):
        raw = written(value)
        if topic in OBSERVATION_TOPICS and not check(topic, raw):
            validated = Validator(SHIPPED).validate(InputRecord(topic, None, 0, None, raw))
            odd = any(isinstance(one.get("value"), dict | list) for one in value.get("observations") or ())
            assert odd or validated.accepted is None


@pytest.mark.parametrize("place", ["event", "observation"])
@pytest.mark.parametrize("escaped", [False, True])
@pytest.mark.proves("I2")
def test_a_field_that_is_given_twice_is_seen(place: str, escaped: bool) -> None:
    """Whatever quotation marks there are inside of strings."""
    topic, value = MEASURED[3]
    raw = written({**value, "mode": 'the "usual" one \\'}).decode()
    assert check(topic, raw.encode())
    name = "\\u0073tatus" if escaped else "status"
    at, before = ('"event_id"', "") if place == "event" else ('"code"', "")
    twice = raw.replace(at, f'{before}"{name}":"final","status":"final",{at}', 1)
    assert decode(topic, twice) is not None
    assert at_once(topic, twice.encode()) is None
    assert by_the_models(topic, twice.encode()) is None


def test_what_the_models_read_makes_the_message_that_is_read_at_once() -> None:
    for topic, value in MEASURED:
        raw = written(value)
        models = by_the_models(topic, raw)
        assert models is not None
        assert check(topic, raw)
        assert message_of(models[1]).stay_id == value["stay_id"]


def test_what_is_remembered_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is read the same when it was forgotten."""
    monkeypatch.setattr("picustream.scoring.chart.meanings.MOST", 3)
    monkeypatch.setattr("picustream.scoring.chart.reading.MOST", 3)
    for topic, value in 3 * MEASURED:
        assert check(topic, written(value))
