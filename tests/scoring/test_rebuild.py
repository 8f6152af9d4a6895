"""Lost state is rebuilt from the topics (I5): nothing is published twice, and nothing is left out (I3)."""

from dataclasses import replace
from typing import Any

import pytest

from picustream.models.record import ALERT
from picustream.scoring.alerts.feed_snapshot import Feeds
from picustream.scoring.alerts.source import LATE
from picustream.scoring.engine import Engine
from picustream.scoring.outputs import HEAD_HEADER, Output
from picustream.scoring.rebuild import CannotRebuild, Rebuild
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.trial.records import OUTCOME
from tests.reference.generate import history
from tests.scoring.build import Stay, at
from tests.scoring.compare import Key, current
from tests.scoring.histories import SHIPPED, input_records, replayed
from tests.scoring.rebuilding import note_outputs, with_state_lost

OF_THE_WAY = {"event_id", "revision", "supersedes", "cause", "emitted_at", "status"}


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.proves("I5", "I3", "I1")
def test_state_lost_at_any_moment_is_rebuilt_and_each_revision_published_once(seed: int) -> None:
    events = history(seed)
    after, until = with_state_lost(events, seed)
    records = [output.event_id for output in after if not output.event_id.startswith("dead/")]
    assert len(records) == len(set(records))
    assert _essence(after) == _essence(replayed(events, SHIPPED, until))


def _essence(outputs: list[Output]) -> dict[Key, dict[str, Any]]:
    """Current records without the fields that depend on how they came about."""
    records = current(outputs)
    return {key: {name: part for name, part in one.items() if name not in OF_THE_WAY} for key, one in records.items()}


@pytest.mark.proves("I5")
@pytest.mark.parametrize(("topic", "key", "headers"), [
    (MODS, b"S", {}), (MODS, None, {HEAD_HEADER: b"{}"}), (OUTCOME, None, {}),
])  # fmt: skip
def test_a_record_that_does_not_say_what_it_published_stops_a_rebuild(
    topic: str, key: bytes | None, headers: dict[str, bytes]
) -> None:
    """Nothing is guessed, for the next revision would be one too low."""
    with pytest.raises(CannotRebuild, match=topic):
        Rebuild(SHIPPED, bounded=False).note_output(topic, key, b"{}", headers)


@pytest.mark.proves("I5")
def test_an_alert_that_was_over_as_it_was_published_is_passed_over() -> None:
    """It belongs to a partition; there is nothing of it to go on with."""
    Rebuild(SHIPPED, bounded=False).note_output(ALERT, None, b"{}", {})


def heard(ward: Stay, *hours: int) -> Feeds:
    """What a partition knows of its sources after a rebuild; the events came at these hours of day 2."""
    rebuild, now = Rebuild(SHIPPED, bounded=False), at("day 2 20:00")
    for one, hour in zip(input_records(ward.events), hours, strict=True):
        rebuild.take(replace(one, arrived_at=at(f"day 2 {hour:02}:00")), now)
    _, effects = rebuild.finish(now, "partition-0+0")
    return Feeds({name: value for name, value in effects.writes[""].items() if value is not None})


@pytest.mark.proves("I5")
def test_i5_a_stay_is_open_since_its_admission_came() -> None:
    """Not since the first result, and not since a later version of the admission."""
    ward = Stay().lab("day 2 06:00", creatinine=60).admitted("day 2 05:00").vital("day 2 09:00", heart_rate=100)
    ward = ward.admitted("day 2 05:30", recorded="day 2 10:00", status="corrected")
    assert heard(ward, 7, 8, 9, 10).open == {"S": at("day 2 08:00")}


@pytest.mark.proves("I5")
def test_i5_a_repeat_of_a_late_result_does_not_count_as_late_again() -> None:
    """The source was late at seven, and no more."""
    ward = Stay().admitted("day 1").lab("day 1 05:00", creatinine=60, event_id="r1", recorded="day 1 05:30")
    [late, admission] = ward.events[1:], ward.events[:1]
    ward = replace(ward, events=(*admission, *late, *late))
    assert heard(ward, 6, 7, 9).sources["ward"].faults[LATE] == at("day 2 07:00")


@pytest.mark.proves("I5", "T6")
def test_t6_what_lay_ahead_of_its_time_stays_refused() -> None:
    """It was refused before the state was lost; that it lies in the past by now makes no difference."""
    engine, refused_at, now = Engine(SHIPPED), at("day 1 08:00"), at("day 2 20:00")
    [ahead] = input_records(Stay().lab("day 1 12:00", creatinine=60).events)
    [admission] = engine.read([ahead], refused_at).inputs
    rebuild = Rebuild(SHIPPED, bounded=False)
    note_outputs(rebuild, engine.dead_letters(admission, refused_at))
    assert rebuild.take(ahead, now) == []
    _, effects = rebuild.finish(now, "partition-0+0")
    assert effects.writes.keys() == {""}
