"""Compacted topics lose records in silence: refused at the start, and no state is made of what is left (I5)."""

import json
from typing import Any

import pytest
from kafka.admin import ConfigResource
from redis import Redis

from picustream.models.event import ADT, LAB
from picustream.scoring.scores.mods.record import MODS
from picustream.streams.kafka import clients as kafka_clients
from tests.integration.workers import PATIENCE, Bench, Worker, wait_for

pytestmark = [pytest.mark.servers, pytest.mark.proves("I5")]

REAL = "picustream worker"


def configure(toys: Bench, topic: str, **settings: str) -> None:
    """Set some of a topic's configuration, names with `_` for `.`, and wait until the broker shows it."""
    wanted = {name.replace("_", "."): value for name, value in settings.items()}
    with kafka_clients.admin(toys.settings) as admin:
        admin.alter_configs([ConfigResource("TOPIC", topic, wanted)])

        def shown() -> bool:
            asked = ConfigResource("TOPIC", topic, list(wanted))
            entries = admin.describe_configs([asked], config_filter="all")["topic"][topic]
            return {name: entries[name]["value"] for name in wanted} == wanted

        wait_for(shown, "the broker shows the configuration")


def publish(toys: Bench, *events: tuple[str, dict[str, Any]]) -> None:
    with kafka_clients.producer(toys.settings) as producer:
        for topic, event in events:
            whole = {"source": "ward", "patient_id": "P-1", "stay_id": "S-1", **event}
            producer.send(topic, json.dumps(whole).encode(), key=b"S-1").get(PATIENCE)


def result(number: int) -> tuple[str, dict[str, Any]]:
    observation = {"code": "14682-9", "value": 100 + number, "unit": "umol/L"}
    moment = f"2026-03-02T{number + 9:02}:00:00Z"
    return LAB, {"event_id": f"lis-{number}", "observed_at": moment, "observations": [observation]}


ADMITTED = ADT, {"event_id": "his-1", "type": "admitted", "occurred_at": "2026-03-02T08:00:00Z"}


def assert_refuses(worker: Worker, *words: str) -> None:
    assert worker.end() == 3, worker.log.read_text()
    last = "\n".join(worker.log.read_text().splitlines()[-2:])
    assert all(word in last for word in words), last


@pytest.mark.parametrize("topic", [LAB, MODS])
def test_a_worker_does_not_start_on_a_topic_that_is_compacted(toys: Bench, topic: str) -> None:
    configure(toys, topic, cleanup_policy="compact,delete")
    assert_refuses(toys.worker(command=REAL), "compact", topic, "picustream topics --repair")
    configure(toys, topic, cleanup_policy="delete", retention_ms="86400000")
    worker = toys.worker(command=REAL)
    line = wait_for(lambda: worker.logged("topics-age-out"), "it says what ages out")
    assert line["topics"] == [topic]
    wait_for(lambda: worker.logged("ready"), "and works")
    assert worker.stop() == 0


def test_no_state_is_rebuilt_from_what_compaction_has_left(toys: Bench) -> None:
    """Neither while the topic is compacted, which somebody did under a running worker, nor when it is so no longer."""
    publish(toys, ADMITTED, *[result(number) for number in range(5)])
    worker = toys.worker(command=REAL)
    wait_for(lambda: toys.records([MODS]), "it scores")
    compact(toys, LAB)
    with Redis.from_url(toys.settings.redis) as redis:
        redis.flushall()
    publish(toys, result(6))
    assert_refuses(worker, "cleanup.policy", LAB)

    configure(toys, LAB, cleanup_policy="delete")
    scores = len(toys.records([MODS]))
    assert_refuses(toys.worker(command=REAL), f"{LAB} partition", "lacks records", "Compacted topics")
    assert len(toys.records([MODS])) == scores, "nothing is withdrawn"


def compact(toys: Bench, topic: str) -> None:
    """Let the broker compact a topic, and wait until it has."""
    with kafka_clients.admin(toys.settings) as admin:
        admin.alter_configs([ConfigResource("BROKER", "1", {"log.cleaner.backoff.ms": "100"})])
    configure(toys, topic, cleanup_policy="compact", segment_ms="100", min_cleanable_dirty_ratio="0.0")
    before = len(toys.records([topic]))

    def done() -> bool:
        publish(toys, result(5))  # what is written last is left alone
        return len(toys.records([topic])) < before

    wait_for(done, "the broker compacts")
