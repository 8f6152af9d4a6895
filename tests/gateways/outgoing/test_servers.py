"""Servers that fail in every way of HTTP: each has the newest of every record at last, and no older one after it."""

import asyncio
import json
import random
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from picustream.commands.main import main
from picustream.eventfiles import files
from picustream.gateways.outgoing import push as pushing
from picustream.gateways.outgoing.newest import Newest
from picustream.gateways.outgoing.push import Push, Server
from picustream.runtime.errors import UserError
from tests.gateways.certificates import party
from tests.gateways.outgoing.records import stored
from tests.gateways.outgoing.test_push import expected, filled
from tests.gateways.outgoing.test_resources import unexpected

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
Behaviour = str
"""`ok`; `lost`: kept, and the answer is cut off; `cut`: cut off before it is kept; `silent`; else a status."""


class RawServer:
    """Keeps what it is sent, and answers as `behave` says for a request's number. Each request by its path and body."""

    def __init__(self, behave: Callable[[int], Behaviour], more: str = "") -> None:
        self.behave = behave
        self.more = more
        self.versions: dict[str, list[bytes]] = {}
        self.count = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has gone
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().partition("content-length:")[2].split()[0])
        path = head.split()[1].removeprefix("/r4/")
        does = self.behave(self.count)
        self.count += 1
        if does == "cut":
            await reader.readexactly(length // 2)
            return False
        body = await reader.readexactly(length)
        if does in ("ok", "lost"):
            self.versions.setdefault(path, []).append(body)
        if does == "silent":
            await reader.read()  # until the client has enough
            return False
        if does == "lost":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{")
        else:
            status = f"HTTP/1.1 {does} X\r\n{self.more}Content-Length: 0\r\n\r\n".encode()
            writer.write(OK if does == "ok" else status)
        await writer.drain()
        return does != "lost"

    def run(self, work: Callable[[str], Any], tls: ssl.SSLContext | None = None) -> Any:
        async def main_() -> Any:
            async with await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls) as server:
                port = server.sockets[0].getsockname()[1]
                return await work(f"{'https' if tls else 'http'}://localhost:{port}/r4")

        return asyncio.run(main_())

    def push(self, newest: Newest, patience: float = 20.0, **more: Any) -> Push:
        tls = more.pop("tls", None)

        async def work(url: str) -> Push:
            made = Push(newest, Server(url, patience, **more), unexpected)
            await made()
            return made

        result: Push = self.run(work, tls)
        return result


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushing, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(pushing, "LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(pushing, "TIMEOUT", aiohttp.ClientTimeout(total=0.3))


@pytest.mark.parametrize("seed", [1, 3, 4])
def test_whatever_a_server_does_it_has_the_newest_at_last_and_nothing_older_after_it(seed: int, tmp_path: Path) -> None:
    """Records come in parts, each pushed by a command of its own."""
    chance = random.Random(seed)
    server = RawServer(lambda _: chance.choice(["ok"] * 5 + ["lost", "cut", "503", "429", "500", "silent"]))
    records = stored(seed)
    for end in (len(records) // 3, 2 * len(records) // 3, len(records)):
        newest = Newest(tmp_path / "state")
        for one in records[:end]:
            newest.add(one, unexpected)
        server.push(newest)
        newest.close()
    assert {path: bodies[-1] for path, bodies in server.versions.items()} == expected(seed)
    for bodies in server.versions.values():
        revisions = [int(json.loads(body)["meta"]["versionId"]) for body in bodies]
        assert revisions == sorted(revisions)


@pytest.mark.parametrize("status", ["400", "404", "409", "410", "412", "422", "301"])
def test_what_is_refused_is_counted_and_tried_by_the_next_push(status: str, tmp_path: Path) -> None:
    """A conflict (409, 412) may be over by then; a redirect is not followed: it would take the token elsewhere."""
    server = RawServer(lambda number: status if number == 0 else "ok", "Location: http://127.0.0.1:9/\r\n")
    newest = filled(4, tmp_path / "state")
    made = server.push(newest)
    assert made.refused.total() == 1 and made.refused.popitem()[0].endswith(f" {status}")
    assert len(server.versions) == len(expected(4)) - 1
    newest.close()
    assert server.push(filled(4, tmp_path / "state")).sent.total() == 1
    assert {path: body for path, (body,) in server.versions.items()} == expected(4)


def test_a_busy_server_is_asked_again_when_it_says_and_by_nobody_before(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waits = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    shim = SimpleNamespace(sleep=sleep, gather=asyncio.gather, get_running_loop=asyncio.get_running_loop)
    monkeypatch.setattr(pushing, "asyncio", shim)
    server = RawServer(lambda number: "429" if number == 0 else "ok", "Retry-After: 120\r\n")
    made = server.push(filled(1), patience=300)
    assert made.sent.total() == len(server.versions) == len(expected(1))
    assert max(waits) > 100 and sum(wait > 100 for wait in waits) > 1, "the others wait as well"
    assert capsys.readouterr().err.count("away (429): again in 120 s") == 1


@pytest.mark.parametrize(
    ("written", "seconds"),
    [(None, 0), ("7", 7), (" 7 ", 7), ("soon", 0), ("-7", 0), ("", 0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)],
)
def test_when_a_server_wants_to_be_asked_again(written: str | None, seconds: float) -> None:
    assert pushing._seconds(written) == seconds
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    assert 3000 < pushing._seconds(later) <= 3600
    assert pushing._seconds(later.replace("GMT", "")) >= 0


def test_a_server_that_wants_to_rest_for_longer_than_our_patience_ends_it() -> None:
    server = RawServer(lambda _: "503", "Retry-After: 3600\r\n")
    with pytest.raises(UserError, match="does not take resources") as refused:
        server.push(filled(1), patience=10)
    assert refused.value.status == 3


def test_a_certificate_of_nobody_is_said_to_be_one_at_once(tmp_path: Path) -> None:
    authority = party(tmp_path, "authority")
    ours = party(tmp_path, "localhost", authority)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(ours.certificate, ours.key_file)
    server = RawServer(lambda _: "ok")
    with pytest.raises(UserError, match="not trusted") as refused:
        server.push(filled(1), patience=1e9, tls=tls)
    assert "PICUSTREAM_FHIR_CA_FILE" in refused.value.hint and not server.versions
    trusted = ssl.create_default_context(cafile=str(authority.certificate))
    assert server.push(filled(1), tls=tls, trusted=trusted).sent.total() == len(expected(1))


def test_the_token_gets_nowhere_but_to_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither of a push that fails nor of one that is refused a right."""
    secret = "s3cret-t0ken"
    monkeypatch.setenv("PICUSTREAM_FHIR_TOKEN", secret)
    records = tmp_path / "records.ndjson"
    records.write_bytes(b"".join(files.record_line(one.topic, one.value) for one in stored(1)))
    for does, status, patience in (("503", 3, "0.1"), ("403", 3, "60"), ("422", 1, "60"), ("ok", 0, "60")):
        server = RawServer(lambda _, does=does: does)  # type: ignore[misc]
        state = tmp_path / f"state-{does}"

        async def work(url: str, state: Path = state, patience: str = patience) -> int:
            command = ["fhir", "push", url, "--file", str(records), "--state", str(state), "--patience", patience]
            return await asyncio.to_thread(main, command)

        assert server.run(work) == status
        assert secret.encode() not in state.read_bytes()
    written = capfd.readouterr()
    assert secret not in written.out + written.err and "sent" in written.out
