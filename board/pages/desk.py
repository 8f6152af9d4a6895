"""`/desk`: the trial office. A list by tab, a page for each stay, and what is entered there."""

import asyncio
from datetime import datetime
from functools import partial
from typing import cast
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from picustream.board.access.login import form
from picustream.board.board import Board, office_of
from picustream.board.entries import NotSent, entered
from picustream.board.pages.page import AT, answer, moment, written
from picustream.board.views.reading import Reading
from picustream.board.views.screening import DECISIONS, TABS, Candidate, Desk, Office, desk, history

REASONS = (
    "guardian-declined", "no-guardian-present", "language", "other-study", "clinician-declined", "not-expected-to-stay",
    "other",
)  # fmt: skip
"""Of a screening log; a code goes into the event."""
NOT_KEPT = "Kafka does not answer, so it is not certain that this was kept. Go back and send it again: it counts once."


async def show(request: Request) -> Response:
    """The list; `?tab=` and `?unit=` choose from it."""
    tab, unit = request.query_params.get("tab", "eligible"), request.query_params.get("unit") or None
    if tab not in (*TABS, "log"):
        raise HTTPException(404, "There is no such list.")

    def content(board: Board, reading: Reading, now: datetime) -> dict[str, object]:
        found = _desk(board, reading, now)
        here = partial(address, at=reading.at)
        shown = {"desk": found, "tab": tab, "tabs": TABS, "unit": unit, "listed": found.of_tab(tab, unit)}
        return {**shown, "here": here, "stay_address": partial(stay_address, at=reading.at), "now": now}

    return await answer(request, "desk.html", "/desk", content, office_of(request))


async def show_stay(request: Request) -> Response:
    """A stay at the desk: its criteria, what changed, what was entered, and forms to enter more."""
    stay, sent = request.path_params["stay"], request.query_params.get("sent")

    def content(board: Board, reading: Reading, now: datetime) -> dict[str, object]:
        one = next((one for one in _desk(board, reading, now).candidates if one.stay == stay), None)
        if one is None:
            raise HTTPException(404, "There is no such stay at the desk.")
        office = cast(Office, reading.model)
        past = history(reading, office, stay, board.zone)
        shown = {"one": one, "history": past, "pending": pending(one, sent), "based_on": len(one.entries)}
        return {**shown, "decisions": DECISIONS, "reasons": REASONS, "past": reading.at is not None, "now": now}

    return await answer(request, "candidate.html", "/desk", content, office_of(request))


async def enter(request: Request) -> Response:
    """Something was entered about a stay."""
    if moment(request) is not None:
        raise HTTPException(400, "Nothing can be entered into the past.")
    return await take(request, request.path_params["stay"], stay_address(request.path_params["stay"]))


async def take(request: Request, stay: str | None, back: str) -> Response:
    """Send what a form says, and lead back with `?sent=` so that the page knows when it is on record."""
    board = office_of(request)
    event = entered(await form(request), stay, request.state.visitor, board.now())
    if board.send is None:
        raise HTTPException(403, "This board takes no entries.")
    try:
        await asyncio.to_thread(board.send, event)
    except NotSent:
        raise HTTPException(503, NOT_KEPT) from None
    request.app.state.audit.did(request.state.visitor, f"entered-{event.type}", stay or "")  # type: ignore[attr-defined]
    return RedirectResponse(f"{back}?{urlencode({'sent': event.event_id})}", 303)


def pending(one: Candidate, sent: str | None) -> bool:
    """Whether what was sent is not yet on record."""
    return bool(sent) and all(entry.event_id != sent for entry in one.entries)


def address(tab: str, unit: str | None = None, at: datetime | None = None) -> str:
    """The address of a list."""
    asked = {"tab": tab, "unit": unit, AT: at and written(at)}
    return "/desk?" + urlencode({name: value for name, value in asked.items() if value})


def stay_address(stay: str, at: datetime | None = None) -> str:
    """The address of a stay at the desk."""
    return f"/desk/{quote(stay)}" + (f"?{urlencode({AT: written(at)})}" if at else "")


def _desk(board: Board, reading: Reading, now: datetime) -> Desk:
    return desk(reading, cast(Office, reading.model), now, board.zone)
