"""The event stream of a page: every two seconds the version to show and what is known until when, and nothing else."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from picustream.board.board import Board, board_of, office_of
from picustream.board.pulse import Beat
from picustream.board.views import times

EVERY = 2.0
"""Seconds between two messages. A page that has had none for six says that it is not live."""
SLICES = 4
"""How often between two messages a stream looks whether the board is stopped."""
RETRY = 2000
"""Milliseconds until a page tries again."""


async def live(request: Request) -> Response:
    """The stream; silent while the read model gives no answer, so that the pages know."""
    return stream(request, board_of(request))


async def live_office(request: Request) -> Response:
    """Likewise, of the desk."""
    return stream(request, office_of(request))


async def health(request: Request) -> Response:
    """For whoever sees to it that the board runs: whether it answers, and its read model can be read."""
    ok = (await board_of(request).pulse.now()).state.there
    return JSONResponse({"ok": ok}, 200 if ok else 503, headers={"Cache-Control": "no-store"})


def stream(request: Request, board: Board, more: Callable[[], str] = str) -> Response:
    """Of a board. `more`: the version of what a page shows beside the read model."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_messages(request, board, more), media_type="text/event-stream", headers=headers)


async def _messages(request: Request, board: Board, more: Callable[[], str]) -> AsyncIterator[str]:
    yield f"retry: {RETRY}\n\n"
    while not await request.is_disconnected():
        beat = board.pulse.fresh
        if beat is not None:
            yield f"data: {json.dumps(message(board, beat, more()))}\n\n"
        for _ in range(SLICES):
            if request.app.state.leaving.is_set():
                return
            await asyncio.sleep(EVERY / SLICES)


def message(board: Board, beat: Beat, more: str = "") -> dict[str, str]:
    """What a page is sent."""
    known = beat.state.known.astimezone(board.zone)
    return {
        "version": beat.version + more,
        "software": board.software,
        "known": known.isoformat(),
        "known_words": times.exact(known),
    }
