"""`picustream fhir push --follow` on a real Kafka, killed now and then: the server has the newest of all at last."""

import json
import random
import signal
import threading
from collections import defaultdict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from picustream.gateways.outgoing.resources import resource_of
from picustream.runtime.settings import Settings
from picustream.streams.kafka import clients as kafka_clients
from picustream.streams.kafka import topics
from tests.gateways.outgoing.records import stored
from tests.gateways.outgoing.test_resources import unexpected
from tests.integration.workers import PATIENCE, interruptible, wait_for


class FhirServer(ThreadingHTTPServer):
    """Keeps every version that it is sent, and answers as if it were busy now and then."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.versions: dict[str, list[bytes]] = defaultdict(list)
        self.dice = random.Random(1)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/r4"


class _Handler(BaseHTTPRequestHandler):
    server: FhirServer

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        busy = self.server.dice.random() < 0.2
        if not busy:
            self.server.versions[self.path].append(body)
        self.send_response(503 if busy else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests' output is for the tests."""


@pytest.fixture
def settings(fresh_servers: Any, settings_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in settings_env.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    with kafka_clients.admin(settings) as admin:
        topics.create(admin, settings, topics.ALL)
    return settings


@pytest.fixture
def server() -> Iterator[FhirServer]:
    with FhirServer() as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_a_killed_push_goes_on_and_no_older_revision_follows_a_newer(
    settings: Settings, server: FhirServer, tmp_path: Path
) -> None:
    records = stored(5)
    command = ["fhir", "push", server.url, "--state", str(tmp_path / "state"), "--follow"]
    expected = {}
    with kafka_clients.producer(settings) as producer:
        for part in (records[:9], records[9:20], records[20:]):
            for one in part:
                producer.send(one.topic, one.value, key=one.key).get(PATIENCE)
                resource = resource_of(one, unexpected)
                if resource is not None:
                    expected[f"/r4/{resource.kind}/{resource.id}"] = resource.body
            with interruptible(*command) as follower:
                last = part is records[20:] or part[-1] is records[-1]
                done = len(expected) if last else len(expected) // 2
                wait_for(lambda wanted=done: _current(server, expected) >= wanted, "the server has what it should")
                follower.send_signal(signal.SIGKILL)
                follower.wait(PATIENCE)
    assert {path: sent[-1] for path, sent in server.versions.items()} == expected
    for sent in server.versions.values():
        numbers = [int(json.loads(body)["meta"]["versionId"]) for body in sent]
        assert numbers == sorted(numbers)


def _current(server: FhirServer, expected: dict[str, bytes]) -> int:
    return sum(server.versions[path][-1:] == [body] for path, body in expected.items())
