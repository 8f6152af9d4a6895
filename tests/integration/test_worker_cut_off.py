"""An input topic that no longer has what comes next: said, refused, and never passed over (I2, I5)."""

import json
from typing import Any

import pytest
from kafka import TopicPartition
from redis import Redis

from picustream.models.event import ADT, LAB, TRIAL, VITAL
from picustream.models.record import DEAD_LETTERS
from picustream.scoring.scores.mods.record import MODS
from picustream.streams.kafka import clients as kafka_clients
from picustream.streams.kafka import topics
from tests.integration.workers import PATIENCE, Bench, Worker, assert_exactly_once, toy_events, wait_for

pytestmark = [pytest.mark.servers, pytest.mark.proves("I2", "I5")]


def cut_off(bench: Bench, topic: str, keep: int) -> dict[TopicPartition, int]:
    """Delete all but the last `keep` records of each partition of a topic; where those begin that lost some."""
    parts = [TopicPartition(topic, number) for number in range(bench.partitions)]
    with kafka_clients.consumer(bench.settings) as reader, kafka_clients.admin(bench.settings) as admin:
        ends = reader.end_offsets(parts)
        first = {part: end - keep for part, end in ends.items() if end > keep}
        assert first, "there is something to cut off"
        admin.delete_records(first)
        wait_for(lambda: all(reader.beginning_offsets(list(first))[part] == at for part, at in first.items()), "cut")
    return first


def assert_refuses(worker: Worker, words: str) -> None:
    """Two lines: what is wrong, what to do; status 3; and the log has it, too."""
    assert worker.end() == 3
    *_, wrong, what_to_do = worker.log.read_text().splitlines()
    assert wrong.startswith("picustream: ")
    assert words in wrong + what_to_do
    assert worker.logged("failed")


def held(bench: Bench) -> Worker:
    worker = bench.worker()
    wait_for(lambda: len(worker.held) == bench.partitions, "it holds its partitions")
    return worker


def test_cut_off_while_a_worker_is_down_and_made_good_by_the_feed(toys: Bench) -> None:
    """And the way out of docs/operating.md: the offsets set forward, what is missing sent again in any order."""
    events = toy_events(600)
    toys.publish(events[:200])
    toys.drain()
    toys.publish(events[200:])
    first = cut_off(toys, LAB, keep=5)
    assert_refuses(toys.worker(), "were cut off")

    with Redis.from_url(toys.settings.redis) as redis:
        for part, offset in first.items():
            key = f"picustream:{{{toys.env['PICUSTREAM_GROUP']}.{part.partition}}}:control"
            redis.hset(key, f"next:{part.topic}", offset)
    toys.drain()
    done = {_cause(record) for record in toys.records([MODS])}
    missing = [event for event in events if event["event_id"] not in done]
    assert missing, "something was lost"
    assert all(event["topic"] == LAB for event in missing)
    toys.publish(missing)
    toys.drain()
    assert_exactly_once(toys.records(), events)


def test_cut_off_in_front_of_a_worker_that_is_running(toys: Bench) -> None:
    worker = held(toys)
    worker.pause()
    for start in range(0, 400, 100):
        toys.publish(toy_events(100, start=start))
    cut_off(toys, VITAL, keep=2)
    worker.wake()
    assert_refuses(worker, "were cut off")
    assert_refuses(toys.worker(), "were cut off")


def test_cut_off_before_the_first_record_was_ever_read(toys: Bench) -> None:
    """A topic on which nothing had come yet has its beginning, too."""
    held(toys).stop()
    toys.publish(toy_events(200))
    cut_off(toys, TRIAL, keep=2)
    assert_refuses(toys.worker(), "were cut off")


def test_a_topic_made_anew_under_a_running_worker(toys: Bench) -> None:
    toys.publish(toy_events(200))
    worker = held(toys)
    wait_for(lambda: len(toys.records([MODS])) == 200, "all is processed")
    with kafka_clients.admin(toys.settings) as admin:
        admin.delete_topics([LAB])
        wait_for(lambda: topics.missing(admin), "the topic is gone")
        topics.create(admin, toys.settings, [LAB])
    assert_refuses(worker, "made anew")


def test_state_lost_and_an_input_cut_off_cannot_be_rebuilt(toys: Bench) -> None:
    """Redis wiped under a running worker: the outputs show that there was more, and the inputs cannot say what."""
    worker = toys.worker(command="picustream worker")
    toys.publish(toy_events(200))  # to the real engine these are dead letters, which is all that is needed
    wait_for(lambda: len(toys.records(DEAD_LETTERS)) == 200, "all is processed")
    cut = {part.partition for part in cut_off(toys, ADT, keep=1)}
    with Redis.from_url(toys.settings.redis) as redis:
        redis.flushall()
    toys.publish(toy_events(20, start=200))
    assert worker.process.wait(PATIENCE) == 3
    assert "cannot be rebuilt" in worker.log.read_text()
    before = published(toys, cut)
    assert_refuses(toys.worker(command="picustream worker"), "cannot be rebuilt")
    assert published(toys, cut) == before


def published(bench: Bench, partitions: set[int]) -> list[tuple[str, int, int]]:
    """Where the records of some partitions stand; the others are rebuilt, and go on."""
    return [(one.topic, one.partition, one.offset) for one in bench.records() if one.partition in partitions]


def _cause(record: Any) -> str:
    return json.loads(record.value)["cause"]
