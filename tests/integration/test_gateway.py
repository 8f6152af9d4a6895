"""A real gateway on a real Kafka, killed between the first byte and the acknowledgement."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from picustream.gateways.server.sink import TOPICS
from picustream.local.servers import Servers
from picustream.runtime.crash_points import GATEWAY_POINTS
from picustream.streams.kafka import clients as kafka_clients
from picustream.streams.kafka import topics
from tests.gateways.server.fakes import message
from tests.integration.senders import Sender
from tests.integration.workers import Bench, Worker, wait_for

pytestmark = pytest.mark.servers


@pytest.fixture
def bench(fresh_servers: Servers, settings_env: dict[str, str], tmp_path: Path) -> Iterator[Bench]:
    """Topics, and gateways with a journal of their own."""
    env = settings_env | {
        "PICUSTREAM_PARTITIONS": "2",
        "PICUSTREAM_GATEWAY_JOURNAL": str(tmp_path / "journal"),
        "PICUSTREAM_GATEWAY_MLLP_PORT": "0",
        "PICUSTREAM_GATEWAY_FHIR_PORT": "0",
    }
    bench = Bench(env, tmp_path, 2)
    with kafka_clients.admin(bench.settings) as admin:
        topics.create(admin, bench.settings, topics.ALL)
    yield bench
    bench.close()


def started(bench: Bench, **env: str) -> Worker:
    return bench.worker("gateway", command="tests.integration.toy_gateway", **env)


def port_of(current: Callable[[], Worker]) -> int:
    """The MLLP port of the gateway that runs; raises OSError while there is none."""
    ready = current().logged("ready")
    if ready is None or current().process.poll() is not None:
        raise OSError
    port: int = ready["mllp_ports"][0]
    return port


def ids(bench: Bench) -> Counter[str]:
    return Counter(record.value.decode() for record in bench.records(TOPICS))


def test_killed_at_every_step_it_has_all_that_was_acknowledged_once(bench: Bench) -> None:
    running = [started(bench, crash_at=f"{GATEWAY_POINTS[0]}:3")]
    words = [f"e{number} f{number}" for number in range(60)]
    sender = Sender(lambda: port_of(lambda: running[-1]))
    sending = Thread(target=sender.send_all, args=([message(f"event {one}") for one in words],))
    sending.start()
    for point in GATEWAY_POINTS[1:]:
        wait_for(lambda: running[-1].process.poll() is not None, "it is dead")
        running.append(started(bench, crash_at=f"{point}:3"))
    wait_for(lambda: running[-1].process.poll() is not None, "it is dead")
    running.append(started(bench))
    sending.join(60)
    assert sender.codes == ["AA"] * len(words)
    assert sender.tries > len(words)
    assert ids(bench) == Counter(" ".join(words).split())
    assert running[-1].stop() == 0


def test_what_it_says_of_itself_names_no_patient_and_shows_what_it_does(bench: Bench) -> None:
    gateway = started(bench)
    wait_for(lambda: gateway.logged("ready"), "it is ready")
    sender = Sender(lambda: port_of(lambda: gateway))
    sender.send_all([message("event Meier"), message("letter x"), message("broken Meier")])
    port = gateway.logged("ready")["http_port"]  # type: ignore[index]
    report = json.loads(page(port, "/healthz"))
    assert (report["ok"], report["last"], report["done"]) == (True, 3, 3)
    text = page(port, "/metrics")
    assert 'picustream_gateway_answers_total{code="AA",way="mllp"}' in text
    assert gateway.stop() == 0
    assert "Meier" not in text + gateway.log.read_text()


def page(port: int, path: str) -> str:
    from urllib.request import urlopen

    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        text: str = answer.read().decode()
        return text
