"""Start, check and end the two servers of a folder: what `picustream local`, the demo and the tests call.

A folder is `<dir>/kafka` and `<dir>/redis`, each with its data, its log, its port and its process. Ports and processes
are written down there, so that another command, or the same one after a crash, finds what runs, and ends nothing else.
"""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from picustream.local.kafka import Kafka
from picustream.local.locking import locked
from picustream.local.places import LocalError, data_dir
from picustream.local.ports import ANY, choose
from picustream.local.redis import Redis
from picustream.local.reporting import Meter, Report, silent
from picustream.local.server import Server

_MARK = "picustream-local"
"""The file that marks a folder as ours: its lock."""


@dataclass(frozen=True)
class Servers:
    """Where the two servers are: bootstrap servers `host:port`, Redis URL, and the folder that holds them."""

    kafka: str
    redis: str
    dir: Path


@dataclass(frozen=True)
class State:
    """The state of one server; `address` is None before its first start, `pid` None while it is down."""

    name: str
    running: bool
    address: str | None
    pid: int | None
    log: Path


def up(
    dir: Path | None = None,
    kafka_port: int | None = None,
    redis_port: int | None = None,
    report: Report = silent,
    meter: Meter | None = None,
    detours: Mapping[int, int] | None = None,
) -> Servers:
    """Start what does not run yet, and return when both answer.

    `dir`: see `places.data_dir`. Ports: None for the one used before, the usual one or, where that is taken, a free
    one; 0 for any free one. `detours`: see `Kafka.set_detours`; None keeps those there are.
    Raises `LocalError`, and leaves nothing behind that this call started.
    """
    with _locked(data_dir(dir), report) as folder, ExitStack() as undo:
        kafka, redis = Kafka(folder / "kafka"), Redis(folder / "redis")
        # Both ports first: a wrong one is reported before anything is fetched or started.
        kafka_at = _port(kafka, kafka_port, report)
        redis_at = _port(redis, redis_port, report)
        if kafka.process is None:
            undo.callback(kafka.stop)
            if detours is not None:
                kafka.set_detours(detours)
        kafka.start(kafka_at, report, meter)
        redis.start(redis_at)
        undo.pop_all()
        return servers(folder)


def down(dir: Path | None = None, wipe: bool = False, report: Report = silent) -> list[str]:
    """End what runs and return the names of it; with `wipe`, delete the data, too. No error if there is nothing."""
    if not (data_dir(dir) / _MARK).exists():
        report(f"nothing runs in {data_dir(dir)}")
        return []
    with _locked(data_dir(dir), report) as folder:
        both: tuple[Server, ...] = (Kafka(folder / "kafka"), Redis(folder / "redis"))
        ended = [server.name for server in both if server.stop()]
        report(f"ended {' and '.join(ended)}" if ended else f"nothing runs in {folder}")
        if wipe:
            _wipe(folder)
            report(f"deleted the data in {folder}")
    return ended


def status(dir: Path | None = None) -> tuple[State, State]:
    """How Kafka and Redis are, in this order. Running means: the process lives and takes connections."""
    folder = data_dir(dir)
    return _state(Kafka(folder / "kafka")), _state(Redis(folder / "redis"))


def servers(dir: Path) -> Servers:
    """The addresses of a folder's servers, as they were at their last start."""
    return Servers(Kafka(dir / "kafka").address, Redis(dir / "redis").address, dir)


def start_kafka(dir: Path, report: Report = silent) -> None:
    """Start Kafka alone, on the port that it had, with the data that it had; or wait for it if it runs."""
    with _locked(dir, report) as folder:
        kafka = Kafka(folder / "kafka")
        kafka.start(_port_again(kafka), report)


def stop_kafka(dir: Path) -> bool:
    """End Kafka alone; its data stays. False if it did not run."""
    return Kafka(dir / "kafka").stop()


def kill_kafka(dir: Path) -> bool:
    """End Kafka by SIGKILL, as a crash would. False if it did not run."""
    return Kafka(dir / "kafka").kill()


def start_redis(dir: Path, report: Report = silent) -> None:
    """Start Redis alone, on the port that it had, with the data that it had; or wait for it if it runs."""
    with _locked(dir, report) as folder:
        redis = Redis(folder / "redis")
        redis.start(_port_again(redis))


def stop_redis(dir: Path) -> bool:
    """End Redis alone; its data stays. False if it did not run."""
    return Redis(dir / "redis").stop()


def kill_redis(dir: Path) -> bool:
    """End Redis by SIGKILL, as a crash would. False if it did not run."""
    return Redis(dir / "redis").kill()


@contextmanager
def _locked(folder: Path, report: Report) -> Iterator[Path]:
    """The folder, ours alone for as long as this lasts."""
    try:
        if folder.is_dir() and any(folder.iterdir()) and not (folder / _MARK).exists():
            raise LocalError(f"{folder} holds something else.", "Name an empty or a new folder with --dir.")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(folder / _MARK, report):
            yield folder
    except OSError as error:
        raise LocalError(
            f"{error.filename or folder} cannot be used: {error.strerror or error}.",
            "Name another folder with --dir, or another cache with PICUSTREAM_LOCAL_CACHE.",
        ) from error


def _port(server: Server, named: int | None, report: Report) -> int:
    """The port that it runs on, or the one to start it on."""
    if server.process is None or server.port is None:
        return choose(server.name, named, server.port, server.usual_port, report)
    if named not in (None, ANY, server.port):
        raise LocalError(
            f"{server.name} of this folder runs already, on port {server.port}.",
            "End it first (picustream local down), or use another --dir.",
        )
    return server.port


def _port_again(server: Server) -> int:
    """The port that it had, and no other: clients still know it there."""
    if server.port is None:
        raise LocalError(f"{server.name} of {server.folder} has never run.", "Start it: picustream local up")
    return _port(server, server.port, silent)


def _wipe(folder: Path) -> None:
    for part in ("kafka", "redis"):
        if (folder / part).exists():
            shutil.rmtree(folder / part)
    (folder / _MARK).unlink()
    if not any(folder.iterdir()):
        folder.rmdir()


def _state(server: Server) -> State:
    process = server.process
    address = server.address if server.port else None
    return State(server.name, server.answers, address, process.pid if process else None, server.log)
