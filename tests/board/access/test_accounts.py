"""Accounts and sessions: what a browser holds is kept nowhere, and a session ends when it should."""

import sqlite3
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.board.access.accounts import IDLE, LONGEST, TABLES, Accounts, digest
from picustream.board.access.passwords import hashed, verify
from picustream.board.access.roles import Role
from picustream.runtime.errors import UserError

PASSWORD = "correct horse battery staple"
HASH = hashed(PASSWORD)


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    made = Accounts(tmp_path / "accounts.sqlite")
    made.add("ana", Role.TRIAL_OFFICE, HASH)
    return made


def test_a_password_is_right_or_wrong() -> None:
    assert verify(HASH, PASSWORD)
    assert not verify(HASH, PASSWORD + " ")
    assert not verify(None, PASSWORD)
    assert not verify(None, "a password that nobody has")
    assert not verify("no hash", PASSWORD)


def test_neither_passwords_nor_tokens_are_in_the_file_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "accounts.sqlite"
    made = Accounts(path)
    made.add("ana", Role.WARD, hashed(PASSWORD))
    session, display = made.begin("ana", time.time()), made.add_display("hall", "PICU")
    kept = path.read_bytes()
    assert PASSWORD.encode() not in kept
    assert session.encode() not in kept
    assert display.encode() not in kept
    assert path.stat().st_mode & 0o077 == 0


@given(quiet=st.lists(st.floats(0, IDLE * 1.5), max_size=80))
def test_a_session_lives_as_long_as_somebody_is_there_and_no_longer_than_a_shift(
    quiet: list[float], tmp_path_factory: pytest.TempPathFactory
) -> None:
    accounts = Accounts(tmp_path_factory.mktemp("accounts") / "accounts.sqlite")
    accounts.add("ana", Role.OPS, HASH)
    begun = now = 1e9
    token, alive = accounts.begin("ana", begun), True
    for pause in quiet:
        now += pause
        alive = alive and pause <= IDLE and now - begun <= LONGEST
        found = accounts.session(token, now)
        assert (found is not None) == alive
        if found is not None and found.session is not None:
            assert (found.name, found.roles) == ("ana", {Role.OPS})
            accounts.seen(found.session, now)


@pytest.mark.parametrize("end", ["disable", "password", "log out"])
def test_a_session_ends_when_the_account_is_disabled_changed_or_logged_out(accounts: Accounts, end: str) -> None:
    token = accounts.begin("ana", 0.0)
    found = accounts.session(token, 1.0)
    assert found is not None
    assert found.session is not None
    if end == "disable":
        accounts.disable("ana")
        assert accounts.hash_of("ana") is None
    elif end == "password":
        accounts.set_password("ana", hashed("another one altogether"))
    else:
        accounts.end(found.session)
    assert accounts.session(token, 1.0) is None


def test_a_disabled_account_can_come_back(accounts: Accounts) -> None:
    accounts.disable("ana")
    accounts.enable("ana")
    assert accounts.hash_of("ana") == HASH
    assert [one.disabled_at for one in accounts.all()] == [None]


def test_a_display_has_the_ward_of_its_unit_until_its_token_is_taken_back(accounts: Accounts) -> None:
    token = accounts.add_display("hall", "PICU-2")
    found = accounts.display(token)
    assert found is not None
    assert (found.roles, found.unit, found.display) == ({Role.WARD}, "PICU-2", True)
    accounts.revoke_display("hall")
    assert accounts.display(token) is None
    assert accounts.display("") is None


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "ana\n", "<b>"])
def test_a_name_that_is_none_is_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(UserError):
        accounts.add(name, Role.WARD, HASH)


def test_a_name_that_is_taken_or_unknown_is_refused(accounts: Accounts) -> None:
    with pytest.raises(UserError, match="already"):
        accounts.add("ana", Role.WARD, HASH)
    with pytest.raises(UserError, match="no account"):
        accounts.disable("bob")
    with pytest.raises(UserError, match="no display"):
        accounts.revoke_display("hall")


def test_a_file_of_the_first_form_keeps_its_accounts_and_displays(tmp_path: Path) -> None:
    """Whoever was logged in logs in again."""
    path = tmp_path / "accounts.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript((TABLES / "001.sql").read_text())
        connection.execute("INSERT INTO account VALUES ('ana', 'ops', ?, '2026-01-01', NULL)", (HASH,))
        connection.execute("INSERT INTO session VALUES (x'00', 'ana', 0, 0)")
        connection.execute("INSERT INTO display VALUES ('hall', ?, 'PICU', '2026-01-01', NULL)", (digest("token"),))
        connection.execute("PRAGMA user_version = 1")
    accounts = Accounts(path)
    assert [one.name for one in accounts.all()] == ["ana"]
    assert accounts.display("token") is not None
    assert accounts.session(accounts.begin("ana", 0.0), 1.0) is not None
    assert accounts.end_all("ana") == 1


def test_a_file_of_a_later_version_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "accounts.sqlite"
    Accounts(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(UserError, match="later version"):
        Accounts(path)
    assert path.read_bytes() == before


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be opened"):
        Accounts(tmp_path / "file" / "accounts.sqlite")
