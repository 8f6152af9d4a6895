"""What is set aside so that the others go on: published once, nothing of it scored, and refused for good (I2, I5)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from picustream.models import text
from picustream.models.record import ALERT, DEAD_LETTER
from picustream.scoring import quarantine as aside
from picustream.scoring.dead_letters import dead_letter_id
from picustream.scoring.engine import Engine
from picustream.scoring.faults import Fault, Whole
from picustream.scoring.history import History
from picustream.scoring.outputs import Output
from picustream.scoring.rebuild import Rebuild
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.stay_state import StayState
from picustream.scoring.validation import InputRecord
from tests.scoring.build import Stay, at
from tests.scoring.histories import SHIPPED, input_records
from tests.scoring.rebuilding import note_outputs

NOW = at("day 2 20:00")
EVENTS = Stay().admitted("day 1 08:00").lab("day 1 12:00", creatinine=60).events
[ADMITTED, LAB] = [
    replace(one, partition=3, offset=7 + place) for place, one in enumerate(input_records(EVENTS))
]  # fmt: skip
BUG = Fault("unprocessable", "", "the program fails at this record")
UNREADABLE = Fault("unreadable", "", "the record cannot be decoded")


def outputs_to(outputs: list[Output], topic: str) -> list[dict]:
    return [text.parse(one.value) for one in outputs if one.topic == topic]


def engine() -> Engine:
    made = Engine(SHIPPED)
    made.install("", {})
    return made


@pytest.mark.proves("I2")
def test_i2_a_record_that_is_set_aside_is_a_dead_letter_and_an_alert_and_nothing_else() -> None:
    effects = aside.set_aside(engine(), replace(LAB, fault=BUG), NOW)
    [letter] = outputs_to(effects.outputs, DEAD_LETTER)
    fired, resolved = outputs_to(effects.outputs, ALERT)
    assert (letter["reason"], letter["offset"]) == ("unprocessable", 8)
    assert (fired["name"], fired["severity"], fired["state"]) == ("record-quarantined", "critical", "firing")
    assert (fired["detail"], fired["stay_id"]) == (f"{LAB.topic}+3+8", None)
    assert (resolved["alert_id"], resolved["state"]) == (fired["alert_id"], "resolved")
    assert (effects.writes, effects.due) == ({}, {})


@pytest.mark.parametrize("value", [b"\x00\xff", None, b"[" * 200_000])
def test_what_is_set_aside_is_not_evaluated(value: bytes | None) -> None:
    """Whatever makes the engine fail must not make this fail."""
    effects = aside.set_aside(engine(), replace(LAB, value=value, key=b"\xff", fault=BUG), NOW)
    assert len(effects.outputs) == 3


def processed(*found: InputRecord) -> list[Output]:
    made = engine()
    batch = made.read(found, NOW)
    for stay_id in made.missing(batch, NOW):
        made.install(stay_id, {})
    return made.process(batch, NOW).outputs


@pytest.mark.proves("I2")
def test_i2_of_records_that_nobody_can_read_each_is_a_dead_letter_and_their_batch_an_alert() -> None:
    """The first has the bytes of the batch. What is before and behind them is scored."""
    broken = [replace(LAB, offset=10, value=b"batch", fault=UNREADABLE)]
    broken += [replace(LAB, offset=11 + more, value=None, fault=UNREADABLE) for more in range(2)]
    outputs = processed(ADMITTED, *broken, LAB)
    letters = outputs_to(outputs, DEAD_LETTER)
    assert [(one["reason"], one["offset"]) for one in letters] == [("unreadable", 10 + place) for place in range(3)]
    alerts = [one["detail"] for one in outputs_to(outputs, ALERT) if one["name"] == "record-quarantined"]
    assert alerts == [f"{LAB.topic}+3+10"] * 2
    assert [one["day"] for one in outputs_to(processed(ADMITTED, LAB), MODS)] == [
        one["day"] for one in outputs_to(outputs, MODS)
    ]


def test_of_a_value_that_was_not_kept_the_dead_letter_says_size_and_hash_of_the_whole() -> None:
    [letter] = outputs_to(processed(replace(LAB, whole=Whole(14_000_000, "ab" * 32))), DEAD_LETTER)
    assert (letter["reason"], letter["payload_bytes"], letter["payload_sha256"]) == ("too-large", 14_000_000, "ab" * 32)


@pytest.mark.proves("I8")
def test_i8_a_stay_at_which_time_alone_fails_is_put_off_and_not_named() -> None:
    made = engine()
    effects = aside.put_off(made, "S-1", 3, NOW)
    assert effects.due == {"S-1": NOW + timedelta(days=1)}
    assert made.next_due() == NOW + timedelta(days=1)
    fired, _ = outputs_to(effects.outputs, ALERT)
    assert fired["detail"].startswith("partition-3+")
    assert b"S-1" not in b"".join(one.value for one in effects.outputs)


@pytest.mark.proves("I8")
def test_i8_the_engine_says_at_which_stay_it_is_when_its_time_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """So the shell can distinguish what failed from what came."""
    made = engine()
    batch = made.read([ADMITTED], at("day 1 08:30"))
    for stay_id in made.missing(batch, at("day 1 08:30")):
        made.install(stay_id, {})
    made.process(batch, at("day 1 08:30"))
    assert made.due_stay is None
    monkeypatch.setattr(StayState, "revisions", _fails)
    with pytest.raises(ZeroDivisionError):
        made.process(made.read([], NOW), NOW)
    assert made.due_stay == "S"


def _fails(*_: Any, **__: Any) -> None:
    raise ZeroDivisionError


@pytest.mark.proves("I5")
@pytest.mark.parametrize("already", [True, False])
def test_i5_what_was_set_aside_stays_refused_when_state_is_made_again(already: bool) -> None:
    """Also where it comes to light only then; and it is published once."""
    rebuild = Rebuild(SHIPPED, bounded=False)
    letters = [one for one in aside.set_aside(engine(), replace(LAB, fault=BUG), NOW).outputs if one.topic != ALERT]
    if already:
        note_outputs(rebuild, letters)
        owed = rebuild.take(LAB, NOW) + rebuild.set_aside(replace(LAB, fault=BUG), NOW)
        assert owed == []
    else:
        owed = rebuild.set_aside(replace(LAB, fault=BUG), NOW)
        assert owed[0].event_id == letters[0].event_id
    _, effects = rebuild.finish(NOW, "partition-3+0")
    assert effects.writes.keys() == {""}


@pytest.mark.proves("I5")
def test_i5_an_unreadable_record_that_was_published_is_not_published_again() -> None:
    rebuild = Rebuild(SHIPPED, bounded=False)
    broken = replace(LAB, value=b"batch", fault=UNREADABLE)
    owed = rebuild.take(broken, NOW)
    assert len(owed) == 3
    again = Rebuild(SHIPPED, bounded=False)
    note_outputs(again, owed)
    assert again.take(broken, NOW) == []


@pytest.mark.proves("I9")
def test_i9_what_was_set_aside_is_no_part_of_a_history() -> None:
    history = History({"S"})
    history.note_dead_letter(text.encode({"event_id": dead_letter_id(LAB, 0), "reason": "unprocessable"}).encode())
    history.take(LAB)
    assert history.read(engine()).inputs == ()
