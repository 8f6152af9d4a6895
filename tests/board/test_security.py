"""What every answer carries, whatever it is, and who gets none."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.board.app import application
from picustream.board.rendering import HERE, STATIC
from picustream.board.security import HEADERS, host_of
from picustream.readmodel.database import NoStore
from tests.board.made import NOON, Memory, ask, asked, everything, made

BOARD = made(Memory(everything(), NOON))


class Broken(Memory):
    """A read model that makes the program fail."""

    def model(self) -> Memory:
        raise RuntimeError("canary")


class Gone(Memory):
    """One that cannot be read."""

    def model(self) -> Memory:
        raise NoStore("store.sqlite", "it is not made yet")


@pytest.mark.parametrize(
    ("path", "status"), [("/ward", 200), ("/", 307), ("/stay/none", 404), ("/none", 403), ("/static/board.css", 200)]
)
def test_every_answer_has_the_headers(path: str, status: int) -> None:
    answer = asked(BOARD, path)
    assert answer.status == status
    assert {name.lower(): value for name, value in HEADERS.items()}.items() <= answer.headers.items()


def test_a_failure_has_them_too_and_says_nothing_of_it() -> None:
    answer = asked(made(Broken(())), "/ward")
    assert (answer.status, "canary" in answer.text) == (500, False)
    assert {name.lower(): value for name, value in HEADERS.items()}.items() <= answer.headers.items()


def test_a_read_model_that_is_not_there_is_a_page_that_says_so() -> None:
    answer = asked(made(Gone(())), "/ward")
    assert (answer.status, answer.headers["cache-control"]) == (503, "no-store")
    assert "There is nothing to show yet." in answer.text


@pytest.mark.parametrize("path", ["/ward", "/none", "/static/board.css", "/healthz"])
def test_a_browser_that_came_by_tls_comes_by_nothing_else_from_then_on(path: str) -> None:
    """And one that did not is not held to it: the demo's board would be gone, and whatever else this host serves."""
    answer = ask(application(BOARD, secure=True), path)
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert ask(application(BOARD, secure=True), path, host="evil.example").headers["strict-transport-security"]
    assert "strict-transport-security" not in asked(BOARD, path).headers


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example:80", "", "[::2]"])
def test_another_name_that_leads_here_is_refused(host: str) -> None:
    """A page of another site whose name was bound to this address sees nothing."""
    answer = ask(application(BOARD), "/ward", host=host)
    assert (answer.status, "RESEARCH" in answer.text) == (421, False)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8765", "localhost:1", "LOCALHOST", "[::1]:8765", "[::1]"])
def test_this_machine_s_own_names_are_answered(host: str) -> None:
    assert ask(application(BOARD), "/ward", host=host).status == 200


@given(st.sampled_from(["localhost", "[::1]", "board.example"]), st.one_of(st.none(), st.integers(0, 65535)))
def test_a_host_is_known_without_its_port(name: str, port: int | None) -> None:
    assert host_of(name if port is None else f"{name}:{port}") == name


def test_a_page_that_has_not_changed_is_not_sent_again() -> None:
    first = asked(BOARD, "/ward")
    again = asked(BOARD, "/ward", if_none_match=first.headers["etag"])
    assert (again.status, again.text) == (304, "")
    assert asked(BOARD, "/ward?unit=PICU", if_none_match=first.headers["etag"]).status == 200


def test_nothing_is_styled_or_run_inside_of_a_page_and_nothing_comes_from_elsewhere() -> None:
    """The policy refuses it; here it is not even tried."""
    for file in [*HERE.glob("templates/*.html"), *STATIC.glob("*.*")]:
        text = file.read_text()
        assert re.findall(r"\sstyle=|\son[a-z]+=|<script>|<style|javascript:|@import|url\(", text) == [], file
        assert [link for link in re.findall(r"https?://[^\s\"']+", text) if "w3.org" not in link] == [], file


def test_a_file_may_be_kept_for_ever_for_its_address_changes() -> None:
    page = asked(BOARD, "/ward").text
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(files) == 3
    for file in files:
        assert "immutable" in asked(BOARD, file).headers["cache-control"]
