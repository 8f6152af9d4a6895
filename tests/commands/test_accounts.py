"""`picustream accounts`: passwords come from a file or a person, and are printed nowhere."""

import json
from pathlib import Path

import pytest

from picustream.board.access.accounts import Accounts
from picustream.board.access.passwords import verify
from picustream.board.access.roles import Role
from picustream.commands.main import main


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "accounts.sqlite"
    monkeypatch.setenv("PICUSTREAM_BOARD_ACCOUNTS", str(path))
    return path


def password(folder: Path, text: str) -> list[str]:
    path = folder / "password"
    path.write_text(text + "\n")
    return ["--password-file", str(path)]


def test_an_account_is_made_changed_and_disabled(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["accounts", "add", "ana", "--role", "trial-office", *password(tmp_path, "a few words more")]) == 0
    assert main(["accounts", "password", "ana", *password(tmp_path, "some other words")]) == 0
    assert verify(Accounts(file).hash_of("ana"), "some other words")
    assert main(["accounts", "disable", "ana"]) == 0
    assert main(["accounts", "list", "--json"]) == 0
    printed = capsys.readouterr().out
    one = json.loads(printed)
    assert (one["name"], one["role"], one["disabled_at"] is None) == ("ana", "trial-office", False)
    assert "words" not in printed
    assert "argon" not in printed
    assert main(["accounts", "enable", "ana"]) == 0
    assert Accounts(file).hash_of("ana") is not None


def test_a_display_has_a_token_that_is_printed_once(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["accounts", "displays", "add", "hall", "--unit", "PICU"]) == 0
    token = capsys.readouterr().out.strip()
    assert Accounts(file).display(token) is not None
    assert main(["accounts", "displays", "list"]) == 0
    assert token not in capsys.readouterr().out
    assert main(["accounts", "displays", "revoke", "hall"]) == 0
    assert Accounts(file).display(token) is None


@pytest.mark.parametrize("text", ["", "short", "x" * 2000])
def test_a_password_that_is_none_is_refused_and_not_shown(
    file: Path, tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["accounts", "add", "ana", "--role", "ward", *password(tmp_path, text)]) == 2
    said = capsys.readouterr().err
    assert "12 characters" in said
    assert not text or text not in said


def test_without_a_file_and_a_person_there_is_no_password(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["accounts", "add", "ana", "--role", "ward"]) == 2
    assert "--password-file" in capsys.readouterr().err


def test_whoever_logged_in_is_logged_out_wherever_it_was(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    accounts = Accounts(file)
    tokens = [accounts.begin_elsewhere(name, {Role.WARD}, 0.0) for name in ("ana", "ana", "bob")]
    assert main(["accounts", "end", "oidc:ana"]) == 0
    assert capsys.readouterr().out == "2 ended\n"
    assert [accounts.session(token, 1.0) is None for token in tokens] == [True, True, False]
