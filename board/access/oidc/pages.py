"""`/login/oidc` and what follows: to the provider, back from it, and out again.

Whoever comes back is led on by a page, and not by a redirect: a browser counts a redirect as the provider's still, and
would not send the session's cookie along.
"""

import asyncio
from time import monotonic, time

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from picustream.board.access.accounts import ELSEWHERE
from picustream.board.access.audit import Audit
from picustream.board.access.identity import SESSION, BuiltIn
from picustream.board.access.login import local
from picustream.board.access.oidc.attempt import LASTS, Attempt
from picustream.board.access.oidc.provider import Provider
from picustream.board.access.oidc.refusal import Refused, Unreachable, Why
from picustream.board.access.roles import home
from picustream.board.access.throttle import Throttle
from picustream.board.rendering import render

ATTEMPT = "picustream-attempt"
"""The cookie of a log-in that was begun; it has to come along when another site sends the browser here."""
BEGIN, BACK = "/login/oidc", "/login/oidc/back"
Links = tuple[tuple[str, str], ...]
AGAIN: Links = (("To the log-in", "/login"),)


class Elsewhere:
    """The pages."""

    def __init__(self, identity: BuiltIn, provider: Provider, audit: Audit) -> None:
        self._identity = identity
        self._provider = provider
        self._audit = audit
        self._throttle = Throttle()
        self.routes = (Route(BEGIN, self.begin), Route(BACK, self.back))

    async def begin(self, request: Request) -> Response:
        """To the provider, with a log-in of its own."""
        attempt = Attempt.new(request.query_params.get("next", ""))
        try:
            answer: Response = RedirectResponse(await self._provider.log_in_at(attempt, self._here(request, BACK)), 303)
        except Unreachable:
            return self._away()
        answer.headers["Cache-Control"] = "no-store"
        self._identity.give(answer, ATTEMPT, attempt.cookie, LASTS, "lax")
        return answer

    async def back(self, request: Request) -> Response:
        """From the provider: in, or not."""
        address = request.client.host if request.client else ""
        names, now = (f"address {address}",), monotonic()
        wait = self._throttle.wait(names, now)
        if wait:
            words = f"Too many attempts. Try again in {int(wait) + 1} seconds."
            return _page("Log in", words, 429, AGAIN, {"Retry-After": str(int(wait) + 1)})
        try:
            answer = await self._let_in(request)
        except Refused as refused:
            self._throttle.failed(names, now)
            who = {} if refused.who is None else {"who": f"{ELSEWHERE}{refused.who}"}
            self._audit.happened("log-in-failed", address=address, why=refused.why.value, **who)
            answer = _page("You are not logged in", refused.sentence, 403, AGAIN)
        except Unreachable:
            answer = self._away()
        self._identity.give(answer, ATTEMPT, "", 0, "lax")
        return answer

    async def out(self, request: Request) -> Response:
        """Logged out of the board; now at the provider, or the next one at this computer is in at once."""
        name, words = self._provider.name, "You are logged out of the board."
        try:
            there = await self._provider.log_out_at(self._here(request, "/login"))
        except Unreachable:
            words += f" {name} cannot be asked: you may still be logged in there."
            return _page("Logged out", words, 200, AGAIN)
        if there is None:
            words += f" Log out at {name}, too, if others use this computer."
            return _page("Logged out", words, 200, AGAIN)
        return _page("Logged out", words, 200, ((f"Log out at {name}", there),), trouble=False, to=there)

    async def _let_in(self, request: Request) -> Response:
        given = request.query_params
        attempt = Attempt.of(request.cookies.get(self._identity.prefix + ATTEMPT, ""))
        if attempt is None or not attempt.begun_with(given.get("state", "")):
            raise Refused(Why.NOT_BEGUN)
        if given.get("iss", self._provider.issuer) != self._provider.issuer:
            raise Refused(Why.ISSUER)
        if "code" not in given:
            raise Refused(Why.SAID_NO)
        person = await self._provider.person(attempt, given["code"], self._here(request, BACK))
        accounts = self._identity.accounts
        token = await asyncio.to_thread(accounts.begin_elsewhere, person.name, person.roles, time())
        visitor = await asyncio.to_thread(accounts.session, token, time())
        assert visitor is not None
        self._audit.did(visitor, "logged-in", person.subject)
        to = attempt.place if local(attempt.place) else home(visitor) or "/"
        answer = _page("Logged in", "You are logged in.", 200, (("Go on", to),), trouble=False, to=to)
        self._identity.give(answer, SESSION, token, None)
        return answer

    def _away(self) -> Response:
        words = f"{self._provider.name} does not answer, so nobody can log in there. Accounts of the board still work."
        return _page("The log-in is not to be reached", words, 503, AGAIN, {"Retry-After": "10"})

    def _here(self, request: Request, path: str) -> str:
        """An address of the board, by the name that the browser has for it; no other name gets this far."""
        return f"{'https' if self._identity.secure else 'http'}://{request.headers['host']}{path}"


def _page(
    title: str,
    words: str,
    status: int,
    links: Links,
    headers: dict[str, str] | None = None,
    trouble: bool = True,
    to: str | None = None,
) -> Response:
    html = render("passage.html", title=title, words=words, links=links, trouble=trouble, to=to)
    return HTMLResponse(html, status, headers={"Cache-Control": "no-store", **(headers or {})})
