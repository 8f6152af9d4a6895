"""`/ops`: whoever keeps it running."""

from datetime import datetime
from typing import cast

from starlette.requests import Request
from starlette.responses import Response

from picustream.board.board import Board, office_of
from picustream.board.pages.desk import take
from picustream.board.pages.page import answer
from picustream.board.views.operations import Watched, operations
from picustream.board.views.reading import Reading
from picustream.runtime.clock import wall_clock


async def show(request: Request) -> Response:
    """What runs, and what fires."""
    sent = request.query_params.get("sent")

    def content(board: Board, reading: Reading, now: datetime) -> dict[str, object]:
        found = operations(cast(Watched, reading.model), now, wall_clock(), board.zone)
        known = {one.acknowledged.event_id for one in found.fires if one.acknowledged}
        return {"ops": found, "workers": board.workers(), "now": now, "pending": bool(sent) and sent not in known}

    return await answer(request, "ops.html", "/ops", content, office_of(request))


async def acknowledge(request: Request) -> Response:
    """Somebody sees to an alert."""
    return await take(request, None, "/ops")
