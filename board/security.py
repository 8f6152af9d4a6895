"""What every answer carries, and who is not answered: no page is part of another's, and runs nothing but our own."""

import hashlib
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from picustream.gateways.server.access import LOOPBACK

LOOPBACK_NAMES = frozenset(f"[{name}]" if ":" in name else name for name in LOOPBACK)
"""By what this machine calls itself as a Host: another name that leads here is another site's (DNS rebinding)."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


TLS_ALONE = {"Strict-Transport-Security": "max-age=31536000"}
"""For a year a browser that was here by TLS asks this host by nothing else, whatever is typed or a network says."""


class Guard:
    """Refuses a Host that is none of `names`, and puts `HEADERS` on every answer, the refusals too.

    `secure`: browsers come by TLS, to the board or to a proxy in front of it.
    """

    def __init__(self, app: ASGIApp, names: frozenset[str], secure: bool = False) -> None:
        self._app = app
        self._names = names
        self._carried = {**HEADERS, **(TLS_ALONE if secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._carried.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-cache, private")
            await send(message)

        app = self._app if host_of(Headers(scope=scope).get("host", "")) in self._names else _MISDIRECTED
        await app(scope, receive, guarded)


_MISDIRECTED = PlainTextResponse("This board is not known by that name.\n", 421)


def host_of(header: str) -> str:
    """The name in a Host header, without its port."""
    name, colon, port = header.rpartition(":")
    return (name if colon and port.isdecimal() else header).lower()


def etag(*parts: str) -> str:
    """A weak validator of what is made of these."""
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f'W/"{digest[:24]}"'
