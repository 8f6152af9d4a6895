"""A real gateway on a real Kafka, killed between the first byte and the acknowledgement."""

from collections import Counter
from threading import Thread

import pytest

from picustream.runtime.crash_points import GATEWAY_POINTS
from tests.gateways.server.fakes import message
from tests.integration.gateways import bench, health, page, port_of, ready, sender_to, toy, values
from tests.integration.senders import Sender
from tests.integration.workers import Bench, wait_for

__all__ = ["bench"]
pytestmark = pytest.mark.servers


def test_killed_at_every_step_it_has_all_that_was_acknowledged_once(bench: Bench) -> None:
    running = [toy(bench, crash_at=f"{GATEWAY_POINTS[0]}:3")]
    words = [f"e{number} f{number}" for number in range(60)]
    sender = Sender(lambda: port_of(lambda: running[-1]))
    sending = Thread(target=sender.send_all, args=([message(f"event {one}") for one in words],))
    sending.start()
    for point in GATEWAY_POINTS[1:]:
        wait_for(lambda: running[-1].process.poll() is not None, "it is dead")
        running.append(toy(bench, crash_at=f"{point}:3"))
    wait_for(lambda: running[-1].process.poll() is not None, "it is dead")
    running.append(toy(bench))
    sending.join(60)
    assert sender.codes == ["AA"] * len(words)
    assert sender.tries > len(words)
    assert values(bench) == Counter(" ".join(words).split())
    assert running[-1].stop() == 0


def test_what_it_says_of_itself_names_no_patient_and_shows_what_it_does(bench: Bench) -> None:
    gateway = toy(bench)
    sender_to(gateway).send_all([message("event Meier"), message("letter x"), message("broken Meier")])
    report = health(gateway)
    assert (report["ok"], report["last"], report["done"]) == (True, 3, 3)
    _, text = page(ready(gateway)["http_port"], "/metrics")
    assert 'picustream_gateway_answers_total{code="AA",way="mllp"}' in text
    assert gateway.stop() == 0
    assert "Meier" not in text + gateway.log.read_text()
