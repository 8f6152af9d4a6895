"""FHIR over HTTP on a real Kafka, the gateway killed at random moments: what was answered 2xx is there once."""

import json
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from threading import Thread
from typing import Any

import pytest

from picustream.gateways.convert import Conversion
from picustream.gateways.server.sink import TOPICS
from picustream.gateways.site.load import demo
from tests.gateways.converting import rules
from tests.gateways.fhir.bodies import bundle, encounter, observation, patient, quantity
from tests.integration.gateways import bench, port_of, ready, serving
from tests.integration.workers import PATIENCE, Bench, Worker, wait_for
from tests.paths import INTEROP

__all__ = ["bench"]
pytestmark = pytest.mark.servers

KILLS = min(int(os.environ.get("PICUSTREAM_TEST_KILLS", "2")), 10)
NDJSON = "application/fhir+ndjson"


def ward() -> list[bytes]:
    """Values before and after the admission, single and in a Bundle, corrected, and some that nobody understands."""
    values = [observation(id=f"o{number}", valueQuantity=quantity(0.5 + number / 100)) for number in range(40)]
    later = [one | {"status": "amended", "valueQuantity": quantity(2.5)} for one in values[::4]]
    strange = [observation(id=f"s{number}", valueQuantity=quantity(1, "furlong")) for number in range(10)]
    stays = bundle(patient(), encounter(), full_urls=False)
    bodies = [
        *values[:10],
        stays,
        *values[10:30],
        bundle(*values[30:], kind="batch", full_urls=False),
        *later,
        *strange,
    ]
    return [json.dumps(body).encode() for body in bodies]


def samples() -> list[bytes]:
    """Every sample that is beside the checkout."""
    return [path.read_bytes() for path in sorted((INTEROP / "fhir").glob("*"))] if INTEROP.exists() else []


@dataclass
class Client:
    """A server with a subscription: sends each body until it is answered, and not that nobody could store it."""

    gateways: list[Worker]
    statuses: list[int] = field(default_factory=list)
    tries: int = 0

    def send_all(self, bodies: list[bytes]) -> None:
        until = time.monotonic() + 2 * PATIENCE
        for body in bodies:
            status = 0
            while status in (0, 408, 503):
                assert time.monotonic() < until, f"{len(self.statuses)} of {len(bodies)} are answered"
                status = self._sent(body)
            self.statuses.append(status)

    def _sent(self, body: bytes) -> int:
        self.tries += 1
        kind = NDJSON if b"\n{" in body.strip() else "application/fhir+json"
        try:
            connection = HTTPConnection("127.0.0.1", port_of(lambda: self.gateways[-1], "fhir"), timeout=PATIENCE)
            connection.request("POST", "/fhir", body, {"Content-Type": kind})
            return connection.getresponse().status
        except (OSError, HTTPException):
            time.sleep(0.02)
            return 0


def expected(bodies: list[bytes]) -> dict[str, bytes]:
    """What they make, by id."""
    conversion = Conversion(demo(), rules(), demo().site.source[0])
    found = [one for body in bodies for one in conversion.file(body, datetime.now(UTC))]
    found += conversion.end()
    return {event.event_id: event.value for one in found for event in one.events}


def test_killed_at_random_moments_all_that_was_answered_is_there_once(bench: Bench) -> None:
    bodies, rng = [*ward(), *samples()], random.Random(KILLS)
    client = Client([serving(bench)])
    sending = Thread(target=client.send_all, args=(bodies,))
    sending.start()
    for kill in range(KILLS):
        goal = len(bodies) * (kill + rng.random()) / KILLS
        wait_for(lambda goal=goal: len(client.statuses) >= goal, "some more are answered")
        time.sleep(rng.random() / 50)
        client.gateways[-1].kill()
        client.gateways.append(serving(bench))
    sending.join(2 * PATIENCE)
    assert len(client.statuses) == len(bodies)
    assert client.tries > len(bodies)
    taken = [body for body, status in zip(bodies, client.statuses, strict=True) if status < 300]
    assert len(taken) > 60
    records: list[Any] = [json.loads(record.value) for record in bench.records(TOPICS)]
    counts = Counter(one["event_id"] for one in records)
    assert set(counts.values()) == {1}
    made = expected(taken)
    assert {one["event_id"]: one for one in records} == {name: json.loads(value) for name, value in made.items()}
    assert len(made) >= 30
    ready(client.gateways[-1])  # the last kill may have come after the last answer
    assert client.gateways[-1].stop() == 0
