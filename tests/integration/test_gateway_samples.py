"""The real gateway on a real Kafka, with all samples that there are: killed again and again, and nothing is lost."""

import json
import os
from collections import Counter
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from picustream.gateways.hl7 import files
from picustream.gateways.hl7.acknowledge import wanted
from picustream.gateways.hl7.message import header
from picustream.gateways.server.sink import TOPICS
from tests.gateways import texts
from tests.gateways.converting import converted
from tests.gateways.hl7.samples import FILES
from tests.integration.gateways import bench, command, page, port_of, ready, sender_to, serving
from tests.integration.senders import Sender
from tests.integration.workers import Bench, Worker, wait_for

__all__ = ["bench"]
pytestmark = pytest.mark.servers
KILLS = int(os.environ.get("PICUSTREAM_TEST_KILLS", "3"))
"""How often the gateway is killed; twenty times in the long form."""


def ward() -> list[bytes]:
    """Values before and after an admission, as they come; the same creatinine in many versions."""
    number = range(40)
    early = [texts.results(texts.obx(value=str(50 + one)), order=f"E{one}") for one in number]
    late = [texts.results(texts.obx(value=str(60 + one)), texts.obx(unit="furlong"), order=f"L{one}") for one in number]
    return [*early, texts.admission(), *late]


def samples() -> list[bytes]:
    """Every message of the samples, where they are, that asks for an answer whatever becomes of it."""
    found = [raw for path in FILES for raw in files.messages(path.read_bytes())]
    heads = [(raw, header(raw)) for raw in found]
    return [
        raw for raw, head in heads if head is not None and wanted(head).applies(True) and wanted(head).applies(False)
    ]


def test_killed_again_and_again_every_acknowledged_message_is_in_kafka_once(bench: Bench) -> None:
    raws = [*ward(), *samples()]
    running = [serving(bench)]
    sender = Sender(lambda: port_of(lambda: running[-1]))
    sending = Thread(target=sender.send_all, args=(raws,))
    sending.start()
    for kill in range(KILLS):
        goal = len(raws) * (kill + 1) // (KILLS + 1)
        wait_for(lambda goal=goal: len(sender.codes) >= goal, "some more are answered")
        running[-1].kill()
        running.append(serving(bench))
    sending.join(120)
    assert len(sender.codes) == len(raws)
    expected = converted(raws)
    records = bench.records(TOPICS)
    found = Counter(json.loads(record.value)["event_id"] for record in records)
    assert max(found.values()) == 1
    assert set(found) == {event.event_id for event in expected.events}
    assert {record.value for record in records} == {event.value for event in expected.events}
    nobody_is_named(bench, running, [record.value + record.key for record in records])


def nobody_is_named(bench: Bench, running: list[Worker], records: list[bytes]) -> None:
    """No canary is in what leaves the gateway, in what it says, or in its index; the journal alone has them."""
    port = ready(running[-1])["http_port"]
    said = [page(port, path)[1] for path in ("/healthz", "/metrics")]
    said += [worker.log.read_text() for worker in running]
    said += [
        command(bench, *one) for one in (["messages", "--json"], ["letters", "list", "--json"], ["letters", "list"])
    ]
    assert running[-1].stop() == 0
    folder = Path(bench.env["PICUSTREAM_GATEWAY_JOURNAL"])
    index = b"".join(path.read_bytes() for path in folder.glob("index.sqlite*"))
    journal = b"".join(path.read_bytes() for path in folder.glob("*.journal"))
    everything = b"\n".join([*records, index, *(one.encode() for one in said)])
    for canary in texts.CANARIES:
        assert canary.encode() in journal
        assert canary.encode() not in everything, canary


def test_a_letter_says_what_to_change_and_the_value_follows(bench: Bench, tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text(
        'zone = "Asia/Shanghai"\nkey_file = "site.key"\n[[unit]]\nmatch = "PICU"\n'
        '[[source]]\nname = "lab"\nkind = "laboratory"\napplication = "LAB"\n'
        '[[source]]\nname = "adt"\nkind = "adt"\napplication = "ADT"\n'
    )
    command(bench, "key", str(tmp_path / "site.key"))
    bench.env["PICUSTREAM_GATEWAY_SITE"] = str(site)
    gateway = serving(bench, "--site", str(site))
    sender = sender_to(gateway)
    bilirubin = texts.obx("14631-6^Bilirubin^LN", "20", "umol/litre", number=2)
    raws = [texts.admission(), texts.results(texts.obx(), bilirubin, order="F1")]
    assert sender.send_all(raws) == ["AA", "AA"]
    assert observations(bench) == 1
    (letter,) = [json.loads(line) for line in command(bench, "letters", "list", "--json").splitlines()]
    assert (letter["reason"], letter["path"], letter["unit"]) == ("unit-unknown", "OBX[2]", "umol/litre")
    assert "spellings" in letter["fix"]
    site.write_text(site.read_text().replace('"LAB"\n', '"LAB"\nspellings = {"umol/L" = ["umol/litre"]}\n'))
    tried = json.loads(command(bench, "letters", "resubmit", letter["letter"], "--dry-run", "--json"))
    assert (tried["before"], tried["after"]) == ({"unit-unknown": 1}, {})
    assert observations(bench) == 1
    assert gateway.stop() == 0
    done = json.loads(command(bench, "letters", "resubmit", "--all", "--json"))
    assert (done["messages"], done["after"]) == (1, {})
    assert observations(bench) == 2
    json.loads(command(bench, "replay", "--from", "2026-01-01T00:00:00Z", "--json"))
    assert observations(bench) == 2


def observations(bench: Bench) -> int:
    """How many observations there are, each counted once."""
    bodies: list[Any] = [json.loads(record.value) for record in bench.records(TOPICS)]
    return len({(one["id"]) for body in bodies for one in body.get("observations", [])})
