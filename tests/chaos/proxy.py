"""A TCP relay between one client and one server, which can be cut, made a black hole, or held up."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from enum import Enum, auto

from picustream.local.ports import free_port

CHUNK = 1 << 16


class Way(Enum):
    """What the relay does with what it is given."""

    OPEN = auto()
    """Passes it on."""
    CUT = auto()
    """Every connection is dropped, and a new one refused."""
    HOLE = auto()
    """Bytes vanish, both ways, without an error; connections that lost some are dropped once it is over."""
    HELD = auto()
    """Nothing moves; all of it arrives once it is over, however late."""


class Proxy:
    """Relays 127.0.0.1:`port` to 127.0.0.1:`target` in a thread of its own, until `close`."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self._target = target
        self._way = Way.OPEN
        self._moving = asyncio.Event()
        """Not held."""
        self._passing = asyncio.Event()
        """Neither held nor vanishing."""
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy-{self.port}", daemon=True)
        self._thread.start()
        self.go(Way.OPEN)

    def go(self, way: Way) -> None:
        """From now on do as `way` says."""
        asyncio.run_coroutine_threadsafe(self._change(way), self._loop).result(10)

    def aim(self, target: int) -> None:
        """From now on relay new connections to another port."""
        self._target = target

    def close(self) -> None:
        """Drop everything and end."""
        self.go(Way.CUT)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _change(self, way: Way) -> None:
        if way is Way.CUT or self._way is Way.HOLE:
            await self._drop()
        self._way = way
        _put(self._moving, way is not Way.HELD)
        _put(self._passing, way not in (Way.HELD, Way.HOLE))
        if way is Way.CUT:
            self._stop_listening()
        elif self._server is None:
            self._server = await asyncio.start_server(self._accepted, "127.0.0.1", self.port)

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _drop(self) -> None:
        for connection in self._connections:
            connection.transport.abort()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._connections.add(writer)
        with contextlib.suppress(OSError, asyncio.CancelledError):  # the server is down, or the connection dropped
            await self._moving.wait()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
            self._connections.add(far_writer)
            try:
                await _first(self._pump(reader, far_writer), self._pump(far_reader, writer))
            finally:
                far_writer.transport.abort()
                self._connections.discard(far_writer)
        writer.transport.abort()
        self._connections.discard(writer)
        self._tasks.discard(task)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Relay until one side ends, which the other does not hear of while nothing passes."""
        while data := await source.read(CHUNK):
            await self._moving.wait()
            if self._way is not Way.HOLE:
                sink.write(data)
                await sink.drain()
        await self._passing.wait()


def _put(event: asyncio.Event, is_set: bool) -> None:
    if is_set:
        event.set()
    else:
        event.clear()


async def _first(*pumps: Coroutine[None, None, None]) -> None:
    """Run until one of them ends, and end the other."""
    tasks = [asyncio.ensure_future(pump) for pump in pumps]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
