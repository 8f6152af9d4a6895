"""Frames in, acknowledgements out, over real connections."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from picustream.gateways.hl7.frames import Framer, framed
from picustream.gateways.hl7.message import LARGEST
from picustream.gateways.server import mllp
from picustream.gateways.server.desk import Desk
from picustream.gateways.server.mllp import Limits, MllpServer
from picustream.gateways.state import State
from tests.gateways.server.fakes import NOW, FakeInterpreter, Gateway, Topics, gateway, message

PATIENCE = 20.0


@dataclass
class Sender:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    framer: Framer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answers(self, count: int) -> list[str]:
        """Acknowledgement code and control id of the next answers; `end` where the connection ends."""
        found: list[str] = []
        async with asyncio.timeout(PATIENCE):
            while len(found) < count:
                data = await self.reader.read(1 << 16)
                if not data:
                    return [*found, "end"]
                found += [answer_of(frame.raw) for frame in self.framer.feed(data)]
        return found


def answer_of(raw: bytes) -> str:
    fields = next(line for line in raw.decode("latin-1").split("\r") if line.startswith("MSA")).split("|")
    return " ".join(fields[1:3])


@dataclass
class Running:
    gateway: Gateway
    server: MllpServer
    port: int

    async def connect(self) -> Sender:
        return Sender(*await asyncio.open_connection("127.0.0.1", self.port), Framer())


@contextlib.asynccontextmanager
async def running(
    folder: Path, topics: Topics, limits: Limits = Limits(10, 60.0), patience: float = PATIENCE
) -> AsyncIterator[Running]:
    async with gateway(folder, topics) as one:
        refusal = FakeInterpreter(State()).refusal
        server = MllpServer(Desk(one.writer, one.gate, refusal, lambda: NOW, patience), limits, None)
        try:
            yield Running(one, server, await server.listen("127.0.0.1", 0))
        finally:
            await server.stop()


def run(work: Any) -> None:
    asyncio.run(work())


def test_each_message_is_answered_in_order(tmp_path: Path) -> None:
    async def work() -> None:
        topics = Topics()
        async with running(tmp_path, topics) as one:
            sender = await one.connect()
            for number in range(200):
                sender.send(framed(message(f"event {number}", str(number))))
            assert await sender.answers(200) == [f"AA {number}" for number in range(200)]
        assert [event.value for event in topics.events] == [str(number).encode() for number in range(200)]

    run(work)


@given(st.data())
@settings(max_examples=20)
def test_packets_may_be_cut_anywhere(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    stream = b"junk" + b"".join(framed(message(f"event {number}", str(number))) for number in range(5)) + b"\n\n"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    async def work() -> None:
        async with running(tmp_path_factory.mktemp("mllp"), Topics()) as one:
            sender = await one.connect()
            for piece in pieces:
                sender.send(piece)
                await asyncio.sleep(0)
            assert await sender.answers(5) == [f"AA {number}" for number in range(5)]

    run(work)


@pytest.mark.parametrize(
    ("accept", "application", "expected"),
    [
        ("", "", ["AA 1"]),
        ("AL", "AL", ["CA 1", "AA 1"]),
        ("AL", "NE", ["CA 1"]),
        ("NE", "AL", ["AA 1"]),
        ("SU", "ER", ["CA 1"]),
        ("NE", "NE", []),
    ],
)
def test_acknowledgements_are_those_that_are_asked_for(
    tmp_path: Path, accept: str, application: str, expected: Sequence[str]
) -> None:
    async def work() -> None:
        topics = Topics()
        async with running(tmp_path, topics) as one:
            sender = await one.connect()
            sender.send(framed(message("event a", "1", accept, application)) + framed(message("event b", "2")))
            assert await sender.answers(len(expected) + 1) == [*expected, "AA 2"]
        assert [event.value for event in topics.events] == [b"a", b"b"]

    run(work)


def test_a_stranger_is_refused_and_broken_bytes_are_not_for_ever(tmp_path: Path) -> None:
    async def work() -> None:
        async with running(tmp_path, Topics()) as one:
            sender = await one.connect()
            sender.send(framed(message("stranger", "7")) + framed(message("stranger", "8", "AL", "AL")))
            assert await sender.answers(2) == ["AR 7", "CR 8"]
            for _ in range(4):
                sender.send(framed(message("broken", "9")))
            assert await sender.answers(4) == ["AE 9", "AE 9", "AE 9", "AA 9"]

    run(work)


@pytest.mark.parametrize(
    ("accept", "application", "expected"),
    [
        ("AL", "AL", "CR"),
        ("ER", "AL", "CR"),
        ("NE", "AL", "AR"),
        ("NE", "ER", "AR"),
        ("SU", "AL", "AR"),
        ("", "AL", "AR"),
    ],
)
def test_a_stranger_is_refused_once_by_an_acknowledgement_that_it_asks_for(
    tmp_path: Path, accept: str, application: str, expected: str
) -> None:
    async def work() -> None:
        async with running(tmp_path, Topics()) as one:
            sender = await one.connect()
            sender.send(framed(message("stranger", "1", accept, application)) + framed(message("event a", "2")))
            assert await sender.answers(2) == [f"{expected} 1", "AA 2"]

    run(work)


def test_what_is_too_large_is_refused_and_ends_the_connection(tmp_path: Path) -> None:
    async def work() -> None:
        async with running(tmp_path, Topics()) as one:
            sender = await one.connect()
            sender.send(framed(message("event a", "1")) + b"\x0b" + message("event " + "x" * LARGEST, "2"))
            assert await sender.answers(2) == ["AA 1", "AR 2"]
            sender.send(b"x" * LARGEST)  # read all the same: an answer must not be reset away
            sender.send(b"\x1c\r")
            assert await sender.answers(1) == ["end"]

    run(work)


def test_what_is_too_large_and_has_no_end_ends_the_connection_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mllp, "LINGER", 0.05)

    async def work() -> None:
        async with running(tmp_path, Topics()) as one:
            sender = await one.connect()
            sender.send(b"\x0b" + message("event " + "x" * LARGEST, "1"))
            assert await sender.answers(2) == ["AR 1", "end"]

    run(work)


def test_while_nothing_can_be_published_nobody_is_answered_and_nothing_more_is_read(tmp_path: Path) -> None:
    async def work() -> None:
        topics = Topics(away=True)
        async with running(tmp_path, topics, patience=0.2) as one:
            sender = await one.connect()
            sender.send(framed(message("event a", "1")))
            assert await sender.answers(1) == ["end"]
            stored = one.gateway.pipeline.last
            again = await one.connect()
            again.send(framed(message("event b", "2")))
            assert await again.answers(1) == ["end"]
            assert one.gateway.pipeline.last == stored
            topics.away = False
            await one.gateway.gate.wait()
            third = await one.connect()
            third.send(framed(message("event a", "1")) + framed(message("event b", "2")))
            assert await third.answers(2) == ["AA 1", "AA 2"]
        assert [event.value for event in topics.events] == [b"a", b"b"]

    run(work)


def test_a_frame_that_never_ends_is_kept_as_cut_off(tmp_path: Path) -> None:
    async def work() -> None:
        async with running(tmp_path, Topics()) as one:
            sender = await one.connect()
            sender.send(framed(message("event a", "1")) + framed(message("event b", "2"))[:-7])
            sender.writer.write_eof()
            assert (await sender.answers(1))[0] == "AA 1"
            await sender.answers(2)
            assert [stored.cut_off for stored in one.gateway.writer.read()] == [False, True]

    run(work)


def test_fs_and_a_silence_end_a_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mllp, "SILENCE", 0.05)

    async def work() -> None:
        async with running(tmp_path, Topics()) as one:
            sender = await one.connect()
            sender.send(framed(message("event a", "1"))[:-1])
            assert await sender.answers(1) == ["AA 1"]

    run(work)


def test_connections_beyond_the_limit_and_silent_ones_are_closed(tmp_path: Path) -> None:
    async def work() -> None:
        async with running(tmp_path, Topics(), Limits(1, 0.2)) as one:
            first = await one.connect()
            first.send(framed(message("event a", "1")))
            assert await first.answers(1) == ["AA 1"]
            second = await one.connect()
            with contextlib.suppress(ConnectionError):
                assert await second.answers(1) == ["end"]
            assert await first.answers(1) == ["end"]

    run(work)


def test_who_has_been_quiet_for_longest_makes_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it sends nothing, or a frame that has no end."""
    monkeypatch.setattr(mllp, "QUIET", 0.1)

    async def work() -> None:
        async with running(tmp_path, Topics(), Limits(3, 60.0)) as one:
            silent, slow = await one.connect(), await one.connect()
            slow.send(framed(message("event a", "1"))[:-7])
            await asyncio.sleep(0.15)
            good = await one.connect()
            for number, left in enumerate((silent, slow)):
                slow.send(b"x")
                new = await one.connect()
                new.send(framed(message("event b", str(number))))
                assert await new.answers(1) == [f"AA {number}"]
                assert await left.answers(1) == ["end"]
            good.send(framed(message("event c", "3")))
            assert await good.answers(1) == ["AA 3"]

    run(work)


def test_what_is_on_its_way_is_answered_before_the_server_stops(tmp_path: Path) -> None:
    async def work() -> None:
        async with running(tmp_path, Topics()) as one:
            sender = await one.connect()
            sender.send(b"".join(framed(message(f"event {number}", str(number))) for number in range(20)))
            found = await sender.answers(1)
            rest = asyncio.create_task(sender.answers(100))
            await one.server.stop()
            found += await rest
            stored = one.gateway.pipeline.last
        assert found == [*(f"AA {number}" for number in range(stored)), "end"]

    run(work)
