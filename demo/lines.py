"""The ward's systems as they speak HL7 v2: a connection of MLLP each, one message at a time on it."""

import socket
import threading
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from queue import SimpleQueue
from typing import Protocol

from picustream.demo.messages import Sent
from picustream.gateways.hl7.frames import END, RETURN, framed
from picustream.runtime.errors import ENVIRONMENT, UserError

PATIENCE = 20.0
"""Seconds for an acknowledgement."""
_MOST = 65536
_ACCEPTED = b"\rMSA|AA|"


class Direct(Protocol):
    """What takes the events that have no form in HL7 v2."""

    @property
    def done(self) -> bool:
        """Whether all are sent and acknowledged."""

    def publish(self, now: datetime) -> int:
        """Send what is due; how many were acknowledged."""

    def flush(self) -> int:
        """Send nothing more; how many were acknowledged."""


class Gateway(Protocol):
    """What has to be known of the gateway."""

    @property
    def mllp_port(self) -> int:
        """Where it takes HL7 v2."""

    def check(self) -> None:
        """Raises if it has ended."""


class Line:
    """One system's connection. A thread of its own sends a message once the one before is acknowledged."""

    def __init__(self, port: int) -> None:
        self.acknowledged = 0
        """Written by the thread alone."""
        self.error: str | None = None
        """Why it has ended."""
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._queue: SimpleQueue[bytes | None] = SimpleQueue()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def send(self, raw: bytes) -> None:
        """One more message to send in its turn."""
        self._queue.put(raw)

    def end(self) -> None:
        """Send nothing more, and return when the message that is on its way is acknowledged."""
        self._ending.set()
        self._queue.put(None)
        self._thread.join(PATIENCE)

    def close(self) -> None:
        """Give up the connection."""
        self._ending.set()
        self._queue.put(None)
        self._socket.close()

    def _run(self) -> None:
        try:
            while (raw := self._queue.get()) is not None and not self._ending.is_set():
                self._socket.sendall(framed(raw))
                answer = self._answer()
                if _ACCEPTED not in answer:
                    raise ConnectionError("it was answered " + repr(answer[:200]))
                self.acknowledged += 1
        except OSError as error:
            self.error = str(error)

    def _answer(self) -> bytes:
        answer = b""
        while not answer.endswith(END + RETURN):
            if not (piece := self._socket.recv(_MOST)):
                raise ConnectionError("the connection was closed")
            answer += piece
        return answer


class Lines:
    """Sends `messages` (in order of their moments) to the gateway, and what has no form in HL7 v2 to `direct`."""

    def __init__(self, messages: Iterable[Sent], gateway: Gateway, direct: Direct) -> None:
        self._waiting = deque(messages)
        self._gateway = gateway
        self._direct = direct
        self._sent = 0
        self._lines = {one: Line(gateway.mllp_port) for one in dict.fromkeys(sent.source for sent in self._waiting)}
        self.acknowledged = 0
        """Messages that the gateway has acknowledged."""

    @property
    def done(self) -> bool:
        """Whether everything is sent and acknowledged."""
        return not self._waiting and self.acknowledged == self._sent and self._direct.done

    def publish(self, now: datetime) -> int:
        """Send what is due at `now`; how much was acknowledged meanwhile. Raises `UserError` if something was not."""
        while self._waiting and self._waiting[0].at <= now:
            message = self._waiting.popleft()
            self._lines[message.source].send(message.raw)
            self._sent += 1
        return self._counted() + self._direct.publish(now)

    def flush(self) -> int:
        """Send nothing more and wait for what is on its way; how much that acknowledged. Raises `UserError`."""
        self._waiting.clear()
        for line in self._lines.values():
            line.end()
        return self._counted() + self._direct.flush()

    def close(self) -> None:
        """Give up the connections."""
        for line in self._lines.values():
            line.close()

    def _counted(self) -> int:
        errors = [line.error for line in self._lines.values() if line.error is not None]
        if errors:
            self._gateway.check()
            raise UserError(f"The gateway did not take a message of the ward ({errors[0]}).", "", ENVIRONMENT)
        before, self.acknowledged = self.acknowledged, sum(line.acknowledged for line in self._lines.values())
        return self.acknowledged - before
