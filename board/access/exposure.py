"""To whom the board may be shown, by its settings: nobody beyond this machine without a log-in and TLS."""

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from picustream.board.access.accounts import Accounts
from picustream.board.access.audit import Audit
from picustream.board.access.identity import BuiltIn, Identifies, Loopback, Proxy, secret_of
from picustream.board.access.oidc.terms import terms
from picustream.board.security import LOOPBACK_NAMES
from picustream.gateways.server.access import LOOPBACK
from picustream.runtime.errors import ENVIRONMENT, BadSettings, UserError
from picustream.runtime.places import state_home
from picustream.runtime.settings import Settings

if TYPE_CHECKING:  # an extra
    from picustream.board.access.oidc.provider import Provider


@dataclass(frozen=True, slots=True)
class Exposure:
    """Who is let in, by which names the board is known, and how it speaks."""

    identity: Identifies
    audit: Audit
    names: frozenset[str]
    secure: bool
    """Whether browsers come by TLS, to the board or to a proxy in front of it."""
    tls: ssl.SSLContext | None


def exposure(settings: Settings) -> Exposure:
    """What the settings say. Raises `BadSettings`, `UserError`."""
    names = {name.strip().lower() for name in (settings.board_names or "").split(",") if name.strip()}
    secure = settings.board_cert_file is not None or settings.board_behind_proxy
    _allowed(settings, names, secure)
    identity, audit = _identity(settings, secure), Audit(settings.board_audit)
    return Exposure(identity, audit, LOOPBACK_NAMES | names, secure, _tls(settings))


def accounts_of(settings: Settings) -> Accounts:
    """The accounts that are set, made if they are not there. Raises `UserError`."""
    return Accounts(settings.board_accounts or state_home() / "picustream" / "accounts.sqlite")


def _allowed(settings: Settings, names: set[str], secure: bool) -> None:
    beyond = settings.board_host not in LOOPBACK or bool(names) or settings.board_behind_proxy
    if beyond and settings.board_access == "none":
        raise BadSettings(
            "The board would be seen beyond this machine, and nobody has to say who they are.",
            "Set PICUSTREAM_BOARD_ACCESS to accounts, proxy or oidc; or leave PICUSTREAM_BOARD_HOST at 127.0.0.1,"
            " without PICUSTREAM_BOARD_NAMES and _BEHIND_PROXY.",
        )
    if settings.board_host not in LOOPBACK and not secure:
        raise BadSettings(
            "PICUSTREAM_BOARD_HOST is no loopback address, and what is sent would not be encrypted.",
            "Set PICUSTREAM_BOARD_CERT_FILE and _KEY_FILE, or PICUSTREAM_BOARD_BEHIND_PROXY=true.",
        )


def _identity(settings: Settings, secure: bool) -> Identifies:
    if settings.board_access == "accounts":
        return BuiltIn(accounts_of(settings), secure)
    if settings.board_access == "oidc":
        return BuiltIn(accounts_of(settings), secure, _provider(settings))
    if settings.board_access == "proxy":
        return Proxy(secret_of(settings.board_proxy_secret_file))
    return Loopback()


def _provider(settings: Settings) -> "Provider":
    try:
        from picustream.board.access.oidc.provider import Provider
    except ModuleNotFoundError:
        raise UserError(
            "PICUSTREAM_BOARD_ACCESS is oidc, and the package joserfc is missing.",
            "pip install 'picustream[oidc]'",
            ENVIRONMENT,
        ) from None
    return Provider(terms(settings))


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.board_cert_file is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.board_cert_file, settings.board_key_file)
    except (OSError, ssl.SSLError) as error:
        raise BadSettings(
            f"PICUSTREAM_BOARD_CERT_FILE or _KEY_FILE cannot be used ({type(error).__name__}).",
            "Name a PEM file of the certificate, with its chain, and one of its private key.",
        ) from None
    return context
