"""`picustream board` on a real Kafka, as a process: it feeds its read models, and entries come back from Kafka."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from picustream.local import servers as local
from picustream.local.servers import Servers
from picustream.runtime.settings import Settings
from picustream.streams.kafka import clients as kafka_clients
from picustream.streams.kafka import topics
from tests.board.office import ALARMED, outputs
from tests.integration.workers import PATIENCE, started_again, wait_for

OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def settings(
    fresh_servers: Any, settings_env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    named = {
        "PICUSTREAM_STORE": tmp_path / "store.sqlite",
        "PICUSTREAM_BOARD_WARD_STORE": tmp_path / "ward.sqlite",
        "PICUSTREAM_BOARD_AUDIT": tmp_path / "audit.ndjson",
        "PICUSTREAM_BOARD_PORT": 0,
    }
    for name, value in {**settings_env, **named}.items():
        monkeypatch.setenv(name, str(value))
    settings = Settings()
    with kafka_clients.admin(settings) as admin:
        topics.create(admin, settings, topics.ALL)
    with kafka_clients.producer(settings) as producer:
        for one in outputs(ALARMED):
            producer.send(one.topic, value=one.value, key=one.key)
        producer.flush()
    return settings


@contextmanager
def board() -> Iterator[str]:
    """The address of a board that runs."""
    command = [sys.executable, "-m", "picustream", "board"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip().removesuffix("/ward")
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0


def get(address: str) -> str:
    """A page's text, whatever its status."""
    try:
        with urlopen(address, timeout=PATIENCE) as answer:
            return str(answer.read().decode())
    except HTTPError as error:
        return error.read().decode()


def post(address: str, **fields: str) -> tuple[int, str]:
    """The status, and the address of the page that it leads to."""
    try:
        with urlopen(Request(address, urlencode(fields).encode(), OWN), timeout=PATIENCE) as answer:
            return answer.status, answer.url
    except HTTPError as error:
        return error.code, ""


def test_what_is_entered_is_in_kafka_once_and_on_the_page_and_the_wards_file_knows_nothing_of_it(
    settings: Settings, tmp_path: Path
) -> None:
    note = {"type": "note", "note": "called the father", "based_on": "0"}
    with board() as address:
        wait_for(lambda: "Bed 5" in get(f"{address}/ward"), "the ward")
        wait_for(lambda: "S-301" in get(f"{address}/desk?tab=all"), "the desk")
        for _ in range(2):
            status, back = post(f"{address}/desk/S-301", **note)
            assert status == 200
        wait_for(lambda: "not yet on record" not in get(back), "the note on record")
        assert get(back).count("</b> called the father</li>") == 1
        alert = re.search(r'name="alert_id" value="([^"]+)"', get(f"{address}/ops"))
        assert alert is not None
        post(f"{address}/ops", type="alert-acknowledged", alert_id=alert[1], based_on="x")
        wait_for(lambda: "seen to by local" in get(f"{address}/ops"), "the acknowledgement")
    with sqlite3.connect(tmp_path / "ward.sqlite") as ward:
        assert {row[0] for row in ward.execute("SELECT DISTINCT topic FROM revisions")} == {
            "picu.score.apps.v1", "picu.score.mods.v1", "picu.stay.v1",
        }  # fmt: skip
        assert ward.execute("SELECT count(*) FROM desk").fetchone() == (0,)
    assert '"subject": "/desk/S-301"' in (tmp_path / "audit.ndjson").read_text()


def test_without_kafka_nothing_is_said_to_be_kept_and_afterwards_it_goes_on(
    settings: Settings, fresh_servers: Servers
) -> None:
    with board() as address:
        wait_for(lambda: "S-301" in get(f"{address}/desk?tab=all"), "the desk")
        local.kill_kafka(fresh_servers.dir)
        begun = time.monotonic()
        status, _ = post(f"{address}/desk/S-301", type="note", note="while away", based_on="0")
        assert status == 503
        assert time.monotonic() - begun < PATIENCE
        wait_for(lambda: 'class="trouble stale"' in get(f"{address}/ward"), "it is said that what is shown is old")
        started_again(local.start_kafka, fresh_servers.dir)
        wait_for(lambda: post(f"{address}/desk/S-301", type="note", note="while away", based_on="0")[0] == 200, "Kafka")
        wait_for(lambda: "while away" in get(f"{address}/desk/S-301"), "the note on record")
        assert get(f"{address}/desk/S-301").count("</b> while away</li>") == 1
