"""When a supervisor starts its worker again, and when it does not: with programs that end as their arguments say."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 60.0

WORKER = """
import os, signal, sys
from pathlib import Path
from picustream.streams.worker import supervisor_link
supervisor_link.follow()
lives, ends = Path(sys.argv[1]), sys.argv[2:]
number = len(lives.read_text().splitlines()) if lives.exists() else 0
with lives.open("a") as started:
    print(os.getpid(), os.environ["PICUSTREAM_SLOT"].replace(" ", "/"), file=started)
end = ends[min(number, len(ends) - 1)]
if end.startswith("works"):
    supervisor_link.at_work()
    end = end.removeprefix("works")
if end == "stays":
    signal.pause()
os.kill(os.getpid(), -int(end)) if int(end) < 0 else os._exit(int(end))
"""
"""Ends as its arguments say, life by life: a status, a signal (negative), `works` before it: after coming to work."""

SUPERVISOR = """
import sys
from picustream.runtime.settings import Settings
from picustream.streams.worker.supervise import supervise
sys.exit(supervise(Settings(group=sys.argv[1]), sys.argv[2:]))
"""


def start(folder: Path, *ends: str) -> subprocess.Popen[str]:
    worker = [sys.executable, "-c", WORKER, str(folder / "lives"), *ends]
    command = [sys.executable, "-c", SUPERVISOR, folder.name, *worker]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def lives(folder: Path) -> list[list[str]]:
    """Process id and name of each life."""
    file = folder / "lives"
    return [line.split() for line in file.read_text().splitlines()] if file.exists() else []


def run(folder: Path, *ends: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit status and log lines of a supervisor that ends by itself."""
    supervisor = start(folder, *ends)
    _, log = supervisor.communicate(timeout=PATIENCE)
    return supervisor.returncode, [json.loads(line) for line in log.splitlines() if line.startswith("{")]


@pytest.mark.parametrize(
    ("ends", "status", "times"),
    [
        (["0"], 0, 1),  # drained, or asked to stop
        (["2"], 2, 1),  # a wrong setting: somebody must correct it
        (["3"], 3, 1),  # something is missing, and nothing ever worked
        (["-9", "0"], 0, 2),  # killed
        (["75", "0"], 0, 2),  # ended by the watchdog
        (["70", "2"], 2, 2),  # a fault of the program
        (["works-9", "3", "0"], 0, 3),  # it worked once: what is missing now will be back
        (["-9", "3"], 3, 2),  # it never did
    ],
)
def test_what_is_started_again(tmp_path: Path, ends: list[str], status: int, times: int) -> None:
    assert run(tmp_path, *ends)[0] == status
    assert len(lives(tmp_path)) == times


def test_at_once_the_first_time_and_then_with_patience_under_one_name(tmp_path: Path) -> None:
    status, log = run(tmp_path, "70", "-11", "75", "0")
    ended = [(line["how"], line["again_in"]) for line in log if line["event"] == "worker-ended"]
    assert ended == [("status 70", 0.0), ("SIGSEGV", 0.2), ("status 75", 0.5), ("status 0", None)]
    assert status == 0
    assert len({name for _, name in lives(tmp_path)}) == 1


def test_it_passes_on_that_it_is_asked_to_stop(tmp_path: Path) -> None:
    supervisor = start(tmp_path, "stays")
    wait_for(lambda: lives(tmp_path))
    supervisor.terminate()
    assert supervisor.wait(PATIENCE) == 0
    assert not alive(int(lives(tmp_path)[0][0]))


def test_nobody_is_left_over_when_it_is_killed(tmp_path: Path) -> None:
    supervisor = start(tmp_path, "stays")
    wait_for(lambda: lives(tmp_path))
    supervisor.kill()
    supervisor.wait(PATIENCE)
    wait_for(lambda: not alive(int(lives(tmp_path)[0][0])))


def alive(process: int) -> bool:
    """Whether the process runs; one that has ended and was not waited for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for(done: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)
