"""Nobody beyond this machine is shown anything without a log-in and encryption."""

import os
import re
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from picustream.board.access.exposure import exposure
from picustream.board.access.identity import BuiltIn, Loopback, Proxy
from picustream.board.access.oidc.refusal import Why
from picustream.runtime.errors import BadSettings, UserError
from picustream.runtime.settings import Settings
from tests.paths import ROOT

OIDC = {
    "board_oidc_issuer": "https://sso.example/",
    "board_oidc_client": "board",
    "board_oidc_roles": {"picu-nurses": "ward"},
}


def settings(folder: Path, **values: object) -> Settings:
    return Settings(board_accounts=folder / "accounts.sqlite", **values)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"board_host": "0.0.0.0"}, "BOARD_ACCESS"),
        ({"board_names": "board.example.org"}, "BOARD_ACCESS"),
        ({"board_behind_proxy": True}, "BOARD_ACCESS"),
        ({"board_host": "0.0.0.0", "board_access": "accounts"}, "BOARD_CERT_FILE"),
        ({"board_access": "proxy"}, "PROXY_SECRET_FILE"),
        ({"board_access": "oidc"}, "OIDC_ISSUER"),
        ({"board_access": "oidc", **OIDC, "board_oidc_roles": None}, "_ROLES"),
        ({"board_access": "oidc", **OIDC, "board_oidc_issuer": "http://sso.example"}, "https://"),
        ({"board_access": "oidc", **OIDC, "board_oidc_secret_file": "nothing"}, "SECRET_FILE"),
        ({"board_access": "oidc", **OIDC, "board_oidc_secret_file": os.devnull}, "is empty"),
        ({"board_access": "oidc", **OIDC, "board_oidc_ca_file": "nothing"}, "CA_FILE"),
        ({"board_access": "oidc", **OIDC, "board_host": "0.0.0.0"}, "BOARD_CERT_FILE"),
        ({"board_access": "accounts", "board_cert_file": "nothing.pem"}, "BOARD_CERT_FILE"),
    ],
)
def test_settings_that_would_show_it_to_others_are_refused(
    tmp_path: Path, values: dict[str, object], named: str
) -> None:
    with pytest.raises(BadSettings) as raised:
        exposure(settings(tmp_path, **values))
    assert named in f"{raised.value.message} {raised.value.hint}"


def test_what_is_allowed(tmp_path: Path) -> None:
    assert isinstance(exposure(settings(tmp_path)).identity, Loopback)
    assert not exposure(settings(tmp_path)).secure
    beyond = {"board_host": "0.0.0.0", "board_names": "Board.example.org, b2", "board_behind_proxy": True}
    built = exposure(settings(tmp_path, board_access="accounts", **beyond))
    assert isinstance(built.identity, BuiltIn)
    assert built.identity.prefix == "__Host-"
    assert built.secure
    assert {"board.example.org", "b2", "127.0.0.1"} <= built.names
    secret = tmp_path / "secret"
    secret.write_text("s" * 32 + "\n")
    proxied = exposure(settings(tmp_path, board_access="proxy", board_proxy_secret_file=secret, **beyond))
    assert isinstance(proxied.identity, Proxy)
    secret.write_text("short")
    with pytest.raises(BadSettings, match="fewer than"):
        exposure(settings(tmp_path, board_access="proxy", board_proxy_secret_file=secret))


def test_a_log_in_at_a_provider_is_a_log_in_and_accounts_stay(tmp_path: Path) -> None:
    beyond = {"board_host": "0.0.0.0", "board_names": "board.example.org", "board_behind_proxy": True}
    found = exposure(settings(tmp_path, board_access="oidc", **OIDC, **beyond)).identity
    assert isinstance(found, BuiltIn)
    assert found.provider is not None
    assert (found.provider.name, found.prefix, found.accounts.all()) == ("sso.example", "__Host-", [])


def test_a_package_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("provider", "token"):
        monkeypatch.delitem(sys.modules, f"picustream.board.access.oidc.{name}", raising=False)
    for name in ("joserfc", *(name for name in sys.modules if name.startswith("joserfc."))):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UserError) as raised:
        exposure(settings(tmp_path, board_access="oidc", **OIDC))
    assert "joserfc is missing" in raised.value.message
    assert raised.value.hint == "pip install 'picustream[oidc]'"


def test_roles_are_a_table_of_the_file_or_json_in_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICUSTREAM_BOARD_OIDC_ROLES", '{"CN=picu,OU=a": "ward"}')
    assert Settings().board_oidc_roles == {"CN=picu,OU=a": "ward"}
    for wrong in ("ward", '{"picu": "admin"}', '["ward"]'):
        monkeypatch.setenv("PICUSTREAM_BOARD_OIDC_ROLES", wrong)
        with pytest.raises(ValidationError, match="board_oidc_roles"):
            Settings()
    monkeypatch.delenv("PICUSTREAM_BOARD_OIDC_ROLES")
    file = tmp_path / "board.toml"
    file.write_text(example())
    monkeypatch.setenv("PICUSTREAM_CONFIG", str(file))
    found = Settings()
    assert (found.board_access, found.board_oidc_roles_claim) == ("oidc", "groups")
    assert found.board_oidc_roles == {"picu-nurses": "ward", "picu-trial": "trial-office", "picustream-night": "ops"}


def example() -> str:
    """The settings that docs/board-ops.md shows."""
    [found] = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "board-ops.md").read_text(), re.DOTALL)
    return str(found)


def test_every_reason_is_described() -> None:
    told = re.findall(r"^\| ((?:`[a-z-]+` ?)+)\|", (ROOT / "docs" / "board-ops.md").read_text(), re.MULTILINE)
    assert {word for row in told for word in re.findall(r"`([a-z-]+)`", row)} - {"why"} == set(Why)
