"""What the settings say of a provider, and which addresses of it may be asked."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from picustream.board.access.roles import Role
from picustream.gateways.server.access import LOOPBACK
from picustream.runtime.errors import BadSettings
from picustream.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Terms:
    """Who logs people in, as whom it knows the board, and what its claims mean here."""

    issuer: str
    client: str
    secret: str | None = field(repr=False)
    """None: the provider asks for none, and PKCE alone proves who fetches a token."""
    scopes: str
    name_claim: str
    roles_claim: str
    """A claim, or the way to one within others, by dots."""
    roles: Mapping[str, Role]
    """By a value of that claim."""
    trusted: ssl.SSLContext | None
    """The authority of its certificate; None: those that this machine trusts."""


def terms(settings: Settings) -> Terms:
    """What is set. Raises `BadSettings`."""
    issuer, client, roles = settings.board_oidc_issuer, settings.board_oidc_client, settings.board_oidc_roles
    if not issuer or not client or not roles:
        raise BadSettings(
            "PICUSTREAM_BOARD_ACCESS is oidc, and it is not said where people log in, as whom, or what they may see.",
            "Set PICUSTREAM_BOARD_OIDC_ISSUER, _CLIENT and _ROLES: docs/board-ops.md, OpenID Connect.",
        )
    if not safe(issuer):
        raise BadSettings(
            "PICUSTREAM_BOARD_OIDC_ISSUER is no https:// address.",
            "Name the issuer as the provider does; http:// is for a provider on this machine alone.",
        )
    return Terms(
        issuer,
        client,
        _secret(settings.board_oidc_secret_file),
        settings.board_oidc_scopes,
        settings.board_oidc_name_claim,
        settings.board_oidc_roles_claim,
        {value: Role(role) for value, role in roles.items()},
        _trusted(settings.board_oidc_ca_file),
    )


def safe(address: str) -> bool:
    """Whether nobody on the way can read or change what is sent there."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))


def _secret(path: Path | None) -> str | None:
    if path is None:
        return None
    setting, fix = "PICUSTREAM_BOARD_OIDC_SECRET_FILE", "Put into it what the provider gave out for this client."
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{setting}: {path} cannot be read ({type(error).__name__}).", fix) from None
    if not secret:
        raise BadSettings(f"{setting}: {path} is empty.", fix)
    return secret


def _trusted(path: Path | None) -> ssl.SSLContext | None:
    if path is None:
        return None
    try:
        return ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        raise BadSettings(
            f"PICUSTREAM_BOARD_OIDC_CA_FILE: {path} cannot be used ({type(error).__name__}).",
            "Name a PEM file of the authority that signed the provider's certificate.",
        ) from None
