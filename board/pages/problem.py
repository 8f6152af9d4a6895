"""What is answered where there is no page."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from picustream.board.board import board_of
from picustream.board.pages.page import frame
from picustream.board.rendering import render


async def problem(request: Request, error: Exception) -> Response:
    """No such page, no such stay, a moment that is none."""
    assert isinstance(error, HTTPException)
    return await _shown(request, error.status_code, error.detail)


async def unread(request: Request, error: Exception) -> Response:
    """The read model cannot be read. The page says why, and renews itself once it can."""
    return await _shown(request, 503, "There is nothing to show yet.")


async def _shown(request: Request, status: int, words: str) -> Response:
    board = board_of(request)
    beat = await board.pulse.now()
    html = render("problem.html", page=frame(board, beat, None, "", request.state.visitor), words=words)
    return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})
