"""A log-in that was begun: all that has to be known of it when the browser comes back is in a cookie of ours.

The cookie holds a random word, and what goes out is made from it by a keyed hash: whoever reads `state` or `nonce` in
an address cannot find the word, and without the word nobody can fetch a token for a code that was seen on its way.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, unquote

LASTS = 600
"""Seconds in which one has to be back."""
LONGEST_PLACE = 1024
"""Characters of the page that was asked for."""
_WORD = 43
"""Characters of 256 bits."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The random word, and the page to which the log-in leads."""

    word: str
    place: str

    @classmethod
    def new(cls, place: str) -> Self:
        """One of its own."""
        return cls(secrets.token_urlsafe(32), place if len(place) <= LONGEST_PLACE else "")

    @classmethod
    def of(cls, cookie: str) -> Self | None:
        """What a cookie holds; None: nothing of ours."""
        word, dot, place = cookie.partition(".")
        return cls(word, unquote(place)) if dot and len(word) == _WORD else None

    @property
    def cookie(self) -> str:
        return f"{self.word}.{quote(self.place, safe='')}"

    @property
    def state(self) -> str:
        """By it the answer is known to belong to this browser."""
        return self._made("state")

    @property
    def nonce(self) -> str:
        """By it the token is known to be made for this log-in."""
        return self._made("nonce")

    @property
    def verifier(self) -> str:
        """Of PKCE: shown only when the token is fetched."""
        return self._made("verifier")

    @property
    def challenge(self) -> str:
        """Of PKCE: shown before, and says nothing of the verifier."""
        return _text(hashlib.sha256(self.verifier.encode()).digest())

    def begun_with(self, state: str) -> bool:
        """Whether an answer with this state is the answer to it."""
        return hmac.compare_digest(self.state.encode(), state.encode())

    def _made(self, purpose: str) -> str:
        return _text(hmac.digest(self.word.encode(), purpose.encode(), "sha256"))


def _text(digest: bytes) -> str:
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
