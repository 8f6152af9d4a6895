"""`/login`, `/logout` and `/display`: how a browser gets, and gives back, the cookie by which it is known."""

import asyncio
from time import monotonic
from time import time as wall_seconds
from typing import Protocol
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from picustream.board.access.audit import Audit
from picustream.board.access.identity import DISPLAY, SESSION, BuiltIn
from picustream.board.access.passwords import Verifier
from picustream.board.access.roles import home
from picustream.board.access.throttle import Throttle
from picustream.board.rendering import render

LARGEST_FORM = 16_384
"""Bytes."""
A_YEAR = 365 * 24 * 3600
WRONG = "Name or password are not right."


class LogsOut(Protocol):
    """The pages of a log-in elsewhere."""

    async def out(self, request: Request) -> Response:
        """What somebody is shown who has logged out of the board, to log out there, too."""


class LogIn:
    """The pages."""

    def __init__(self, identity: BuiltIn, audit: Audit, elsewhere: LogsOut | None = None) -> None:
        self._identity = identity
        self._audit = audit
        self._elsewhere = elsewhere
        self._throttle = Throttle()
        self._verifier = Verifier()

    async def page(self, request: Request) -> Response:
        """The form."""
        return self._form(request, "", 200)

    async def log_in(self, request: Request) -> Response:
        """The form, sent: in, or not, or not yet."""
        given = await form(request)
        name, password = given.get("name", "")[:64], given.get("password", "")
        address = request.client.host if request.client else ""
        names, now = (f"account {name}", f"address {address}"), monotonic()
        wait = self._throttle.wait(names, now)
        if wait:
            words = f"Too many attempts. Try again in {int(wait) + 1} seconds."
            return self._form(request, words, 429, {"Retry-After": str(int(wait) + 1)})
        self._throttle.failed(names, now)  # until it is known to be right, so that attempts side by side count too
        accounts = self._identity.accounts
        known = await asyncio.to_thread(accounts.hash_of, name)
        if not await self._verifier(known, password):
            self._audit.happened("log-in-failed", address=address)
            return self._form(request, WRONG, 403)
        self._throttle.passed(*names)
        return await self._let_in(request, name)

    async def log_out(self, request: Request) -> Response:
        """The session ends, and whatever cookies there are."""
        visitor = request.state.visitor
        if visitor.session is not None:
            await asyncio.to_thread(self._identity.accounts.end, visitor.session)
        self._audit.did(visitor, "logged-out")
        elsewhere = self._elsewhere if visitor.elsewhere else None
        answer = RedirectResponse("/login", 303) if elsewhere is None else await elsewhere.out(request)
        for cookie in (SESSION, DISPLAY):
            self._identity.give(answer, cookie, "", 0)
        return answer

    async def show_display(self, request: Request) -> Response:
        """A form for the token of a display, for whoever sets one up."""
        return HTMLResponse(render("display.html", words=""), headers={"Cache-Control": "no-store"})

    async def begin_display(self, request: Request) -> Response:
        """The token, sent: this browser is a display from now on."""
        token = (await form(request)).get("token", "").strip()
        address = request.client.host if request.client else ""
        names, now = (f"address {address}",), monotonic()
        if self._throttle.wait(names, now) or not await asyncio.to_thread(self._identity.accounts.display, token):
            self._throttle.failed(names, now)
            self._audit.happened("display-refused", address=address)
            words = "No display has this token, or there were too many attempts."
            return HTMLResponse(render("display.html", words=words), 403, headers={"Cache-Control": "no-store"})
        answer = RedirectResponse("/ward", 303)
        self._identity.give(answer, DISPLAY, token, A_YEAR)
        return answer

    async def _let_in(self, request: Request, name: str) -> Response:
        accounts = self._identity.accounts
        token = await asyncio.to_thread(accounts.begin, name, wall_seconds())
        visitor = await asyncio.to_thread(accounts.session, token, wall_seconds())
        assert visitor is not None
        self._audit.did(visitor, "logged-in")
        wanted = request.query_params.get("next", "")
        answer = RedirectResponse(wanted if local(wanted) else home(visitor) or "/logout", 303)
        self._identity.give(answer, SESSION, token, None)
        return answer

    def _form(self, request: Request, words: str, status: int, headers: dict[str, str] | None = None) -> Response:
        provider = self._identity.provider
        there = None if provider is None else provider.name
        html = render("login.html", words=words, next=request.query_params.get("next", ""), provider=there)
        return HTMLResponse(html, status, headers={"Cache-Control": "no-store", **(headers or {})})


async def form(request: Request) -> dict[str, str]:
    """The fields of a form. Raises HTTPException for one that is too large or none."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise HTTPException(413, "That is more than the form can hold.")
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), errors="strict"))
    except ValueError:
        raise HTTPException(400, "That is no form.") from None


def local(address: str) -> bool:
    """Whether it is a page of the board's own: one that begins with // or /\\ is another host's."""
    return address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
