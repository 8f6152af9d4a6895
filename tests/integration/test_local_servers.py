"""`picustream local` with a real Kafka and a real Redis: they start, last, come back, and end alone."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import TopicPartition
from kafka.admin import NewTopic
from redis import Redis

from picustream.local import servers as local
from picustream.local.kafka import Kafka
from picustream.local.places import LocalError
from picustream.local.servers import Servers
from picustream.runtime.settings import Settings
from picustream.streams.kafka import clients as kafka_clients

pytestmark = pytest.mark.servers

TOPIC = "kept"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers of this module's own, in a folder whose name needs quoting, with a record and a key in them."""
    folder = tmp_path_factory.mktemp("local") / "a folder"
    running = local.up(folder, kafka_port=0, redis_port=0)
    with kafka_clients.admin(settings(running)) as admin:
        admin.create_topics([NewTopic(TOPIC, 1, 1)])
    write(running, "first")
    yield running
    local.down(folder, wipe=True)


def settings(running: Servers) -> Settings:
    return Settings.model_construct(kafka=running.kafka)


def write(running: Servers, text: str) -> None:
    """One record and one key, both acknowledged."""
    with Redis.from_url(running.redis) as redis:
        redis.set(TOPIC, text)
    producer = kafka_clients.producer(settings(running))
    producer.send(TOPIC, text.encode()).get(30)
    producer.close()


def read(running: Servers) -> tuple[str, str]:
    """The last record and the key."""
    consumer = kafka_clients.consumer(settings(running), consumer_timeout_ms=30_000)
    consumer.subscribe([TOPIC])
    kept = TopicPartition(TOPIC, 0)
    wanted = consumer.end_offsets([kept])[kept]
    last = next(record.value for record in consumer if record.offset == wanted - 1)
    consumer.close()
    with Redis.from_url(running.redis, decode_responses=True) as redis:
        return last.decode(), str(redis.get(TOPIC))


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PICUSTREAM_LOCAL_DIR"}
    return subprocess.run(
        [sys.executable, "-m", "picustream", "local", *arguments],
        capture_output=True, text=True, env=environment, check=False, timeout=120,
    )  # fmt: skip


def test_a_second_up_finds_what_runs(own: Servers) -> None:
    """Nothing is started twice, and every form of the output names the same servers."""
    pids = [state.pid for state in local.status(own.dir)]
    assert local.up(own.dir) == own
    as_json = command("up", "--dir", str(own.dir), "--json")
    assert json.loads(as_json.stdout) == {"kafka": own.kafka, "redis": own.redis, "dir": str(own.dir)}
    shell = command("up", "--dir", str(own.dir), "--env")
    assert shell.stdout == f"export PICUSTREAM_KAFKA={own.kafka}\nexport PICUSTREAM_REDIS={own.redis}\n"
    assert [state.pid for state in local.status(own.dir)] == pids


def test_they_listen_on_loopback_alone(own: Servers) -> None:
    """Nobody else on the network reaches data of this machine."""
    outside = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in outside - {"127.0.0.1", "127.0.1.1"}:
        for port in (Kafka(own.dir / "kafka").port, int(own.redis.rpartition(":")[2].partition("/")[0])):
            with pytest.raises(OSError):
                socket.create_connection((address, port), timeout=2)


def test_redis_keeps_what_it_acknowledged(own: Servers) -> None:
    """The append-only file is on and written before the answer; nothing is ever evicted."""
    with Redis.from_url(own.redis, decode_responses=True) as redis:
        for name, value in (("appendonly", "yes"), ("appendfsync", "always"), ("maxmemory-policy", "noeviction")):
            assert redis.config_get(name) == {name: value}


def test_killed_servers_come_back_with_their_data(own: Servers) -> None:
    """A crash of both: status says so, and what was acknowledged is there after the next start, on the same ports."""
    write(own, "before the crash")
    assert local.kill_kafka(own.dir)
    assert local.kill_redis(own.dir)
    looked = command("status", "--dir", str(own.dir), "--json")
    assert looked.returncode == 3
    assert {state["running"] for state in json.loads(looked.stdout).values()} == {False}
    local.start_redis(own.dir)
    local.start_kafka(own.dir)
    assert read(own) == ("before the crash", "before the crash")
    assert command("status", "--dir", str(own.dir)).returncode == 0


def test_each_server_stops_and_starts_alone(own: Servers) -> None:
    """Redis ends and comes back while Kafka goes on, and stopping what is stopped is no error."""
    kafka, redis = local.status(own.dir)
    assert local.stop_redis(own.dir)
    assert not local.stop_redis(own.dir)
    assert [state.running for state in local.status(own.dir)] == [True, False]
    local.start_redis(own.dir)
    local.start_redis(own.dir)
    assert local.status(own.dir)[0] == kafka
    assert local.status(own.dir)[1].address == redis.address


def test_a_broker_that_is_starting_is_waited_for(own: Servers) -> None:
    """A second `up` returns when the broker answers, not when it sees a process: here one that is held up a while."""
    pid = local.status(own.dir)[0].pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    waiting = subprocess.Popen([sys.executable, "-m", "picustream", "local", "up", "--dir", str(own.dir)])
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(3)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert waiting.wait(60) == 0


def test_a_named_port_that_is_taken_is_refused(own: Servers, tmp_path: Path) -> None:
    """Exit status 3, the port in the message, and nothing left running."""
    port = own.kafka.rpartition(":")[2]
    refused = command("up", "--dir", str(tmp_path / "new"), "--kafka-port", port)
    assert refused.returncode == 3
    assert refused.stderr.splitlines() == [
        f"picustream: Port {port}, named for Kafka, is taken by another program.",
        "Name another with --kafka-port, or none.",
    ]
    assert [state.running for state in local.status(tmp_path / "new")] == [False, False]


def test_another_port_than_the_one_in_use_is_refused(own: Servers) -> None:
    """A server does not move while it runs."""
    with pytest.raises(LocalError, match="Kafka of this folder runs already, on port"):
        local.up(own.dir, kafka_port=1)


def test_data_of_a_newer_kafka_is_refused(own: Servers) -> None:
    """A folder that this Kafka may not be able to read is left as it is, with a message that says what to do."""
    version = own.dir / "kafka" / "version"
    ours = version.read_text()
    assert local.stop_kafka(own.dir)
    version.write_text("99.0.0")
    refused = command("up", "--dir", str(own.dir))
    assert refused.returncode == 3
    assert "was written by Kafka 99.0.0" in refused.stderr
    version.write_text(ours)
    local.start_kafka(own.dir)


def test_down_ends_both_and_wipe_deletes(own: Servers) -> None:
    """Last in this module: what ran ends, a second `down` finds nothing, and `--wipe` leaves no folder behind."""
    pids = [state.pid for state in local.status(own.dir)]
    assert command("down", "--dir", str(own.dir)).stderr == "ended Kafka and Redis\n"
    for pid in pids:
        assert pid is not None and not Path(f"/proc/{pid}/exe").exists()
    assert command("down", "--dir", str(own.dir)).returncode == 0
    assert (own.dir / "kafka" / "data").exists()
    assert command("down", "--dir", str(own.dir), "--wipe").returncode == 0
    assert not own.dir.exists()
