"""HL7 v2 over MLLP: frames in, acknowledgements out, in order for each connection.

A message is answered when all that it makes is in Kafka. What cannot be stored is not answered: the connection is
closed, and the sender sends it again. An answer that comes late would be taken for that of the next message.
"""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass

from picustream.gateways.hl7.acknowledge import Wanted, acknowledgement, wanted
from picustream.gateways.hl7.frames import Frame, Framer, framed
from picustream.gateways.hl7.message import header
from picustream.gateways.journal.outcome import Answer
from picustream.gateways.journal.received import Received
from picustream.gateways.server import metrics
from picustream.gateways.server.access import HANDSHAKE, address_of, client_name, keep_alive
from picustream.gateways.server.desk import Desk, HandedIn, NoAnswer
from picustream.runtime.crash_points import crash_point
from picustream.runtime.logs import logger, place
from picustream.scoring.faults import Fault

log = logger(__name__)

READ = 64 * 1024
"""Bytes read at a time."""
WINDOW = 64
"""Messages of one connection that may be on their way at a time; most senders wait for each answer."""
SILENCE = 1.0
"""Seconds after which FS without CR ends a frame."""
UNFINISHED = 60.0
"""Seconds that a frame may pause."""
QUIET = 60.0
"""Seconds without a message after which a connection has to make room for another, where there are too many."""
LINGER = 5.0
"""Seconds for which the rest of a message that is too large is read, so that its sender sees the answer."""
STOP = 5.0
"""Seconds for messages that are on their way when the server stops."""
_TOO_LARGE = Fault("too-large", "", "the message is larger than is taken")


@dataclass(frozen=True, slots=True)
class Limits:
    """Of what senders may do. `idle`: seconds that a connection may be silent."""

    connections: int
    idle: float


class MllpServer:
    """Listens on any number of ports."""

    def __init__(self, desk: Desk, limits: Limits, tls: ssl.SSLContext | None) -> None:
        self._desk = desk
        self._limits = limits
        self._tls = tls
        self._servers: list[asyncio.Server] = []
        self._connections: dict[asyncio.Task[None], _Connection] = {}
        self._stopping = False

    async def listen(self, host: str, port: int) -> int:
        """Listen on one more port; its number. Raises OSError."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._serve(reader, writer, number)

        shaking = HANDSHAKE if self._tls else None
        server = await asyncio.start_server(
            serve, host, port, ssl=self._tls, ssl_handshake_timeout=shaking, limit=READ, start_serving=False
        )
        number: int = server.sockets[0].getsockname()[1]
        await server.start_serving()
        self._servers.append(server)
        return number

    async def stop(self) -> None:
        """Take no more, answer what is on its way, close."""
        for server in self._servers:
            server.close()
        self._stopping = True
        for connection in self._connections.values():
            connection.stop_reading()
        if tasks := list(self._connections):
            await asyncio.wait(tasks, timeout=STOP)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        task = asyncio.current_task()
        if task is None or self._stopping or not self._room():
            metrics.closed.labels("too-many").inc()
            writer.transport.abort()
            return
        connection = self._connections[task] = _Connection(self._desk, self._limits, reader, writer, port)
        metrics.connections.labels("mllp").set(len(self._connections))
        try:
            keep_alive(writer.get_extra_info("socket"))
            await connection.run()
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            metrics.closed.labels("lost").inc()
        except NoAnswer as why:
            metrics.closed.labels("no-answer").inc()
            log.warning("not-answered", why=str(why), port=port)
        except Exception as error:  # noqa: BLE001 - one connection must not end the server; reported with its place
            metrics.bugs.inc()
            log.error("bug", port=port, **place(error))
        finally:
            writer.transport.abort() if writer.transport.is_closing() else writer.close()
            del self._connections[task]
            metrics.connections.labels("mllp").set(len(self._connections))

    def _room(self) -> bool:
        """Whether there is room for one more: the one that has been quiet for longest may have to go."""
        if len(self._connections) < self._limits.connections:
            return True
        task, quietest = min(self._connections.items(), key=lambda item: item[1].heard)
        if asyncio.get_running_loop().time() - quietest.heard < QUIET or quietest.busy:
            return False
        metrics.closed.labels("quiet").inc()
        task.cancel()
        return True


class _Connection:
    """One sender."""

    def __init__(
        self,
        desk: Desk,
        limits: Limits,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        port: int,
    ) -> None:
        self._desk = desk
        self._limits = limits
        self._reader = reader
        self._writer = writer
        self._port = port
        self._peer = address_of(writer.get_extra_info("peername"))
        self._client = client_name(writer.get_extra_info("peercert"))
        self._framer = Framer()
        self._reading: asyncio.Task[None] | None = None
        self._handed_in: asyncio.Queue[HandedIn | bytes] = asyncio.Queue(WINDOW)
        """What is to be answered, in order; bytes are an answer that is ready."""
        self._ready: list[bytes] = []
        """Answers that go out together, before any other is waited for: each time costs 50 us."""
        self._unanswered = 0
        self.heard = asyncio.get_running_loop().time()
        """The loop's time at which it sent its last message, or began."""

    @property
    def busy(self) -> bool:
        """Whether it waits for an answer."""
        return self._unanswered > 0

    async def run(self) -> None:
        """Until the sender has gone, or something cannot be answered."""
        reading, answering = asyncio.create_task(self._read()), asyncio.create_task(self._answer())
        self._reading = reading
        try:
            await asyncio.wait((reading, answering), return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                if not reading.cancelled():
                    reading.result()
                joined = asyncio.create_task(self._handed_in.join())
                await asyncio.wait((joined, answering), return_when=asyncio.FIRST_COMPLETED)
                joined.cancel()
            if answering.done():
                answering.result()
        finally:
            reading.cancel()
            answering.cancel()
            await asyncio.gather(reading, answering, return_exceptions=True)
            while not self._handed_in.empty():
                self._settle(self._handed_in.get_nowait())

    def stop_reading(self) -> None:
        """What came is answered, and no more is taken."""
        if self._reading is not None:
            self._reading.cancel()

    async def _read(self) -> None:
        """Hand in what comes; ends when nothing more comes, or nothing more is taken."""
        while True:
            await self._desk.ready()
            data = await self._some()
            frames = self._framer.end() if data == b"" else self._framer.feed(data) if data else self._framer.silence()
            for frame in frames:
                await self._take(frame)
                if frame.kind == "too-large":
                    await self._pass_over()
                    return
            if data == b"":
                return

    async def _pass_over(self) -> None:
        """Read what is left of a frame that is too large: bytes not read at the close would reset the answer away."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                while self._framer.passes_over and (data := await self._reader.read(READ)):
                    self._framer.feed(data)

    async def _some(self) -> bytes | None:
        """Some bytes; None for a silence that may end a frame, none at all where no more are waited for."""
        patience = SILENCE if self._framer.may_have_ended else UNFINISHED if self._framer.is_open else self._limits.idle
        try:
            async with asyncio.timeout(patience):
                return await self._reader.read(READ)
        except TimeoutError:
            return None if self._framer.may_have_ended else b""

    async def _take(self, frame: Frame) -> None:
        self._unanswered += 1
        self.heard = asyncio.get_running_loop().time()
        metrics.skipped_bytes.inc(frame.skipped)
        if frame.kind == "too-large":
            metrics.closed.labels("too-large").inc()
            answer = acknowledgement(frame.raw, "AR", self._desk.now(), [_TOO_LARGE])
            await self._handed_in.put(answer)
            return
        received = Received(
            frame.raw,
            self._desk.now(),
            "mllp",
            peer=self._peer,
            port=self._port,
            client=self._client,
            cut_off=frame.kind == "truncated",
        )
        await self._handed_in.put(await self._desk.hand_in(received))

    async def _answer(self) -> None:
        """Answer what was handed in, in order, until cancelled. Raises `NoAnswer`."""
        while True:
            handed_in = await self._handed_in.get()
            try:
                if isinstance(handed_in, bytes):
                    self._ready.append(framed(handed_in))
                else:
                    await self._answer_one(handed_in)
            except NoAnswer:
                await self._send()
                raise
            finally:
                self._settle(handed_in)
            if self._handed_in.empty():
                await self._send()

    async def _answer_one(self, handed_in: HandedIn) -> None:
        received, wish = handed_in.received, _wish(handed_in.received.raw)
        if wish.enhanced:
            await self._send()
            await handed_in.stored()
            refusal = self._desk.refusal(received)
            accepted = refusal is None
            if wish.accepts(accepted):
                self._acknowledge(received, "C", refusal or Answer())
                if not accepted:
                    return
        if not handed_in.is_done:
            await self._send()
        outcome = await handed_in.outcome()
        if wish.applies(outcome.answer.code == "AA"):
            self._acknowledge(received, "A", outcome.answer)

    def _acknowledge(self, received: Received, kind: str, answer: Answer) -> None:
        code = kind + answer.code[1]
        self._ready.append(framed(acknowledgement(received.raw, code, self._desk.now(), answer.faults)))
        metrics.one(metrics.answers, "mllp", code).inc()

    async def _send(self) -> None:
        """Send what is ready."""
        if not self._ready:
            return
        self._writer.write(b"".join(self._ready))
        self._ready.clear()
        await self._writer.drain()
        crash_point("gateway-answered")

    def _settle(self, handed_in: HandedIn | bytes) -> None:
        self._handed_in.task_done()
        self._unanswered -= 1
        if isinstance(handed_in, HandedIn):
            self._desk.settled(handed_in)


def _wish(raw: bytes) -> Wanted:
    """Which acknowledgements a message asks for; of one that cannot be read, those of the original mode."""
    found = header(raw)
    return wanted(found) if found else Wanted(False)
