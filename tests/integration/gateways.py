"""Gateways as processes on a real Kafka: starting them, asking them, and what is on the topics of them."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from picustream.gateways.server.sink import TOPICS
from picustream.local.servers import Servers
from picustream.streams.kafka import clients as kafka_clients
from picustream.streams.kafka import topics
from tests.integration.senders import Sender
from tests.integration.workers import Bench, Worker, wait_for
from tests.paths import ROOT

PARTITIONS = 2


@pytest.fixture
def bench(fresh_servers: Servers, settings_env: dict[str, str], tmp_path: Path) -> Iterator[Bench]:
    """Topics, and gateways with a journal of their own."""
    made = bench_on(fresh_servers, settings_env, tmp_path)
    yield made
    made.close()


def bench_on(servers: Servers, settings_env: dict[str, str], folder: Path) -> Bench:
    """A bench for gateways on these servers, with all topics."""
    env = settings_env | {
        "PICUSTREAM_KAFKA": servers.kafka,
        "PICUSTREAM_REDIS": servers.redis,
        "PICUSTREAM_PARTITIONS": str(PARTITIONS),
        "PICUSTREAM_GATEWAY_JOURNAL": str(folder / "journal"),
        "PICUSTREAM_GATEWAY_MLLP_PORT": "0",
        "PICUSTREAM_GATEWAY_FHIR_PORT": "0",
    }
    made = Bench(env, folder, PARTITIONS)
    with kafka_clients.admin(made.settings) as admin:
        topics.create(admin, made.settings, topics.ALL)
    return made


def toy(bench: Bench, **env: str) -> Worker:
    """A gateway whose messages are words."""
    return bench.worker("gateway", command="tests.integration.toy_gateway", **env)


def serving(bench: Bench, *options: str, **env: str) -> Worker:
    """The gateway itself; it takes anything where nothing else is said."""
    return bench.worker("gateway", "gateway", "serve", *(options or ("--demo",)), command="picustream", **env)


def ready(gateway: Worker) -> dict[str, Any]:
    """What it says when it takes messages, once it does."""

    def said() -> dict[str, Any] | None:
        assert gateway.process.poll() is None, gateway.log.read_text()
        return gateway.logged("ready")

    found: dict[str, Any] = wait_for(said, "the gateway is ready")
    return found


def port_of(current: Callable[[], Worker], which: str = "mllp") -> int:
    """A port of the gateway that runs; raises OSError while there is none."""
    said = current().logged("ready")
    if said is None or current().process.poll() is not None:
        raise OSError
    port: int = said["mllp_ports"][0] if which == "mllp" else said[f"{which}_port"]
    return port


def sender_to(gateway: Worker) -> Sender:
    """A sender of HL7 v2."""
    ready(gateway)
    return Sender(lambda: port_of(lambda: gateway))


def page(port: int, path: str) -> tuple[int, str]:
    """Status and text of a page."""
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def health(gateway: Worker) -> dict[str, Any]:
    """What its page of health says, and with which status."""
    status, text = page(ready(gateway)["http_port"], "/healthz")
    return {"status": status, **json.loads(text)}


def metric(gateway: Worker, name: str) -> float:
    """The sum of a metric over its labels; 0 where there is none."""
    _, text = page(ready(gateway)["http_port"], "/metrics")
    found = re.findall(rf"^picustream_gateway_{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE)
    return sum(map(float, found))


def megabytes(gateway: Worker) -> float:
    """The memory that it has now."""
    text = Path(f"/proc/{gateway.process.pid}/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0]) / 1024


def values(bench: Bench) -> Counter[str]:
    """The events on its topics by what they hold, as toy gateways send them."""
    return Counter(record.value.decode() for record in bench.records(TOPICS))


def event_ids(bench: Bench) -> Counter[str]:
    """The events on its topics by id."""
    return Counter(json.loads(record.value)["event_id"] for record in bench.records(TOPICS))


def ran(bench: Bench, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """A command `picustream gateway`, to its end."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith("PICUSTREAM_")}
    ours |= bench.env | {f"PICUSTREAM_{key.upper()}": value for key, value in env.items()}
    return subprocess.run(
        [sys.executable, "-m", "picustream", "gateway", *arguments],
        cwd=ROOT,
        env=ours,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def command(bench: Bench, *arguments: str) -> str:
    """What a command `picustream gateway` prints, that found something or did not."""
    done = ran(bench, *arguments)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout
