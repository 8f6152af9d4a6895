"""The process of a board: it says where it is, and ends when it is asked to, whoever still listens to it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from picustream.readmodel.database import address
from tests.board.made import everything
from tests.readmodel.filling import Log, fill

PARTED = 8.0
"""Seconds from the signal to the end, on a busy machine."""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_while_pages_are_open(tmp_path: Path, number: signal.Signals) -> None:
    store, log = tmp_path / "store.sqlite", Log()
    for row in everything()[:40]:
        log.add(row.topic, str(row.stay).encode(), row.body.encode())
    fill(address(str(store)), log)
    command = [sys.executable, "-m", "picustream", "board", "--store", str(store), "--no-follow", "--port", "0"]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PICUSTREAM_")}
    with subprocess.Popen(command, env=ours, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as board:
        try:
            assert board.stdout is not None and board.stderr is not None
            where = board.stdout.readline().strip().removesuffix("/ward")
            with urlopen(f"{where}/live", timeout=10) as stream:
                assert stream.readline() == b"retry: 2000\n"
                begun = time.monotonic()
                board.send_signal(number)
                assert board.wait(30) == 0
                assert time.monotonic() - begun < PARTED
            assert [line for line in board.stderr.read().splitlines() if '"error"' in line] == []
        finally:
            board.kill()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "picustream", "board", "--store", str(tmp_path / "s"), "--port", port]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 3
    assert f"127.0.0.1:{port} cannot be listened to: Address already in use" in ended.stderr
