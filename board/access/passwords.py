"""Passwords: argon2id, and no more hashes at a time than the machine can bear."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
"""Characters."""
LONGEST = 1024
"""Bytes: nobody's password, but a way to keep the machine busy."""
AT_A_TIME = 2
"""Hashes: each takes 64 MiB and a third of a second of a processor."""

_hasher = PasswordHasher()
_NOBODY = _hasher.hash("a password that nobody has")


def hashed(password: str) -> str:
    """The hash to keep, with its salt and its costs."""
    return _hasher.hash(password)


def verify(known: str | None, password: str) -> bool:
    """Whether it is the password of this hash. Without one it takes as long, so that no name can be guessed by time."""
    try:
        right = _hasher.verify(_NOBODY if known is None else known, password)
    except (VerificationError, InvalidHashError):
        return False
    return right and known is not None


class Verifier:
    """`verify` for a server: in threads, a few at a time."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_A_TIME)

    async def __call__(self, known: str | None, password: str) -> bool:
        if len(password.encode()) > LONGEST:
            return False
        async with self._free:
            return await asyncio.to_thread(verify, known, password)
