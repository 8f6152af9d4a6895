"""Fetching Kafka, from a repository of the test's own: whole, pinned, once, and on from where it broke off."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from picustream.local import downloads
from picustream.local.pinned import JARS, KAFKA_VERSION
from picustream.local.places import LocalError, cache_dir
from picustream.local.reporting import in_lines, silent


class _Repository(ThreadingHTTPServer):
    """A Maven repository of three small jars that can be made to misbehave."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.jars = {f"/org/x/{name}/1/{name}-1.jar": name.encode() * 50_000 for name in ("one", "two", "three")}
        self.cut: set[str] = set()
        self.damaged: set[str] = set()
        self.asked: list[str] = []

    @property
    def table(self) -> str:
        lines = ["org.x"]
        for path, content in self.jars.items():
            name = path.split("/")[3]
            lines.append(f"  {name}:1 {len(content)} {hashlib.sha256(content).hexdigest()}")
        return "\n".join(lines)


class _Answer(BaseHTTPRequestHandler):
    server: _Repository

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        content = self.server.jars[self.path]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.path in self.server.damaged:
            content = b"?" * len(content)
        if self.path in self.server.cut:
            content = content[: len(content) // 2]
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """A test's output is not the place for a log of requests."""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Repository]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("PICUSTREAM_LOCAL_CACHE", str(tmp_path / "cache"))
    with _Repository() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setattr(downloads, "JARS", server.table)
        monkeypatch.setenv("PICUSTREAM_LOCAL_MAVEN", f"http://127.0.0.1:{server.server_port}/")
        yield server
        server.shutdown()
        thread.join()


def contents() -> dict[str, int]:
    folder = cache_dir() / f"kafka-{KAFKA_VERSION}"
    return {path.name: path.stat().st_size for path in sorted(folder.iterdir()) if path.name != "lock"}


def test_what_is_there_is_not_fetched_again(repository: _Repository) -> None:
    """The first start fetches everything and says how far it is; the second asks nobody."""
    said: list[str] = []
    jars = downloads.class_path(said.append)
    assert [jar.name for jar in jars] == ["one-1.jar", "two-1.jar", "three-1.jar"]
    assert "fetching Apache Kafka" in said[0]
    assert said[-1].endswith("0.6 of 0.6 MB")
    repository.asked.clear()
    assert downloads.class_path(said.append) == jars
    assert repository.asked == []


def test_a_download_that_broke_off_goes_on(repository: _Repository) -> None:
    """What came whole is kept, what came in part is never taken for whole, and the next start fetches the rest."""
    two = "/org/x/two/1/two-1.jar"
    repository.cut = {two}
    with pytest.raises(LocalError, match=r"Could not fetch two-1\.jar") as failure:
        downloads.class_path(silent)
    assert failure.value.status == 3
    assert "PICUSTREAM_LOCAL_MAVEN" in failure.value.hint
    assert "two-1.jar" not in contents()
    repository.cut = set()
    repository.asked.clear()
    progress: list[tuple[int, int]] = []
    downloads.class_path(silent, lambda done, total: progress.append((done, total)))
    assert set(repository.asked) <= {two, "/org/x/one/1/one-1.jar"}
    assert contents() == {"one-1.jar": 150_000, "three-1.jar": 250_000, "two-1.jar": 150_000}
    assert progress[-1] == (550_000, 550_000)


def test_a_jar_that_is_not_the_pinned_one_is_refused(repository: _Repository) -> None:
    """What runs is what was pinned, whatever a mirror serves; the progress does not count what was thrown away."""
    repository.damaged = {"/org/x/three/1/three-1.jar"}
    progress: list[tuple[int, int]] = []
    with pytest.raises(LocalError, match=r"three-1\.jar: its SHA-256 is not the pinned one"):
        downloads.class_path(silent, lambda done, total: progress.append((done, total)))
    assert repository.asked.count("/org/x/three/1/three-1.jar") == 3
    assert max(done for done, _ in progress) <= 550_000
    assert "three-1.jar" not in contents()


def test_a_truncated_jar_is_fetched_again(repository: _Repository) -> None:
    """A disk that lost the end of a file does not make a broker that fails for no visible reason."""
    jar = downloads.class_path(silent)[0]
    jar.write_bytes(b"")
    downloads.class_path(silent)
    assert jar.stat().st_size == 150_000


def test_two_at_once_fetch_once(repository: _Repository) -> None:
    """Tests, a demo and a person may all be first."""
    both = [threading.Thread(target=downloads.class_path, args=(silent,)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(repository.asked) == sorted(repository.jars)


def test_every_pinned_jar_is_well_formed() -> None:
    """The table reads back, with one Kafka broker of the version it is named for and one back end for its log."""
    jars = list(downloads.pinned_jars(JARS))
    assert len({jar.file for jar in jars}) == len(jars) > 40
    assert all(len(jar.sha256) == 64 and jar.size > 0 for jar in jars)
    assert f"kafka_2.13-{KAFKA_VERSION}.jar" in {jar.file for jar in jars}
    assert [jar.file for jar in jars if jar.name.startswith("slf4j-s")] == ["slf4j-simple-1.7.36.jar"]


def test_progress_in_lines_says_each_tenth_once() -> None:
    """Without a terminal there are at most eleven lines, however many pieces come."""
    said: list[str] = []
    meter = in_lines(said.append)
    for done in range(0, 1001):
        meter(done * 100_000, 100_000_000)
    assert len(said) == 11
    assert (said[0].strip(), said[-1].strip()) == ("0.0 of 100.0 MB", "100.0 of 100.0 MB")
