"""Dead letters on their way out: whose they are, and by what they are known."""

from typing import Any

import pytest

from picustream.models import text
from picustream.scoring.dead_letters import dead_letter_id
from picustream.scoring.engine import Engine
from picustream.scoring.validation import InputRecord
from tests.scoring.build import Stay, at
from tests.scoring.histories import SHIPPED, written

NOW = at("day 9")


@pytest.mark.proves("I2")
@pytest.mark.parametrize(("key", "changes", "keyed", "subject"), [
    (None, {}, b"S", b"S"),
    (b"S", {}, b"S", b"S"),
    (b"S", {"extra": 1}, b"S", b"S"),
    (b"T", {}, b"T", b"T"),
    (None, {"extra": 1}, None, None),
    (b"no stay", {}, b"no stay", None),
    (b"\xff", {}, b"\xff", None),
])  # fmt: skip
def test_a_dead_letter_is_of_the_stay_that_the_record_names(
    key: bytes | None, changes: dict[str, Any], keyed: bytes | None, subject: bytes | None
) -> None:
    """By its key, or where it has none as the event says; a subject that is no stay is none (CloudEvents)."""
    topic, body = Stay().lab("day 1 09:00", creatinine=99999).events[0]
    engine = Engine(SHIPPED)
    [one] = engine.read([InputRecord(topic, 3, 41, key, written(body | changes))], NOW).inputs
    [letter] = engine.dead_letters(one, NOW)
    assert (letter.key, dict(letter.headers).get("ce_subject")) == (keyed, subject)
    assert text.parse(letter.value)["key"] == (None if key is None else key.decode("utf-8", "backslashreplace"))


@pytest.mark.proves("I3")
def test_i3_a_dead_letter_is_named_by_its_place_and_its_fault() -> None:
    """Two partitions have the same offsets; a file has no partitions."""
    assert dead_letter_id(InputRecord("picu.lab.v1", 3, 7, b"S", b""), 1) == "dead/picu.lab.v1/3/7/1"
    assert dead_letter_id(InputRecord("picu.lab.v1", None, 7, None, b""), 0) == "dead/picu.lab.v1/-/7/0"
