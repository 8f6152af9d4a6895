"""FHIR over HTTP: what is taken, what is refused, and what the sender is answered."""

import asyncio
import contextlib
import gzip
import hashlib
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from picustream.gateways.fhir.resources import LARGEST
from picustream.gateways.server import http
from picustream.gateways.server.access import Tokens
from picustream.gateways.server.desk import Desk
from picustream.gateways.server.http import FhirServer
from picustream.gateways.server.translating import Translating
from picustream.gateways.site.load import demo
from picustream.gateways.state import State
from tests.gateways.converting import rules
from tests.gateways.fhir.bodies import bundle, observation, patient
from tests.gateways.server.fakes import NOW, FakeInterpreter, Gateway, Topics, gateway, resource

PATIENCE = 20.0
CONNECTIONS = 8
TOKENS = Tokens({"lab": hashlib.sha256(b"secret").digest()})


@dataclass
class Running:
    gateway: Gateway
    url: str
    session: aiohttp.ClientSession

    async def send(self, body: bytes, path: str = "/fhir", method: str = "POST", **headers: str) -> tuple[int, Any]:
        kind = {"Content-Type": "application/fhir+json"} | {key.replace("_", "-"): one for key, one in headers.items()}
        async with self.session.request(method, self.url + path, data=body, headers=kind) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text.startswith("{") else text


@contextlib.asynccontextmanager
async def running(
    folder: Path,
    topics: Topics,
    tokens: Tokens = Tokens({}),
    tls: ssl.SSLContext | None = None,
    make: Any = FakeInterpreter,
) -> AsyncIterator[Running]:
    async with gateway(folder, topics, make=make) as one, aiohttp.ClientSession(auto_decompress=False) as session:
        desk = Desk(one.writer, one.gate, FakeInterpreter(State()).refusal, lambda: NOW, PATIENCE)
        server = FhirServer(desk, tokens, tls, CONNECTIONS)
        try:
            yield Running(one, f"http://127.0.0.1:{await server.listen('127.0.0.1', 0)}", session)
        finally:
            await server.stop()


def run(work: Any) -> None:
    asyncio.run(work())


def test_what_is_answered_is_in_kafka(tmp_path: Path) -> None:
    async def work() -> None:
        topics = Topics()
        async with running(tmp_path, topics) as one:
            assert (await one.send(resource("event a")))[0] == 200
            assert (await one.send(resource("event b"), "/fhir/Observation"))[0] == 201
            assert (await one.send(resource("event c"), "/fhir/Observation/1", "PUT"))[0] == 200
            assert (await one.send(resource("event d"), Content_Type="application/fhir+json; charset=utf-8"))[0] == 200
            assert [event.value for event in topics.events] == [b"a", b"b", b"c", b"d"]
            assert [stored.client for stored in one.gateway.writer.read()] == [""] * 4

    run(work)


def test_what_cannot_be_mapped_is_said_and_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    async def work() -> None:
        async with running(tmp_path, Topics()) as one:
            status, said = await one.send(resource("letter unit-unknown"))
            assert (status, said["issue"][0]["severity"]) == (202, "warning")
            assert said["issue"][0]["diagnostics"] == "OBX[1]"
            assert (await one.send(b"broken"))[0] == 400
            assert one.gateway.letters() == ["unit-unknown", "no-msh"]
            assert (await one.send(resource("stranger")))[0] == 403
            assert (await one.send(b""))[0] == 200
            assert (await one.send(resource("event a"), Content_Type="text/html"))[0] == 415
            assert (await one.send(resource("event a"), "/fhir/Observation/1/x", "PUT"))[0] == 404
            assert (await one.send(resource("event a"), "/fhir/Observation/2", "PUT"))[0] == 400
            assert one.gateway.writer.last == 3

    run(work)


def test_a_deletion_is_a_letter_and_is_kept(tmp_path: Path) -> None:
    """As some servers send it to a subscriber: a 4xx would end the subscription, silence the deletion."""

    async def work() -> None:
        async with running(tmp_path, Topics(), make=lambda state: Translating(demo(), rules(), state)) as one:
            status, said = await one.send(b"", "/fhir/Observation/o1", "DELETE")
            assert (status, said["issue"][0]["details"]["coding"][0]["code"]) == (202, "deleted")
            assert one.gateway.letters() == ["deleted"]
            (stored,) = one.gateway.writer.read()
            assert b"Observation/o1" in stored.raw
            assert (await one.send(b"", "/fhir/Flag/1", "DELETE"))[0] == 200
            assert (await one.send(b"", "/fhir/Observation", "DELETE"))[0] == 405

    run(work)


def test_a_body_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_again(raw: bytes) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr("picustream.gateways.reader.read", read_again)
    raw = json.dumps(bundle(observation(), patient(), kind="batch")).encode()

    async def work() -> None:
        async with running(tmp_path, Topics(), make=lambda state: Translating(demo(), rules(), state)) as one:
            status, said = await one.send(raw)
            assert (status, len(said["entry"])) == (200, 2)
            (stored,) = one.gateway.writer.read()
            assert stored.resources is None and stored.raw == raw

    run(work)


def test_who_sends_slowly_or_nothing_is_let_go_and_others_are_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "BODY", 3.0)
    monkeypatch.setattr(http, "IDLE", 3.0)
    head = b"POST /fhir HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n"

    async def work() -> None:
        async with running(tmp_path, Topics()) as one:
            port = int(one.url.rpartition(":")[2])
            held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS)]
            for number, (_, writer) in enumerate(held):
                writer.write([b"", head, head + b"\r\n{"][number % 3])
            async with asyncio.timeout(PATIENCE):
                assert await refused(port)
                ends = [await reader.read() for reader, _ in held]
            assert {end[:12] for end in ends} == {b"", b"HTTP/1.1 408"}
            assert (await one.send(resource("event a")))[0] == 200

    async def refused(port: int) -> bool:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            async with asyncio.timeout(1.0):
                return await reader.read() == b""
        except (TimeoutError, ConnectionError) as error:
            return isinstance(error, ConnectionError)
        finally:
            writer.close()

    run(work)


def test_what_is_too_large_is_refused_also_where_it_is_packed(tmp_path: Path) -> None:
    async def work() -> None:
        topics = Topics()
        async with running(tmp_path, topics) as one:
            assert (await one.send(gzip.compress(resource("event a")), Content_Encoding="gzip"))[0] == 200
            assert (await one.send(gzip.compress(resource("event " + "x" * (LARGEST + 1))), Content_Encoding="gzip"))[
                0
            ] == 413
            assert (await one.send(gzip.compress(bytes(256 << 20)), Content_Encoding="gzip"))[0] == 413
            assert (await one.send(resource("event ") + b"x" * LARGEST))[0] == 413
            assert (await one.send(resource("event b"), Content_Encoding="gzip"))[0] == 400
            assert [event.value for event in topics.events] == [b"a"]

    run(work)


def test_whoever_has_no_token_is_refused(tmp_path: Path) -> None:
    async def work() -> None:
        topics = Topics()
        async with running(tmp_path, topics, TOKENS) as one:
            assert (await one.send(resource("event a")))[0] == 401
            assert (await one.send(resource("event a"), Authorization="Bearer wrong"))[0] == 401
            assert (await one.send(resource("event a"), Authorization="Basic secret"))[0] == 401
            assert one.gateway.writer.last == 0
            assert (await one.send(resource("event a"), Authorization="Bearer secret"))[0] == 200
            assert [stored.client for stored in one.gateway.writer.read()] == ["lab"]

    run(work)


def test_while_nothing_can_be_stored_a_sender_is_asked_to_come_again(tmp_path: Path) -> None:
    async def work() -> None:
        async with running(tmp_path, Topics()) as one:
            one.gateway.gate.shut("disk")
            headers = {"Content-Type": "application/fhir+json"}
            async with one.session.post(one.url + "/fhir", data=resource("event a"), headers=headers) as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
            one.gateway.gate.clear("disk")
            assert (await one.send(resource("event a")))[0] == 200

    run(work)


@pytest.mark.parametrize("path", ["/fhir", "/fhir/Observation"])
def test_nothing_is_read_out(tmp_path: Path, path: str) -> None:
    async def work() -> None:
        async with running(tmp_path, Topics()) as one:
            assert (await one.send(b"", path, "GET"))[0] == 405

    run(work)
