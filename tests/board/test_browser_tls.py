"""The board as others see it, in a real browser: by TLS, under a name of its own, with a log-in here or elsewhere."""

import base64
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, Error, Page, sync_playwright

from picustream.board.access.accounts import Accounts
from picustream.board.access.exposure import exposure
from picustream.board.access.passwords import hashed
from picustream.board.access.roles import Role
from picustream.board.app import application
from picustream.board.serve import config, listening
from picustream.runtime.settings import Settings
from tests.board.access.provider import CLIENT, SECRET, Provider, running
from tests.board.conftest import CHROMIUM, MISSING
from tests.board.made import NOON, Memory, everything, made
from tests.gateways.certificates import Party, party

pytestmark = pytest.mark.xdist_group("browser")

HOST = "board.example"
PASSWORD = "correct horse battery staple"
LIVE = "html[data-live='yes']"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Party:
    return party(tmp_path_factory.mktemp("tls"), "board", host=HOST)


@pytest.fixture(scope="module")
def browser(certificate: Party) -> Iterator[Browser]:
    """It finds the board by its name, and trusts its certificate as a hospital's browsers do."""
    if CHROMIUM is None:
        pytest.skip(MISSING)
    key = certificate.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    trusted = base64.b64encode(hashlib.sha256(key).digest()).decode()
    arguments = [f"--host-resolver-rules=MAP {HOST} 127.0.0.1", f"--ignore-certificate-errors-spki-list={trusted}"]
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", *arguments])
        yield found
        found.close()


@contextmanager
def secured(settings: Settings) -> Iterator[str]:
    """The board of the ward's fifth day with these settings; its address."""
    shown, board = exposure(settings), made(Memory(everything(), NOON))
    app = application(board, [board.pulse.run], shown.names, shown.identity, shown.audit, secure=shown.secure)
    server = uvicorn.Server(config(app, settings, shown))
    with listening(settings) as socket:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
        thread.start()
        yield f"{HOST}:{socket.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def settings(certificate: Party, tmp_path: Path) -> Settings:
    accounts = tmp_path / "accounts.sqlite"
    Accounts(accounts).add("ana", Role.WARD, hashed(PASSWORD))
    return Settings(
        board_host="0.0.0.0",
        board_port=0,
        board_access="accounts",
        board_accounts=accounts,
        board_audit=tmp_path / "audit.ndjson",
        board_names=HOST,
        board_cert_file=certificate.certificate,
        board_key_file=certificate.key_file,
    )


def log_in(page: Page) -> None:
    page.fill("[name=name]", "ana")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(LIVE)


def test_a_log_in_by_tls_and_a_page_that_stays_live(page: Page, settings: Settings) -> None:
    with secured(settings) as where:
        page.goto(f"https://{where}/ward")
        log_in(page)
        assert page.url == f"https://{where}/ward"
        assert page.evaluate("isSecureContext")
        [cookie] = page.context.cookies()
        assert (cookie["name"], cookie["domain"], cookie["path"]) == ("__Host-picustream-session", HOST, "/")
        assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Strict")
        assert page.evaluate("document.cookie") == ""
        heard = page.evaluate("heard[1]")
        page.wait_for_function("(then) => heard[1] > then + 3000", arg=heard, timeout=10_000)
        assert page.locator(LIVE).count() == 1


def test_a_browser_that_was_here_once_never_asks_without_tls_again(page: Page, settings: Settings) -> None:
    with secured(settings) as where:
        with pytest.raises(Error, match="ERR_"):  # in a tab of its own: a page of the browser's takes its place
            page.context.new_page().goto(f"http://{where}/login")
        page.goto(f"https://{where}/login")
        page.goto(f"http://{where}/login")
        assert page.url == f"https://{where}/login"


def test_another_certificate_under_that_name_is_not_trusted(page: Page, settings: Settings, tmp_path: Path) -> None:
    """So what the tests above see is the certificate at work."""
    other = party(tmp_path, "other", host=HOST)
    files = {"board_cert_file": other.certificate, "board_key_file": other.key_file}
    with secured(settings.model_copy(update=files)) as where, pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
        page.goto(f"https://{where}/login")


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running() as found:
        found.asks = True
        yield found


def at(provider: Provider, settings: Settings, folder: Path) -> Settings:
    """Who logs in at this provider comes in, too."""
    secret = folder / "secret"
    secret.write_text(SECRET)
    values = {
        "board_access": "oidc",
        "board_oidc_issuer": provider.issuer,
        "board_oidc_client": CLIENT,
        "board_oidc_secret_file": secret,
        "board_oidc_roles": {"picu-nurses": "ward"},
    }
    return settings.model_copy(update=values)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_log_in_at_another_site_leads_to_the_page_that_was_asked_for_and_out_again(
    browser: Browser, provider: Provider, settings: Settings, tmp_path: Path, scripts: bool
) -> None:
    """The provider's page is of another site, so the browser keeps strict cookies back from what it leads to."""
    with (
        secured(at(provider, settings, tmp_path)) as where,
        browser.new_context(java_script_enabled=scripts) as context,
    ):
        page = context.new_page()
        page.goto(f"https://{where}/stay/S-301")
        assert page.url == f"https://{where}/login?next=/stay/S-301"
        if scripts:
            assert Axe().run(page).violations_count == 0
        page.click("text=Log in at 127.0.0.1")
        assert page.url.startswith(provider.issuer)
        page.click("text=It is me")
        page.wait_for_url(f"https://{where}/stay/S-301")
        assert page.locator(".days").count() == 1
        assert page.inner_text(".visitor span") == "oidc:ana"
        assert [(one["name"], one["sameSite"]) for one in context.cookies()] == [
            ("__Host-picustream-session", "Strict")
        ]
        if scripts:
            page.wait_for_selector(LIVE)
        page.click("text=Log out")
        page.wait_for_url(f"{provider.issuer}/out**")
        page.click("text=Back")
        page.wait_for_url(f"https://{where}/login")
        page.goto(f"https://{where}/ward")
        assert page.url.startswith(f"https://{where}/login")


def test_a_log_in_that_is_refused_or_has_nowhere_to_go_is_a_page_that_everybody_can_use(
    page: Page, provider: Provider, settings: Settings, tmp_path: Path
) -> None:
    provider.claims = {"groups": []}
    with secured(at(provider, settings, tmp_path)) as where:
        page.goto(f"https://{where}/login/oidc")
        page.click("text=It is me")
        assert "no group of yours" in page.inner_text("[role=alert]")
        assert Axe().run(page).violations_count == 0
        page.click("text=To the log-in")
        assert page.url == f"https://{where}/login"
        log_in(page)
    provider.issuer = "http://127.0.0.1:9"
    with secured(at(provider, settings, tmp_path)) as where:
        page.goto(f"https://{where}/login/oidc")
        assert "127.0.0.1:9 does not answer" in page.inner_text("[role=alert]")
        assert Axe().run(page).violations_count == 0
