"""Sending dead letters again: what is fixed, unchanged, and nothing twice (docs/topics.md)."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from picustream.models.event import LAB, VITAL
from picustream.models.record import DEAD_LETTER
from picustream.runtime.clock import Clock
from picustream.scoring.engine import Engine
from picustream.scoring.rules import load_rules
from picustream.streams.kafka.resubmission import RESUBMITTED_HEADER
from picustream.streams.kafka.scheduler import FetchedBatch
from picustream.streams.kafka.topics import partition_of
from picustream.streams.partition.intake import take_in
from tests.deadletters.refusals import FIXED, NOW, Tray, again, event, read, refused
from tests.scoring.build import obs


@pytest.mark.proves("I2")
def test_what_a_code_map_fixes_is_sent_unchanged_keyed_and_marked(tmp_path: Path) -> None:
    """The bytes that were refused, the stay as the key, the dead letter's id in a header."""
    tray = Tray()
    found = read(refused(event(stay="S-1")))
    outcome = again(FIXED, tmp_path).resubmit(found, tray)
    [(topic, value, key, headers)] = tray.sent
    assert (topic, value, key) == (LAB, event(), b"S-1")
    assert headers == {RESUBMITTED_HEADER: f"dead/{LAB}/3/40/0".encode()}
    assert (outcome.fixed, outcome.still_refused) == (1, 0)


def test_what_would_only_be_refused_again_is_not_sent(tmp_path: Path) -> None:
    """No code map, the wrong one, a fault that no code map fixes: counted with the reason of now."""
    tray = Tray()
    found = read(refused(event(), event(obs("creatinine", 5000)), b"{no json", b'{"event_id":1}'))
    outcome = again(None, tmp_path).resubmit(found, tray)
    assert tray.sent == []
    assert outcome.still_refused == 4
    assert {reason for reason, _, _ in outcome.refused} == {"unit-unknown", "implausible", "not-json", "schema"}


def test_a_unit_that_is_known_now_may_show_another_fault(tmp_path: Path) -> None:
    """5,000 of the right unit is out of range: refused for another reason than before."""
    found = read(refused(event(obs("creatinine", 5000, "micromol"))))
    outcome = again(FIXED, tmp_path).resubmit(found, Tray())
    assert [key[:2] for key in outcome.refused] == [("implausible", "/observations/*/value")]


def test_of_an_event_with_two_faults_the_fixed_one_is_worth_sending(tmp_path: Path) -> None:
    """Two dead letters of one event, one of them fixed: the event is sent once, the other dead letter stays refused."""
    tray = Tray()
    found = read(refused(event(obs("creatinine", 5, "micromol"), obs("platelets", 5, "furlong"))))
    assert len(found) == 2
    outcome = again(FIXED, tmp_path).resubmit(found, tray)
    assert (len(tray.sent), outcome.fixed, outcome.still_refused) == (1, 1, 1)


def test_an_event_that_left_many_dead_letters_is_sent_once(tmp_path: Path) -> None:
    """A feed that tried three times, and two faults that one code map fixes."""
    tray = Tray()
    two = event(obs("creatinine", 5, "micromol"), obs("creatinine", 6, "micromol", id="other"))
    outcome = again(FIXED, tmp_path).resubmit(read(refused(two, two, two)), tray)
    assert (len(tray.sent), outcome.fixed) == (1, 6)


def test_t6_what_lay_in_the_future_is_sent_once_its_time_has_come(tmp_path: Path) -> None:
    """T6: by the clock of now, with the protocol's tolerance."""
    early = datetime(2024, 12, 31, tzinfo=UTC)
    found = read(refused(event(obs("creatinine", 5)), latest=early))
    assert found[0].record.reason == "in-the-future"
    assert again(None, tmp_path, latest=early).resubmit(found, None).still_refused == 1
    assert again(None, tmp_path, latest=NOW).resubmit(found, None).fixed == 1


def test_whose_an_event_is_stays_refused_until_somebody_says_so(tmp_path: Path) -> None:
    """Key and stay_id name two stays. Which is right is nobody's to guess: the wrong one gets another child's value."""
    found = read(refused(event(obs("creatinine", 5)), key=b"S-2"))
    assert again(None, tmp_path).resubmit(found, None).still_refused == 1
    tray = Tray()
    again(None, tmp_path, rekey=True).resubmit(found, tray)
    assert [key for _, _, key, _ in tray.sent] == [b"S-1"]


def test_without_a_post_nothing_is_sent_and_all_is_reported(tmp_path: Path) -> None:
    """What `--dry-run` and the sending say is the same."""
    found = read(refused(event(), b"{no json"))
    dry = again(FIXED, tmp_path).resubmit(found, None)
    assert dry.as_data() == again(FIXED, tmp_path).resubmit(found, Tray()).as_data()
    assert dry.as_data()["events_sent_by_topic"] == {LAB: 1}


def test_i2_a_resubmitted_event_that_fails_again_says_so_in_its_dead_letter() -> None:
    """I2: the header of the record reaches the dead letter; what came from a feed itself does not claim it."""
    home = partition_of("S-1", 4)
    value_ = {"key": b"S-1", "value": event(), "timestamp": 0}
    record = SimpleNamespace(offset=7, headers=((RESUBMITTED_HEADER, b"dead/x"),), **value_)
    plain = SimpleNamespace(offset=8, headers=(("trace", b"1"),), **value_)
    intake = take_in([FetchedBatch(LAB, home, 7, [record, plain])], {LAB: 7, VITAL: 0}, home, 4, Clock())
    engine = Engine(load_rules())
    outputs = engine.process(engine.read(intake.input_records, NOW), NOW).outputs
    found = read(output.value for output in outputs if output.topic == DEAD_LETTER)
    assert [one.record.resubmitted for one in found] == [True, False]
