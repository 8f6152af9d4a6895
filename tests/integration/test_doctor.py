"""`picustream doctor` on a real Kafka and a real Redis: what it finds before, while and after things go wrong."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.admin import ConfigResource
from kafka.errors import KafkaTimeoutError
from redis import Redis

from picustream.commands.main import main
from picustream.doctor import partitions
from picustream.local.servers import Servers
from picustream.models.event import INPUT_TOPICS, LAB, VITAL
from picustream.models.record import DEAD_LETTER
from picustream.streams.kafka import clients as kafka_clients
from picustream.streams.kafka import topics
from tests.integration.workers import Bench, wait_for

pytestmark = pytest.mark.servers

PARTITIONS = 2
EVENTS: list[dict[str, Any]] = [
    {
        "event_id": f"e-{number}",
        "source": "lis",
        "patient_id": "P",
        "stay_id": f"S-{number}",
        "observed_at": "2025-01-01T08:00:00Z",
        "observations": [{"code": "2160-0", "value": 0.7, "unit": "mg/dL"}],
    }
    for number in range(8)
]


@pytest.fixture
def bench(
    fresh_servers: Servers, settings_env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    for name in [name for name in os.environ if name.startswith("PICUSTREAM_")]:
        monkeypatch.delenv(name)
    bench = Bench(settings_env | {"PICUSTREAM_PARTITIONS": str(PARTITIONS)}, tmp_path, PARTITIONS)
    for name, value in bench.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(partitions, "BETWEEN_READINGS", 0.1)  # no worker runs while it looks
    yield bench
    bench.close()


def test_from_no_topics_to_all_well_and_to_trouble(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One story, seen by exit status and findings: each thing that is put wrong is found, and nothing else."""

    def doctor() -> tuple[int, list[str]]:
        """Exit status, and what is not well."""
        capsys.readouterr()
        code = main(["doctor", "--json"])
        found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["findings"]
        assert all(one["fix"] for one in found if one["level"] in ("finding", "missing"))
        return code, [f"{one['check']}: {one['message']}" for one in found if one["level"] in ("finding", "missing")]

    code, found = doctor()
    assert code == 1 and len(found) == 1 and found[0].startswith("topics: topic is missing")

    with kafka_clients.admin(bench.settings) as admin:
        topics.create(admin, bench.settings, topics.ALL)
        assert doctor() == (0, [])

        with kafka_clients.producer(bench.settings) as producer:
            for event in EVENTS:
                producer.send(LAB, json.dumps(event).encode(), key=event["stay_id"].encode())
        code, found = doctor()
        assert code == 1 and found and all("records wait" in one and "no worker" in one for one in found)

        assert bench.worker("w", "--drain", command="picustream worker").end() == 0
        _leave_markers_alone(bench)
        assert doctor() == (0, [])

        admin.alter_configs([ConfigResource("TOPIC", LAB, {"retention.ms": "604800000"})])
        wait_for(lambda: topics.check(admin, bench.settings), "the broker shows it")
        assert doctor() == (1, [f"topics: retention.ms is 604800000, must be -1: {LAB}"])
        topics.repair(admin, bench.settings, topics.check(admin, bench.settings))

    with Redis.from_url(bench.env["PICUSTREAM_REDIS"]) as redis:
        redis.config_set("appendfsync", "everysec")
        try:
            assert doctor() == (1, ["redis: appendfsync is everysec, must be always"])
            # To a user without CONFIG it does not show, and that is no finding.
            redis.acl_setuser("plain", enabled=True, passwords=["+hunter2"], keys=["*"], commands=["+@all", "-config"])
            monkeypatch.setenv("PICUSTREAM_REDIS_USERNAME", "plain")
            monkeypatch.setenv("PICUSTREAM_REDIS_PASSWORD", "hunter2")
            assert doctor() == (0, [])
        finally:
            redis.config_set("appendfsync", "always")
            redis.acl_deluser("plain")

    monkeypatch.delenv("PICUSTREAM_REDIS_USERNAME")
    monkeypatch.setenv("PICUSTREAM_REDIS", "redis://127.0.0.1:1/0")
    code, [missing] = doctor()
    assert code == 3 and missing.startswith("redis: Redis does not answer")


def test_refused_events_are_counted_once_for_each_input_record(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    """The share is of input records: two faults of one event count once, what came before yesterday, transactions that
    were taken back and the markers of others not at all; however few they are."""
    with kafka_clients.admin(bench.settings) as admin:
        topics.create(admin, bench.settings, topics.ALL)

    def share() -> tuple[str, str]:
        capsys.readouterr()
        status = main(["doctor", "--json"])
        out, err = capsys.readouterr()
        assert status in (0, 1), err
        findings = json.loads(out)["findings"]
        [found] = [one for one in findings if one["check"] == "dead-letters"]
        return found["level"], found["message"].partition(" have")[0]

    with kafka_clients.producer(bench.settings, transactional_id="test-doctor") as producer:
        producer.init_transactions()
        for end in (producer.abort_transaction, producer.commit_transaction):
            producer.begin_transaction()
            for _ in range(9):
                producer.send(LAB, b"{}", key=b"S", partition=0).get(timeout=30)
            end()
        for letter in (b"picu.lab.v1/0/12/0", b"picu.lab.v1/0/12/1", b"picu.lab.v1/0/999/0"):
            producer.begin_transaction()
            producer.send(DEAD_LETTER, b"{}", headers=[("ce_id", b"dead/" + letter)])
            producer.commit_transaction()
    assert share() == ("finding", "1 of 9 input records of the last 24 h")
    with kafka_clients.producer(bench.settings) as producer:
        for _ in range(91):
            producer.send(VITAL, b"{}", key=b"S", partition=1)
    assert share() == ("ok", "1 of 100 input records of the last 24 h")


def _leave_markers_alone(bench: Bench) -> None:
    """End an input topic with a transaction that was taken back: offsets that hold no record."""
    with kafka_clients.producer(bench.settings, transactional_id="test-doctor-markers") as producer:
        producer.init_transactions()
        producer.begin_transaction()
        producer.send(LAB, b"{}", key=b"S", partition=0).get(timeout=30)
        producer.abort_transaction()
    with kafka_clients.consumer(bench.settings) as reader:
        part = TopicPartition(LAB, 0)
        wait_for(lambda: kafka_clients.stable_ends(bench.settings, reader, [part])[part] >= 2, "the markers are there")


def test_offsets_are_known_of_topics_that_a_client_does_not_know_yet(bench: Bench) -> None:
    """Beside one of which it has: a KeyError, or a time of which nothing seems to have come since."""
    with kafka_clients.admin(bench.settings) as admin:
        topics.create(admin, bench.settings, topics.ALL)
    with kafka_clients.producer(bench.settings) as producer:
        for topic in INPUT_TOPICS:
            producer.send(topic, b"{}", key=b"S", partition=0).get(timeout=30)
    known, *others = [TopicPartition(topic, 0) for topic in INPUT_TOPICS]
    asked = {
        "beginning_offsets": lambda reader, parts: [first == 0 for first in reader.beginning_offsets(parts).values()],
        "end_offsets": lambda reader, parts: [end == 1 for end in reader.end_offsets(parts).values()],
        "times": lambda reader, parts: [
            one.offset == 0 for one in reader.offsets_for_times(dict.fromkeys(parts, 1)).values()
        ],
    }
    for name, right in asked.items():
        with kafka_clients.consumer(bench.settings) as reader:
            assert right(reader, [known]) == [True]
            assert right(reader, [known, *others]) == [True] * len(INPUT_TOPICS), name


def test_offsets_are_known_of_partitions_that_have_no_leader_yet(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the first moment of a topic that was made just now; one that never gets a leader is said to have none."""
    with kafka_clients.admin(bench.settings) as admin:
        topics.create(admin, bench.settings, topics.ALL)
    parts = [TopicPartition(topic, 0) for topic in INPUT_TOPICS]
    with kafka_clients.consumer(bench.settings) as reader:
        leader, until = reader._cluster.leader_for_partition, time.monotonic() + 1
        monkeypatch.setattr(
            reader._cluster,
            "leader_for_partition",
            lambda part: -1 if part == parts[0] and time.monotonic() < until else leader(part),
        )
        assert reader.end_offsets(parts) == dict.fromkeys(parts, 0)
        until = time.monotonic() + 60
        monkeypatch.setattr(kafka_clients, "PATIENCE", 0.5)
        with pytest.raises(KafkaTimeoutError, match="without a leader"):
            reader.offsets_for_times(dict.fromkeys(parts, 1))
