"""How a page is answered: its frame, its validator, and the moment that it is asked for."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from picustream.board import security
from picustream.board.access.roles import Visitor, may_open
from picustream.board.board import Board, board_of
from picustream.board.frame import Frame, Trouble
from picustream.board.pulse import Beat
from picustream.board.rendering import render
from picustream.board.views import times
from picustream.board.views.reading import Reading

PLACES = (("Ward", "/ward"), ("Desk", "/desk"), ("Operations", "/ops"))
"""Pages that each page leads to."""
AT = "as-known-at"
"""The parameter of the moment as of which a page shows what was known."""

TO_ITS_END = timedelta(microseconds=999_999)
"""A moment without fractions is the whole of its second: what was published in it was known then."""

Content = Callable[[Board, Reading, datetime], dict[str, object]]
"""What a template is given, of a reading, and of the moment that is now in it."""


async def answer(
    request: Request, template: str, place: str, content: Content, board: Board | None = None, more: str = ""
) -> Response:
    """The page, or that it has not changed since it was last fetched; of `board`, or else of the ward's.

    `more`: the version of what it shows beside the read model.
    """
    board, at = board or board_of(request), moment(request)
    beat = await board.pulse.now()
    beat = replace(beat, version=beat.version + more)
    visitor = request.state.visitor
    tag = security.etag(beat.version, board.software, visitor.name, str(request.url))
    headers = {"ETag": tag, "Vary": "Accept-Encoding, Cookie"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    html = await asyncio.to_thread(_made, board, beat, at, visitor, template, place, content)
    return HTMLResponse(html, headers=headers)


def _made(
    board: Board, beat: Beat, at: datetime | None, visitor: Visitor, template: str, place: str, content: Content
) -> str:
    now = board.now() if at is None else at
    with board.source.model().snapshot() as model:
        found = content(board, Reading(model, at), now.astimezone(board.zone))
    return render(template, page=frame(board, beat, at, place, visitor), **found)


def frame(board: Board, beat: Beat, at: datetime | None, place: str, visitor: Visitor) -> Frame:
    """What is around a page that shows what is known now, or was at a moment."""
    known = (at or beat.state.known).astimezone(board.zone)
    return Frame(
        beat.version,
        board.software,
        tuple((name, address) for name, address in PLACES if may_open(visitor, address)),
        place,
        f"/live{place}" if place in ("/desk", "/ops") else "/live",
        visitor.name,
        visitor.session is not None,
        known,
        times.exact(known),
        board.zone.key,
        at is not None,
        beat.state.troubles if at is None else (_of_past(known, beat.state.known.astimezone(board.zone)),),
    )


def _of_past(at: datetime, known: datetime) -> Trouble:
    """What is said of a moment: nothing that is wrong now changes it, once all that was published by then is known."""
    if at <= known:
        return Trouble("past", "The past.", f"As it was known at {times.exact(at)}.")
    words = f"Of {times.exact(at)} it is known what was published until {times.exact(known)}."
    return Trouble("stale", "Not complete yet.", words)


def moment(request: Request) -> datetime | None:
    """The moment that was asked for, in the zone of the board where it names none; None: now.

    Of the hour that there is twice when clocks are put back the first one is meant, unless an offset says otherwise; in
    the one that there is not, when they are put forward, the moment that its clocks would have shown before.
    """
    asked = request.query_params.get(AT)
    if not asked:
        return None
    try:
        at = datetime.fromisoformat(asked.replace(" ", "+"))  # a + in an address is a space
    except ValueError:
        raise HTTPException(400, f"{AT} is no moment: write it as 2026-03-04T07:00") from None
    if at.tzinfo is None:
        zone = board_of(request).zone
        at = at.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    return at if at.microsecond else at + TO_ITS_END


def written(at: datetime) -> str:
    """A moment as an address has it: `moment` makes the same of it."""
    return (at.replace(microsecond=0) if at.microsecond == 999_999 else at).isoformat()


def day(request: Request, name: str) -> date | None:
    """The day that a parameter names."""
    asked = request.query_params.get(name)
    try:
        return date.fromisoformat(asked) if asked else None
    except ValueError:
        raise HTTPException(400, f"{name} is no day: write it as 2026-03-04") from None
