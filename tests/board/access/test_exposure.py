"""Nobody beyond this machine is shown anything without a log-in and encryption."""

from pathlib import Path

import pytest

from picustream.board.access.exposure import exposure
from picustream.board.access.identity import BuiltIn, Loopback, Proxy
from picustream.runtime.errors import BadSettings
from picustream.runtime.settings import Settings


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
    beyond = {"board_host": "0.0.0.0", "board_names": "Board.example.org, b2", "board_behind_proxy": True}
    built = exposure(settings(tmp_path, board_access="accounts", **beyond))
    assert isinstance(built.identity, BuiltIn)
    assert built.identity.prefix == "__Host-"
    assert {"board.example.org", "b2", "127.0.0.1"} <= built.names
    secret = tmp_path / "secret"
    secret.write_text("s" * 32 + "\n")
    proxied = exposure(settings(tmp_path, board_access="proxy", board_proxy_secret_file=secret, **beyond))
    assert isinstance(proxied.identity, Proxy)
    secret.write_text("short")
    with pytest.raises(BadSettings, match="fewer than"):
        exposure(settings(tmp_path, board_access="proxy", board_proxy_secret_file=secret))
