"""`/stay/ID`: a stay, by day and organ."""

from datetime import date, datetime
from functools import partial
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from picustream.board.board import Board
from picustream.board.pages.page import AT, answer, day, written
from picustream.board.views.moments import chosen as chosen_of
from picustream.board.views.reading import Reading
from picustream.board.views.stay import stay
from picustream.board.views.ward import neighbours


async def show(request: Request) -> Response:
    """The stay; `?day=` chooses the day of the receipt, `?revisions=all` shows the changes of all days."""
    stay_id, chosen = request.path_params["stay"], day(request, "day")
    everything = request.query_params.get("revisions") == "all"

    def content(board: Board, reading: Reading, now: datetime) -> dict[str, object]:
        found = stay(reading, stay_id, board.zone, chosen)
        if found is None:
            raise HTTPException(404, "There is no such stay.")
        here = partial(address, stay_id, day=found.chosen, at=reading.at, all=everything)
        kept = {"day": found.chosen, "revisions": "all" if everything else None}
        shown = {"stay": found, "at": reading.at, "chosen_moment": chosen_of(found.moments, reading.at)}
        beside = {
            "neighbours": neighbours(reading, stay_id),
            "other": partial(address, day=None, at=reading.at, all=False),
            "asked": [(name, value) for name, value in kept.items() if value],
        }
        return {**shown, **beside, "everything": everything, "AT": AT, "here": here}

    return await answer(request, "stay.html", "", content)


def address(stay_id: str, *, day: date | None, at: datetime | None, all: bool) -> str:
    """The address of a stay, of a day of it, as known at a moment."""
    asked = {"day": day, AT: at and written(at), "revisions": "all" if all else None}
    query = urlencode({name: str(value) for name, value in asked.items() if value})
    return f"/stay/{quote(stay_id)}" + (f"?{query}" if query else "")
