"""The web application: which address is answered by what."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from picustream.board.board import Board
from picustream.board.live import live
from picustream.board.pages import stay, ward
from picustream.board.pages.problem import problem, unread
from picustream.board.rendering import STATIC
from picustream.board.security import LOOPBACK_NAMES, Guard
from picustream.readmodel.database import NoStore

Task = Callable[[], Coroutine[Any, Any, None]]

ROUTES = (
    Route("/", lambda request: RedirectResponse("/ward")),
    Route("/ward", ward.show),
    Route("/stay/{stay:path}", stay.show),
    Route("/live", live),
)


def application(board: Board, tasks: Sequence[Task] = (), names: frozenset[str] = LOOPBACK_NAMES) -> ASGIApp:
    """The board as an application that is known by these host names. `tasks` run as long as it does."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        running = [asyncio.create_task(task()) for task in tasks]
        yield
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    app = Starlette(
        routes=[*ROUTES, Mount("/static", Static(directory=STATIC))],
        middleware=[Middleware(GZipMiddleware)],
        exception_handlers={HTTPException: problem, NoStore: unread},
        lifespan=lifespan,
    )
    app.state.board = board
    return Guard(app, names)


class Static(StaticFiles):
    """Files whose addresses change with their content."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
