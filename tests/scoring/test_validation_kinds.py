"""Another kind of JSON value in the place of a word or a time: a dead letter that says so, and never an exception."""

from typing import Any

import pytest

from picustream.scoring.validation import InputRecord, Validator
from tests.scoring.build import Stay, obs
from tests.scoring.histories import SHIPPED, written

OTHER_KINDS: list[Any] = [None, [], ["expired"], {}, {"code": "expired"}, 5, True]
DISCHARGED = Stay().discharged("day 4 08:00").events[0]
GAS = Stay().gas("day 1 09:00", obs("pao2", "80.50", "mmHg", id="p")).events[0]


def fault(topic: str, value: dict[str, Any]) -> tuple[str, str]:
    """Reason and path of the dead letters of an event."""
    (found,) = Validator(SHIPPED).validate(InputRecord(topic, 0, 0, None, written(value))).faults
    return found.reason, found.path


@pytest.mark.proves("I2")
@pytest.mark.parametrize("kind", OTHER_KINDS, ids=repr)
@pytest.mark.parametrize("field", ["type", "destination"])
def test_a_fact_of_another_kind_of_value_is_refused(field: str, kind: Any) -> None:
    """Also where its words are looked up, as those for a death are."""
    topic, value = DISCHARGED
    assert fault(topic, {**value, field: kind}) == ("schema", f"/{field}")


@pytest.mark.proves("I2")
@pytest.mark.parametrize("kind", OTHER_KINDS, ids=repr)
@pytest.mark.parametrize("field", ["comparator", "status"])
def test_a_word_of_an_observation_that_is_no_string_refuses_the_event(field: str, kind: Any) -> None:
    topic, value = GAS
    (one,) = value["observations"]
    assert fault(topic, {**value, "observations": [{**one, field: kind}]}) == ("schema", f"/observations/0/{field}")


@pytest.mark.proves("T6")
@pytest.mark.parametrize(("time", "reason"), [
    ("0001-01-01T00:00:00Z", "in-the-past"),
    ("0001-01-01T00:00:00+08:00", "in-the-past"),
    ("9999-12-31T23:59:59+08:00", "in-the-future"),
    ("9999-12-31T23:59:59-08:00", "in-the-future"),
    ("0000-01-01T00:00:00Z", "schema"),
])  # fmt: skip
def test_t6_the_empty_dates_of_other_systems_are_past_or_future_whatever_their_offset(time: str, reason: str) -> None:
    topic, value = GAS
    assert fault(topic, {**value, "observed_at": time}) == (reason, "/observed_at")


@pytest.mark.parametrize(("time", "words"), [
    ("2025-03-03T24:00:00+08:00", "the hour 24: send 00:00 of the next day"),
    ("2025-03-03T10:00:00", "time without an offset: add Z"),
    ("2025-03-03T10:00:00-00:00", "the offset is unknown: send Z or the offset itself"),
    ("2025-03-03T10:00:00+0800", "not an ISO 8601 time with an offset, for example"),
    ("2025-03-03t10:00:00z", "not an ISO 8601 time with an offset, for example"),
    (1741000000, "not an ISO 8601 time with an offset, for example"),
])  # fmt: skip
def test_a_time_in_another_form_is_answered_with_the_right_one(time: Any, words: str) -> None:
    topic, value = GAS
    record = InputRecord(topic, 0, 0, None, written({**value, "observed_at": time}))
    (found,) = Validator(SHIPPED).validate(record).faults
    assert words in found.message
