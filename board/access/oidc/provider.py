"""The provider, spoken to over HTTP: what it says of itself, its keys, and the token for a code."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic, time
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from joserfc.jwk import KeySet

from picustream.board.access.oidc.attempt import Attempt
from picustream.board.access.oidc.refusal import Refused, Unreachable, Why
from picustream.board.access.oidc.terms import Terms, safe
from picustream.board.access.oidc.token import Person, key_set, person
from picustream.runtime.logs import logger

PATIENCE = aiohttp.ClientTimeout(total=5.0)
LARGEST = 1 << 20
"""Bytes of an answer."""
KEPT = 600.0
"""Seconds for which what the provider says of itself, and its keys, are not asked for again."""
AGAIN = 5.0
"""Seconds between two questions that nobody should be able to make us ask as often as he likes."""

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The provider's addresses."""

    authorize: str
    token: str
    keys: str
    log_out: str | None
    secret_in_body: bool
    """Whether it does not take the secret in a header."""


class Provider:
    """What is known of it is kept for a while, and that it is away for a few seconds."""

    def __init__(self, terms: Terms, seconds: Callable[[], float] = monotonic) -> None:
        self.issuer = terms.issuer
        self.name = urlsplit(terms.issuer).netloc
        """What it is called on a page."""
        self._terms = terms
        self._seconds = seconds
        self._lock = asyncio.Lock()
        self._known: _Known | None = None
        self._away_until = float("-inf")

    async def log_in_at(self, attempt: Attempt, back: str) -> str:
        """Where somebody who wants to log in is sent; `back` is where they come back to. Raises `Unreachable`."""
        query = {
            "response_type": "code",
            "client_id": self._terms.client,
            "redirect_uri": back,
            "scope": self._terms.scopes,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        return _with((await self._look()).endpoints.authorize, query)

    async def log_out_at(self, back: str) -> str | None:
        """Where somebody logs out; None: it has no such page. Raises `Unreachable`."""
        address = (await self._look()).endpoints.log_out
        query = {"client_id": self._terms.client, "post_logout_redirect_uri": back}
        return None if address is None else _with(address, query)

    async def person(self, attempt: Attempt, code: str, back: str) -> Person:
        """Who came back with this code. Raises `Refused`, `Unreachable`."""
        known = await self._look()
        token = await self._token(known.endpoints, attempt, code, back)
        try:
            return person(token, known.keys, self._terms, attempt.nonce, time())
        except Refused as refused:
            if refused.why is not Why.KEY or self._seconds() - known.at < AGAIN:
                raise
        keys = (await self._look(newer_than=known.at)).keys
        return person(token, keys, self._terms, attempt.nonce, time())

    async def _token(self, endpoints: Endpoints, attempt: Attempt, code: str, back: str) -> str:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
        form |= {"code_verifier": attempt.verifier}
        headers = {}
        client, secret = self._terms.client, self._terms.secret
        if secret is None or endpoints.secret_in_body:
            form |= {"client_id": client} | ({} if secret is None else {"client_secret": secret})
        else:
            pair = f"{quote(client, safe='')}:{quote(secret, safe='')}".encode()
            headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
        status, answer = await self._ask("POST", endpoints.token, form, headers)
        if status == 200 and isinstance(answer.get("id_token"), str):
            return str(answer["id_token"])
        if status == 200:
            raise Refused(Why.TOKEN)
        raise Refused(Why.CODE if answer.get("error") == "invalid_grant" else Why.CLIENT)

    async def _look(self, newer_than: float = float("-inf")) -> "_Known":
        """What it says of itself, however many ask at a time. Raises `Unreachable`."""
        async with self._lock:
            known, now = self._known, self._seconds()
            if known is not None and known.at > newer_than and now - known.at < KEPT:
                return known
            if now < self._away_until:
                raise Unreachable("it was away a moment ago")
            try:
                self._known = _Known(self._seconds(), *await self._discover())
            except Unreachable as error:
                self._away_until = self._seconds() + AGAIN
                log.warning("oidc-provider-away", provider=self.name, reason=str(error))
                raise
            return self._known

    async def _discover(self) -> tuple[Endpoints, KeySet]:
        found = await self._get(f"{self._terms.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self._terms.issuer:
            raise Unreachable("it calls itself by another name than PICUSTREAM_BOARD_OIDC_ISSUER")
        authorize, token, keys = (found.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"))
        ways = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        log_out = found.get("end_session_endpoint")
        addresses = [authorize, token, keys, *([] if log_out is None else [log_out])]
        if not all(isinstance(address, str) and safe(address) for address in addresses):
            raise Unreachable("an address of it is missing, or is no https:// address")
        endpoints = Endpoints(str(authorize), str(token), str(keys), log_out, "client_secret_basic" not in ways)
        return endpoints, key_set(await self._get(endpoints.keys))

    async def _get(self, address: str) -> dict[str, Any]:
        status, answer = await self._ask("GET", address)
        if status != 200:
            raise Unreachable(f"it answers {status}")
        return answer

    async def _ask(
        self, method: str, address: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> "_Answer":
        connector = aiohttp.TCPConnector(ssl=self._terms.trusted or True)
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=PATIENCE) as session,
                session.request(
                    method, address, data=form, headers=headers, proxy=_proxy(address), allow_redirects=False
                ) as answer,
            ):
                body = bytearray()
                async for chunk in answer.content.iter_any():
                    body += chunk
                    if len(body) > LARGEST:
                        raise Unreachable("it answers without end")
        except (aiohttp.ClientError, OSError) as error:
            raise Unreachable(type(error).__name__) from None
        if answer.status >= 500:
            raise Unreachable(f"it answers {answer.status}")
        try:
            found = json.loads(bytes(body))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Unreachable("it answers no JSON")
        return _Answer(answer.status, found)


class _Answer(NamedTuple):
    status: int
    body: dict[str, Any]


class _Known(NamedTuple):
    at: float
    endpoints: Endpoints
    keys: KeySet


def _proxy(address: str) -> str | None:
    """The way out of the hospital, as the environment has it. aiohttp would look for passwords in ~/.netrc, too."""
    parts = urlsplit(address)
    return None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)


def _with(address: str, query: Mapping[str, str]) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query)}"
