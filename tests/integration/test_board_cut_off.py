"""A board over real servers: whatever is stopped, cut or killed behind it, its pages say so, and recover."""

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from picustream.local.kafka import Kafka
from picustream.local.ports import free_port
from picustream.readmodel.database import NoStore
from picustream.readmodel.reading import ReadModel
from tests.integration.realrun import RealRun
from tests.integration.workers import wait_for

pytestmark = pytest.mark.servers

SEEN = 10.0
"""Seconds within which a page must say that what it shows is old."""
BACK = 40.0
"""Seconds until it must have recovered."""


class Watched:
    """A board with its worker, and what its page says."""

    def __init__(self, run: RealRun) -> None:
        health, port, self._store = free_port(), free_port(), run.bench.folder / "store.sqlite"
        self.worker = run.worker(http_port=str(health))
        self.board = run.bench.worker(
            "board", "--store", str(self._store), command="picustream board",
            board_port=str(port), board_workers=f"http://127.0.0.1:{health}",
        )  # fmt: skip
        self._address = f"http://127.0.0.1:{port}/ward"
        broker = Kafka(run.servers.dir / "kafka").process
        assert broker
        self.broker = broker.pid

    @property
    def page(self) -> str:
        try:
            with urlopen(self._address, timeout=5) as answer:
                return str(answer.read().decode())
        except HTTPError as error:
            return error.read().decode()
        except (URLError, OSError):
            return ""

    @property
    def fresh(self) -> bool:
        """Whether it shows children, and nothing is wrong with their age."""
        page = self.page
        return 'class="child' in page and " data-stale" not in page

    def follower(self) -> int:
        """The process that feeds the read model."""
        try:
            return int(ReadModel.open(str(self._store)).progress().follower.rpartition(":")[2])
        except NoStore:
            return 0

    def said(self) -> list[str]:
        return re.findall(r'<p class="trouble stale"><strong>([^<]+)</strong>([^<]*)', self.page)


@pytest.fixture
def watched(real_run: RealRun) -> Iterator[Watched]:
    real_run.publish()
    board = Watched(real_run)
    wait_for(lambda: board.fresh, "the board shows the ward")
    yield board
    os.kill(board.broker, signal.SIGCONT)
    board.worker.wake()
    assert board.board.stop() == 0


def seen(board: Watched) -> None:
    """Wait until the page says that it is old. Fails where it shows figures as fresh ones for longer than it may."""
    begun = time.monotonic()
    wait_for(lambda: not board.fresh, "the page says that what it shows is old", SEEN)
    assert time.monotonic() - begun < SEEN


def test_whatever_stops_is_seen_and_comes_back(watched: Watched) -> None:
    """The worker hangs; the broker hangs; the one who feeds the read model hangs, and is killed."""
    watched.worker.pause()
    seen(watched)
    assert "does not answer" in str(watched.said())
    watched.worker.wake()
    wait_for(lambda: watched.fresh, "the worker is at work again", BACK)

    os.kill(watched.broker, signal.SIGSTOP)
    seen(watched)
    os.kill(watched.broker, signal.SIGCONT)
    wait_for(lambda: watched.fresh, "the broker answers again", BACK)

    first = watched.follower()
    os.kill(first, signal.SIGSTOP)
    seen(watched)
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: watched.fresh, "another follower is started", BACK)
    second = watched.follower()
    assert second != first

    assert watched.board.stop() == 0
    with pytest.raises(ProcessLookupError):
        os.kill(second, 0)


def test_a_board_is_there_before_its_read_model(real_run: RealRun, tmp_path: Path) -> None:
    """It says that there is nothing yet, and not that nobody is there."""
    board = real_run.bench.worker("board", "--store", str(tmp_path / "none.sqlite"), "--no-follow", "--port", "0",
                                  command="picustream board")  # fmt: skip
    address = wait_for(lambda: re.search(r"http://\S+/ward", board.log.read_text()), "the board is there").group()
    with pytest.raises(HTTPError) as refused:
        urlopen(address, timeout=5)
    page = refused.value.read().decode()
    assert refused.value.code == 503 and "There is nothing to show yet." in page and " data-stale" in page
    assert board.stop() == 0
