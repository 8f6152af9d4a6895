"""`/ops`: whoever keeps it running."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from starlette.requests import Request
from starlette.responses import Response

from picustream.board.board import Board, office_of
from picustream.board.live import stream
from picustream.board.pages.desk import take
from picustream.board.pages.page import answer
from picustream.board.pulse import digest
from picustream.board.views.engine import Engine, engine
from picustream.board.views.operations import Watched, operations
from picustream.board.views.reading import Reading
from picustream.runtime.clock import wall_clock


async def show(request: Request) -> Response:
    """What runs, and what fires."""
    sent, office = request.query_params.get("sent"), office_of(request)

    def content(board: Board, reading: Reading, now: datetime) -> dict[str, object]:
        found = operations(cast(Watched, reading.model), now, wall_clock(), board.zone)
        known = {one.acknowledged.event_id for one in found.fires if one.acknowledged}
        shown = {"ops": found, "engine": behind(board, found.silent), "now": now}
        return {**shown, "pending": bool(sent) and sent not in known}

    return await answer(request, "ops.html", "/ops", content, office, version(office))


async def live(request: Request) -> Response:
    """The stream of this page, which is made anew with all that is behind the read model, too."""
    office = office_of(request)
    return stream(request, office, lambda: version(office))


def behind(board: Board, silent: Mapping[str, datetime]) -> Engine:
    """What is behind the read model, as it was last asked for."""
    now = board.now().astimezone(board.zone)
    return engine(board.behind(), board.workers(), board.checked(), silent, now, wall_clock())


def version(board: Board) -> str:
    """Another one with all that is behind the read model."""
    return digest(repr(behind(board, {})))


async def acknowledge(request: Request) -> Response:
    """Somebody sees to an alert."""
    return await take(request, None, "/ops")
