"""The board as a process: the read model, whoever feeds it, the pages."""

import socket
from collections.abc import Callable
from zoneinfo import ZoneInfo

import uvicorn
from starlette.types import ASGIApp

from picustream import __version__
from picustream.board.access.exposure import Exposure, exposure
from picustream.board.app import application
from picustream.board.board import Board
from picustream.board.follower import Follower
from picustream.board.pulse import Pulse
from picustream.board.source import Source
from picustream.board.state import Watch
from picustream.board.workers import Workers
from picustream.readmodel.database import named
from picustream.runtime.clock import Clock
from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.runtime.settings import Settings

PARTING = 2
"""Seconds for the answers that are on their way when the board is stopped; an event stream never ends by itself."""


def serve(settings: Settings, zone: ZoneInfo, store: str | None, follow: bool, ready: Callable[[str], None]) -> None:
    """Serve until stopped. `ready` is given the address, once it can be asked. Raises `UserError`."""
    shown = exposure(settings)
    where, clock = named(settings, store), Clock.of(settings)
    source = Source(where)
    follower = Follower(source, ["store", "follow", "--store", str(where)]) if follow and where.is_file else None
    workers = Workers(settings.board_workers.split(",")) if settings.board_workers else None
    watch = Watch(source, clock, zone, tuple(one for one in (follower, workers) if one is not None))
    board = Board(source, Pulse(watch, clock.now), clock.now, zone, __version__)
    tasks = [board.pulse.run] if follower is None else [board.pulse.run, follower.run]
    with _listening(settings) as listening:
        host, port = listening.getsockname()[:2]
        address = f"{'https' if shown.tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
        app = application(board, tasks, shown.names, shown.identity, shown.audit)
        _Server(_config(app, settings, shown), lambda: ready(address)).run([listening])


def _config(app: ASGIApp, settings: Settings, shown: Exposure) -> uvicorn.Config:
    tls = shown.tls
    return uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=settings.board_behind_proxy,  # nobody else may say from where he comes
        timeout_graceful_shutdown=PARTING,
        ssl_context_factory=None if tls is None else lambda config, default: tls,
    )


def _listening(settings: Settings) -> socket.socket:
    host, port = settings.board_host, settings.board_port
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise UserError(
            f"{host}:{port} cannot be listened to: {error.strerror}.",
            "Name another port: --port, or PICUSTREAM_BOARD_PORT (0: any free one).",
            ENVIRONMENT,
        ) from None


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()
