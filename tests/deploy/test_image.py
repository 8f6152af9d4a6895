"""The Dockerfile, by rules of our own, and what of the repository its build gets to see."""

import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from picustream import __version__
from tests.paths import ROOT

HEALTHY = ROOT / "deploy/healthy.py"

Step = tuple[str, str]
"""An instruction of a Dockerfile and what follows it."""


def steps() -> list[Step]:
    text = (ROOT / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [tuple(line.split(maxsplit=1)) for line in whole.splitlines()]


def stages() -> list[list[Step]]:
    found: list[list[Step]] = []
    for step in steps():
        if step[0] == "FROM":
            found.append([])
        found[-1].append(step)
    return found


def of(stage: list[Step], instruction: str) -> list[str]:
    return [rest for name, rest in stage if name == instruction]


def let_in() -> list[str]:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return [line[1:] for line in lines if line.startswith("!")]


def test_every_stage_is_on_one_pinned_version_of_python() -> None:
    bases = [of(stage, "FROM")[0].split()[0] for stage in stages()]
    assert re.fullmatch(r"python:3\.11\.\d+-slim-[a-z]+", bases[0])
    assert set(bases[1:]) == {"base"}


def test_the_image_runs_as_a_user_that_is_not_root_named_by_number() -> None:
    last = stages()[-1]
    (user,) = of(last, "USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    after = [name for name, _ in last[last.index(("USER", user)) :]]
    assert not {"RUN", "COPY"} & set(after)
    assert f"useradd --uid {user.partition(':')[0]} " in " ".join(of(last, "RUN"))


def test_what_installs_and_compiles_is_not_in_the_image() -> None:
    run = " ".join(of(stages()[-1], "RUN"))
    assert re.search(r"pip uninstall .*\bsetuptools\b.*\bpip\b", run)
    assert not re.search(r"apt-get|pip install|gcc", run)


def test_the_constraints_pin_all_that_is_installed() -> None:
    build = stages()[-2]
    (install,) = [run for run in of(build, "RUN") if "pip" in run]
    assert "install -c constraints.txt '.[" in install
    assert "PIP_CONSTRAINT=/src/constraints.txt" in of(build, "ENV")[0]


def test_whatever_can_be_set_works_in_the_image() -> None:
    """Every extra is in it but those for developers, and for a Kafka and a Redis on one's own machine."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"].keys()
    install = " ".join(of(stages()[-2], "RUN"))
    found = re.search(r"'\.\[([a-z,]+)\]'", install)
    assert found is not None
    assert set(found[1].split(",")) == extras - {"local", "test", "lint", "mutation", "bench"}


def test_nothing_is_fetched_by_address_and_no_secret_is_in_the_image() -> None:
    assert not {"ADD"} & {name for name, _ in steps()}
    for name, rest in steps():
        assert not re.search(r"https?://|curl|wget", rest)
        if name in ("ENV", "ARG", "LABEL"):
            assert not re.search("password|secret|token", rest, re.IGNORECASE)


def test_the_image_says_what_it_is() -> None:
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', of(stages()[-1], "LABEL")[0]))
    assert labels.keys() == {"title", "description", "version", "revision", "licenses"}
    assert labels["version"] == __version__
    assert labels["licenses"] == "Apache-2.0"


def test_the_program_is_started_itself_and_not_by_a_shell() -> None:
    assert of(stages()[-1], "ENTRYPOINT") == ['["picustream"]']


def test_the_build_sees_every_package_and_nothing_that_it_does_not_need() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {Path(folder).parts[0] for folder in project["tool"]["setuptools"]["package-dir"].values()}
    files = {"pyproject.toml", "constraints.txt", "README.md", "LICENSE", "deploy/healthy.py"}
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"
    assert set(let_in()) == packages | files
    assert all((ROOT / name).exists() for name in let_in())


class _Worker(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()
        self.wfile.write(b'{"ok": true}')

    def log_message(self, *_: object) -> None:
        """Silent: the answer is what counts."""


@pytest.fixture
def worker() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("_", (_Worker,), {}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def ask(port: int) -> subprocess.CompletedProcess[str]:
    # A proxy that the environment names, and that is not there, must not be asked.
    environment = os.environ | {"PICUSTREAM_HTTP_PORT": str(port), "http_proxy": "http://127.0.0.1:9"}
    return subprocess.run([sys.executable, HEALTHY], env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(("answer", "status"), [(200, 0), (503, 1)])
def test_a_container_is_as_healthy_as_its_worker_says(worker: ThreadingHTTPServer, answer: int, status: int) -> None:
    worker.RequestHandlerClass.status = answer
    asked = ask(worker.server_port)
    assert (asked.returncode, asked.stderr) == (status, "")
    assert asked.stdout.startswith(f"{answer} ")


def test_a_container_without_a_worker_is_not_healthy() -> None:
    asked = ask(1)
    assert (asked.returncode, asked.stderr) == (1, "")
    assert asked.stdout.startswith("no answer on port 1: ")
