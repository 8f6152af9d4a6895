"""The ward's connections to the gateway: one message at a time, and nothing that was not acknowledged is counted."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from picustream.demo.lines import Lines
from picustream.demo.messages import Sent
from picustream.gateways.hl7.frames import Framer, framed
from picustream.runtime.errors import UserError
from tests.demo.stubs import OPENS, Feed

MESSAGES = [Sent(OPENS + number * timedelta(hours=1), "lis", b"MSH|%d\r" % number) for number in range(3)]
LIMIT = 10.0
"""Seconds for what takes none."""


class Answering:
    """A gateway that notes what it takes, and answers when it is asked to."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.mllp_port = self._server.getsockname()[1]
        self.taken: list[bytes] = []
        self._connections: list[socket.socket] = []
        threading.Thread(target=self._run, daemon=True).start()

    def answer(self, code: str) -> None:
        self._connections[-1].sendall(framed(f"MSH|^~\\&\rMSA|{code}|1\r".encode()))

    def check(self) -> None:
        """It never ends by itself."""

    def close(self) -> None:
        for one in (self._server, *self._connections):
            one.close()

    def _run(self) -> None:
        connection, _ = self._server.accept()
        self._connections.append(connection)
        framer = Framer()
        while data := connection.recv(65536):
            self.taken += [frame.raw for frame in framer.feed(data)]


@pytest.fixture
def gateway() -> Iterator[Answering]:
    gateway = Answering()
    yield gateway
    gateway.close()


@pytest.fixture
def lines(gateway: Answering) -> Iterator[Lines]:
    lines = Lines(MESSAGES, gateway, Feed([]))
    yield lines
    lines.close()


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_nothing_is_sent_before_its_moment(lines: Lines, gateway: Answering) -> None:
    lines.publish(OPENS)
    until(lambda: len(gateway.taken) == 1)
    gateway.answer("AA")
    until(lambda: lines.publish(OPENS) == 1)
    assert gateway.taken == [MESSAGES[0].raw]
    assert not lines.done


def test_a_message_waits_until_the_one_before_is_acknowledged(lines: Lines, gateway: Answering) -> None:
    late = OPENS + timedelta(days=1)
    for number, message in enumerate(MESSAGES):
        lines.publish(late)
        until(lambda: len(gateway.taken) > number)  # noqa: B023 - called within the turn
        time.sleep(0.02)
        assert gateway.taken[number:] == [message.raw]
        assert lines.acknowledged == number
        gateway.answer("AA")
        until(lambda: lines.publish(late) == 1)
    assert lines.done


def test_what_is_refused_ends_the_demo(lines: Lines, gateway: Answering) -> None:
    lines.publish(OPENS)
    until(lambda: len(gateway.taken) == 1)
    gateway.answer("AR")
    with pytest.raises(UserError, match=r"did not take a message of the ward .*MSA\|AR"):
        until(lambda: lines.publish(OPENS) == 1)


def test_in_the_end_only_what_is_on_its_way_is_waited_for(lines: Lines, gateway: Answering) -> None:
    lines.publish(OPENS + timedelta(days=1))
    until(lambda: len(gateway.taken) == 1)
    answering = threading.Timer(0.1, gateway.answer, ["AA"])
    answering.start()
    assert lines.flush() == 1
    answering.join()
    assert gateway.taken == [MESSAGES[0].raw]
