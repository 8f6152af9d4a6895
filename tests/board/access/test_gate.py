"""The gate: every page for its roles and for nobody else, and nothing is done that another site's page sent."""

import json
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import ASGIApp

from picustream.board.access.accounts import Accounts
from picustream.board.access.audit import Audit
from picustream.board.access.identity import ROLE, SECRET, USER, BuiltIn, Proxy
from picustream.board.access.login import local
from picustream.board.access.passwords import hashed
from picustream.board.access.roles import LOCAL, Role, Visitor, home, may_open
from picustream.board.access.throttle import FREE
from picustream.board.app import application
from tests.board.made import NOON, Answer, Memory, ask, everything, made
from tests.board.office import Office

PASSWORD = "correct horse battery staple"
HASH = hashed(PASSWORD)
SHARED = "s" * 40
PAGES = ("/ward", "/stay/S-301", "/desk", "/ops")
FOR = {
    Role.WARD: {"/ward", "/stay/S-301"},
    Role.TRIAL_OFFICE: {"/ward", "/stay/S-301", "/desk"},
    Role.STATISTICIAN: {"/ward", "/stay/S-301"},
    Role.OPS: {"/ops"},
    Role.ADMIN: set(),
}
OWN = {"sec_fetch_site": "same-origin", "content_type": "application/x-www-form-urlencoded"}


class Door:
    """A board with accounts, and a browser at it."""

    def __init__(self, folder: Path, secure: bool = False) -> None:
        self.accounts = Accounts(folder / "accounts.sqlite")
        self.audit = folder / "audit.ndjson"
        for role in Role:
            self.accounts.add(f"a-{role}", role, HASH)
        board = Office.of(folder).board()
        self.app: ASGIApp = application(board, identity=BuiltIn(self.accounts, secure), audit=Audit(self.audit))

    def log_in(self, name: str, password: str = PASSWORD, after: str = "", **headers: str) -> Answer:
        body = urlencode({"name": name, "password": password}).encode()
        return ask(self.app, f"/login{after}", "POST", body, **(OWN | headers))

    def let_in(self, name: str) -> str:
        return cookie_of(self.log_in(name))

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.audit.read_text().splitlines()]


def cookie_of(answer: Answer) -> str:
    """What a browser sends back."""
    return answer.headers["set-cookie"].partition(";")[0]


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


def test_every_role_has_its_pages_and_no_other() -> None:
    for role, pages in FOR.items():
        assert {page for page in PAGES if may_open(Visitor("x", frozenset({role})), page)} == pages
        first = home(Visitor("x", frozenset({role})))
        assert first in pages or (first is None and not pages)
    assert all(may_open(LOCAL, page) for page in PAGES)


@given(path=st.text(alphabet="/abdeklmnopstwy.%-", max_size=12).map("/".__add__))
def test_a_page_that_no_role_has_is_for_nobody(path: str) -> None:
    if path not in ("/", "/live", "/logout") and not path.startswith(("/ward", "/stay/", "/desk", "/ops")):
        assert not may_open(LOCAL, path)


@pytest.mark.parametrize("role", sorted(Role))
def test_whoever_is_logged_in_gets_the_pages_of_the_role(door: Door, role: Role) -> None:
    cookie = door.let_in(f"a-{role}")
    for page in ("/ward", "/stay/S-301", "/ops", "/desk"):
        status = ask(door.app, page, cookie=cookie).status
        assert (status == 403) == (page not in FOR[role])
    assert ask(door.app, "/nowhere", cookie=cookie).status == 403


@pytest.mark.parametrize("path", ["/", "/ward", "/stay/S-301?day=2026-03-04", "/live", "/desk", "/nowhere"])
def test_without_a_log_in_there_is_the_door_and_nothing_else(door: Door, path: str) -> None:
    person = ask(door.app, path)
    assert person.status == 303
    assert person.headers["location"].startswith("/login?next=/")
    assert ask(door.app, path, sec_fetch_dest="empty").status == 401
    assert ask(door.app, path, cookie="picustream-session=guess; picustream-display=guess").status == 303
    assert ask(door.app, "/login").status == 200
    assert ask(door.app, "/healthz").text == '{"ok":true}'


@pytest.mark.parametrize(
    "headers",
    [{}, {"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"}, {"origin": "https://evil.example"}],
)
def test_what_another_site_sent_is_not_done(door: Door, headers: dict[str, str]) -> None:
    cookie = door.let_in("a-ward")
    assert ask(door.app, "/logout", "POST", cookie=cookie, **headers).status == 403
    assert ask(door.app, "/ward", cookie=cookie).status == 200
    assert ask(door.app, "/logout", "POST", cookie=cookie, origin="http://127.0.0.1").status == 303
    assert ask(door.app, "/ward", cookie=cookie).status == 303


@pytest.mark.parametrize("name", ["a-ops", "nobody"])
def test_a_wrong_password_and_a_name_that_is_not_there_look_alike_and_wait_alike(
    door: Door, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("picustream.board.access.login.monotonic", lambda: 0.0)
    answers = [door.log_in(name, "wrong") for _ in range(FREE)]
    assert {answer.status for answer in answers} == {403}
    assert {answer.text for answer in answers} == {answers[0].text}
    refused = door.log_in(name)
    assert (refused.status, refused.headers["retry-after"]) == (429, "2")
    assert PASSWORD not in door.audit.read_text()
    assert "nobody" not in door.audit.read_text()  # some type their password where the name belongs
    monkeypatch.setattr("picustream.board.access.login.monotonic", lambda: 1.0)
    assert door.log_in(name).status == (303 if name == "a-ops" else 403)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(tmp_path: Path) -> None:
    for secure in (False, True):
        folder = tmp_path / str(secure)
        folder.mkdir()
        morsel = next(iter(SimpleCookie(Door(folder, secure).log_in("a-ward").headers["set-cookie"]).values()))
        assert morsel["httponly"] is True
        assert morsel["samesite"] == "strict"
        assert bool(morsel["secure"]) == secure
        assert morsel.key.startswith("__Host-") == secure
        assert morsel["path"] == "/"
        assert not morsel["max-age"]  # gone with the browser


def test_after_the_log_in_one_is_where_one_wanted_to_be_but_never_on_another_site(door: Door) -> None:
    assert door.log_in("a-ward", after="?next=/stay/S-301").headers["location"] == "/stay/S-301"
    for address in ("//evil.example", "https://evil.example", "/%5Cevil.example"):
        assert door.log_in("a-ward", after=f"?next={address}").headers["location"] == "/ward"
    assert not local("/\\evil.example")


def test_a_display_shows_the_ward_of_its_unit_and_nothing_else(door: Door) -> None:
    token = door.accounts.add_display("hall", "PICU")
    answer = ask(door.app, "/display", "POST", urlencode({"token": token}).encode(), **OWN)
    cookie = cookie_of(answer)
    assert "Max-Age" in answer.headers["set-cookie"]
    assert ask(door.app, "/ward?unit=elsewhere", cookie=cookie).text == ask(door.app, "/ward", cookie=cookie).text
    assert "Bed 5" in ask(door.app, "/ward", cookie=cookie).text
    for page in ("/stay/S-301", "/desk", "/ops"):
        assert ask(door.app, page, cookie=cookie).status == 403
    door.accounts.revoke_display("hall")
    assert ask(door.app, "/ward", cookie=cookie).status == 303
    assert ask(door.app, "/display", "POST", urlencode({"token": "guess"}).encode(), **OWN).status == 403


def test_who_saw_which_stay_is_written_down_once_while_they_look(door: Door) -> None:
    cookie = door.let_in("a-ward")
    for _ in range(3):
        ask(door.app, "/stay/S-301", cookie=cookie)
    ask(door.app, "/stay/S-302", cookie=cookie)
    viewed = [(line["who"], line["subject"]) for line in door.lines() if line["act"] == "viewed"]
    assert viewed == [("a-ward", "/stay/S-301"), ("a-ward", "/stay/S-302")]
    assert door.lines()[0]["act"] == "logged-in"


def test_no_stay_is_shown_that_cannot_be_written_down(door: Door) -> None:
    cookie = door.let_in("a-ward")
    door.audit.unlink()
    door.audit.mkdir()
    with pytest.raises(OSError, match="directory"):
        ask(door.app, "/stay/S-301", cookie=cookie)


@pytest.mark.parametrize("body", [b"%", b"name", b"x" * 20_000, "ü".encode(), b"name=%ff&password=x"])
def test_a_form_that_is_none_is_refused(door: Door, body: bytes) -> None:
    assert ask(door.app, "/login", "POST", body, **OWN).status in (400, 403, 413)


def test_a_proxy_is_believed_by_its_secret_alone() -> None:
    app = application(made(Memory(everything(), NOON)), identity=Proxy(SHARED))
    said = {USER.replace("-", "_"): "ana", ROLE.replace("-", "_"): "ward"}
    secret = SECRET.replace("-", "_")
    assert ask(app, "/ward", **said, **{secret: SHARED}).status == 200
    assert ask(app, "/desk", **said, **{secret: SHARED}).status == 403
    assert ask(app, "/ward", **said).status == 401
    assert ask(app, "/ward", **said, **{secret: SHARED + "x"}).status == 401
    assert ask(app, "/ward", **{secret: SHARED}).status == 401
    assert ask(app, "/ward", **(said | {ROLE.replace("-", "_"): "boss"}), **{secret: SHARED}).status == 401
