"""Log-in at a provider: over HTTP, with a real key; whatever is not as it has to be is refused, and for that reason."""

import asyncio
import http.client
import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.board.access.accounts import Accounts
from picustream.board.access.audit import Audit
from picustream.board.access.identity import BuiltIn
from picustream.board.access.oidc import provider as speaking
from picustream.board.access.oidc.attempt import LONGEST_PLACE, Attempt
from picustream.board.access.oidc.refusal import SENTENCES, Why
from picustream.board.access.oidc.terms import Terms
from picustream.board.access.oidc.token import SKEW
from picustream.board.access.passwords import hashed
from picustream.board.access.roles import Role
from picustream.board.access.throttle import FREE, LONGEST
from picustream.board.app import application
from picustream.board.board import Board
from picustream.runtime.logs import configure
from picustream.runtime.settings import Settings
from tests.board.access.provider import CLIENT, SECRET, Provider, running
from tests.board.access.test_gate import OWN, PASSWORD, cookie_of
from tests.board.made import Answer, ask
from tests.board.office import Office
from tests.gateways.certificates import party

ROLES = {"picu-nurses": Role.WARD, "picu-trial": Role.TRIAL_OFFICE, "night": Role.OPS}


def terms_of(issuer: str, **changed: Any) -> Terms:
    fixed = {"secret": SECRET, "scopes": "openid profile", "name_claim": "preferred_username", "roles_claim": "groups"}
    return Terms(**({"issuer": issuer, "client": CLIENT, "roles": ROLES, "trusted": None} | fixed | changed))


class Visit:
    """A board, a provider, and a browser that goes from one to the other."""

    def __init__(self, folder: Path, board: Board, provider: Provider, secure: bool = False, **changed: Any) -> None:
        self.provider = provider
        self.accounts = Accounts(folder / "accounts.sqlite")
        self.audit = folder / "audit.ndjson"
        self.seconds = 1000.0
        terms = terms_of(provider.issuer, **changed)
        self.client = speaking.Provider(terms, lambda: self.seconds)
        identity = BuiltIn(self.accounts, secure, self.client)
        self.app = application(board, identity=identity, audit=Audit(self.audit))
        self.answers: list[Answer] = []

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
        self.answers.append(ask(self.app, path, method, body, **headers))
        return self.answers[-1]

    def begin(self, after: str = "") -> Answer:
        return self.ask(f"/login/oidc{after}")

    def log_in(self, after: str = "", change: Callable[[str], str] = lambda back: back) -> Answer:
        """There and back."""
        begun = self.begin(after)
        return self.ask(change(self.at_the_provider(begun)), cookie=cookie_of(begun))

    def at_the_provider(self, begun: Answer) -> str:
        """Where it sends the browser: path and query."""
        assert begun.status == 303
        back = urlsplit(redirected(begun.headers["location"], self.provider.ca))
        return f"{back.path}?{back.query}"

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.audit.read_text().splitlines()]

    def refused(self) -> list[str]:
        return [line["why"] for line in self.lines() if line["act"] == "log-in-failed"]


def session_of(answer: Answer) -> str:
    """What the browser sends back from then on."""
    [found] = [cookie.partition(";")[0] for cookie in answer.cookies if "picustream-session=" in cookie]
    return found


def redirected(address: str, ca: Path | None) -> str:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    if ca is not None:
        trusted = ssl.create_default_context(cafile=ca)
        connection = http.client.HTTPSConnection(parts.netloc, timeout=10, context=trusted)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    assert answer.status == 302
    location = answer.headers["location"]
    connection.close()
    return location


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Board:
    return Office.of(tmp_path_factory.mktemp("office")).board()


@pytest.fixture
def visit(tmp_path: Path, board: Board, provider: Provider) -> Visit:
    return Visit(tmp_path, board, provider)


def test_whoever_logs_in_at_the_provider_sees_what_the_group_may_see(visit: Visit) -> None:
    answer = visit.log_in()
    assert answer.status == 200
    assert 'content="0; url=/ward"' in answer.text
    session = session_of(answer)
    forgotten, kept = answer.cookies if answer.cookies[0].startswith("picustream-attempt") else answer.cookies[::-1]
    assert "max-age=0" in forgotten.lower()
    assert "httponly" in kept.lower() and "samesite=strict" in kept.lower()
    assert visit.ask("/ward", cookie=session).status == 200
    assert visit.ask("/desk", cookie=session).status == 403
    [line] = [line for line in visit.lines() if line["act"] == "logged-in"]
    assert (line["who"], line["roles"], line["subject"]) == ("oidc:ana", ["ward"], "u-4711")
    assert {line["who"] for line in visit.lines() if line["act"] == "viewed"} == {"oidc:ana"}


def test_somebody_in_two_groups_has_both_roles_and_a_claim_may_lie_within_others(
    tmp_path: Path, board: Board, provider: Provider
) -> None:
    visit = Visit(tmp_path, board, provider, roles_claim="realm_access.roles", name_claim="sub")
    provider.claims = {"realm_access": {"roles": ["picu-trial", "night", 7]}}
    session = session_of(visit.log_in())
    statuses = [visit.ask(page, cookie=session).status for page in ("/ward", "/desk", "/ops")]
    assert 403 not in statuses
    provider.claims = {"realm_access.roles": "night"}
    session = session_of(visit.log_in())
    assert visit.ask("/ward", cookie=session).status == 403
    assert visit.lines()[-1]["who"] == "oidc:u-4711"


def soon(seconds: float) -> int:
    return int(time.time() + seconds)


WRONG: list[tuple[Why, dict[str, Any]]] = [
    (Why.ISSUER, {"claims": {"iss": "https://evil.example"}}),
    (Why.ISSUER, {"claims": {"iss": None}}),
    (Why.NONCE, {"claims": {"nonce": "of another log-in"}}),
    (Why.NONCE, {"claims": {"nonce": None}}),
    (Why.AUDIENCE, {"claims": {"aud": "another-board"}}),
    (Why.AUDIENCE, {"claims": {"aud": [CLIENT, "another-board"]}}),
    (Why.AUDIENCE, {"claims": {"aud": [CLIENT, "another-board"], "azp": "another-board"}}),
    (Why.AUDIENCE, {"claims": {"aud": None}}),
    (Why.EXPIRED, {"claims": {"exp": soon(-SKEW - 60)}}),
    (Why.EXPIRED, {"claims": {"exp": None}}),
    (Why.EXPIRED, {"claims": {"exp": "tomorrow"}}),
    (Why.EARLY, {"claims": {"iat": soon(SKEW + 3600), "exp": soon(7200)}}),
    (Why.EARLY, {"claims": {"nbf": soon(SKEW + 3600)}}),
    (Why.ALGORITHM, {"header": {"alg": "none"}}),
    (Why.ALGORITHM, {"header": {"alg": "HS256"}}),
    (Why.SIGNATURE, {"forged": True}),
    (Why.KEY, {"header": {"kid": "nobody's"}}),
    (Why.ROLE, {"claims": {"groups": ["all", "PICU-Nurses"]}}),
    (Why.ROLE, {"claims": {"groups": None}}),
    (Why.ROLE, {"claims": {"groups": {"picu-nurses": True}}}),
    (Why.NAME, {"claims": {"preferred_username": None}}),
    (Why.NAME, {"claims": {"preferred_username": "ana <b>"}}),
    (Why.SAID_NO, {"refuses": "access_denied"}),
    (Why.TOKEN, {"answer": {"access_token": "canary-access"}}),
    (Why.TOKEN, {"answer": {"id_token": "canary-access"}}),
    (Why.TOKEN, {"claims": {"sub": None}}),
]


@pytest.mark.parametrize(("why", "wrong"), WRONG, ids=[f"{why}-{n}" for n, (why, _) in enumerate(WRONG)])
def test_what_is_wrong_is_refused_for_that_reason_and_nothing_of_it_is_shown(
    visit: Visit, why: Why, wrong: dict[str, Any]
) -> None:
    for name, value in wrong.items():
        setattr(visit.provider, name, value)
    answer = visit.log_in()
    assert answer.status == 403
    assert SENTENCES[why] in answer.text.replace("&#39;", "'")
    assert visit.refused() == [why]
    assert [cookie for cookie in answer.cookies if "picustream-session" in cookie] == []
    assert "canary" not in answer.text + visit.audit.read_text()
    [line] = visit.lines()
    assert (line["act"], line.get("who")) == ("log-in-failed", "oidc:ana" if why is Why.ROLE else None)


def test_the_board_s_own_secret_or_name_that_is_wrong_is_said_to_be(
    tmp_path: Path, board: Board, provider: Provider
) -> None:
    visit = Visit(tmp_path, board, provider, secret="another")
    assert visit.log_in().status == 403
    assert visit.refused() == [Why.CLIENT]


def test_a_code_is_good_once(visit: Visit) -> None:
    begun = visit.begin()
    back = visit.at_the_provider(begun)
    assert visit.ask(back, cookie=cookie_of(begun)).status == 200
    assert visit.ask(back, cookie=cookie_of(begun)).status == 403
    assert visit.refused() == [Why.CODE]


def test_a_code_from_elsewhere_or_of_another_browser_logs_nobody_in(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("picustream.board.access.oidc.pages.monotonic", lambda: visit.seconds)
    begun, other = visit.begin(), visit.begin()
    back = visit.at_the_provider(begun)
    for cookie in ("", cookie_of(other), "picustream-attempt=x.y", "picustream-attempt=" + "x" * 43 + "."):
        assert visit.ask(back, cookie=cookie).status == 403
        visit.seconds += LONGEST
    assert visit.refused() == [Why.NOT_BEGUN] * 4
    for name, value in (("state", "x"), ("code", "stolen"), ("iss", "https://evil.example")):
        answer = visit.log_in(
            change=lambda back, name=name, value=value: re.sub(f"{name}=[^&]+", f"{name}={value}", back)
        )
        assert answer.status == 403
        visit.seconds += LONGEST
    assert visit.refused()[4:] == [Why.NOT_BEGUN, Why.CODE, Why.ISSUER]


def test_the_cookie_of_a_log_in_that_was_begun_goes_with_it(tmp_path: Path, board: Board, provider: Provider) -> None:
    visit = Visit(tmp_path, board, provider, secure=True)
    begun = visit.begin()
    kept = begun.headers["set-cookie"].lower()
    assert kept.startswith("__host-picustream-attempt=")
    assert all(word in kept for word in ("; httponly", "; samesite=lax", "; secure", "max-age=600"))
    assert parse_qs(urlsplit(begun.headers["location"]).query)["redirect_uri"] == ["https://127.0.0.1/login/oidc/back"]
    answer = visit.ask(visit.at_the_provider(begun), cookie=cookie_of(begun))
    assert answer.status == 200
    assert session_of(answer).startswith("__Host-picustream-session=")


@given(place=st.text(max_size=60), others=st.text(max_size=60))
def test_an_attempt_comes_back_from_its_cookie_and_no_two_are_alike(place: str, others: str) -> None:
    attempt = Attempt.new(place)
    assert Attempt.of(attempt.cookie) == attempt
    assert re.fullmatch(r"[A-Za-z0-9_.%~-]+", attempt.cookie)
    assert attempt.begun_with(attempt.state) and not attempt.begun_with(others)
    other = Attempt.new(place)
    names = ("word", "state", "nonce", "verifier", "challenge")
    assert len({getattr(one, name) for one in (attempt, other) for name in names}) == 10
    assert Attempt.new("/" * (LONGEST_PLACE + 1)).place == ""


def test_after_the_log_in_one_is_where_one_wanted_to_be_but_never_on_another_site(visit: Visit) -> None:
    assert 'url=/stay/S-301?day=2026-03-04"' in visit.log_in(f"?next={quote('/stay/S-301?day=2026-03-04')}").text
    for place in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", '/"><b>'):
        text = visit.log_in(f"?next={quote(place)}").text
        assert ("evil" in text, "alert" in text, "<b>" in text) == (False, False, False)


def test_the_log_in_page_leads_there_and_accounts_of_the_board_still_work(visit: Visit) -> None:
    visit.accounts.add("bob", Role.OPS, hashed(PASSWORD))
    page = visit.ask("/login?next=/ops").text
    assert 'href="/login/oidc?next=/ops"' in page and urlsplit(visit.provider.issuer).netloc in page
    answer = visit.ask("/login", "POST", f"name=bob&password={quote(PASSWORD)}".encode(), **OWN)
    assert visit.ask("/ops", cookie=cookie_of(answer)).status == 200


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://another.example"},
        {"token_endpoint": None},
        {"authorization_endpoint": "http://sso.example/authorize"},
        {"end_session_endpoint": "http://sso.example/out"},
        {"jwks_uri": "http://127.0.0.1:9/keys"},
    ],
)
def test_a_provider_that_says_something_else_of_itself_is_not_used(visit: Visit, metadata: dict[str, Any]) -> None:
    visit.provider.metadata = metadata
    assert visit.begin().status == 503


def test_a_provider_that_is_away_is_a_page_that_says_so_and_the_rest_goes_on(tmp_path: Path, board: Board) -> None:
    away = Provider()
    away.issuer = "http://127.0.0.1:9"
    visit = Visit(tmp_path, board, away)
    answer = visit.begin("?next=/ward")
    assert (answer.status, "127.0.0.1:9 does not answer" in answer.text) == (503, True)
    visit.accounts.add("bob", Role.WARD, hashed(PASSWORD))
    local = visit.ask("/login", "POST", f"name=bob&password={quote(PASSWORD)}".encode(), **OWN)
    assert visit.ask("/ward", cookie=cookie_of(local)).status == 200
    session = visit.accounts.begin_elsewhere("ana", {Role.WARD}, time.time())
    assert visit.ask("/ward", cookie=f"picustream-session={session}").status == 200
    out = visit.ask("/logout", "POST", cookie=f"picustream-session={session}", **OWN)
    assert (out.status, "you may still be logged in there" in out.text) == (200, True)
    assert visit.ask("/ward", cookie=f"picustream-session={session}").status == 303


def test_a_provider_that_goes_away_in_between_is_a_page_too(tmp_path: Path, board: Board) -> None:
    with running() as provider:
        visit = Visit(tmp_path, board, provider)
        begun = visit.begin()
        back = visit.at_the_provider(begun)
    assert visit.ask(back, cookie=cookie_of(begun)).status == 503


def test_a_provider_is_asked_once_in_ten_minutes_and_one_that_is_away_once_in_five_seconds(visit: Visit) -> None:
    for _ in range(5):
        visit.begin()
    assert visit.provider.asked == ["configuration", "keys"]
    visit.seconds += speaking.KEPT
    visit.provider.metadata = {"issuer": "https://another.example"}
    assert {visit.begin().status for _ in range(5)} == {503}
    assert visit.provider.asked[2:] == ["configuration"]
    visit.provider.metadata = {}
    visit.seconds += speaking.AGAIN
    assert visit.log_in().status == 200


def test_a_new_key_of_the_provider_is_found_but_not_looked_for_all_the_time(visit: Visit) -> None:
    assert visit.log_in().status == 200
    visit.provider.kid = "key-2"
    assert visit.log_in().status == 403
    visit.seconds += speaking.AGAIN
    assert visit.log_in().status == 200
    assert visit.provider.asked == ["configuration", "keys"] * 2


def test_a_provider_may_sign_with_a_curve_and_want_the_secret_in_the_form(visit: Visit) -> None:
    visit.provider.header = {"alg": "ES256", "kid": "key-ec"}
    visit.provider.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert visit.log_in().status == 200


def test_a_client_without_a_secret_proves_itself_by_pkce_alone(
    tmp_path: Path, board: Board, provider: Provider
) -> None:
    provider.metadata = {"token_endpoint_auth_methods_supported": ["none"]}
    assert Visit(tmp_path, board, provider, secret=None).log_in().status == 200


def test_a_provider_is_known_by_its_certificate(tmp_path: Path, board: Board) -> None:
    authority = party(tmp_path, "sso")
    with running(authority) as provider:
        assert Visit(tmp_path, board, provider).begin().status == 503
        trusted = ssl.create_default_context(cafile=authority.certificate)
        assert Visit(tmp_path, board, provider, trusted=trusted).log_in().status == 200
        provider.issuer = provider.issuer.replace("localhost", "127.0.0.1")
        assert Visit(tmp_path, board, provider, trusted=trusted).begin().status == 503


def test_a_provider_outside_is_asked_by_the_way_out(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class WayOut(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(403)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), WayOut) as way:
        threading.Thread(target=way.serve_forever, daemon=True).start()
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{way.server_port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert visit.begin().status == 503
        assert asked == [f"{visit.provider.issuer}/.well-known/openid-configuration"]
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        visit.seconds += speaking.AGAIN
        assert visit.log_in().status == 200
        assert len(asked) == 1
        way.shutdown()


def test_many_who_log_in_at_once_ask_the_provider_once(tmp_path: Path, board: Board, provider: Provider) -> None:
    client = Visit(tmp_path, board, provider).client

    async def all_at_once() -> list[str]:
        return await asyncio.gather(*(client.log_in_at(Attempt.new(""), "https://board/back") for _ in range(20)))

    assert len(set(asyncio.run(all_at_once()))) == 20
    assert provider.asked == ["configuration", "keys"]


@pytest.mark.parametrize("fault", [{"hangs": 20.0}, {"rambles": speaking.LARGEST}])
def test_a_provider_that_hangs_or_answers_without_end_is_away(
    visit: Visit, fault: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speaking, "PATIENCE", aiohttp.ClientTimeout(total=1.0))
    for name, value in fault.items():
        setattr(visit.provider, name, value)
    begun = time.monotonic()
    assert visit.begin().status == 503
    assert visit.begin().status == 503
    assert time.monotonic() - begun < 10
    assert visit.provider.asked == ["configuration"]


def test_whoever_fails_again_and_again_waits(visit: Visit) -> None:
    for _ in range(FREE):
        assert visit.ask("/login/oidc/back?state=x&code=y").status == 403
    answer = visit.ask("/login/oidc/back?state=x&code=y")
    assert (answer.status, "retry-after" in answer.headers) == (429, True)


def test_whoever_logs_out_is_logged_out_at_the_provider_too(visit: Visit) -> None:
    session = session_of(visit.log_in())
    answer = visit.ask("/logout", "POST", cookie=session, **OWN)
    assert answer.status == 200
    there = re.search(r'content="0; url=([^"]+)"', answer.text)
    assert there is not None
    query = parse_qs(urlsplit(there[1].replace("&amp;", "&")).query)
    assert there[1].startswith(f"{visit.provider.issuer}/out?")
    assert query == {"client_id": [CLIENT], "post_logout_redirect_uri": ["http://127.0.0.1/login"]}
    assert visit.ask("/ward", cookie=session).status == 303
    visit.provider.metadata = {"end_session_endpoint": None}
    visit.seconds += speaking.KEPT
    answer = visit.ask("/logout", "POST", cookie=session_of(visit.log_in()), **OWN)
    assert "if others use this computer" in answer.text and "http-equiv" not in answer.text


def test_a_session_of_a_provider_ends_like_any_other_and_all_of_them_at_once(visit: Visit) -> None:
    accounts = visit.accounts
    accounts.add("ana", Role.OPS, hashed(PASSWORD))
    own, there = accounts.begin("ana", 0.0), accounts.begin_elsewhere("ana", {Role.WARD, Role.OPS}, 0.0)
    found = accounts.session(there, 1.0)
    assert found is not None
    assert (found.name, found.roles, found.elsewhere) == ("oidc:ana", {Role.WARD, Role.OPS}, True)
    assert accounts.end_all("oidc:ana") == 1
    assert accounts.session(there, 1.0) is None
    mine = accounts.session(own, 1.0)
    assert mine is not None
    assert (mine.name, mine.elsewhere) == ("ana", False)


def test_nothing_that_the_provider_sent_is_on_a_page_in_a_cookie_a_log_or_a_file(
    visit: Visit, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    configure(Settings(log_level="debug"))
    visit.audit.unlink(missing_ok=True)
    session = session_of(visit.log_in("?next=/ward"))
    for page in ("/ward", "/stay/S-301", "/", "/login", "/metrics"):
        visit.ask(page, cookie=session)
    begun = visit.begin()
    back = visit.at_the_provider(begun)
    for _ in range(2):
        visit.ask(back, cookie=cookie_of(begun))
    visit.provider.forged = True
    visit.log_in()
    visit.ask("/logout", "POST", cookie=session, **OWN)
    shown = "".join(answer.text + str(answer.headers) for answer in visit.answers)
    logged = "".join(capfd.readouterr())
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    secrets = {SECRET, quote(SECRET, safe=""), *visit.provider.seen}
    assert len(secrets) > 10
    for word in secrets:
        assert word not in shown
        assert word not in logged
        assert word.encode() not in kept
    assert SECRET not in repr(terms_of("x"))
