"""Kafka away: nobody is answered, the gateway says why and goes on by itself, and nothing is lost or there twice."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from picustream.local import servers as local
from picustream.local.kafka import Kafka
from picustream.local.servers import Servers
from tests.gateways.server.fakes import message
from tests.integration.gateways import bench, health, megabytes, metric, port_of, ready, toy, values
from tests.integration.senders import Sender
from tests.integration.workers import Bench, Worker, started_again, wait_for

__all__ = ["bench"]
pytestmark = pytest.mark.servers

OUTAGE = float(os.environ.get("PICUSTREAM_TEST_OUTAGE", "3"))
"""Seconds from when the gateway says so; more than a request may take in the long form."""
QUICK = {"gateway_patience": "2", "silent": "1"}
"""Settings of a gateway that notices soon."""
SENDERS = 4
EACH = 60
GROWTH = 60
"""MB that an outage may take."""


@contextmanager
def sending(gateway: Worker) -> Iterator[list[Sender]]:
    """Senders with messages of their own, at work; in the end all are answered."""
    ready(gateway)
    senders = [Sender(lambda: port_of(lambda: gateway)) for _ in range(SENDERS)]
    threads = [
        Thread(target=one.send_all, args=([message(f"event {number}-{count} {'x' * 999}") for count in range(EACH)],))
        for number, one in enumerate(senders)
    ]
    for thread in threads:
        thread.start()
    yield senders
    for thread in threads:
        thread.join(120)
    assert [one.codes for one in senders] == [["AA"] * EACH] * SENDERS


def answered(senders: list[Sender]) -> int:
    return sum(len(one.codes) for one in senders)


def assert_all_is_there_once(bench: Bench) -> None:
    found = values(bench)
    expected = Counter({f"{number}-{count}": 1 for number in range(SENDERS) for count in range(EACH)})
    assert Counter({name: times for name, times in found.items() if not name.startswith("x")}) == expected


def assert_waits(gateway: Worker, senders: list[Sender], seconds: float) -> None:
    """For so long nobody is answered, and it says why."""
    wait_for(lambda: health(gateway)["shut"] == ["kafka"], "it says that Kafka is away")
    assert health(gateway)["status"] == 503
    before, memory = answered(senders), megabytes(gateway)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert gateway.process.poll() is None
        time.sleep(0.2)
    assert answered(senders) == before
    assert megabytes(gateway) < memory + GROWTH
    assert health(gateway)["status"] == 503
    assert gateway.logged("kafka-away")


def assert_goes_on(gateway: Worker) -> None:
    assert health(gateway)["status"] == 200
    assert metric(gateway, "kafka_failures_total") > 0
    assert gateway.stop() == 0


def test_a_broker_that_is_killed(bench: Bench, fresh_servers: Servers) -> None:
    """For so long that the gateway tries another producer."""
    gateway = toy(bench, **QUICK, lost="2")
    with sending(gateway) as senders:
        wait_for(lambda: answered(senders) > SENDERS * EACH / 4, "some are answered")
        local.kill_kafka(fresh_servers.dir)
        try:
            assert_waits(gateway, senders, OUTAGE)
        finally:
            started_again(local.start_kafka, fresh_servers.dir)
    assert_goes_on(gateway)
    assert_all_is_there_once(bench)


def test_a_broker_that_hangs(bench: Bench, fresh_servers: Servers) -> None:
    """What was on its way to it arrives when it goes on, and the same producer with it."""
    gateway = toy(bench, **QUICK)
    process = Kafka(fresh_servers.dir / "kafka").process
    assert process
    with sending(gateway) as senders:
        wait_for(lambda: answered(senders) > SENDERS * EACH / 4, "some are answered")
        os.kill(process.pid, signal.SIGSTOP)
        try:
            assert_waits(gateway, senders, OUTAGE)
        finally:
            os.kill(process.pid, signal.SIGCONT)
    assert_goes_on(gateway)
    assert_all_is_there_once(bench)
