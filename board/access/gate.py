"""The gate before the pages: who somebody is, whether the page is for them, and that it was they who asked."""

import asyncio
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from picustream.board.access.audit import Audit
from picustream.board.access.identity import PERSON, Asked, Identifies
from picustream.board.access.roles import NOBODY, Visitor, may_open

OPEN = ("/static/", "/login", "/display", "/healthz")
"""What is there for those who have yet to say who they are."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Gate:
    """Lets through what is allowed, with the visitor as `request.state.visitor`."""

    def __init__(self, app: ASGIApp, identity: Identifies, audit: Audit) -> None:
        self._app = app
        self._identity = identity
        self._audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = await self._refusal(scope) or self._app
        await answer(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        headers, path = Headers(scope=scope), scope["path"]
        if scope["method"] not in SAFE and not own(headers):
            return PlainTextResponse("Sent by another site's page.\n", 403)
        if any(path.startswith(place) for place in OPEN):
            scope.setdefault("state", {})["visitor"] = NOBODY
            return None
        asked = Asked(headers, cookies(headers))
        visitor = await asyncio.to_thread(self._identity.visitor, asked)
        if visitor is None:
            return self._unknown(scope)
        if not may_open(visitor, path):
            self._audit.did(visitor, "refused", path)
            return PlainTextResponse("This page is not for your role.\n", 403)
        await asyncio.to_thread(self._viewed, visitor, path)
        scope.setdefault("state", {})["visitor"] = visitor
        return None

    def _viewed(self, visitor: Visitor, path: str) -> None:
        if path.startswith(("/stay/", "/ward", "/desk")):
            self._audit.viewed(visitor, path)

    def _unknown(self, scope: Scope) -> Response:
        opened = Headers(scope=scope).get("sec-fetch-dest") in PERSON  # a script that renews a page has to see the end
        if self._identity.logs_in and scope["method"] in SAFE and opened:
            query = scope["query_string"].decode("latin-1")
            return RedirectResponse(f"/login?next={quote(scope['path'] + ('?' + query if query else ''))}", 303)
        return PlainTextResponse("It is not known who you are.\n", 401)


def own(headers: Headers) -> bool:
    """Whether a page of the board's own sent it. A browser says so, and lets no page lie about it."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == headers.get("host")


def cookies(headers: Headers) -> dict[str, str]:
    """By name."""
    try:
        return {name: one.value for name, one in SimpleCookie(headers.get("cookie", "")).items()}
    except CookieError:
        return {}
