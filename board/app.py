"""The web application: which address is answered by what."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from threading import Event
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from picustream.board.access.audit import Audit
from picustream.board.access.gate import Gate
from picustream.board.access.identity import BuiltIn, Identifies, Loopback
from picustream.board.access.login import LogIn
from picustream.board.access.roles import home
from picustream.board.board import Board
from picustream.board.live import health, live, live_office
from picustream.board.pages import desk, ops, stay, ward
from picustream.board.pages.problem import problem, unread
from picustream.board.rendering import STATIC
from picustream.board.security import LOOPBACK_NAMES, Guard
from picustream.readmodel.database import NoStore

Task = Callable[[], Coroutine[Any, Any, None]]


async def begin(request: Request) -> Response:
    """`/`: where the visitor begins."""
    first = home(request.state.visitor)
    return RedirectResponse(first) if first else PlainTextResponse("No page is for your role.\n", 403)


ROUTES = (
    Route("/", begin),
    Route("/ward", ward.show),
    Route("/stay/{stay:path}", stay.show),
    Route("/desk", desk.show),
    Route("/desk/{stay:path}", desk.show_stay),
    Route("/desk/{stay:path}", desk.enter, methods=["POST"]),
    Route("/ops", ops.show),
    Route("/ops", ops.acknowledge, methods=["POST"]),
    Route("/healthz", health),
    Route("/live", live),
    Route("/live/desk", live_office),
    Route("/live/ops", ops.live),
)


def application(
    board: Board,
    tasks: Sequence[Task] = (),
    names: frozenset[str] = LOOPBACK_NAMES,
    identity: Identifies | None = None,
    audit: Audit | None = None,
    leaving: Event | None = None,
    secure: bool = False,
) -> ASGIApp:
    """The board as an application that is known by these host names. `tasks` run as long as it does.

    `leaving`: is set when it is to be stopped, for an event stream never ends by itself.
    `secure`: browsers come by TLS.

    Without an `identity` whoever asks is taken for somebody at this machine.
    """
    identity, audit = identity or Loopback(), audit or Audit(None)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        running = [asyncio.create_task(task()) for task in tasks]
        yield
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    app = Starlette(
        routes=[*ROUTES, *doors(identity, audit), Mount("/static", Static(directory=STATIC))],
        middleware=[Middleware(GZipMiddleware)],
        exception_handlers={HTTPException: problem, NoStore: unread},
        lifespan=lifespan,
    )
    app.state.board, app.state.audit, app.state.leaving = board, audit, leaving or Event()
    return Guard(Gate(app, identity, audit), names, secure)


def doors(identity: Identifies, audit: Audit) -> list[Route]:
    """The pages by which one logs in and out, where the board has accounts of its own."""
    if not isinstance(identity, BuiltIn):
        return []
    elsewhere = None
    if identity.provider is not None:
        from picustream.board.access.oidc.pages import Elsewhere

        elsewhere = Elsewhere(identity, identity.provider, audit)
    pages = LogIn(identity, audit, elsewhere)
    return [
        *([] if elsewhere is None else elsewhere.routes),
        Route("/login", pages.page),
        Route("/login", pages.log_in, methods=["POST"]),
        Route("/logout", pages.log_out, methods=["POST"]),
        Route("/display", pages.show_display),
        Route("/display", pages.begin_display, methods=["POST"]),
    ]


class Static(StaticFiles):
    """Files whose addresses change with their content."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
