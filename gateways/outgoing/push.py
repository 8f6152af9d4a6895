"""Sending resources to a FHIR server: update by id, at least once, the newest revision of each record."""

import asyncio
import ssl
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple, Self, TypeVar

import aiohttp

from picustream.eventfiles.outputs import OnError, Unread
from picustream.gateways.outgoing.newest import Newest
from picustream.gateways.outgoing.resources import Resource, resource_of
from picustream.runtime.errors import ENVIRONMENT, UserError

T = TypeVar("T")

AT_ONCE = 8
"""Requests under way, each of another record."""
TIMEOUT = aiohttp.ClientTimeout(total=60)
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a server that does not answer, or says that it is busy, is asked again; each pause doubles."""
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_NO_RIGHT = frozenset({401, 403})
_TAKEN = frozenset({200, 201, 204})
HEADERS = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json", "Prefer": "return=minimal"}


class _Answer(NamedTuple):
    """What a server answered; without a status nothing came."""

    status: int | None
    reason: str
    """What to call it."""
    retry_after: float = 0.0
    """Seconds after which it wants to be asked again."""


class Server:
    """A FHIR server. An async context manager."""

    def __init__(
        self, url: str, patience: float, token: str | None = None, trusted: ssl.SSLContext | None = None
    ) -> None:
        """`patience`: for how many seconds a server that is away, or busy, is asked again."""
        self._url = url.rstrip("/")
        self._patience = patience
        self._headers = HEADERS | ({"Authorization": f"Bearer {token}"} if token else {})
        self._trusted = trusted
        self._rests_until = 0.0
        """The loop's time before which it is not asked: whoever finds it busy says so for all."""

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(ssl=self._trusted or True)
        self._session = aiohttp.ClientSession(connector=connector, headers=self._headers, timeout=TIMEOUT)
        self._rests_until = 0.0
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._session.close()

    async def put(self, resource: Resource) -> int:
        """Update by id; the server's status, once it is one that asking again does not change.

        Raises `UserError` where the server gives us no right, or is away for longer than our patience.
        """
        clock = asyncio.get_running_loop().time
        started, pause = clock(), FIRST_PAUSE
        while True:
            await asyncio.sleep(max(0.0, self._rests_until - clock()))
            answer = await self._try(resource)
            if answer.status in _NO_RIGHT:
                hint = "Set PICUSTREAM_FHIR_TOKEN to a token that may update."
                raise UserError(f"The FHIR server answers {answer.status}.", hint, ENVIRONMENT)
            if answer.status is not None and answer.status not in _BUSY:
                return answer.status
            left = started + self._patience - clock()
            if left <= 0 or answer.retry_after > left:
                hint = "Push again once it answers: what it has is known."
                raise UserError(f"The FHIR server does not take resources ({answer.reason}).", hint, ENVIRONMENT)
            self._rest(max(min(pause, left), answer.retry_after), answer.reason)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _rest(self, seconds: float, reason: str) -> None:
        until = asyncio.get_running_loop().time() + seconds
        if until > self._rests_until + FIRST_PAUSE / 2:
            print(f"the FHIR server is away ({reason}): again in {seconds:g} s", file=sys.stderr)
        self._rests_until = max(until, self._rests_until)

    async def _try(self, resource: Resource) -> _Answer:
        address = f"{self._url}/{resource.kind}/{resource.id}"
        try:
            # A redirect would take the token elsewhere.
            async with self._session.put(address, data=resource.body, allow_redirects=False) as answer:
                await answer.read()
                return _Answer(answer.status, str(answer.status), _seconds(answer.headers.get("Retry-After")))
        except aiohttp.ClientConnectorCertificateError as error:
            hint = "Name the authority of its certificate: PICUSTREAM_FHIR_CA_FILE."
            raise UserError("The certificate of the FHIR server is not trusted.", hint, ENVIRONMENT) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            return _Answer(None, type(error).__name__)


def _seconds(written: str | None) -> float:
    """Of Retry-After: a number of seconds, or a moment. What is neither says nothing."""
    if written is None:
        return 0.0
    if written.strip().isdecimal():
        return float(written)
    try:
        return max(0.0, (parsedate_to_datetime(written) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0


class Push:
    """Sends what a server does not have yet. What it refuses is counted, and sent again by the next command alone."""

    def __init__(self, newest: Newest, server: Server, on_error: OnError) -> None:
        self._newest = newest
        self._server = server
        self._on_error = on_error
        self._given_up: set[tuple[str, int]] = set()
        self.sent: Counter[str] = Counter()
        """By type of resource."""
        self.refused: Counter[str] = Counter()
        """By type and the server's status."""

    async def __call__(self) -> None:
        """Send all that is not sent, a few at once, each of another record.

        Raises `UserError` as `Server.put` does; what the server has taken by then is known.
        """
        async with self._server:
            for some in batched(self._newest.unsent(), AT_ONCE):
                work = (self._one(*one) for one in some if one not in self._given_up)
                errors = [one for one in await asyncio.gather(*work, return_exceptions=True) if one is not None]
                self._newest.save()
                if errors:
                    raise errors[0]

    async def _one(self, key: str, number: int) -> None:
        unread = Unread()
        resource = resource_of(self._newest.get(key), unread)
        if unread.count:
            self._given_up.add((key, number))
            self._on_error(UserError(str(unread)))
        elif resource is not None and not await self._taken(resource):
            self._given_up.add((key, number))
        else:
            self._newest.is_sent(key, number)

    async def _taken(self, resource: Resource) -> bool:
        status = await self._server.put(resource)
        taken = status in _TAKEN
        self.sent.update([resource.kind] if taken else [])
        self.refused.update([] if taken else [f"{resource.kind} {status}"])
        return taken


def batched(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """In parts of that size."""
    return (items[start : start + size] for start in range(0, len(items), size))
