"""A gateway to which a network is unkind: broken frames, slow and silent senders, crowds; others are served in time."""

import os
import random
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from http.client import HTTPConnection
from threading import Event, Thread

import pytest

from picustream.gateways.hl7.frames import framed
from tests.gateways import texts
from tests.gateways.server.test_broken import ROUND, stream
from tests.integration.gateways import bench, health, megabytes, metric, ready, serving
from tests.integration.senders import code_of
from tests.integration.workers import Bench, Worker, wait_for

__all__ = ["bench"]
pytestmark = pytest.mark.servers

FRAMES = int(os.environ.get("PICUSTREAM_TEST_FRAMES", "2000"))
"""Broken frames; a million in the long form, of which each takes the gateway half a millisecond of a processor."""
GROWTH = 96
"""MB by which the gateway may grow."""
IN_TIME = 20.0
"""Seconds for the answer to a good sender, on a machine that others use as well."""
LARGE = 16 << 20
SAID = [b"", b"\x0bMSH|^~", b"\r\n\0junk", b"POST /fhir HTTP/1.1\r\nHost: x\r\n"]
"""By those that say little or nothing."""


def connected(gateway: Worker, which: str = "mllp") -> socket.socket:
    said = ready(gateway)
    return socket.create_connection(("127.0.0.1", said["mllp_ports"][0] if which == "mllp" else said["fhir_port"]), 20)


class Good:
    """A sender on a connection of its own, which waits for each answer."""

    def __init__(self, gateway: Worker) -> None:
        self._connection = connected(gateway)
        self._end = Event()
        self._thread = Thread(target=self._work)
        self.longest, self.answered, self.wrong = 0.0, 0, ""

    def _work(self) -> None:
        number = 0
        while not self._end.is_set() and not self.wrong:
            number += 1
            began = time.monotonic()
            self._connection.sendall(framed(texts.results(texts.obx(value=str(40 + number)), order=f"G{number}")))
            answer = self._connection.recv(1 << 16)
            self.longest = max(self.longest, time.monotonic() - began)
            if code_of(answer) == "AA":
                self.answered += 1
            else:
                self.wrong = answer.decode() or "the connection was closed"
            self._end.wait(0.05)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """While others do what they do; in the end all was answered, in time."""
        self._thread.start()
        try:
            yield
        finally:
            self._end.set()
            self._thread.join(30)
        assert not self.wrong
        assert self.answered > 5
        assert self.longest < IN_TIME


def drained(connection: socket.socket) -> None:
    """Read to the end what is answered."""
    try:
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 20):
            pass
    except OSError:
        return


def one_round(gateway: Worker, seed: int) -> None:
    """Broken frames on a connection of their own, which is read to its end."""
    data = stream(random.Random(seed))
    with connected(gateway) as connection:
        reader = Thread(target=drained, args=(connection,))
        connection.sendall(data)
        reader.start()
        reader.join(60)


def test_broken_frames_by_the_thousand(bench: Bench) -> None:
    gateway = serving(bench)
    ready(gateway)
    rounds, memory = FRAMES // ROUND, 0.0
    with Good(gateway).at_work(), ThreadPoolExecutor(2) as senders:  # one makes its frames while the other waits
        for number, _ in enumerate(senders.map(partial(one_round, gateway), range(rounds))):
            if number * 10 <= rounds:
                memory = megabytes(gateway)
        assert megabytes(gateway) < memory + GROWTH
    assert metric(gateway, "bugs_total") == 0
    assert health(gateway)["status"] == 200
    assert gateway.stop() == 0


def test_giants_loris_and_crowds(bench: Bench) -> None:
    """At once: frames of 16 MiB and more, two hundred connections that say little or nothing, and HTTP likewise."""
    gateway = serving(bench)
    good = Good(gateway)
    memory = megabytes(gateway)
    with ExitStack() as stack, good.at_work():
        crowd = [stack.enter_context(connected(gateway)) for _ in range(200)]
        halves = [stack.enter_context(connected(gateway, "fhir")) for _ in range(100)]
        for number, connection in enumerate([*crowd, *halves]):
            try:
                connection.sendall(SAID[number % 4] if number < len(crowd) else SAID[number % 2 * 3])
            except OSError:
                continue
        wait_for(lambda: metric(gateway, "closed_connections_total") >= 200 + 100 - 2 * 64, "others are let go")
        assert metric(gateway, "connections") <= 2 * 64
        for connection in crowd[:40]:
            connection.close()
        wait_for(lambda: metric(gateway, "connections") <= 2 * 64 - 20, "there is room again")
        for size in (LARGE - 1000, LARGE + 1000):
            with connected(gateway) as giant:
                giant.sendall(b"\x0b" + texts.results(texts.obx(kind="TX", value="x" * size)) + b"\x1c\r")
                assert code_of(giant.recv(1 << 16)) in ("AA", "AR")
        time.sleep(1)
    assert health(gateway)["status"] == 200
    assert megabytes(gateway) < memory + 4 * GROWTH
    assert metric(gateway, "bugs_total") == 0
    connection = HTTPConnection("127.0.0.1", ready(gateway)["fhir_port"], timeout=20)
    connection.request("POST", "/fhir", b"", {})
    assert connection.getresponse().status == 200
    connection.close()
    assert gateway.stop() == 0
