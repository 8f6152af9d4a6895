"""`/ward`: the beds of a unit, or of all."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from picustream.board.board import Board
from picustream.board.pages.page import AT, answer, written
from picustream.board.views import times
from picustream.board.views.moments import Moment
from picustream.board.views.moments import chosen as chosen_of
from picustream.board.views.reading import Reading
from picustream.board.views.ward import moments, ward


async def show(request: Request) -> Response:
    """The ward, of `?unit=` alone where one is named; of a display's own unit."""
    unit = request.state.visitor.unit or request.query_params.get("unit") or None

    def content(board: Board, reading: Reading, now: datetime) -> dict[str, object]:
        at = None if reading.at is None else datetime.fromisoformat(written(reading.at)).astimezone(board.zone)
        offered = moments(board.now().astimezone(board.zone))
        if at is not None:  # it may be one that an address names; by what it is in UTC: an hour there is twice a year
            offered = list({one.timestamp(): one for one in (*offered, at)}.values())
            offered.sort(key=datetime.timestamp, reverse=True)
        known = [Moment(one, times.clock(one)) for one in offered]
        shown = {"ward": ward(reading, now, board.zone, unit), "unit": unit, "at": at, "AT": AT, "known": known}
        shown |= {"asked": (("unit", unit),) if unit else (), "chosen": chosen_of(known, at)}
        return {**shown, "other": times.other(at) if at else None}

    return await answer(request, "ward.html", "/ward", content)
