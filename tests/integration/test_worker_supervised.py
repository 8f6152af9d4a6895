"""`worker --supervised`: a worker that dies is back with its partitions, and nobody else notices (I2, I3).

How long it took is printed and not asserted: `pytest -s -k supervised`. The figures are in docs/operating.md.
"""

import os
import signal
import time
from typing import Any

import pytest

from picustream.local import servers as local
from picustream.models.record import DEAD_LETTERS
from picustream.scoring.scores.mods.record import MODS
from tests.integration.workers import Bench, Worker, assert_exactly_once, toy_events, wait_for

pytestmark = [pytest.mark.servers, pytest.mark.proves("I2", "I3")]


def lines(worker: Worker, event: str) -> list[dict[str, Any]]:
    return [line for line in worker.log_lines if line["event"] == event]


def held_after(worker: Worker, times: int, partitions: int) -> bool:
    """Whether the worker of a supervisor has taken over so many partitions in its life of that number."""
    starts = [number for number, line in enumerate(worker.log_lines) if line["event"] == "starting"]
    if len(starts) < times:
        return False
    since = worker.log_lines[starts[times - 1] :]
    return sum(len(line["partitions"]) for line in since if line["event"] == "taken-over") >= partitions


def kill_child(worker: Worker) -> float:
    """SIGKILL to the worker that the supervisor runs now; when that was."""
    os.kill(lines(worker, "starting")[-1]["pid"], signal.SIGKILL)
    return time.monotonic()


def two_that_share(toys: Bench) -> tuple[Worker, Worker]:
    """Two supervised workers with half of the partitions each."""
    one, other = toys.worker("a", "--supervised"), toys.worker("b", "--supervised")
    half = toys.partitions // 2
    for worker in (one, other):
        wait_for(lambda worker=worker: len(worker.held) == half, "they share the partitions")
    return one, other


def test_a_supervised_worker_that_is_killed_has_its_partitions_back_and_the_other_never_stops(toys: Bench) -> None:
    killed, other = two_that_share(toys)
    before = len(lines(other, "taken-over"))
    events = toy_events(2_000)
    for life in range(2, 5):
        toys.publish(events[(life - 2) * 500 : (life - 1) * 500])
        wait_for(lambda life=life: len(toys.records([MODS])) > (life - 2) * 500, "it is at work")
        then = kill_child(killed)
        wait_for(lambda life=life: held_after(killed, life, toys.partitions // 2), "its partitions are held again")
        print(f"killed by SIGKILL: partitions held again after {time.monotonic() - then:.1f} s")
    toys.publish(events[1_500:])
    wait_for(lambda: len(toys.records([MODS])) == len(events), "all is processed")
    assert len(lines(other, "taken-over")) == before, "the other one never stopped"
    assert [killed.stop(), other.stop()] == [0, 0]
    assert_exactly_once(toys.records(), events)


def test_a_worker_that_does_not_come_back_is_replaced(toys: Bench) -> None:
    gone, other = two_that_share(toys)
    events = toy_events(500)
    toys.publish(events[:250])
    gone.kill()  # the supervisor: its worker stops, and nobody starts it again
    wait_for(lambda: lines(gone, "stopped"), "nobody is left over")
    then = time.monotonic()
    toys.publish(events[250:])
    wait_for(lambda: len(other.held) == toys.partitions, "the other has all partitions")
    print(f"gone: its partitions held by the other after {time.monotonic() - then:.1f} s (session time-out 6 s)")
    wait_for(lambda: len(toys.records([MODS])) == len(events), "all is processed")
    assert other.stop() == 0
    assert_exactly_once(toys.records(), events)


def test_a_supervised_worker_that_dies_over_and_over_ends_where_it_should(toys: Bench) -> None:
    events = toy_events(600)
    toys.publish(events)
    supervisor = toys.worker("a", "--supervised", "--drain", crash_at="after-lua:4")
    assert supervisor.end() == 0, supervisor.log.read_text()
    assert len(lines(supervisor, "worker-ended")) > 1
    assert_exactly_once(toys.records(), events)


def test_a_worker_that_dies_while_redis_is_away_is_started_until_it_is_back(toys: Bench, servers: Any) -> None:
    events = toy_events(400)
    supervisor = toys.worker("a", "--supervised")
    wait_for(lambda: len(supervisor.held) == toys.partitions, "it is at work")
    toys.publish(events[:200])
    local.kill_redis(servers.dir)
    kill_child(supervisor)
    wait_for(lambda: "status 3" in [line["how"] for line in lines(supervisor, "worker-ended")], "it fails again")
    local.start_redis(servers.dir)
    toys.publish(events[200:])
    wait_for(lambda: len(toys.records([MODS])) == len(events), "all is processed")
    assert supervisor.stop() == 0
    assert_exactly_once(toys.records(), events)


def test_without_redis_from_the_start_it_gives_up(toys: Bench) -> None:
    supervisor = toys.worker("a", "--supervised", redis="redis://127.0.0.1:1/0")
    assert supervisor.end() == 3
    assert supervisor.log.read_text().count("Redis does not answer") == 1


def test_the_command_itself_with_the_real_engine(toys: Bench) -> None:
    """Junk becomes dead letters, each once, though the worker is killed among them."""
    supervisor = toys.worker("a", "--supervised", command="picustream worker")
    wait_for(lambda: len(supervisor.held) == toys.partitions, "it is at work")
    toys.publish(toy_events(200))
    kill_child(supervisor)
    wait_for(lambda: len(toys.records(DEAD_LETTERS)) == 200, "all is processed")
    assert supervisor.stop() == 0
    assert len({record.value for record in toys.records(DEAD_LETTERS)}) == 200
