"""The board as a process: the read model, whoever feeds it, the pages."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from threading import Event
from types import FrameType
from zoneinfo import ZoneInfo

import uvicorn
from starlette.types import ASGIApp

from picustream import __version__
from picustream.board.access.exposure import Exposure, exposure
from picustream.board.app import Task, application
from picustream.board.board import Board
from picustream.board.checks import Checks
from picustream.board.entries import Sender
from picustream.board.follower import Follower
from picustream.board.pipeline import Pipeline
from picustream.board.pulse import Pulse
from picustream.board.source import Source
from picustream.board.state import Watch
from picustream.board.workers import Workers
from picustream.readmodel.audience import Audience
from picustream.readmodel.database import Address, address, named
from picustream.runtime.clock import Clock
from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.runtime.settings import Settings
from picustream.scoring.rules import Rules

PARTING = 2
"""Seconds for the answers that are on their way when the board is stopped."""


def serve(
    settings: Settings,
    rules: Rules,
    store: str | None,
    ward_store: str | None,
    follow: bool,
    ready: Callable[[str], None],
) -> None:
    """Serve until stopped. `ready` is given the address, once it can be asked. Raises `UserError`."""
    shown = exposure(settings)
    sender, zone = Sender(settings), rules.protocol.zone
    pipeline = Pipeline(settings, rules.codemap.sources, Clock.of(settings))
    checks = Checks({} if store is None else {"PICUSTREAM_STORE": store})
    workers = Workers(settings.board_workers.split(",") if settings.board_workers else ())
    everything = _Part(settings, zone, named(settings, store), Audience.EVERYTHING, follow, workers)
    days = rules.protocol.follow_up.days
    board = replace(everything.board, send=sender, workers=workers.partitions, behind=pipeline, checked=checks)
    board = replace(board, follow_up_days=days)
    parts = [everything]
    own = ward_store or settings.board_ward_store
    if own is not None:
        ward = _Part(settings, zone, address(own), Audience.WARD, follow, workers, everything.source)
        board = replace(ward.board, office=board)
        parts.append(ward)
    tasks = [workers.run, pipeline.run, checks.run, *(task for part in parts for task in part.tasks)]
    with closing(sender), closing(pipeline), listening(settings) as listener:
        host, port = listener.getsockname()[:2]
        web = f"{'https' if shown.tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
        leaving = Event()
        app = application(board, tasks, shown.names, shown.identity, shown.audit, leaving, shown.secure)
        _Server(config(app, settings, shown), lambda: ready(web), leaving).run([listener])


class _Part:
    """A read model, who feeds it, and the board that is made from it."""

    def __init__(
        self,
        settings: Settings,
        zone: ZoneInfo,
        where: Address,
        audience: Audience,
        follow: bool,
        workers: Workers,
        alerts: Source | None = None,
    ) -> None:
        clock, source = Clock.of(settings), Source(where)
        self.source = source
        command = ["store", "follow", "--store", str(where), "--for", audience]
        self._follower = Follower(source, command) if follow and where.is_file else None
        others = (workers,) if self._follower is None else (self._follower, workers)
        pulse = Pulse(Watch(source, clock, zone, others, alerts), clock.now)
        self.board = Board(source, pulse, clock.now, zone, __version__)

    @property
    def tasks(self) -> list[Task]:
        """What has to run as long as the board does."""
        pulse = self.board.pulse.run
        return [pulse] if self._follower is None else [pulse, self._follower.run]


def config(app: ASGIApp, settings: Settings, shown: Exposure) -> uvicorn.Config:
    """How the pages are served."""
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


def listening(settings: Settings) -> socket.socket:
    """The port, taken. Raises `UserError`."""
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
    """Says when it is ready, and when it is to be stopped; then it ends with status 0."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], leaving: Event) -> None:
        super().__init__(config)
        self._ready = ready
        self._leaving = leaving

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._leaving.set()
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            yield
            self._captured_signals.clear()  # they would be raised again, and end the process by the signal
