"""Random nasty stays, live through Kafka and Redis: as in `replay`, and as the independent reference has them (I1)."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from picustream.eventfiles import files
from tests import reference
from tests.integration.realrun import RealRun
from tests.reference.generate import history
from tests.reference.written import Event
from tests.scoring.histories import shuffled, written

pytestmark = [pytest.mark.servers, pytest.mark.proves("I1", "I2", "I3")]

STAYS = 40
FIRST, LAST = datetime(2025, 2, 1, tzinfo=UTC), datetime(2025, 8, 1, tzinfo=UTC)
"""Stays of one half-year: an open one has a record for each of its days up to the clock."""


def nasty_stays(rng: random.Random) -> list[Event]:
    """Every event of some random stays that are over by `LAST`, in any order, every tenth of them twice."""
    events: list[Event] = []
    stays = 0
    while stays < STAYS:
        sent = history(rng.randrange(1_000_000))
        sound = [event for event in sent if reference.accepts(*event)]
        if sound and FIRST < reference.replay_clock(sound) < LAST:
            events += sent
            stays += 1
    return shuffled(events, rng.randrange(1_000_000))


@pytest.mark.parametrize("seed", [1])
def test_two_workers_end_where_replay_and_the_reference_end(real_run: RealRun, seed: int) -> None:
    events = nasty_stays(random.Random(seed))
    lines = [files.record_line(topic, written(value)).decode().rstrip() for topic, value in events]
    run = real_run.told_at(lines, LAST + timedelta(hours=2))
    workers = [run.worker(name) for name in ("a", "b")]
    run.publish(as_is=True)
    run.all_processed()
    assert [worker.stop() for worker in workers] == [0, 0]
    run.drain()
    verdict = run.verdict(by_reference=True)
    assert verdict.faults == [], str(verdict)
    assert verdict.counts["refused"] > 0
    assert verdict.counts["repeats"] > 0
