"""A real worker with the real engine, killed at every named point, alone and beside another one (I2, I3).

What each point lies between is stated in `streams/partition/apply.py`, `takeover.py` and `rebuild.py`.
"""

import pytest
from redis import Redis

from picustream.local.processes import wait_until
from picustream.runtime.crash_points import POINTS, REBUILD_POINTS
from tests.integration.realrun import PARTITIONS, RealRun
from tests.integration.workers import Worker, wait_for

pytestmark = [pytest.mark.servers, pytest.mark.proves("I2", "I3")]

SESSION = "3"
"""Seconds until the partitions of a worker that does not come back move."""
LONG_SESSION = "30"
"""Likewise, where it has to come back to what it left."""
FINISHES = {"take-over-outbox-published", "take-over-trimmed"}
"""Points that a take-over passes only where an outbox was left."""
LEAVES = "mid-publish"
"""A point at which one is."""
SOON = 20.0
"""Seconds in which a victim comes to its point, if it has kept its partitions."""


def wiped(run: RealRun) -> None:
    with Redis.from_url(run.bench.settings.redis) as redis:
        redis.flushall()


@pytest.mark.parametrize("point", POINTS + REBUILD_POINTS)
def test_a_worker_killed_alone_and_started_again(real_run: RealRun, point: str) -> None:
    run = real_run
    if point.startswith("rebuild"):
        run.publish(0, 0.5)
        run.drain()
        wiped(run)
        run.publish(0.5, 1)
    else:
        run.publish()
    if point in FINISHES:
        run.crash(LEAVES)
    run.crash(point)
    run.drain()
    assert run.verdict().faults == []


@pytest.mark.parametrize("point", POINTS + REBUILD_POINTS)
def test_a_worker_killed_for_good_beside_another_one(real_run: RealRun, point: str) -> None:
    """The other one has to do the rest of both."""
    run = real_run
    comes_back = point in FINISHES
    first = {"crash_at": LEAVES, "session_timeout": LONG_SESSION} if comes_back else {"crash_at": point}
    other = run.worker("other", session_timeout=SESSION)
    victim = run.worker("victim", **{"session_timeout": SESSION, **first})
    wait_for(lambda: shared_by(other, victim) or ended(victim), "they share the partitions")
    run.publish(0, 0.5)
    if point.startswith("rebuild"):
        run.all_processed()
    bring_to_its_point(run, point)
    if not wait_until(lambda: ended(victim), SOON):
        # On a busy machine it lost its partitions for a moment, and the other one did its work: there has to be more of
        # it. What is sent again changes nothing.
        wait_for(lambda: shared_by(other, victim) or ended(victim), "they share the partitions again")
        bring_to_its_point(run, point)
    wait_for(lambda: ended(victim), "it is dead")
    if comes_back:
        run.crash(point, "victim", session_timeout=SESSION)
    wait_for(lambda: len(other.held) == PARTITIONS, "the other one holds all partitions")
    run.all_processed()
    assert other.stop() == 0
    run.drain("other")
    assert run.verdict().faults == []


def bring_to_its_point(run: RealRun, point: str) -> None:
    """Give the workers something to process, and before it, where the point is one of a rebuild, to rebuild."""
    if point.startswith("rebuild"):
        wiped(run)
    run.publish(0.5, 1)


def shared_by(one: Worker, other: Worker) -> bool:
    return bool(one.held) and bool(other.held) and len(one.held) + len(other.held) == PARTITIONS


def ended(worker: Worker) -> bool:
    return worker.process.poll() is not None


@pytest.mark.proves("I4")
def test_a_worker_asleep_until_its_partitions_have_moved_changes_and_publishes_nothing(real_run: RealRun) -> None:
    run = real_run
    sleeper = run.worker("sleeper", session_timeout=SESSION)
    wait_for(lambda: len(sleeper.held) == PARTITIONS, "it holds its partitions")
    run.publish()
    sleeper.pause()
    run.drain("other")
    before = run.verdict()
    assert before.faults == []
    sleeper.wake()
    wait_for(lambda: len(sleeper.held) == PARTITIONS, "it has joined the group anew")
    assert sleeper.stop() == 0
    after = run.verdict()
    assert after.faults == []
    assert after.counts == before.counts
