"""FHIR R4 over HTTP: a resource, a Bundle or ndjson in, an OperationOutcome out, once Kafka has what was made of it.

`POST /fhir`, `POST /fhir/{type}` and `PUT /fhir/{type}/{id}`, as a rest-hook sends it. Most servers
drop a subscription that is answered 4xx, so what could not be mapped is answered 202, with what became of it.
"""

import json
import ssl
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from picustream.gateways.hl7.message import LARGEST
from picustream.gateways.journal.outcome import Outcome
from picustream.gateways.journal.received import Received
from picustream.gateways.server import metrics
from picustream.gateways.server.access import Tokens, client_name
from picustream.gateways.server.desk import Desk, NoAnswer
from picustream.runtime.crash_points import crash_point
from picustream.runtime.logs import logger, place

log = logger(__name__)

TYPES = ("application/fhir+json", "application/json", "application/fhir+ndjson", "application/ndjson",
         "application/x-ndjson", "application/octet-stream")  # fmt: skip
"""What a body may be said to be; the last is what aiohttp says of a body of which nothing is said."""
RETRY_AFTER = "10"
"""Seconds after which a sender that could not be served may try again."""
STOP = 5.0
"""Seconds for requests under way when the server stops."""
SHOWN = 20
"""Issues in one answer: a letter for each is in the gateway."""


class FhirServer:
    """The HTTP server. `tokens`: who may send; without any, whoever reaches it."""

    def __init__(self, desk: Desk, tokens: Tokens, tls: ssl.SSLContext | None) -> None:
        self._desk = desk
        self._tokens = tokens
        self._tls = tls
        self._port = 0

    async def listen(self, host: str, port: int) -> int:
        """Listen; the port. Raises OSError."""
        app = web.Application(client_max_size=LARGEST)
        app.add_routes(
            [
                web.post("/fhir", self._receive),
                web.post("/fhir/", self._receive),
                web.post("/fhir/{type}", self._receive),
                web.put("/fhir/{type}/{id}", self._receive),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP, handle_signals=False)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port, ssl_context=self._tls).start()
        self._port = self._runner.addresses[0][1]
        return self._port

    async def stop(self) -> None:
        """Take no more, answer what is on its way, close."""
        await self._runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        try:
            answer = await self._answer(request)
        except web.HTTPException as refused:
            answer = _answer(refused.status, refused.reason)
        except NoAnswer:
            answer = _answer(503, "it cannot be stored now: send it again")
        except ConnectionError:
            raise
        except Exception as error:  # noqa: BLE001 - one request must not end the server; reported with its place
            metrics.bugs.inc()
            log.error("bug", port=self._port, **place(error))
            answer = _answer(500, "the gateway failed: send it again")
        metrics.answers.labels("fhir", str(answer.status)).inc()
        return answer

    async def _answer(self, request: web.Request) -> web.Response:
        client = self._client(request)
        if client is None:
            return _answer(401, "a bearer token or a certificate is needed", {"WWW-Authenticate": "Bearer"})
        if request.content_type not in TYPES:
            return _answer(415, f"the body is none of: {', '.join(TYPES[:-1])}")
        if not self._desk.gate.is_open:
            return _answer(503, "it cannot be stored now: send it again")
        try:
            raw = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _answer(413, f"more than {LARGEST} bytes")
        except web.RequestPayloadError:
            return _answer(400, "the body is not what its headers say")
        if not raw.strip():
            return _answer(200, "nothing came, as with a rest-hook without payload")
        return await self._hand_in(request, raw, client)

    async def _hand_in(self, request: web.Request, raw: bytes, client: str) -> web.Response:
        peer = str(request.remote or "")
        received = Received(raw, self._desk.now(), "fhir", peer=peer, port=self._port, client=client)
        handed_in = await self._desk.hand_in(received)
        try:
            outcome = await handed_in.outcome()
        finally:
            self._desk.settled(handed_in)
        answer = _of_outcome(outcome, request.method)
        crash_point("gateway-answered")
        return answer

    def _client(self, request: web.Request) -> str | None:
        """Who sends; None: nobody who may."""
        certificate = request.transport.get_extra_info("peercert") if request.transport else None
        named = client_name(certificate)
        if named or not self._tokens:
            return named
        return self._tokens.name(request.headers.get("Authorization"))


def _of_outcome(outcome: Outcome, method: str) -> web.Response:
    issues = [_issue("warning", letter.reason, letter.path) for letter in outcome.letters[:SHOWN]]
    if outcome.state == "refused":
        status = {"AE": 400, "AR": 403, "AA": 202}[outcome.answer.code]
        refused = [_issue("error", fault.reason, fault.path) for fault in outcome.answer.faults]
        return _response(status, refused or issues)
    if issues:
        return _response(202, issues)
    done = "waits" if outcome.state == "waiting" else "done"
    return _response(201 if method == "POST" else 200, [_issue("information", done, "")])


def _answer(status: int, words: str, headers: dict[str, str] | None = None) -> web.Response:
    severity = "information" if status < 400 else "error"
    more = {"Retry-After": RETRY_AFTER} if status == 503 else {}
    return _response(status, [_issue(severity, words, "")], (headers or {}) | more)


def _issue(severity: str, words: str, path: str) -> dict[str, Any]:
    code = "informational" if severity == "information" else "processing"
    where = {"expression": [path]} if path else {}
    return {"severity": severity, "code": code, "diagnostics": words} | where


def _response(status: int, issues: Sequence[dict[str, Any]], headers: dict[str, str] | None = None) -> web.Response:
    body = json.dumps({"resourceType": "OperationOutcome", "issue": list(issues)}).encode()
    return web.Response(status=status, body=body, content_type="application/fhir+json", headers=headers)
