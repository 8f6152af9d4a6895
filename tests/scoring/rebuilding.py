"""State that is lost and rebuilt from the topics, for the tests of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from picustream.eventfiles.replay import Replay
from picustream.scoring.outputs import Output
from picustream.scoring.rebuild import Rebuild
from tests import reference
from tests.scoring.histories import SHIPPED, input_records

Events = list[tuple[str, dict[str, Any]]]


def note_outputs(rebuild: Rebuild, outputs: Iterable[Output]) -> None:
    """Reads output records, as a rebuild does before the inputs."""
    for output in outputs:
        rebuild.note_output(output.topic, output.key, output.value, dict(output.headers))


def with_state_lost(events: Events, seed: int) -> tuple[list[Output], datetime]:
    """All outputs of a run that publishes up to a cut and then rebuilds its state from the topics; when it ends."""
    until = reference.replay_clock([event for event in events if reference.accepts(*event)])
    whole = input_records(events)
    before = Replay(SHIPPED)
    published = list(before.take(whole[: seed * 7 % (len(whole) + 1)]))
    rebuild = Rebuild(SHIPPED, bounded=False)
    note_outputs(rebuild, published)
    owed = [output for one in whole for output in rebuild.take(one, until)]
    _, effects = rebuild.finish(until, "partition-0+0")
    return [*published, *owed, *effects.outputs], until
