"""Fetches jars, Kafka's above all, once for all folders.

They are pinned by SHA-256, come several at a time, and each is whole or not there at all.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from picustream.local.locking import locked
from picustream.local.pinned import JARS, KAFKA_VERSION
from picustream.local.places import LocalError, LocalSettings, cache_dir, missing_package
from picustream.local.reporting import Meter, Report, in_lines

_AT_ONCE = 4
_TRIES = 3
_TIMEOUT = (10, 30)
"""Seconds to connect, and between two pieces of the answer."""
_PIECE = 1 << 16
"""Bytes."""


@dataclass(frozen=True)
class Jar:
    """One pinned file: where it is in a Maven repository, how long it is, and what it must be."""

    group: str
    name: str
    version: str
    size: int
    sha256: str

    @property
    def file(self) -> str:
        """Name of the file."""
        return f"{self.name}-{self.version}.jar"

    @property
    def path(self) -> str:
        """Path in a Maven repository."""
        return "/".join([*self.group.split("."), self.name, self.version, self.file])


class _Damaged(Exception):
    """What came is not what was pinned."""


def pinned_jars(table: str) -> Iterator[Jar]:
    """The jars of a table like that in `pinned.py`."""
    group = ""
    for line in table.splitlines():
        if not line.startswith(" "):
            group = line
            continue
        coordinate, size, sha256 = line.split()
        name, _, version = coordinate.partition(":")
        yield Jar(group, name, version, int(size), sha256)


def class_path(report: Report, meter: Meter | None = None) -> list[Path]:
    """Kafka's jars in the cache folder, fetched if they are not there.

    A download that was cut off goes on where it stopped, jar by jar; two at once do the work of one. `meter` draws
    the progress; without one `report` takes it in lines. Raises `LocalError` if it fails; what is there is kept.
    """
    return fetched(JARS, f"kafka-{KAFKA_VERSION}", f"Apache Kafka {KAFKA_VERSION}", report, meter)


def fetched(table: str, name: str, what: str, report: Report, meter: Meter | None = None) -> list[Path]:
    """The jars of a table like that of `pinned.py`, likewise, in the folder `name` of the cache."""
    folder = cache_dir() / name
    jars = list(pinned_jars(table))
    if _missing(jars, folder):
        with locked(folder / "lock", report):
            missing = _missing(jars, folder)  # anew: another may have fetched them while we waited
            if missing:
                report(f"fetching {what} into {folder}, once")
                _fetch(missing, folder, _Count(jars, missing, meter or in_lines(report)))
    return [folder / jar.file for jar in jars]


def _missing(jars: list[Jar], folder: Path) -> list[Jar]:
    paths = ((jar, folder / jar.file) for jar in jars)
    return [jar for jar, path in paths if not path.exists() or path.stat().st_size != jar.size]


class _Count:
    """How many bytes are there, passed to the meter; several downloads report at once."""

    def __init__(self, jars: list[Jar], missing: list[Jar], meter: Meter) -> None:
        self._total = sum(jar.size for jar in jars)
        self._done = self._total - sum(jar.size for jar in missing)
        self._meter = meter
        self._lock = Lock()
        self.add(0)

    def add(self, size: int) -> None:
        """So many bytes more, or fewer where a try came to nothing."""
        with self._lock:
            self._done += size
            self._meter(self._done, self._total)


def _fetch(missing: list[Jar], folder: Path, count: _Count) -> None:
    get, base = _repository()
    largest_first = sorted(missing, key=lambda jar: jar.size, reverse=True)  # so that none is long alone at the end
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        under_way = [pool.submit(_fetch_jar, jar, get, base, folder, count) for jar in largest_first]
        try:
            for one in as_completed(under_way):
                one.result()
        except BaseException:  # an interrupt, too: finish what is under way, begin nothing more
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _fetch_jar(jar: Jar, get: Callable[..., Any], base: str, folder: Path, count: _Count) -> None:
    half = folder / f"{jar.file}.part"
    half.unlink(missing_ok=True)
    for last in (False,) * (_TRIES - 1) + (True,):
        try:
            with get(f"{base}/{jar.path}", stream=True, timeout=_TIMEOUT) as answer:
                answer.raise_for_status()
                _keep(answer.iter_content(_PIECE), half, jar.sha256, count.add)
        except (OSError, _Damaged) as error:  # the errors of requests are OSErrors
            if half.exists():  # what was counted of this try is thrown away
                count.add(-half.stat().st_size)
                half.unlink()
            if last:
                raise LocalError(
                    f"Could not fetch {jar.file}: {_reason(error)}.",
                    "Look at the network (HTTPS_PROXY), or name a mirror with PICUSTREAM_LOCAL_MAVEN or an unpacked "
                    "Kafka with PICUSTREAM_LOCAL_KAFKA_HOME. What is fetched is kept.",
                ) from error
        else:
            half.replace(folder / jar.file)
            return


def _keep(pieces: Iterable[bytes], half: Path, sha256: str, add: Callable[[int], None]) -> None:
    digest = hashlib.sha256()
    with half.open("wb", buffering=0) as file:
        for piece in pieces:
            file.write(piece)
            digest.update(piece)
            add(len(piece))
    if digest.hexdigest() != sha256:
        raise _Damaged("its SHA-256 is not the pinned one")


def _reason(error: Exception) -> str:
    """The innermost cause: the message of requests about a connection is long and names hosts twice."""
    while error.__context__ is not None and isinstance(error.__context__, Exception):
        error = error.__context__
    return str(error).rstrip(".")


def _repository() -> tuple[Callable[..., Any], str]:
    """How to ask a Maven repository for a file, and its base URL."""
    try:
        from jgo.constants import MAVEN_CENTRAL_URL
        from jgo.util import http
    except ImportError as error:
        raise missing_package("jgo") from error
    return http.get, (LocalSettings().maven or MAVEN_CENTRAL_URL).rstrip("/")
