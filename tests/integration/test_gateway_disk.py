"""The journal's disk is full: what cannot be stored is not answered, the gateway says so, and goes on with room."""

import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from picustream.gateways.journal.journal import Journal
from tests.gateways.server.fakes import message
from tests.integration.gateways import bench, health, metric, port_of, ready, toy, values
from tests.integration.senders import Sender
from tests.integration.workers import Bench, Worker, wait_for

__all__ = ["bench"]
pytestmark = pytest.mark.servers

SENDERS, EACH = 3, 200
SIZE = "12m"


@pytest.fixture
def disk(bench: Bench) -> Iterator[Path]:
    """A disk of its own for the journal."""
    where = Path(bench.env["PICUSTREAM_GATEWAY_JOURNAL"])
    where.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(where)], check=False).returncode:
        pytest.skip("no disk can be mounted here; it takes root")
    yield where
    bench.close()
    subprocess.run(["umount", "-l", str(where)], check=True)


@contextmanager
def full(disk: Path, left: int = 0) -> Iterator[None]:
    """No room but for `left` bytes."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            file.truncate(max(file.tell() - left, 0))
    yield
    filler.unlink()


def said(gateway: Worker) -> Any:
    """Whether it says that the disk takes nothing."""
    return gateway.logged("disk-away") or gateway.logged("index-away")


@pytest.mark.parametrize("left", [0, 64 * 1024])
def test_what_cannot_be_stored_is_not_answered_and_the_gateway_goes_on(bench: Bench, disk: Path, left: int) -> None:
    """Whether the journal or its index is the first to find no room."""
    gateway = toy(bench, gateway_patience="1")
    ready(gateway)
    senders = [Sender(lambda: port_of(lambda: gateway)) for _ in range(SENDERS)]
    words = [[f"e{number}-{one}" for one in range(EACH)] for number in range(SENDERS)]
    threads = [
        Thread(target=one.send_all, args=([message(f"event {name}") for name in names],))
        for one, names in zip(senders, words, strict=True)
    ]
    for thread in threads:
        thread.start()

    def answered() -> int:
        return sum(len(one.codes) for one in senders)

    wait_for(lambda: answered() > EACH, "some are answered")
    with full(disk, left):
        wait_for(lambda: health(gateway)["status"] == 503, "it says that it takes nothing")
        assert set(health(gateway)["shut"]) & {"disk", "index"}
        assert said(gateway)
        wait_for(lambda: metric(gateway, "closed_connections_total") > SENDERS, "senders are let go")
        wait_for(lambda: health(gateway)["status"] == 503, "it still takes nothing")
        assert answered() < SENDERS * EACH
    for thread in threads:
        thread.join(60)
    assert [one.codes for one in senders] == [["AA"] * EACH] * SENDERS
    wait_for(lambda: health(gateway)["status"] == 200, "it is well again")
    assert gateway.stop() == 0
    assert values(bench) == Counter(name for names in words for name in names)
    assert {one.raw for one in Journal(disk).read()} >= {message(f"event {name}") for names in words for name in names}


def test_killed_while_the_disk_is_full_it_starts_again_with_room(bench: Bench, disk: Path) -> None:
    gateway = toy(bench)
    ready(gateway)
    sender = Sender(lambda: port_of(lambda: bench.workers[-1]))
    names = [f"e{number}" for number in range(EACH)]
    thread = Thread(target=sender.send_all, args=([message(f"event {name}") for name in names],))
    thread.start()
    wait_for(lambda: len(sender.codes) > EACH / 4, "some are answered")
    with full(disk):
        wait_for(lambda: said(gateway), "it says so")
        gateway.kill()
        again = toy(bench)
        wait_for(lambda: said(again) or again.process.poll() == 3, "it waits, or ends")
        assert said(again) or "disk is full" in again.last_words
        again.kill()
    toy(bench)
    thread.join(60)
    assert sender.codes == ["AA"] * EACH
    assert values(bench) == Counter(names)
