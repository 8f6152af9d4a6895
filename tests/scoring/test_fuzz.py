"""The short form of `make fuzz`, and whether it would find what it looks for."""

import base64
import sys
from collections import Counter
from typing import Any

import pytest

from picustream.scoring import dead_letters, engine, validation
from picustream.scoring.event_packs import PACK
from picustream.scoring.faults import Fault
from picustream.scoring.stay_state import StayState
from tests.fuzz import __main__ as command
from tests.fuzz.account import OF_AN_OBSERVATION, OF_THE_EVENT, Finding, points
from tests.fuzz.course import Course
from tests.fuzz.run import run
from tests.scoring.histories import SHIPPED

COURSE = Course(1, {})
"""Made from generated histories alone."""
MESSAGES = 6_000
"""So many that every reason of the contract occurs."""


def fuzzed(messages: int) -> Counter[str]:
    """What became of the first messages of the course."""
    reasons: Counter[str] = Counter()
    list(run(COURSE, SHIPPED, 0, messages, reasons))
    return reasons


@pytest.mark.proves("I2", "I3", "I10")
def test_every_broken_message_is_accounted_for() -> None:
    """Used, or a dead letter with its bytes, a reason, a place and none of its values; all reasons occur."""
    assert fuzzed(MESSAGES).keys() == OF_THE_EVENT | OF_AN_OBSERVATION | {"accepted"}


def test_a_message_is_a_function_of_its_seed_and_number() -> None:
    """A finding can be repeated without what came before it."""
    assert COURSE.round(1).input_record(2_345) == Course(1, {}).round(1).input_record(2_345)
    assert COURSE.round(1).input_record(2_345) != COURSE.round(1).input_record(2_346)


def _raises(*_: Any) -> None:
    raise RuntimeError("broken on purpose")


def _tells_the_value(topic: str, value: Any, error: Any) -> Fault:
    return Fault("schema", "", f"cannot use {value}")


def _points_nowhere(topic: str, value: Any, error: Any) -> Fault:
    return Fault("schema", "/observations/300/value", "wrong")


_fields = dead_letters.dead_letter_fields


def _cuts_the_payload(*args: Any) -> dict[str, Any]:
    made = _fields(*args)
    return made | {"payload": base64.b64encode(base64.b64decode(made["payload"])[:-1]).decode()}


def _of_another_offset(*args: Any) -> dict[str, Any]:
    made = _fields(*args)
    return made | {"offset": made["offset"] + 1}


_take_unsaved = StayState.take_unsaved


def _keeps_half(stay: StayState) -> dict[str, bytes | None]:
    unsaved = _take_unsaved(stay)
    return {name: value for name, value in unsaved.items() if not name.startswith(PACK)}


@pytest.mark.parametrize(("where", "name", "broken"), [
    (validation.Validator, "_check_times", _raises),
    (validation, "_schema_fault", _tells_the_value),
    (validation, "_schema_fault", _points_nowhere),
    (engine.Engine, "dead_letters", lambda *_: []),
    (dead_letters, "dead_letter_fields", _cuts_the_payload),
    (dead_letters, "dead_letter_fields", _of_another_offset),
    (dead_letters, "dead_letter_id", lambda *_: "dead/1"),
    (StayState, "take_unsaved", _keeps_half),
])  # fmt: skip
def test_what_is_broken_is_found(where: Any, name: str, broken: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Validation that raises, repeats a value or points nowhere, dead letters lost, cut or alike, state half kept."""
    monkeypatch.setattr(where, name, broken)
    with pytest.raises(Finding):
        fuzzed(MESSAGES)


def test_a_finding_is_reported_by_its_number_and_not_by_its_content(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 1; the message itself only when asked for."""
    monkeypatch.setattr(command, "real_stays", dict)
    monkeypatch.setattr(validation.Validator, "_check_times", _raises)
    monkeypatch.setattr(sys, "argv", ["fuzz", "--seed", "1", "--messages", "100"])
    assert command.main() == 1
    output = capsys.readouterr().out
    assert output.startswith("seed 1, message ")
    assert "InputRecord(" not in output
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--show"])
    assert command.main() == 1
    assert "InputRecord(" in capsys.readouterr().out


def test_all_well_is_a_table_of_reasons(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 0; the talk goes to standard error."""
    monkeypatch.setattr(command, "real_stays", dict)
    monkeypatch.setattr(sys, "argv", ["fuzz", "--seed", "1", "--messages", "300"])
    assert command.main() == 0
    output = capsys.readouterr()
    rows = dict(line.split() for line in output.out.splitlines())
    assert rows.keys() <= OF_THE_EVENT | OF_AN_OBSERVATION | {"accepted"}
    assert "300 of 300" in output.err


@pytest.mark.parametrize(("path", "leads"), [
    ("", True), ("/a", True), ("/a/0", True), ("/a/0/missing", True), ("/b~1c", True), ("/missing", True),
    ("/a/1", False), ("/a/x", False), ("/missing/x", False), ("a", False),
])  # fmt: skip
def test_a_pointer_leads_to_a_place_or_to_where_a_field_is_missing(path: str, leads: bool) -> None:
    """RFC 6901."""
    assert points(path, {"a": [{"b": 1}], "b/c": None}) == leads
