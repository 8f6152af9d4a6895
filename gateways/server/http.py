"""FHIR R4 over HTTP: a resource, a Bundle or ndjson in, and an answer once Kafka has what was made of it.

What is answered is decided in `gateways/fhir/replies.py`.
"""

import asyncio
import json
import ssl
from collections.abc import Sequence

from aiohttp import web

from picustream.gateways.fhir import replies
from picustream.gateways.fhir.outcome import outcome as operation_outcome
from picustream.gateways.fhir.replies import JSON_TYPE, Address, Reply
from picustream.gateways.fhir.resources import LARGEST, Resource, read
from picustream.gateways.journal.outcome import Outcome
from picustream.gateways.journal.received import Received
from picustream.gateways.server import metrics
from picustream.gateways.server.access import HANDSHAKE, Tokens, client_name
from picustream.gateways.server.desk import Desk, NoAnswer
from picustream.gateways.statement import Unreadable
from picustream.runtime.crash_points import crash_point
from picustream.runtime.logs import logger, place
from picustream.scoring.faults import Fault

log = logger(__name__)

STOP = 5.0
"""Seconds for requests under way when the server stops."""
SOON = 0.05
"""Seconds until it is looked whether a new connection is one too many."""
IDLE = 120.0
"""Seconds without a whole request, but for its body, after which a connection is closed."""
BODY = 120.0
"""Seconds for a body."""


class FhirServer:
    """The HTTP server. `tokens`: who may send; without any, whoever reaches it."""

    def __init__(self, desk: Desk, tokens: Tokens, tls: ssl.SSLContext | None, connections: int) -> None:
        self._desk = desk
        self._tokens = tokens
        self._tls = tls
        self._connections = connections
        self._port = 0

    async def listen(self, host: str, port: int) -> int:
        """Listen; the port. Raises OSError."""
        app = web.Application(client_max_size=LARGEST)
        app.router.add_route("*", "/{path:.*}", self._receive)
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=STOP, handle_signals=False, keepalive_timeout=IDLE
        )
        await self._runner.setup()
        loop = asyncio.get_running_loop()
        shaking = HANDSHAKE if self._tls else None
        self._server = await loop.create_server(
            self._protocol, host, port, ssl=self._tls, ssl_handshake_timeout=shaking, start_serving=False
        )
        self._port = self._server.sockets[0].getsockname()[1]
        await self._server.start_serving()
        return self._port

    async def stop(self) -> None:
        """Take no more, answer what is on its way, close."""
        self._server.close()
        await self._runner.cleanup()

    def _protocol(self) -> asyncio.Protocol:
        """What serves one more connection."""
        server = self._runner.server
        assert server is not None
        # It counts once it is made, which is later than this.
        asyncio.get_running_loop().call_later(SOON, self._make_room)
        return server()

    def _make_room(self) -> None:
        """Close the newest connections where there are too many."""
        held = self._runner.server.connections if self._runner.server else []
        for handler in held[self._connections :]:
            metrics.closed.labels("too-many").inc()
            handler.force_close()
        metrics.connections.labels("fhir").set(min(len(held), self._connections))

    async def _receive(self, request: web.Request) -> web.Response:
        try:
            answer = await self._answer(request)
        except NoAnswer:
            answer = replies.cannot_store()
        except ConnectionError:
            raise
        except Exception as error:  # noqa: BLE001 - one request must not end the server; reported with its place
            metrics.bugs.inc()
            log.error("bug", port=self._port, **place(error))
            answer = replies.cannot_store()
        metrics.answers.labels("fhir", str(answer.status)).inc()
        body = json.dumps(answer.outcome).encode()
        return web.Response(status=answer.status, body=body, content_type=JSON_TYPE, headers=answer.headers)

    async def _answer(self, request: web.Request) -> Reply:
        client = self._client(request)
        if client is None:
            return replies.unauthorised()
        address = replies.address_of(request.method, request.path)
        if isinstance(address, Reply):
            return address
        media = request.headers.get("Content-Type", "")
        refused = replies.refusal(request.method, request.path, media, request.content_length)
        if refused is not None:
            return refused
        if not self._desk.gate.is_open:
            return replies.cannot_store()
        try:
            async with asyncio.timeout(BODY):
                raw = await request.read()
        except TimeoutError:
            metrics.closed.labels("slow").inc()
            return replies.too_slow()
        except web.HTTPRequestEntityTooLarge:
            return replies.unreadable(Fault("too-large", "", f"more than {LARGEST >> 20} MiB: send it in parts"))
        except web.RequestPayloadError:
            return replies.unreadable(Fault("gzip-unreadable", "", "the body is not packed as its headers say"))
        return await self._taken(request, address, raw, client)

    async def _taken(self, request: web.Request, address: Address, raw: bytes, client: str) -> Reply:
        if address.method == "DELETE":
            raw = replies.deletion(address)
        try:
            resources = read(raw)
        except Unreadable as error:
            # It is kept, and is a letter: a person may want to see what it was.
            await self._done(request, raw, client, None)
            return replies.unreadable(error.fault)
        refused = replies.mismatch(address, resources)
        if refused is not None or not resources:
            return refused or replies.reply(address, (), (), ())
        return _reply(address, resources, await self._done(request, raw, client, resources))

    async def _done(
        self, request: web.Request, raw: bytes, client: str, resources: Sequence[Resource] | None
    ) -> Outcome:
        peer, port = str(request.remote or ""), self._port
        received = Received(raw, self._desk.now(), "fhir", peer, port, client, resources=resources)
        handed_in = await self._desk.hand_in(received)
        try:
            outcome = await handed_in.outcome()
        finally:
            self._desk.settled(handed_in)
        crash_point("gateway-answered")
        return outcome

    def _client(self, request: web.Request) -> str | None:
        """Who sends; None: nobody who may."""
        certificate = request.transport.get_extra_info("peercert") if request.transport else None
        named = client_name(certificate)
        if named or not self._tokens:
            return named
        return self._tokens.name(request.headers.get("Authorization"))


def _reply(address: Address, resources: list[Resource], outcome: Outcome) -> Reply:
    if outcome.state == "refused":
        return Reply(403, operation_outcome(outcome.answer.faults, "error"))
    letters = [Fault(one.reason, one.path, str(one.as_json().get("message", ""))) for one in outcome.letters]
    errors_on = {fault.reason for fault in outcome.answer.faults} if outcome.answer.code == "AE" else set()
    return replies.reply(address, resources, letters, errors_on)
