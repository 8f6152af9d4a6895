"""A worker that does not get on although it could ends by itself, with a reason, and loses nothing (I2, I3).

The points at which it is made to hang are those of `runtime/crash_points.py`.
"""

from typing import Any

import pytest

from picustream.local import servers as local
from picustream.runtime.errors import STALLED
from picustream.scoring.scores.mods.record import MODS
from tests.integration.workers import Bench, Worker, assert_exactly_once, toy_events, wait_for

pytestmark = [pytest.mark.servers, pytest.mark.proves("I2", "I3")]


def held(toys: Bench, name: str = "w", **env: str) -> Worker:
    worker = toys.worker(name, **env)
    wait_for(lambda: len(worker.held) == toys.partitions, "it holds its partitions")
    return worker


def assert_ends(worker: Worker, event: str, words: str) -> None:
    assert worker.end() == STALLED, worker.log.read_text()
    assert worker.logged(event), worker.log.read_text()
    assert words in worker.log.read_text()


def test_a_consumer_that_quietly_fetches_no_more(toys: Bench) -> None:
    """As in faust-streaming's issues 175, 523, 629 and 640: in the group, without an error, with records waiting."""
    events = toy_events(300)
    worker = held(toys, hang_at="fetch:3", stall_after="4")
    toys.publish(events)
    assert_ends(worker, "stalled", "No progress")
    toys.drain()
    assert_exactly_once(toys.records(), events)


def test_an_engine_that_does_not_come_back(toys: Bench) -> None:
    """It is given ten times as long, for nobody can distinguish it from one that has much to do."""
    events = toy_events(300)
    worker = held(toys, hang_at="engine:2", stall_after="3")
    toys.publish(events)
    assert_ends(worker, "stalled", "No progress")
    toys.drain()
    assert_exactly_once(toys.records(), events)


def test_an_event_loop_that_hangs(toys: Bench) -> None:
    events = toy_events(300)
    worker = held(toys, hang_at="before-lua:2", stall_after="4")
    toys.publish(events)
    assert_ends(worker, "hung", "The event loop has hung")
    toys.drain()
    assert_exactly_once(toys.records(), events)


def test_a_worker_that_hangs_in_its_engine_stops_when_it_is_asked_to(toys: Bench) -> None:
    worker = held(toys, hang_at="engine")
    toys.publish(toy_events(50))
    assert worker.stop() == 0
    toys.drain()
    assert_exactly_once(toys.records(), toy_events(50))


@pytest.mark.parametrize("which", ["redis", "kafka"])
def test_while_a_server_is_away_it_waits(toys: Bench, servers: Any, which: str) -> None:
    """For as long as it takes; a restart would not help."""
    events = toy_events(600)
    worker = held(toys, stall_after="4")
    toys.publish(events[:300])
    wait_for(lambda: len(toys.records([MODS])) == 300, "all is processed")
    getattr(local, f"kill_{which}")(servers.dir)
    wait_for(lambda: [line["event"] for line in worker.log_lines].count("servers-away") > 2, "it has waited for long")
    getattr(local, f"start_{which}")(servers.dir)
    toys.publish(events[300:])
    wait_for(lambda: len(toys.records([MODS])) == 600, "it goes on by itself")
    assert worker.stop() == 0
    assert_exactly_once(toys.records(), events)


def test_a_worker_that_slept_has_not_stood_still(toys: Bench) -> None:
    """I4: it was stopped for longer than the watchdog waits, and joins its group again."""
    sleeper = held(toys, "sleeper", stall_after="4")
    toys.publish(toy_events(300))
    sleeper.pause()
    toys.drain("other")
    sleeper.wake()
    toys.publish(toy_events(100, start=300))
    wait_for(lambda: len(toys.records([MODS])) == 400, "it is at work again")
    assert sleeper.stop() == 0
    assert_exactly_once(toys.records(), toy_events(400))
