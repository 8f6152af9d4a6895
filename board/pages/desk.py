"""`/desk`: the trial office. A list by tab, a page for each stay, and what is entered there."""

import asyncio
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import cast
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from picustream.board.access.login import form
from picustream.board.board import Board, office_of
from picustream.board.entries import NotSent, entered
from picustream.board.pages.page import AT, answer, day, moment, written
from picustream.board.views import changes
from picustream.board.views.flow import flow
from picustream.board.views.moments import chosen as chosen_of
from picustream.board.views.office import Office, at_desk
from picustream.board.views.reading import Reading
from picustream.board.views.screening import DECISIONS, TABS, Candidate, desk, history

REASONS = (
    "guardian-declined", "no-guardian-present", "language", "other-study", "clinician-declined", "not-expected-to-stay",
    "other",
)  # fmt: skip
"""Of a screening log; a code goes into the event."""
RECENT = timedelta(days=60)
"""For how long a stay is listed after it last changed, unless `?since=` names an earlier day."""
NOT_KEPT = "Kafka does not answer, so it is not certain that this was kept. Go back and send it again: it counts once."


async def show(request: Request) -> Response:
    """The list; `?tab=` and `?unit=` choose from it."""
    tab, unit = request.query_params.get("tab", "eligible"), request.query_params.get("unit") or None
    chosen = day(request, "since")
    if tab not in (*TABS, "log"):
        raise HTTPException(404, "There is no such list.")

    def content(board: Board, reading: Reading, now: datetime) -> dict[str, object]:
        office, first = cast(Office, reading.model), chosen or now.date() - RECENT
        since = datetime.combine(first, time(), board.zone)
        found = desk(reading, office, now, board.zone, at_desk(reading, office, since), board.follow_up_days)
        shown = {"desk": found, "tab": tab, "tabs": TABS, "unit": unit, "listed": found.of_tab(tab, unit)}
        counts = flow(reading, office) if tab == "log" else ()
        known = changes.of_all(office, reading.at, now, board.zone)
        kept = {"tab": tab, "unit": unit, "since": chosen and chosen.isoformat()}
        slider = {
            "known": known,
            "chosen": chosen_of(known, reading.at),
            "asked": [(name, value) for name, value in kept.items() if value],
        }
        places = {
            "here": partial(address, at=reading.at, since=chosen),
            "stay_address": partial(stay_address, at=reading.at),
        }
        return {**shown, **places, **slider, "counts": counts, "since": first, "at": reading.at, "AT": AT, "now": now}

    return await answer(request, "desk.html", "/desk", content, office_of(request))


async def show_stay(request: Request) -> Response:
    """A stay at the desk: its criteria, what changed, what was entered, and forms to enter more."""
    stay, sent = request.path_params["stay"], request.query_params.get("sent")

    def content(board: Board, reading: Reading, now: datetime) -> dict[str, object]:
        office = cast(Office, reading.model)
        one = next(iter(desk(reading, office, now, board.zone, [stay], board.follow_up_days).candidates), None)
        if one is None:
            raise HTTPException(404, "There is no such stay at the desk.")
        past = history(reading, office, stay, board.zone)
        known = changes.of_stay(office, stay, board.zone)
        slider = {"known": known, "chosen": chosen_of(known, reading.at), "here": stay_address(stay), "AT": AT}
        shown = {"one": one, **slider, "history": past, "pending": pending(one, sent), "based_on": len(one.entries)}
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


def address(tab: str, unit: str | None = None, at: datetime | None = None, since: date | None = None) -> str:
    """The address of a list."""
    asked = {"tab": tab, "unit": unit, AT: at and written(at), "since": since and since.isoformat()}
    return "/desk?" + urlencode({name: value for name, value in asked.items() if value})


def stay_address(stay: str, at: datetime | None = None) -> str:
    """The address of a stay at the desk."""
    return f"/desk/{quote(stay)}" + (f"?{urlencode({AT: written(at)})}" if at else "")
