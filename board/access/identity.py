"""Who sent a request, in each of the ways to know."""

import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from starlette.responses import Response

from picustream.board.access.accounts import Accounts
from picustream.board.access.roles import LOCAL, Role, Visitor
from picustream.runtime.errors import BadSettings

if TYPE_CHECKING:  # an extra
    from picustream.board.access.oidc.provider import Provider

SESSION, DISPLAY = "picustream-session", "picustream-display"
"""Cookies. Over TLS their names begin with `__Host-`: no other host, and no plain connection, can set them."""
USER, ROLE, SECRET = "x-picustream-user", "x-picustream-role", "x-picustream-secret"
"""Headers of a proxy that has done the log-in."""
SHORTEST_SECRET = 32
PERSON = (None, "document")
"""What a browser says of a page that somebody opens, or a program that says nothing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a request says who sent it."""

    headers: Mapping[str, str]
    cookies: Mapping[str, str]


class Identifies(Protocol):
    """A way to know who somebody is."""

    logs_in: bool
    """Whether the board has a page for it."""

    def visitor(self, asked: Asked) -> Visitor | None:
        """Who sent it; None: nobody that is known."""


class Loopback:
    """Whoever is at this machine. The board listens to no other address then."""

    logs_in = False

    def visitor(self, asked: Asked) -> Visitor | None:
        return LOCAL


class Proxy:
    """A proxy says it in headers, and proves that it is the proxy by a secret that both have."""

    logs_in = False

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def visitor(self, asked: Asked) -> Visitor | None:
        name = asked.headers.get(USER, "")
        given = asked.headers.get(SECRET, "").encode()
        if not hmac.compare_digest(given, self._secret) or not name:
            return None
        roles = frozenset(role for role in Role if role in asked.headers.get(ROLE, "").replace(",", " ").split())
        return Visitor(name[:128], roles) if roles else None


class BuiltIn:
    """Accounts of the board's own, displays that have a token, and, where there is one, a provider's log-in."""

    logs_in = True

    def __init__(self, accounts: Accounts, secure: bool, provider: "Provider | None" = None) -> None:
        self.accounts = accounts
        self.provider = provider
        self.secure = secure
        self.prefix = "__Host-" if secure else ""

    def give(
        self, answer: Response, cookie: str, value: str, seconds: int | None, site: Literal["strict", "lax"] = "strict"
    ) -> None:
        """Have the browser keep a cookie; 0 seconds: have it forget."""
        answer.set_cookie(
            self.prefix + cookie, value, seconds, path="/", secure=self.secure, httponly=True, samesite=site
        )

    def visitor(self, asked: Asked) -> Visitor | None:
        session = asked.cookies.get(self.prefix + SESSION)
        display = asked.cookies.get(self.prefix + DISPLAY)
        found = self._of_session(session, asked) if session else None
        return found or (self.accounts.display(display) if display else None)

    def _of_session(self, token: str, asked: Asked) -> Visitor | None:
        """A page that renews itself is no sign of a person: a session goes on by what a person opens."""
        now = time.time()
        found = self.accounts.session(token, now)
        if found is not None and found.session is not None and asked.headers.get("sec-fetch-dest") in PERSON:
            self.accounts.seen(found.session, now)
        return found


def secret_of(path: Path | None) -> str:
    """The proxy's secret. Raises `BadSettings`."""
    setting = "PICUSTREAM_BOARD_PROXY_SECRET_FILE"
    fix = f"Put {SHORTEST_SECRET} random characters or more into a file, and have the proxy send them as {SECRET}."
    if path is None:
        raise BadSettings(f"{setting} is not set, and without it anybody could say that he is the proxy.", fix)
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{setting}: {path} cannot be read ({type(error).__name__}).", fix) from None
    if len(secret) < SHORTEST_SECRET:
        raise BadSettings(f"{setting}: {path} has fewer than {SHORTEST_SECRET} characters.", fix)
    return secret
