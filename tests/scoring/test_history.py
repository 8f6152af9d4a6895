"""A stay's whole history, read again: what was processed of it, and nothing that was refused (I9)."""

import pytest

from picustream.models import text
from picustream.models.record import Cause
from picustream.scoring.chart.gaps import GAPS, NAMES
from picustream.scoring.dead_letters import dead_letter_id
from picustream.scoring.engine import Engine
from picustream.scoring.event_packs import stored_events
from picustream.scoring.history import History
from picustream.scoring.stay_state import HEAD, StayState
from picustream.scoring.validation import LATEST, InputRecord
from tests.scoring.build import Stay
from tests.scoring.histories import SHIPPED, input_records, written

EVENTS = Stay().lab("day 1 09:00", creatinine=60).lab("day 1 10:00", creatinine=70).events


def input_record(offset: int, key: bytes | None) -> InputRecord:
    topic, body = EVENTS[offset % 2]
    return InputRecord(topic, 3, offset, key, written(body))


def read(history: History, *found: InputRecord) -> list[int | None]:
    """Offsets of what the history takes for processed."""
    for one in found:
        history.take(one)
    return [one.input_record.offset for one in history.read(Engine(SHIPPED)).inputs]


@pytest.mark.proves("I9")
def test_i9_a_history_has_the_records_of_its_stays_and_those_without_a_key() -> None:
    """A record without a key may be of any stay."""
    found = read(History({"S"}), input_record(1, b"S"), input_record(2, b"T"), input_record(3, None))
    assert found == [1, 3]


@pytest.mark.proves("I9", "T6")
def test_i9_what_lay_ahead_of_its_time_is_not_used_when_it_is_read_again() -> None:
    """A dead letter for any other reason says nothing of the rest of its event."""
    history = History({"S"})
    for offset, reason in ((1, "in-the-future"), (2, "unit-missing")):
        event_id = dead_letter_id(input_record(offset, b"S"), 0)
        history.note_dead_letter(text.encode({"event_id": event_id, "reason": reason}).encode())
    assert read(history, *(input_record(offset, b"S") for offset in range(4))) == [0, 2, 3]


@pytest.mark.proves("I9")
def test_i9_a_stay_read_again_writes_its_events_anew_and_keeps_what_it_published() -> None:
    """And that something was pruned is so no more."""
    batch = Engine(SHIPPED).read_until(input_records(EVENTS), LATEST)
    history = [one.accepted for one in batch.inputs if one.accepted]
    stay = StayState("S", SHIPPED)
    for accepted in history:
        stay.file(*accepted)
    stay.revisions(LATEST, Cause(reason="test", event_id=None), LATEST)
    fields = {name: value for name, value in stay.take_unsaved().items() if value is not None}
    events = {name: value for name, value in fields.items() if not name.startswith(HEAD)}
    assert fields.keys() > events.keys()
    gaps = {GAPS: b"", NAMES: b"", "p:7": b""}
    again = StayState.of_history("S", SHIPPED, fields | gaps, history)
    assert again.take_unsaved() == events | dict.fromkeys(gaps)
    assert again.revisions(LATEST, Cause(reason="test", event_id=None), LATEST) == []


@pytest.mark.proves("I9")
def test_i9_a_stay_is_given_its_own_history_alone() -> None:
    """The histories of two stays are read at once, where both are needed."""
    others = [(topic, body | {"stay_id": "T", "source": "elsewhere"}) for topic, body in EVENTS]
    engine = Engine(SHIPPED)
    engine.reload_history("S", {}, engine.read_until(input_records([*others, *EVENTS]), LATEST), "S+1")
    effects = engine.process(engine.read_until(input_records(EVENTS[:1]), LATEST), LATEST, advance_clock=False)
    fields = {name: value for name, value in effects.writes["S"].items() if value is not None}
    assert len(list(stored_events(fields))) == len(EVENTS)
