"""Pseudonyms: what leaves the gateway in the place of identifiers, made under the site's key.

HMAC and no plain digest: there are some ten million hospital numbers, and a plain digest of each is made in seconds.
"""

import base64
import hmac
from typing import Final

_SEPARATOR, _MARK = "\x1f", "\x1e"
PERSON: Final = 20
"""Characters of a patient's and a stay's pseudonym: 100 bits."""
MESSAGE: Final = 26


class Pseudonyms:
    """The same key makes the same pseudonyms, on every gateway of a site."""

    def __init__(self, key: bytes) -> None:
        self._mac = hmac.new(key, digestmod="sha256")

    def __repr__(self) -> str:
        return f"Pseudonyms({self.fingerprint})"

    @property
    def fingerprint(self) -> str:
        """By which two gateways can be seen to have the same key; nothing of the key can be learnt from it."""
        return self._digest(b"check").hex()[:8]

    def patient(self, authority: str, value: str) -> str:
        """Of a patient's number."""
        return f"P-{self._name('patient', authority, value)[:PERSON]}"

    def stay(self, authority: str, visit: str, entered: str) -> str:
        """Of a stay: a visit, and when it came into the unit as the message had it that opened the stay."""
        return f"S-{self._name('stay', authority, visit, entered)[:PERSON]}"

    def message(self, source: str, raw: bytes) -> str:
        """Of a message: the same bytes from the same source have the same one."""
        return f"h-{_written(self._digest(f'message{_SEPARATOR}{source}{_SEPARATOR}'.encode(), raw))[:MESSAGE]}"

    def observation(self, *parts: str) -> str:
        """Of whatever names an observation, a fact or a row through its versions."""
        return f"o-{self._name('observation', *parts)[:MESSAGE]}"

    def _name(self, *parts: str) -> str:
        """Different parts have different names, whatever characters are in them."""
        plain = (part.replace(_MARK, _MARK * 2).replace(_SEPARATOR, _MARK + "s") for part in parts)
        return _written(self._digest(_SEPARATOR.join(plain).encode("utf-8", "surrogatepass")))

    def _digest(self, *pieces: bytes) -> bytes:
        mac = self._mac.copy()
        for piece in pieces:
            mac.update(piece)
        return mac.digest()


def _written(digest: bytes) -> str:
    return base64.b32encode(digest).decode().rstrip("=")
