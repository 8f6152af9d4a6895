"""The journal's encryption: AES-256-GCM with a key of its own.

The key file has one key a line, 64 hexadecimal digits each. The first encrypts; the others can still be read, so that
a key is changed by a new first line.
"""

import hashlib
import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from picustream.runtime.errors import ENVIRONMENT, UserError

NONCE = 12
"""Bytes; each record has a random one."""
FINGERPRINT = 8
"""Bytes of a key's digest by which a segment names it."""
PLAIN = bytes(FINGERPRINT)
"""Stands for no key."""
_KEY = re.compile(r"[0-9a-fA-F]{64}")
_MAKE_ONE = "Make one: (umask 077; openssl rand -hex 32 > FILE)"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Key:
    """One key. It shows its fingerprint alone."""

    def __init__(self, secret: bytes) -> None:
        self.fingerprint = hashlib.sha256(b"picustream journal" + secret).digest()[:FINGERPRINT]
        self._cipher = _aes(secret)

    def encrypt(self, data: bytes, bound_to: bytes) -> bytes:
        """`data`, readable only together with `bound_to`."""
        nonce = os.urandom(NONCE)
        sealed: bytes = self._cipher.encrypt(nonce, data, bound_to)
        return nonce + sealed

    def decrypt(self, data: bytes, bound_to: bytes) -> bytes:
        """What `encrypt` was given; raises ValueError where it was another key, or the bytes were changed."""
        from cryptography.exceptions import InvalidTag

        try:
            found: bytes = self._cipher.decrypt(data[:NONCE], data[NONCE:], bound_to)
        except InvalidTag:
            raise ValueError("not what this key has encrypted") from None
        return found


def _aes(secret: bytes) -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError:
        raise UserError(
            "A key of the journal is set, and the package cryptography is missing.",
            "pip install 'picustream[encryption]'",
            ENVIRONMENT,
        ) from None
    return AESGCM(secret)


def keys(path: Path | None) -> Sequence[Key]:
    """The keys of a key file, the one that encrypts first; none without a file. Raises `UserError`."""
    if path is None:
        return ()
    setting = "PICUSTREAM_GATEWAY_JOURNAL_KEY_FILE"
    try:
        mode, lines = path.stat().st_mode, path.read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{setting}: {path} cannot be read ({type(error).__name__}).", _MAKE_ONE) from None
    if mode & _OTHERS:
        raise UserError(f"{setting}: {path} can be read by others.", f"chmod 600 {path}")
    if not lines or not all(map(_KEY.fullmatch, lines)):
        raise UserError(f"{setting}: {path} has to hold 64 hexadecimal digits a line.", _MAKE_ONE)
    return tuple(Key(bytes.fromhex(line)) for line in lines)
