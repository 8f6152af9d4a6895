"""Who may send: TLS, certificates of senders, bearer tokens; and that nobody listens to a network without them."""

import hashlib
import hmac
import re
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from picustream.gateways.server import metrics
from picustream.runtime.errors import BadSettings
from picustream.runtime.logs import logger
from picustream.runtime.settings import Settings

log = logger(__name__)

HANDSHAKE = 10.0
"""Seconds for a sender to agree on TLS."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_LINE = re.compile(r"(\S+)\s+([0-9a-fA-F]{64})")
_MAKE_ONE = "Make one: printf %s TOKEN | sha256sum. Each line: a name, a blank, the digest."


def client_name(certificate: Any) -> str:
    """The common name of a certificate as `ssl` gives it; empty without one."""
    for names in (certificate or {}).get("subject", ()):
        for kind, value in names:
            if kind == "commonName":
                return str(value)
    return ""


def address_of(peer: Any) -> str:
    """The address of the other end as asyncio gives it; empty where it has none."""
    return str(peer[0]) if isinstance(peer, tuple) else ""


def keep_alive(connection: socket.socket) -> None:
    """Find out within two minutes that the other end is gone."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, option):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


class Tokens:
    """Bearer tokens by name, of which the digests alone are known."""

    def __init__(self, digests: Mapping[str, bytes]) -> None:
        self._digests = digests

    def __bool__(self) -> bool:
        return bool(self._digests)

    def name(self, header: str | None) -> str | None:
        """Whose token a header `Authorization` has; None: nobody's."""
        scheme, _, token = (header or "").partition(" ")
        digest = hashlib.sha256(token.strip().encode()).digest()
        found = [name for name, known in self._digests.items() if hmac.compare_digest(known, digest)]
        return found[0] if found and scheme.lower() == "bearer" else None


def tokens(path: Path | None) -> Tokens:
    """The tokens of a file; none without one. Raises `BadSettings`."""
    if path is None:
        return Tokens({})
    setting = "PICUSTREAM_GATEWAY_TOKENS_FILE"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{setting}: {path} cannot be read ({type(error).__name__}).", _MAKE_ONE) from None
    found: dict[str, bytes] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if not match or match[1] in found:
            raise BadSettings(f"{setting}: {path}:{number} is no name with a digest, or names one again.", _MAKE_ONE)
        found[match[1]] = bytes.fromhex(match[2])
    if not found:
        raise BadSettings(f"{setting}: {path} has no token.", _MAKE_ONE)
    return Tokens(found)


class _Handshake(ssl.SSLObject):
    """One that says why a sender is not let in: nobody else hears of it."""

    def do_handshake(self) -> None:
        """Agree on TLS, or raise why not."""
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLCertVerificationError as error:
            _refused(error.verify_message)
            raise
        except ssl.SSLError as error:
            _refused(error.reason or type(error).__name__)
            raise


def _refused(why: str) -> None:
    metrics.closed.labels("tls").inc()
    log.warning("tls-refused", why=why.lower().replace("_", " "))


def tls(settings: Settings, must_have_certificate: bool = True) -> ssl.SSLContext | None:
    """The TLS of our servers, 1.2 or later; None where no certificate is set. Raises `BadSettings`."""
    certificate, key, authority = (
        settings.gateway_cert_file,
        settings.gateway_key_file,
        settings.gateway_client_ca_file,
    )
    if certificate is None:
        if key or authority:
            raise BadSettings(
                "A key or an authority is set for the gateway, and no certificate.",
                "Set PICUSTREAM_GATEWAY_CERT_FILE.",
            )
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslobject_class = _Handshake
    try:
        context.load_cert_chain(certificate, key)
        if authority:
            context.load_verify_locations(authority)
            context.verify_mode = ssl.CERT_REQUIRED if must_have_certificate else ssl.CERT_OPTIONAL
    except (OSError, ssl.SSLError) as error:
        raise BadSettings(
            f"The gateway's TLS files cannot be used ({type(error).__name__}).",
            "PICUSTREAM_GATEWAY_CERT_FILE, _KEY_FILE and _CLIENT_CA_FILE name PEM files; the key has no password.",
        ) from None
    return context


def check_exposure(settings: Settings, behind_proxy: bool, demo: bool) -> None:
    """Raise `BadSettings` where anybody on a network could send, or read what is sent."""
    secured = settings.gateway_cert_file is not None
    known = settings.gateway_client_ca_file is not None
    for name, host, authenticated in (
        ("MLLP", settings.gateway_mllp_host, known),
        ("FHIR", settings.gateway_fhir_host, known or settings.gateway_tokens_file is not None),
    ):
        if host in LOOPBACK:
            continue
        setting = f"PICUSTREAM_GATEWAY_{name}_HOST"
        if demo:
            raise BadSettings(f"--demo takes any sender, and {setting} is no loopback address.", "Use 127.0.0.1.")
        if not behind_proxy and not (secured and authenticated):
            tokens_too = " or PICUSTREAM_GATEWAY_TOKENS_FILE" if name == "FHIR" else ""
            raise BadSettings(
                f"{setting} is no loopback address, and senders are not known by certificates, or not by TLS.",
                "Set PICUSTREAM_GATEWAY_CERT_FILE, PICUSTREAM_GATEWAY_KEY_FILE and PICUSTREAM_GATEWAY_CLIENT_CA_FILE"
                f"{tokens_too}, or state --behind-proxy where another program sees to both.",
            )
