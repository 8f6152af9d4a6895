"""Lost state is rebuilt from the topics (I5): nothing is told twice, nothing is left untold (I3)."""

from typing import Any

import pytest

from picustream.scoring.engine import Output
from picustream.scoring.rebuild import Rebuild
from picustream.streams.replay import Replay
from tests import reference
from tests.core.compare import Key, current
from tests.core.histories import SHIPPED, arrivals, replayed
from tests.reference.generate import history

OF_THE_WAY = {"event_id", "revision", "supersedes", "cause", "emitted_at", "status"}


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.proves("I5", "I3", "I1")
def test_state_lost_at_any_moment_is_rebuilt_and_each_revision_told_once(seed: int) -> None:
    events = history(seed)
    until = reference.replay_clock([event for event in events if reference.accepts(*event)])
    whole = arrivals(events)
    cut = seed * 7 % (len(whole) + 1)
    before = Replay(SHIPPED)
    told = [output for one in whole[:cut] for output in before.take(one)]

    rebuild = Rebuild(SHIPPED)
    for output in told:
        rebuild.told(output.topic, output.key, output.value, dict(output.headers))
    owed: list[Output] = []
    for one in whole:
        owed += rebuild.take(one, until)
    _, effects = rebuild.finish(until, "partition-0+0")
    after = [*told, *owed, *effects.outputs]

    records = [output.event_id for output in after if not output.event_id.startswith("dead/")]
    assert len(records) == len(set(records))
    assert _essence(after) == _essence(replayed(events, SHIPPED, until))


def _essence(outputs: list[Output]) -> dict[Key, dict[str, Any]]:
    """Current records without what tells of the way they came about."""
    records = current(outputs)
    return {key: {name: part for name, part in one.items() if name not in OF_THE_WAY} for key, one in records.items()}
