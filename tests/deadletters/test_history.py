"""What has become of dead letters, and which of them `resubmit --all` leaves alone (docs/topics.md)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kafka import TopicPartition

from picustream.commands.main import main
from picustream.deadletters.choice import Choice, NamedIds
from picustream.deadletters.dead_letter import DecodedDeadLetter, content_of, dead_letters
from picustream.deadletters.groups import grouped
from picustream.deadletters.history import MARGIN_MS, History, LaterRecord
from picustream.deadletters.inputs import _relevant, _starts
from picustream.eventfiles.outputs import Stored
from picustream.models.event import LAB
from picustream.models.record import DEAD_LETTER
from picustream.scoring.engine import Engine
from picustream.scoring.rules import load_rules
from picustream.scoring.validation import InputRecord
from picustream.streams.kafka.resubmission import RESUBMITTED_HEADER
from picustream.streams.kafka.topics import partition_of
from tests.deadletters.refusals import FIXED, NOW, Tray, again, event
from tests.scoring.build import obs

PARTITIONS = 4
HOME = partition_of("S-1", PARTITIONS)
STAMPED = 1_000_000
EARLY = datetime(2024, 12, 31, tzinfo=UTC)
FOUR = [obs("creatinine", 5, "micromol"), obs("platelets", 5, "a"), obs("pao2", 5, "b"), obs("heart_rate", 5, "c")]


def refused(
    value: bytes, offset: int, again: bool = False, latest: datetime = NOW, partition: int = HOME
) -> list[DecodedDeadLetter]:
    """The dead letters that the engine makes of one record, as they come from Kafka."""
    engine = Engine(load_rules())
    read = engine.read([InputRecord(LAB, partition, offset, None, value, again)], latest)
    made = (one.value for one in engine.process(read, latest).outputs if one.topic == DEAD_LETTER)
    return list(dead_letters((Stored(DEAD_LETTER, None, one, "here", STAMPED) for one in made), pytest.fail))


def later(
    value: bytes, offset: int, of: DecodedDeadLetter | None = None, partition: int = HOME, arrived_at_ms: int = STAMPED
) -> LaterRecord:
    return LaterRecord(
        (LAB, partition, offset), arrived_at_ms, (LAB, "lis", "e-1"), content_of(LAB, value), of and of.record.event_id
    )


def history(*found: DecodedDeadLetter, since: Iterable[LaterRecord] = ()) -> History:
    printed = History(found)
    for one in since:
        printed.note(one)
    return printed


def states(printed: History) -> list[str]:
    return [printed.state(dead_letter) for dead_letter in printed.dead_letters]


# State. --------------------------------------------------------------------------------------------------------------


def test_a_dead_letter_is_open_until_its_event_comes_again() -> None:
    assert states(history(*refused(event(), 40))) == ["open"]
    assert states(history(*refused(event(), 40, again=True))) == ["refused-again"]


def test_what_was_sent_again_is_reported_by_the_dead_letters_id_or_by_the_same_bytes() -> None:
    """Of an event with two faults one dead letter alone is named in the header."""
    two = refused(event(obs("creatinine", 5, "micromol"), obs("creatinine", 6, "micromol", id="other")), 40)
    printed = history(*two, since=[later(two[0].payload, 50, of=two[0])])
    assert states(printed) == ["sent-again", "sent-again"]
    fixed = later(event(obs("creatinine", 5, "umol/L")), 50, of=two[0])
    assert history(*two, since=[fixed]).state(two[0]) == "sent-again", "a person mended it by hand, and said so"


def test_refused_again_is_the_same_trouble_in_a_newer_dead_letter() -> None:
    first, second = refused(event(), 40), refused(event(), 50, again=True)
    printed = history(*first, *second, since=[later(event(), 50, of=first[0])])
    assert states(printed) == ["superseded", "refused-again"]


def test_of_four_faults_and_one_fixed_three_are_open_however_often_it_is_sent() -> None:
    """Each time three new dead letters come, by the contract, and take the place of three older ones."""
    value, found, since = event(*FOUR), refused(event(*FOUR), 40), []
    first = found[0]
    for offset in (50, 60, 70):
        since.append(later(value, offset, of=first))
        found += refused(value, offset, again=True)[1:]
    printed = history(*found, since=since)
    assert states(printed) == ["sent-again", *["superseded"] * 9, *["refused-again"] * 3]
    groups = grouped((dead_letter, printed.state(dead_letter)) for dead_letter in printed.dead_letters)
    assert [(one.count, one.open) for one in groups] == [(4, 1), (4, 1), (4, 1), (1, 0)]
    assert groups[0].as_data()["superseded"] == 3
    assert groups[0].example.startswith(f"dead/{LAB}/{HOME}/70/"), "the one to look at is open"


def test_what_its_feed_has_sent_since_is_overtaken_unless_that_was_refused_too() -> None:
    [wrong] = refused(event(), 40, latest=EARLY)
    assert wrong.record.reason == "in-the-future"
    fixed = later(event(obs("creatinine", 5, "umol/L")), 50)
    assert states(history(wrong, since=[fixed])) == ["overtaken"]
    [other] = refused(event(observed_at="08:00"), 50)
    assert states(history(wrong, other, since=[later(other.payload, 50)])) == ["open", "open"]


def test_what_came_before_settles_nothing() -> None:
    """By offset on one partition, by the broker's clock on another."""
    [dead_letter] = refused(event(), 40)
    there, long_ago = (HOME + 1) % PARTITIONS, STAMPED - MARGIN_MS - 1
    assert states(history(dead_letter, since=[later(event(), 39)])) == ["open"]
    assert states(history(dead_letter, since=[later(event(), 90, partition=there, arrived_at_ms=long_ago)])) == ["open"]
    assert states(history(dead_letter, since=[later(event(), 1, partition=there)])) == ["overtaken"]


# Reading the inputs. -------------------------------------------------------------------------------------------------


def test_only_partitions_where_an_event_can_come_again_are_read_from_its_dead_letter_on() -> None:
    """A fault of an observation: its own partition. Of the whole event, which may name another stay once fixed: all."""
    offsets, moments = _starts([*refused(event(), 60), *refused(event(), 40)], {LAB: PARTITIONS})
    assert (offsets, moments) == ({TopicPartition(LAB, HOME): 41}, {})
    offsets, moments = _starts(refused(event(), 40, latest=EARLY), {LAB: PARTITIONS})
    assert len(moments) == PARTITIONS - 1 and set(moments.values()) == {STAMPED - MARGIN_MS}
    assert _starts(refused(b"{no json", 40), {LAB: PARTITIONS}) == ({TopicPartition(LAB, HOME): 41}, {})


def record(value: bytes, offset: int, partition: int = HOME, of: str | None = None) -> Any:
    headers = [(RESUBMITTED_HEADER, of.encode())] if of else []
    value_ = {"topic": LAB, "value": value, "key": b"S-1", "headers": headers, "timestamp": STAMPED}
    return SimpleNamespace(partition=partition, offset=offset, **value_)


def test_of_the_inputs_what_holds_the_event_of_a_dead_letter_is_noted() -> None:
    """However its name is written; not other events, nor what came on a wrong partition and is forwarded."""
    found = refused(event(), 40)
    records = [
        record(event(), 50),
        record(event(name="e-2"), 51),
        record(event().replace(b"e-1", b"\\u0065-1"), 52),
        record(event(), 53, partition=(HOME + 1) % PARTITIONS),
        record(event(name="e-3"), 54, of="dead/x"),
    ]
    noted = list(_relevant(records, found, {LAB: PARTITIONS}))
    assert [(one.position[2], one.dead_letter_id) for one in noted] == [(50, None), (52, None), (54, "dead/x")]


# Which are left alone. -----------------------------------------------------------------------------------------------


def test_what_is_done_with_is_skipped_and_counted_and_a_second_run_sends_nothing(tmp_path: Path) -> None:
    [dead_letter] = refused(event(), 40)
    sender, tray = again(FIXED, tmp_path), Tray()
    assert sender.resubmit([dead_letter], tray, Choice(history(dead_letter))).fixed == 1
    printed = history(dead_letter, since=[later(event(), 50, of=dead_letter)])
    second = sender.resubmit([dead_letter], tray, Choice(printed))
    assert len(tray.sent) == 1
    assert second.as_data()["letters_skipped_by_reason"] == {"sent-again": 1}
    assert sender.resubmit([dead_letter], tray, Choice(printed, again=True)).fixed == 1


def test_a_wrong_event_does_not_beat_its_fixed_one(tmp_path: Path) -> None:
    """A time that was in the future and no longer is, is wrong still; and its feed has sent it rightly since."""
    [wrong] = refused(event(obs("creatinine", 5)), 40, latest=EARLY)
    sender, tray = again(None, tmp_path, latest=NOW), Tray()
    assert sender.resubmit([wrong], tray, Choice(history(wrong))).skipped == {"in-the-future": 1}
    printed = history(wrong, since=[later(event(obs("creatinine", 6)), 50)])
    assert sender.resubmit([wrong], tray, Choice(printed, again=True, wrong_clocks=True)).skipped == {"overtaken": 1}
    assert tray.sent == []
    assert sender.resubmit([wrong], tray, Choice(history(wrong), wrong_clocks=True)).fixed == 1


def test_named_dead_letters_are_sent_whatever_became_of_them_and_a_wrong_clock_is_warned_of(
    capsys: pytest.CaptureFixture[str],
) -> None:
    [wrong] = refused(event(), 40, latest=EARLY)
    named = NamedIds([wrong.record.event_id, "dead/nothing"])
    assert wrong in named and "still has the time of its wrong clock" in capsys.readouterr().err
    assert named.missing == {"dead/nothing"}


def test_other_faults_of_what_is_sent_are_reported(tmp_path: Path) -> None:
    """One of four is fixed: three are refused again, each by its own message."""
    found = refused(event(*FOUR), 40)
    printed = again(FIXED, tmp_path).resubmit(found, None).as_data()
    assert (printed["letters_mended"], printed["events_sent"], printed["letters_still_refused"]) == (1, 1, 3)
    assert printed["faults_refused_again"] == 3
    messages = [one["message"] for one in printed["refused_again"]]
    assert len(messages) == len(set(messages)) == 3


def test_faults_of_different_variables_are_not_merged_under_one_message(tmp_path: Path) -> None:
    """Out of the range of a FiO2 is another trouble than out of the range of a creatinine."""
    found = [*refused(event(obs("creatinine", 5000)), 40), *refused(event(obs("fio2", 15, "%"), name="e-2"), 41)]
    outcome = again(None, tmp_path).resubmit(found, None)
    assert sorted(message for _, _, message in outcome.refused) == [
        "outside the range of creatinine in umol/L", "outside the range of fio2 in 1",
    ]  # fmt: skip
    unnamed = [*refused(event(observed_at="08:00"), 40), *refused(event(observed_at="2025-01-01T08:00:00"), 41)]
    groups = grouped((dead_letter, "open") for dead_letter in unnamed)
    assert len(groups) == len({one.message for one in groups}) == 2


def test_ids_and_all_together_are_reported_for_what_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deadletters", "resubmit", "dead/x", "--all"]) == 2
    assert "both given" in capsys.readouterr().err


def test_the_help_is_not_cut_off(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deadletters", "--help"]) == 0
    assert "..." not in capsys.readouterr().out.partition("Commands:")[2]
