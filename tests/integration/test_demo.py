"""`picustream demo` whole: real servers, a real worker, and nothing of it left over, however it ends."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from picustream.demo.messages import message
from picustream.demo.ward import ward
from picustream.eventfiles.replay import run
from picustream.models.record import DEAD_LETTER
from picustream.scoring.rules import load_rules
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.trial.records import ELIGIBILITY, OUTCOME
from picustream.scoring.validation import InputRecord

pytestmark = pytest.mark.servers

LIMIT = 300.0
"""Seconds for a demo; the first one may have to fetch Kafka."""
OPEN = "8 beds, "
"""How the first line of the ward begins."""
KEYS = {MODS: ("day",), APPS: ("basis", "day", "episode"), ELIGIBILITY: (), OUTCOME: ("milestone",)}
WAY = {"event_id", "revision", "supersedes", "cause", "emitted_at", "status"}
"""What a record says of the way to it and not of what it says (I1)."""


class Run:
    """A demo as a process of its own; everything that it starts knows `folder` as its TMPDIR."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "picustream", "demo", *options],
            env=os.environ | {"TMPDIR": str(folder)},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._limit = threading.Timer(LIMIT, self.process.kill)
        self._limit.start()

    def wait_for(self, stream: IO[str] | None, begin: str) -> None:
        """Read until a line begins with `begin`."""
        assert stream is not None
        for line in stream:
            if line.startswith(begin):
                return
        pytest.fail(f"no line began with {begin!r}: {self.process.communicate()}")

    def end(self, number: signal.Signals | None = None) -> tuple[int, str, str]:
        """Exit status, standard output and standard error from here on, after signal `number` if one is given."""
        if number is not None:
            self.process.send_signal(number)
        out, err = self.process.communicate()
        self._limit.cancel()
        return self.process.returncode, out, err

    def started(self) -> dict[int, bytes]:
        """Environment of each process that the demo started and that runs, by id."""
        mark = f"TMPDIR={self.folder}\0".encode()
        environments = {int(path.parent.name): _read(path) for path in Path("/proc").glob("[0-9]*/environ")}
        return {pid: found for pid, found in environments.items() if mark in found and pid != self.process.pid}

    def worker(self) -> int:
        """The id of the worker's process: of what runs by the ward's clock the one that is no board and no follower."""
        ward = [pid for pid, found in self.started().items() if b"PICUSTREAM_CLOCK_AT=" in found]
        (pid,) = [pid for pid in ward if b"\0worker\0" in _read(Path(f"/proc/{pid}/cmdline"))]
        return pid

    def left_over(self) -> tuple[list[int], list[str]]:
        """Processes and files that the demo left behind."""
        return list(self.started()), [path.name for path in self.folder.iterdir() if path.name != "records"]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended meanwhile, or is somebody else's
        return b""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if not Path("/proc/self/environ").exists():
        pytest.skip("what a process started is known here by /proc")
    return tmp_path


@pytest.fixture
def begin(folder: Path) -> Iterator[Any]:
    runs: list[Run] = []

    def begin(*options: str) -> Run:
        runs.append(Run(folder, *options))
        return runs[-1]

    yield begin
    for demo in runs:
        if demo.process.poll() is None:
            demo.end(signal.SIGTERM)


def says(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in WAY}


def current(records: list[tuple[str, dict[str, Any]]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The current records, by topic, stay and what they are; those that are withdrawn left out."""
    found = {(t, r["stay_id"], *(r[name] for name in KEYS[t])): r for t, r in records if t in KEYS}
    return {key: says(record) for key, record in found.items() if record["status"] != "entered-in-error"}


def replayed() -> dict[tuple[Any, ...], dict[str, Any]]:
    """The same ward through the engine alone."""
    days = ward()
    input_records = (
        InputRecord(e.topic, 0, None, e.value["stay_id"].encode(), json.dumps(e.value).encode()) for e in days.events
    )
    return current([(o.topic, json.loads(o.value)) for o in run(load_rules(None, None), input_records, days.closes)])


def test_a_demo_shows_the_whole_ward_and_its_records_are_those_of_a_replay(begin: Any, folder: Path) -> None:
    """I1, I3: eight days in half a minute change nothing in the scores, and no record stands twice."""
    demo = begin("--speed", "20000", "--no-browser", "--json", "--out", str(folder / "records"))
    status, out, err = demo.end()
    assert status == 0, err
    sums = json.loads(out)
    assert sums["closed"] is True
    assert sums["events"] == len(ward().events)
    assert sums["records"] == sums["topics_hold"]
    assert (sums["repeated_event_ids"], sums["stays"]) == (0, 8)
    assert sums["dead_letters"] == {"implausible": 1, "unit-unknown": 1}
    lines = [line for topic in (*KEYS, DEAD_LETTER) for line in (folder / "records" / f"{topic}.ndjson").open()]
    kept = [(line["topic"], line["value"]) for line in map(json.loads, lines)]
    assert current(kept) == replayed()
    assert demo.left_over() == ([], [])


def test_a_demo_ends_by_itself_when_its_time_is_up(begin: Any) -> None:
    """With --for it ends by itself, cleans up, sums up and exits 0; what was not shown, it says."""
    demo = begin("--for", "60", "--speed", "2000", "--no-browser")
    status, out, err = demo.end()
    assert status == 0, err
    lines = out.splitlines()
    assert lines[0].startswith(OPEN)
    assert lines[-2].startswith("ended early        on day ")
    assert lines[-1] == "read anew          the topics hold just these records, no event_id twice"
    assert demo.left_over() == ([], [])


def test_a_ward_that_speaks_hl7_goes_through_a_gateway_and_ends_by_itself(begin: Any) -> None:
    """Every message is acknowledged, the stays are shown by the ward's names, and no server is left behind."""
    demo = begin("--hl7", "--for", "90", "--no-browser", "--json")
    status, out, err = demo.end()
    assert status == 0, err
    sums = json.loads(out)
    events = ward().events
    assert sums["closed"] is True
    assert sums["events"] == len(events)
    assert sums["hl7"]["acknowledged"] == sum(message(event) is not None for event in events)
    assert (sums["hl7"]["letters"], sums["dead_letters"]) == (1, {"implausible": 1})
    assert (sums["repeated_event_ids"], sums["stays"]) == (0, 8)
    assert sums["records"] == sums["topics_hold"]
    assert "S-301  day 8 MODS 0 [0-8] final" in err
    assert demo.left_over() == ([], [])


def test_ctrl_c_ends_a_demo_with_its_sums(begin: Any) -> None:
    demo = begin("--speed", "5000")
    demo.wait_for(demo.process.stdout, "Mon ")
    status, out, _ = demo.end(signal.SIGINT)
    assert status == 130
    assert out.splitlines()[-1] == "read anew          the topics hold just these records, no event_id twice"
    assert demo.left_over() == ([], [])


def test_a_signal_while_the_servers_start_leaves_nothing_behind(begin: Any) -> None:
    demo = begin()
    demo.wait_for(demo.process.stderr, "starting Kafka and Redis")
    status, out, _ = demo.end(signal.SIGTERM)
    assert (status, out) == (143, "")
    assert demo.left_over() == ([], [])


def test_a_signal_while_the_worker_starts_leaves_nothing_behind(begin: Any) -> None:
    demo = begin()
    demo.wait_for(demo.process.stderr, "starting the worker")
    status, out, _ = demo.end(signal.SIGINT)
    assert (status, out) == (130, "")
    assert demo.left_over() == ([], [])


def test_a_worker_that_dies_ends_the_demo_and_its_log_stays(begin: Any, folder: Path) -> None:
    demo = begin("--speed", "2000")
    demo.wait_for(demo.process.stdout, OPEN)
    os.kill(demo.worker(), signal.SIGKILL)
    status, _, err = demo.end()
    assert status == 3
    assert "picustream: The worker ended (SIGKILL); its last line: " in err
    assert "Traceback" not in err
    processes, files = demo.left_over()
    assert processes == []
    (log,) = files
    assert f"Its log: {folder / log}" in err
    shutil.rmtree(folder)
