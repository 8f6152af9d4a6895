"""The event loop, where it behaves otherwise than the libraries above it expect."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from picustream.streams.worker import loop


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The loop is for the whole process; here it ends with the test."""
    for name in ("write", "writelines"):
        monkeypatch.setattr(asyncio.StreamWriter, name, getattr(asyncio.StreamWriter, name))
    policy = asyncio.get_event_loop_policy()
    yield
    asyncio.set_event_loop_policy(policy)


def test_writing_to_a_lost_connection_is_a_network_error() -> None:
    """I2: a broker that dies while something is sent to it is trouble that passes, and no defect."""

    async def write_to_a_lost_connection() -> None:
        ours, theirs = socket.socketpair()
        _, writer = await asyncio.open_connection(sock=ours)
        theirs.close()
        writer.transport.abort()
        await asyncio.sleep(0)
        for write in (lambda: writer.write(b"x"), lambda: writer.writelines([b"x"])):
            with pytest.raises(ConnectionResetError):
                write()

    loop.run(write_to_a_lost_connection())
