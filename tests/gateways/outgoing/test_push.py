"""A FHIR server gets the newest revision of every record, in spite of whatever it does meanwhile."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from picustream.gateways.outgoing import push as pushing
from picustream.gateways.outgoing.newest import Newest
from picustream.gateways.outgoing.push import Push, Server
from picustream.gateways.outgoing.resources import resource_of
from picustream.runtime.errors import UserError
from tests.gateways.outgoing.records import stored
from tests.gateways.outgoing.test_resources import unexpected

Answer = Callable[[str, int], int]
"""A resource and how many requests there were before -> status."""


class FhirServer:
    """Holds what it was sent by type and id; every request is remembered."""

    def __init__(self, answer: Answer = lambda _path, _number: 200) -> None:
        self.answer = answer
        self.held: dict[str, bytes] = {}
        self.requests: list[tuple[str, str | None]] = []

    async def _put(self, request: web.Request) -> web.Response:
        path = f"{request.match_info['type']}/{request.match_info['id']}"
        status = self.answer(path, len(self.requests))
        self.requests.append((path, request.headers.get("Authorization")))
        if status in (200, 201):
            self.held[path] = await request.read()
        return web.Response(status=status)

    def run(self, work: Callable[[str], Any]) -> Any:
        """Give `work` the server's base while it runs."""

        async def main() -> Any:
            app = web.Application()
            app.router.add_put("/r4/{type}/{id}", self._put)
            runner = web.AppRunner(app)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
            try:
                return await work(f"http://127.0.0.1:{port}/r4")
            finally:
                await runner.cleanup()

        return asyncio.run(main())


def push(server: FhirServer, newest: Newest, patience: float = 5.0, token: str | None = None) -> Push:
    async def work(url: str) -> Push:
        made = Push(newest, Server(url, patience, token), unexpected)
        await made()
        return made

    result: Push = server.run(work)
    return result


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushing, "FIRST_PAUSE", 0.01)


def expected(seed: int) -> dict[str, bytes]:
    newest = {}
    for one in stored(seed):
        resource = resource_of(one, unexpected)
        if resource is not None:
            newest[f"{resource.kind}/{resource.id}"] = resource.body
    return newest


def filled(seed: int, path: Path | None = None) -> Newest:
    newest = Newest(path)
    for one in stored(seed):
        newest.add(one, unexpected)
    return newest


@pytest.mark.parametrize("seed", [1, 3, 4, 5])
def test_a_server_ends_with_the_newest_of_everything(seed: int) -> None:
    """It may be away, be busy and lose an answer: a third of all requests fails."""
    rng = random.Random(seed)
    server = FhirServer(lambda _path, _number: rng.choice([200, 201, 503, 429, 200, 500]))
    made = push(server, filled(seed))
    assert server.held == expected(seed)
    assert made.sent.total() == len(server.held) and not made.refused


def test_what_was_sent_is_not_sent_again_and_what_is_new_is(tmp_path: Path) -> None:
    records, server = stored(1), FhirServer()
    half = len(records) // 2
    for some in (records[:half], records):
        newest = Newest(tmp_path / "state")
        for one in some:
            newest.add(one, unexpected)
        push(server, newest)
        newest.close()
    assert server.held == expected(1)
    before = len(server.requests)
    assert push(server, filled(1, tmp_path / "state")).sent.total() == 0
    assert len(server.requests) == before


def test_a_push_that_was_cut_off_goes_on_where_it_was(tmp_path: Path) -> None:
    server = FhirServer(lambda _path, number: 200 if number < 5 else 503)
    newest = filled(5, tmp_path / "state")
    with pytest.raises(UserError, match="does not take resources"):
        push(server, newest, patience=0)
    newest.close()
    first = dict(server.held)
    server.answer = lambda _path, _number: 200
    server.requests.clear()
    push(server, filled(5, tmp_path / "state"))
    assert server.held == expected(5)
    assert len(first) >= 5 and len(server.requests) == len(expected(5)) - len(first)


def test_a_resource_that_is_refused_holds_up_no_other() -> None:
    wrong = min(expected(4))
    server = FhirServer(lambda path, _number: 422 if path == wrong else 200)
    newest = filled(4)
    made = push(server, newest)
    assert server.held == {path: body for path, body in expected(4).items() if path != wrong}
    assert made.refused == {f"{wrong.partition('/')[0]} 422": 1}
    assert len(newest.unsent()) == 1


def test_without_a_right_it_ends_and_the_token_is_in_no_message() -> None:
    server = FhirServer(lambda _path, _number: 403)
    with pytest.raises(UserError) as refused:
        push(server, filled(1), token="secret-token")
    assert {token for _, token in server.requests} == {"Bearer secret-token"}
    assert "secret-token" not in str(refused.value)


def test_what_another_server_has_is_no_matter_of_this_one(tmp_path: Path) -> None:
    Newest(tmp_path / "state", "https://one.example").close()
    with pytest.raises(UserError, match="another server"):
        Newest(tmp_path / "state", "https://other.example")
