"""`/ward`: the beds of a unit, or of all."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from picustream.board.board import Board
from picustream.board.pages.page import answer
from picustream.board.views.reading import Reading
from picustream.board.views.ward import ward


async def show(request: Request) -> Response:
    """The ward, of `?unit=` alone where one is named; of a display's own unit."""
    unit = request.state.visitor.unit or request.query_params.get("unit") or None

    def content(board: Board, reading: Reading, now: datetime) -> dict[str, object]:
        return {"ward": ward(reading, now, board.zone, unit)}

    return await answer(request, "ward.html", "/ward", content)
