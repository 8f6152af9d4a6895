"""`topics`, `publish` and `consume` on a real Kafka."""

import gzip
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource

from picustream.commands.main import main
from picustream.local import servers as local
from picustream.local.servers import Servers
from picustream.models.event import ADT, LAB, VITAL
from picustream.models.record import ALERT
from picustream.runtime.settings import Settings
from picustream.scoring.scores.mods.record import MODS
from picustream.streams.kafka import arrival, topics
from picustream.streams.kafka import clients as kafka_clients
from tests.integration import workers
from tests.integration.workers import interruptible, next_line, started_again

pytestmark = pytest.mark.servers

PARTITIONS = 4
PATIENCE = 30.0
"""Seconds to wait for the broker to have done what it said it would."""
wait_for = partial(workers.wait_for, patience=PATIENCE)


@pytest.fixture
def settings(fresh_servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in [name for name in os.environ if name.startswith("PICUSTREAM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PICUSTREAM_KAFKA", fresh_servers.kafka)
    monkeypatch.setenv("PICUSTREAM_PARTITIONS", str(PARTITIONS))
    return Settings()


@pytest.fixture
def admin(settings: Settings) -> Iterator[KafkaAdminClient]:
    """A broker with none of the topics."""
    with kafka_clients.admin(settings) as client:
        yield client


@pytest.fixture
def made(admin: KafkaAdminClient, settings: Settings) -> KafkaAdminClient:
    """A broker with all of the topics, empty."""
    topics.create(admin, settings, topics.ALL)
    return admin


@pytest.fixture
def producer(made: KafkaAdminClient, settings: Settings) -> Iterator[KafkaProducer]:
    with kafka_clients.producer(settings) as client:
        yield client


def event(stay: str = "S-1", **fields: Any) -> str:
    """A laboratory event as text: creatinine 0.70 mg/dL, with its trailing zero."""
    rest = "".join(f',"{name}":{json.dumps(value)}' for name, value in fields.items())
    return (
        f'{{"event_id":"e-{stay}","source":"lis","patient_id":"P","stay_id":"{stay}","observed_at":"2025-01-01T08:00:00Z",'
        f'"observations":[{{"code":"2160-0","value":0.70,"unit":"mg/dL"}}]{rest}}}'
    )


def file_of(folder: Path, *values: str, topic: str = LAB) -> str:
    path = folder / "events.ndjson"
    path.write_text("".join(f'{{"topic":"{topic}","value":{value}}}\n' for value in values))
    return str(path)


def consumed(capsysbinary: pytest.CaptureFixture[bytes], *words: str) -> list[dict[str, Any]]:
    """What `consume` prints, decimal numbers as text."""
    capsysbinary.readouterr()
    assert main(["consume", *words]) == 0
    out = capsysbinary.readouterr().out
    return [json.loads(line, parse_float=str) for line in out.splitlines()]


def test_topics_are_made_once_and_as_they_must_be(
    admin: KafkaAdminClient, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same number of partitions everywhere, and nothing ages out."""
    assert main(["topics", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert first["created"] == list(topics.ALL)
    assert first["topics"] == dict.fromkeys(topics.ALL, PARTITIONS)
    assert main(["topics", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["created"] == []
    found = admin.describe_configs([ConfigResource("TOPIC", MODS)], config_filter="all")["topic"][MODS]
    for name, value in topics.configuration(MODS).items():
        assert found[name]["value"] == value


def test_a_wrong_partition_count_is_a_finding(
    admin: KafkaAdminClient, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1 and what to do; partitions are never added, for stays would move."""
    admin.create_topics({LAB: {"num_partitions": 3, "replication_factor": 1}}, wait_for_metadata=True)
    assert main(["topics", "--repair"]) == 1
    err = capsys.readouterr().err
    assert f"partitions is 3, must be {PARTITIONS}: {LAB}" in err
    assert "PICUSTREAM_PARTITIONS=3" in err
    assert topics.partition_counts(admin, [LAB]) == {LAB: 3}


def test_retention_is_checked_and_repaired(
    made: KafkaAdminClient, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """I5: a topic that forgets is found before it has forgotten; larger messages than needed are no finding."""
    wrong = {"retention.ms": "604800000", "max.message.bytes": "1048588"}
    made.alter_configs([ConfigResource("TOPIC", LAB, wrong)])
    made.alter_configs([ConfigResource("TOPIC", ADT, {"max.message.bytes": str(64 << 20)})])
    changed = {(LAB, name) for name in wrong}
    wait_for(lambda: {(one.topic, one.setting) for one in topics.ensure(settings)} == changed, "the broker shows it")
    assert main(["topics", "--check"]) == 1
    assert "--repair" in capsys.readouterr().err
    assert main(["topics", "--repair"]) == 0
    assert topics.ensure(settings) == []


def test_check_makes_nothing(admin: KafkaAdminClient, settings: Settings) -> None:
    assert main(["topics", "--check"]) == 1
    assert topics.missing(admin) == list(topics.ALL)


@pytest.mark.parametrize("command", ["publish", "consume"])
def test_missing_topics_are_reported_and_not_made_on_the_way(
    command: str, admin: KafkaAdminClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A topic made by the broker itself would have the wrong number of partitions and forget after a week."""
    word = file_of(tmp_path, event()) if command == "publish" else "lab"
    assert main([command, word]) == 3
    assert "Make the topics: picustream topics." in capsys.readouterr().err
    assert topics.missing(admin) == list(topics.ALL)


def test_published_events_arrive_as_written_on_their_stays_partition(
    made: KafkaAdminClient, settings: Settings, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """V2: 0.70 stays 0.70. The key is the stay, the partition the default partitioner's."""
    stays = [f"S-{number}" for number in range(50)]
    assert main(["publish", file_of(tmp_path, *map(event, stays)), "--json"]) == 0
    assert json.loads(capsysbinary.readouterr().out)["sent_by_topic"] == {LAB: 50}
    records = consumed(capsysbinary, "lab")
    assert sorted(record["value"]["stay_id"] for record in records) == sorted(stays)
    for record in records:
        assert record["value"]["observations"][0]["value"] == "0.70"
        assert record["partition"] == topics.partition_of(record["value"]["stay_id"], PARTITIONS)
    consumer = kafka_clients.consumer(settings)
    consumer.subscribe([LAB])
    polled = consumer.poll(timeout_ms=PATIENCE * 1000)
    consumer.close(autocommit=False)
    assert polled
    for one in [one for part in polled.values() for one in part]:
        assert one.key.decode() == json.loads(one.value)["stay_id"]


def test_refused_lines_are_reported_and_do_not_arrive(
    made: KafkaAdminClient, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Exit 1; line, reason and place are named, and no value of the event is (I10)."""
    path = Path(file_of(tmp_path, event("S-1"), event("S-2", nme="Li Lei"), "[1]", event("S-3")))
    with path.open("a") as file:
        file.write('nonsense\n{"topic":"picu.score.mods.v1","value":{}}\n')
    assert main(["publish", str(path), "--json"]) == 1
    out, err = capsysbinary.readouterr()
    summary = json.loads(out)
    assert (summary["sent"], summary["refused"]) == (2, 4)
    assert [(one["line"], one["reason"], one["path"]) for one in summary["refusals"]] == [
        (2, "schema", "/nme"),
        (3, "schema", ""),
        (5, "broken-line", ""),
        (6, "unknown-topic", ""),
    ]
    assert b"Li Lei" not in out + err
    assert [record["value"]["stay_id"] for record in consumed(capsysbinary, "lab")] in (["S-1", "S-3"], ["S-3", "S-1"])


def test_an_event_with_one_faulty_observation_is_sent(
    made: KafkaAdminClient, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Of such an event the rest is used, so it must arrive; the fault is named."""
    assert main(["publish", file_of(tmp_path, event().replace("mg/dL", "mg/furlong")), "--json"]) == 0
    summary = json.loads(capsysbinary.readouterr().out)
    assert (summary["sent"], summary["faults_in_sent_by_reason"]) == (1, {"unit-unknown": 1})


def test_as_is_sends_what_the_worker_will_refuse(
    made: KafkaAdminClient, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """I2: 2 MiB, unknown fields and no stay at all reach the topic; what the broker itself refuses is named."""
    long, too_long = event("S-2", mode="x" * (2 << 20)), event("S-3", mode="x" * (9 << 20))
    path = file_of(tmp_path, event("S-1", nme=1), "[1]", long, too_long)
    assert main(["publish", "--as-is", path, "--json"]) == 1
    summary = json.loads(capsysbinary.readouterr().out)
    assert (summary["sent"], summary["refused_by_reason"]) == (3, {"too-large": 1})
    values = [record["value"] for record in consumed(capsysbinary, "lab")]
    assert sorted(len(json.dumps(value)) > 1 << 20 for value in values) == [False, False, True]


def test_consume_keeps_the_order_of_arrival(
    producer: KafkaProducer, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event file is in order of arrival, over all partitions and topics, for the clock of `replay`.

    As many are held back here as one poll gives, so that partitions are paused and resumed, and their records parked.
    """
    monkeypatch.setattr(arrival, "ENOUGH", 500)
    for number in range(4000):
        topic = VITAL if number % 10 else LAB
        producer.send(topic, value=b'{"n":%d}' % number, partition=number * 7 % PARTITIONS)
        if number % 500 == 499:
            producer.flush()
    records = consumed(capsysbinary, "vital", "lab")
    assert sorted(record["value"]["n"] for record in records) == list(range(4000))
    assert [record["timestamp"] for record in records] == sorted(record["timestamp"] for record in records)
    for place in {(record["topic"], record["partition"]) for record in records}:
        offsets = [record["offset"] for record in records if (record["topic"], record["partition"]) == place]
        assert offsets == sorted(offsets)


def test_consume_shows_committed_records_and_ends(
    made: KafkaAdminClient, settings: Settings, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """I3: what a worker took back is no record; end markers and an open transaction hold nothing up."""
    client = kafka_clients.producer(settings, transactional_id="test-clients")
    client.init_transactions()
    for number, commit in enumerate([True, False, True, False]):
        client.begin_transaction()
        client.send(MODS, value=b'{"n":%d}' % number, key=b"S", partition=0).get(timeout=PATIENCE)
        (client.commit_transaction if commit else client.abort_transaction)()
    client.begin_transaction()
    client.send(MODS, value=b'{"n":99}', key=b"S", partition=0).get(timeout=PATIENCE)
    try:
        assert [record["value"]["n"] for record in consumed(capsysbinary, "mods")] == [0, 2]
    finally:
        client.abort_transaction()
        client.close()


def test_consume_of_nothing_is_nothing(made: KafkaAdminClient, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert consumed(capsysbinary, "mods", "apps") == []


def test_consumed_junk_can_be_published_again(
    producer: KafkaProducer, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """The file holds every record, JSON or not, and sends it again byte for byte."""
    values = [b"\xff\x00", b"NaN", event().encode(), b'\n{ "a" : 1.50 }']
    for value in values:
        producer.send(LAB, value=value, partition=1).get(timeout=PATIENCE)
    file = tmp_path / "all.ndjson.gz"
    assert main(["consume", "lab", "--out", str(file)]) == 0
    with gzip.open(file, "rb") as written:
        assert len(written.read().splitlines()) == 4
    assert main(["publish", "--as-is", str(file)]) == 0
    twice = Counter(str(record.get("value", record.get("value_base64"))) for record in consumed(capsysbinary, "lab"))
    assert list(twice.values()) == [2] * len(values)


@pytest.mark.timeout(120)
def test_a_producer_ends_after_an_outage_that_outlasted_its_patience(
    made: KafkaAdminClient, settings: Settings, servers: Servers
) -> None:
    """Batches of several partitions wait; the library lets one of them fail, and would wait for the others for ever."""
    patience = {"request_timeout_ms": 500, "delivery_timeout_ms": 1_000}
    with kafka_clients.producer(settings, **patience) as client:
        client.send(LAB, value=b"{}", partition=0).get(timeout=PATIENCE)
        local.kill_kafka(servers.dir)
        sent = [client.send(LAB, value=b"{}", partition=number % PARTITIONS) for number in range(100)]
        time.sleep(2 * patience["delivery_timeout_ms"] / 1000)
    wait_for(lambda: all(one.is_done and one.failed() for one in sent), "none is left in doubt")
    started_again(local.start_kafka, servers.dir)


def test_follow_goes_on_until_interrupted(producer: KafkaProducer, settings: Settings) -> None:
    """First all there are, then each that comes, once; Ctrl-C ends it quietly."""
    producer.send(ALERT, value=b'{"n":1}').get(timeout=PATIENCE)
    with interruptible("consume", "alert", "--follow") as follower:
        for number in (1, 2, 3):
            if number > 1:
                producer.send(ALERT, value=b'{"n":%d}' % number).get(timeout=PATIENCE)
            assert json.loads(next_line(follower))["value"]["n"] == number
        follower.send_signal(signal.SIGINT)
        rest, err = follower.communicate(timeout=PATIENCE)
    assert (follower.returncode, rest, err) == (130, b"", b"")


def test_a_reader_that_leaves_ends_consume_quietly(producer: KafkaProducer, settings: Settings) -> None:
    """`picustream consume ... | head -1`."""
    for _ in range(200):
        producer.send(ALERT, value=b'{"text":"%s"}' % (b"x" * 10_000))
    producer.flush()
    with interruptible("consume", "alert") as program:
        assert program.stdout and program.stderr
        next_line(program)
        program.stdout.close()
        err = program.stderr.read()
        assert (program.wait(PATIENCE), err) == (141, b"")
