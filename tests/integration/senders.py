"""Senders of HL7 v2 that do what an interface engine does: wait for each answer, and send again where none comes.

Of messages in enhanced mode it is the application acknowledgement that they wait for.
"""

import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from picustream.gateways.hl7.frames import Framer, framed

PATIENCE = 120.0
"""Seconds for all answers."""


@dataclass
class Sender:
    """Sends messages in order over one connection at a time to wherever `port` says."""

    port: Callable[[], int]
    codes: list[str] = field(default_factory=list)
    """Of the answers, in order of the messages."""
    tries: int = 0

    def send_all(self, messages: Sequence[bytes]) -> list[str]:
        """Send until each is answered; the acknowledgement codes."""
        until = time.monotonic() + PATIENCE
        while len(self.codes) < len(messages):
            assert time.monotonic() < until, f"{len(self.codes)} of {len(messages)} are answered"
            try:
                with socket.create_connection(("127.0.0.1", self.port()), timeout=PATIENCE) as connection:
                    self._send(connection, messages)
            except OSError:
                time.sleep(0.02)
        return self.codes

    def _send(self, connection: socket.socket, messages: Sequence[bytes]) -> None:
        framer = Framer()
        while len(self.codes) < len(messages):
            self.tries += 1
            connection.sendall(framed(messages[len(self.codes)]))
            answers: list[str] = []
            while not answers:
                data = connection.recv(1 << 16)
                if not data:
                    return
                answers = [code for frame in framer.feed(data) if (code := code_of(frame.raw)) != "CA"]
            assert len(answers) == 1, "an answer that nobody waits for"
            self.codes += answers


def code_of(answer: bytes) -> str:
    """The acknowledgement code of an answer."""
    return answer.partition(b"\rMSA|")[2][:2].decode()
