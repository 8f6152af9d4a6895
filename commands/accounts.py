"""`picustream accounts`: who may look at the board, where it has accounts of its own."""

import sys
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from picustream.board.access.roles import Role
from picustream.models.text import encode
from picustream.runtime.errors import UserError
from picustream.runtime.settings import Settings

if TYPE_CHECKING:
    from picustream.board.access.accounts import Accounts

app = typer.Typer(help="Who may look at the board (PICUSTREAM_BOARD_ACCESS=accounts or oidc).", no_args_is_help=True)
displays = typer.Typer(help="Screens on a wall: each has a token, and nobody logs in to it.", no_args_is_help=True)
app.add_typer(displays, name="displays")

_FILE = typer.Option(None, "--password-file", help="A file of the password alone; default: it is asked for.")
_Name = Annotated[str, typer.Argument(metavar="NAME")]


@app.command(short_help="A new account.")
def add(
    name: _Name,
    role: Annotated[Role, typer.Option(help="What they may see.")],
    password_file: Path | None = _FILE,
) -> None:
    """Make an account. No password is ever an argument: others can read those."""
    _open().add(name, role, _hash(password_file))


@app.command(short_help="Another password.")
def password(name: _Name, password_file: Path | None = _FILE) -> None:
    """Set another password; whoever is logged in by the old one is so no more."""
    _open().set_password(name, _hash(password_file))


@app.command(short_help="Let an account in no more.")
def disable(name: _Name) -> None:
    """End all sessions of an account and let it in no more. It is kept, for the audit names it."""
    _open().disable(name)


@app.command(short_help="Let an account in again.")
def enable(name: _Name) -> None:
    """Let a disabled account in again."""
    _open().enable(name)


@app.command(short_help="Log somebody out wherever they are.")
def end(name: _Name) -> None:
    """End all sessions of an account, or of whoever logged in at a provider: NAME as the audit has it (oidc:ana)."""
    print(f"{_open().end_all(name)} ended")


@app.command("list", short_help="All accounts.")
def show(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Print all accounts; no password, and no hash of one."""
    for one in _open().all():
        fields = {"name": one.name, "role": one.role, "created_at": one.created_at, "disabled_at": one.disabled_at}
        state = f"disabled {one.disabled_at}" if one.disabled_at else f"since {one.created_at}"
        print(encode(fields) if as_json else f"{one.name:24} {one.role:14} {state}")


@displays.command("add", short_help="A new display, and its token.")
def add_display(
    name: _Name, unit: Annotated[str | None, typer.Option(help="The one unit that it shows; default: all.")] = None
) -> None:
    """Make a display and print its token, this once. Whoever sets the screen up enters it at /display."""
    print(_open().add_display(name, unit))


@displays.command(short_help="Show nothing there any more.")
def revoke(name: _Name) -> None:
    """Take the token of a display back."""
    _open().revoke_display(name)


@displays.command("list", short_help="All displays.")
def show_displays(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Print all displays, without their tokens."""
    for one in _open().displays():
        fields = {"name": one.name, "unit": one.unit, "created_at": one.created_at, "revoked_at": one.revoked_at}
        state = f"revoked {one.revoked_at}" if one.revoked_at else f"since {one.created_at}"
        print(encode(fields) if as_json else f"{one.name:24} {one.unit or 'all units':14} {state}")


def _open() -> "Accounts":
    from picustream.board.access.exposure import accounts_of

    return accounts_of(Settings())


def _hash(file: Path | None) -> str:
    from picustream.board.access.passwords import hashed

    return hashed(_checked(_asked() if file is None else _of_file(file)))


def _of_file(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read ({type(error).__name__}).", "Name a file of the password.") from None


def _asked() -> str:
    if not sys.stdin.isatty():
        raise UserError("There is nobody to ask for the password.", "Name a file of it: --password-file.")
    first = getpass("Password: ")
    if getpass("Once more: ") != first:
        raise UserError("The two are not the same.", "Try again.")
    return first


def _checked(password: str) -> str:
    from picustream.board.access.passwords import LONGEST, SHORTEST

    if len(password) < SHORTEST or len(password.encode()) > LONGEST:
        limits = f"{SHORTEST} characters or more, and at most {LONGEST} bytes"
        raise UserError(f"A password has {limits}.", "A few words that you can remember will do.")
    return password
