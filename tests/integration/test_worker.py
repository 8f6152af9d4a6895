"""The live worker on real Kafka and Redis, killed, paused and misfed: nothing lost, nothing twice (I2-I4, I8).

The engine is the toy of `toy.py`: one output per event, so that each effect can be counted. The real engine is behind
the same seam in `test_worker_scores.py`.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from picustream.local import servers as local
from picustream.local.ports import is_free
from picustream.models.event import LAB, TRIAL
from picustream.models.record import DEAD_LETTER, DEAD_LETTER_TRIAL, DEAD_LETTERS
from picustream.runtime.crash_points import POINTS
from picustream.runtime.errors import BUG
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.trial.records import OUTCOME
from picustream.streams.kafka import clients as kafka_clients
from picustream.streams.kafka import topics
from picustream.streams.partition.misrouted import FORWARDED_HEADER
from tests.integration.workers import Bench, assert_exactly_once, toy_events, wait_for

pytestmark = pytest.mark.servers

PARTITIONS = 4
KILLED = -9


@pytest.fixture
def bench(fresh_servers: Any, settings_env: dict[str, str], tmp_path: Path) -> Iterator[Bench]:
    env = settings_env | {"PICUSTREAM_PARTITIONS": str(PARTITIONS), "PICUSTREAM_SESSION_TIMEOUT": "6"}
    bench = Bench(env, tmp_path, PARTITIONS)
    with kafka_clients.admin(bench.settings) as admin:
        topics.create(admin, bench.settings, topics.ALL)
    yield bench
    bench.close()


BATCH_POINTS = [point for point in POINTS if not point.startswith("take-over")]
TAKE_OVER_POINTS = [point for point in POINTS if point.startswith("take-over")]


@pytest.mark.parametrize("point", BATCH_POINTS)
def test_a_worker_killed_between_any_two_steps_of_a_batch(bench: Bench, point: str) -> None:
    events = toy_events(300)
    bench.publish(events)
    assert bench.worker(crash_at=f"{point}:2").end() == KILLED
    bench.drain()
    assert_exactly_once(bench.records(), events)


@pytest.mark.parametrize(
    ("left", "point"),
    [("after-lua", point) for point in TAKE_OVER_POINTS]
    + [(left, "take-over-outbox-published") for left in ("mid-publish", "after-publish")],
)
def test_a_worker_killed_between_any_two_steps_of_a_take_over(bench: Bench, left: str, point: str) -> None:
    """The one before it died with an outbox written, half published, or published and not trimmed."""
    events = toy_events(300)
    bench.publish(events)
    assert bench.worker(crash_at=left).end() == KILLED
    assert bench.worker(crash_at=point).end() == KILLED
    bench.drain()
    assert_exactly_once(bench.records(), events)


@pytest.mark.parametrize("seed", [1, 2])
def test_two_workers_killed_at_random_while_events_flow(bench: Bench, seed: int) -> None:
    chance = random.Random(seed)
    workers = {name: bench.worker(name) for name in ("a", "b")}
    events: list[dict[str, Any]] = []
    for _ in range(8):
        more = toy_events(400, start=len(events))
        bench.publish(more)
        events += more
        name = chance.choice("ab")
        # Some are killed as they start, some at a point of the protocol, some at any moment.
        if chance.random() < 0.7:
            worker = workers[name]
            wait_for(lambda worker=worker: worker.held or worker.process.poll() is not None, "the worker is at work")
        workers[name].kill()
        crash_at = {"crash_at": f"{chance.choice(POINTS)}:{chance.randrange(1, 6)}"} if chance.random() < 0.5 else {}
        workers[name] = bench.worker(name, **crash_at)
    for worker in workers.values():
        worker.kill()
    bench.drain("a")
    assert_exactly_once(bench.records(), events)


def test_a_worker_paused_until_its_partitions_have_moved_publishes_nothing(bench: Bench) -> None:
    """I4: it is given events, stopped in the midst of them, and continued when another has done its work."""
    sleeper = bench.worker("sleeper")
    wait_for(lambda: len(sleeper.held) == PARTITIONS, "it holds its partitions")
    events = toy_events(2_000)
    bench.publish(events)
    sleeper.pause()
    bench.drain("other")
    before = len(bench.records())
    assert_exactly_once(bench.records(), events)
    sleeper.wake()
    more = toy_events(100, start=2_000)
    bench.publish(more)
    bench.drain("other")
    after = bench.records()
    # Its time-outs passed while it slept: what it makes now, it makes as a new member of the group, of new events.
    assert len([record for record in after if record.topic == MODS]) == 2_100
    assert len(after) >= before + 100
    assert_exactly_once(after, events + more)


def test_two_workers_share_the_partitions(bench: Bench) -> None:
    first = bench.worker("a")
    wait_for(lambda: len(first.held) == PARTITIONS, "the first holds all partitions")
    second = bench.worker("b")
    wait_for(lambda: len(second.held) == PARTITIONS // 2, "the second holds half of them")
    assert set(first.held).isdisjoint(second.held)
    events = toy_events(400)
    bench.publish(events)
    wait_for(lambda: len(bench.records([MODS])) == len(events), "all is processed")
    assert (first.stop(), second.stop()) == (0, 0)
    assert_exactly_once(bench.records(), events)


def test_a_worker_stopped_and_started_goes_on_where_it_was(bench: Bench) -> None:
    events = toy_events(600)
    bench.publish(events[:300])
    worker = bench.worker()
    wait_for(lambda: bench.records([MODS]), "it is at work")
    assert worker.stop() == 0
    bench.publish(events[300:])
    bench.drain()
    assert_exactly_once(bench.records(), events)


def test_workers_without_a_name_get_one_each_and_a_restarted_one_its_own_again(bench: Bench) -> None:
    """Static membership needs names that outlive a process, and nobody should have to think of them."""
    first, second = bench.worker(""), bench.worker("")
    names = {wait_for(lambda one=one: one.logged("starting"), "it starts")["instance"] for one in (first, second)}
    assert len(names) == 2
    wait_for(lambda: len(first.held) == len(second.held) == PARTITIONS // 2, "they share the partitions")
    second.kill()
    again = bench.worker("")
    assert wait_for(lambda: again.logged("starting"), "it starts")["instance"] == second.logged("starting")["instance"]


def test_of_two_workers_of_one_name_the_first_ends_and_says_why(bench: Bench) -> None:
    first = bench.worker("same")
    wait_for(lambda: first.held, "the first is at work")
    second = bench.worker("same")
    assert first.end() == 2
    assert "under the name same" in first.log.read_text()
    wait_for(lambda: len(second.held) == PARTITIONS, "the second holds all partitions")


def test_a_record_at_which_the_program_fails_is_set_aside_and_the_others_go_on(bench: Bench) -> None:
    """Found by halving, published once, without a word of what it said (I10); a crash on the way changes nothing."""
    events = toy_events(200)
    bench.publish(events)
    assert bench.worker(toy_fails_at="e150|e33", crash_at="take-over-producer-ready:7").end() == KILLED
    worker = bench.worker("w", "--drain", toy_fails_at="e150|e33")
    assert worker.end() == 0, worker.log.read_text()
    letters = [json.loads(one.value) for one in bench.records([DEAD_LETTER, DEAD_LETTER_TRIAL])]
    assert [one["reason"] for one in letters] == ["unprocessable"] * 2
    assert len({one["event_id"] for one in letters}) == 2
    good = [one for one in events if one["event_id"] not in ("e150", "e33")]
    assert_exactly_once([one for one in bench.records() if one.topic not in DEAD_LETTERS], good)
    assert "e150" not in worker.log.read_text()


def test_a_program_that_fails_at_everything_ends_the_worker_and_a_fixed_one_loses_nothing(bench: Bench) -> None:
    """What is set aside is a few records; where it is many, it is not the records."""
    events = toy_events(200)
    bench.publish(events)
    worker = bench.worker(toy_fails_at="e1[0-9][0-9]")
    assert worker.end() == BUG
    assert "More than 10 records made the worker fail" in worker.log.read_text()
    bench.drain()
    lost = [json.loads(one.value) for one in bench.records(DEAD_LETTERS)]
    assert len(lost) == 10
    done = [one for one in bench.records() if one.topic == MODS]
    assert len(done) == len(events) - len(lost)


def test_time_passes_though_nothing_arrives(bench: Bench) -> None:
    """I8: a due time is kept when it comes, also by a worker that was not there when it was set."""
    bench.publish(toy_events(20))
    bench.drain()
    worker = bench.worker()
    wait_for(lambda: len(bench.records([OUTCOME])) == 20 and worker.held, "every stay is closed")
    assert worker.stop() == 0
    assert len(bench.records([OUTCOME])) == 20


def test_misrouted_records_are_forwarded_once_and_processed_once(bench: Bench) -> None:
    stays = [f"S-{number}" for number in range(30)]
    with kafka_clients.producer(bench.settings) as producer:
        for number, stay in enumerate(stays):
            event = {"event_id": f"e{number}", "stay_id": stay}
            key = None if number % 2 else stay.encode()
            producer.send(LAB, json.dumps(event).encode(), key=key, partition=number % PARTITIONS).get(30)
    bench.drain()
    records = bench.records()
    assert_exactly_once(records, [{"event_id": f"e{number}"} for number in range(len(stays))])
    assert all(
        record.partition == topics.partition_of(record.key.decode(), PARTITIONS) for record in records if record.key
    )
    forwarded = [record for record in bench.records([LAB]) if FORWARDED_HEADER in dict(record.headers)]
    misplaced = [n for n, stay in enumerate(stays) if topics.partition_of(stay, PARTITIONS) != n % PARTITIONS]
    assert len(forwarded) == len(misplaced)


def test_junk_becomes_dead_letters_and_stops_nothing(bench: Bench) -> None:
    with kafka_clients.producer(bench.settings) as producer:
        for value, key in ((b"no json", b"S-1"), (b"\xff\xfe", None), (None, b"S-1"), (b"", b"S-1"), (b"[", b"\xff")):
            producer.send(LAB, value, key=key, partition=0).get(30)
    events = toy_events(10)
    bench.publish(events)
    bench.drain()
    assert_exactly_once([one for one in bench.records() if one.topic == MODS], events)
    assert len(bench.records([DEAD_LETTER])) == 5


def test_health_and_metrics_report_what_goes_on_and_name_no_patient(bench: Bench) -> None:
    """I10."""
    worker = bench.worker(log_level="info")
    bench.publish(toy_events(50))
    wait_for(lambda: len(bench.records([MODS])) == 50, "all is processed")
    status, text = worker.page("/healthz")
    assert status == 200
    assert json.loads(text)["owned"] == PARTITIONS
    _, metrics = worker.page("/metrics")
    assert 'picustream_events_total{topic="picu.lab.v1"} 10.0' in metrics
    assert "S-1" not in metrics + worker.log.read_text()


class TestOutages:
    """Redis or Kafka away during the run: no progress, no end, said so, and on by itself when it is back."""

    @pytest.mark.parametrize("which", ["redis", "kafka"])
    def test_a_server_killed_and_started_again(self, bench: Bench, servers: Any, which: str) -> None:
        events = toy_events(3_000)
        worker = bench.worker()
        wait_for(lambda: len(worker.held) == PARTITIONS, "it holds its partitions")
        bench.publish(events[:2_000])
        getattr(local, f"kill_{which}")(servers.dir)
        if which == "redis":
            wait_for(lambda: worker.logged("no-progress"), "it says that it gets no further")
            wait_for(lambda: worker.page("/healthz")[0] == 503, "it says that it is not well")
        wait_for(lambda: is_free(int(servers.kafka.rpartition(":")[2])) or which != "kafka", "its port is given back")
        getattr(local, f"start_{which}")(servers.dir)
        bench.publish(events[2_000:])
        wait_for(lambda: worker.page("/healthz")[0] == 200, "it is well again")
        wait_for(lambda: len(bench.records([MODS])) == len(events), "all is processed")
        assert worker.stop() == 0
        assert_exactly_once(bench.records(), events)

    def test_no_redis_at_the_start_is_one_line_and_status_3(self, bench: Bench) -> None:
        worker = bench.worker(redis="redis://127.0.0.1:1/0")
        assert worker.end() == 3
        assert worker.log.read_text().startswith("picustream: Redis does not answer at 127.0.0.1:1")

    def test_no_kafka_at_the_start_is_one_line_and_status_3(self, bench: Bench) -> None:
        worker = bench.worker(kafka="127.0.0.1:1")
        assert worker.end() == 3
        assert worker.log.read_text().startswith("picustream: Kafka does not answer at 127.0.0.1:1")

    def test_another_number_of_partitions_is_status_3(self, bench: Bench) -> None:
        worker = bench.worker(partitions="5")
        assert worker.end() == 3
        assert "5 partitions are expected" in worker.log.read_text()

    def test_missing_topics_are_status_3(self, bench: Bench) -> None:
        with kafka_clients.admin(bench.settings) as admin:
            admin.delete_topics([TRIAL])
            wait_for(lambda: topics.missing(admin), "the topic is gone")
        worker = bench.worker()
        assert worker.end() == 3
        assert TRIAL in worker.log.read_text()

    def test_a_topic_made_anew_is_refused(self, bench: Bench) -> None:
        """Its offsets would begin again below those that Redis holds, and its records would pass for processed ones."""
        bench.publish(toy_events(50))
        bench.drain()
        with kafka_clients.admin(bench.settings) as admin:
            admin.delete_topics([LAB])
            wait_for(lambda: topics.missing(admin), "the topic is gone")
            topics.create(admin, bench.settings, [LAB])
        worker = bench.worker()
        assert worker.end() == 3
        assert "made anew" in worker.log.read_text()
