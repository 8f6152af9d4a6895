"""The site's key: a file that its owner alone can read. It is in no setting, no argument, no log and no letter."""

import os
import secrets
import stat
from pathlib import Path

from picustream.runtime.errors import UserError

SHORTEST = 32
"""Bytes."""
_FEWEST_DIFFERENT = 8
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_key(path: Path) -> None:
    """A new key in a new file. Raises `UserError`."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    except FileExistsError:
        advice = "Another key would give every patient another pseudonym. Name a file that is not there yet."
        raise UserError(f"{path} is there already, and is not written over.", advice) from None
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.", "Name another file.") from None
    with os.fdopen(file, "w", encoding="ascii") as new:
        new.write(secrets.token_hex(SHORTEST) + "\n")


def read_key(path: Path) -> bytes:
    """The key of a file, without white space around it. Raises `UserError`, which shows nothing of it."""
    try:
        mode = path.stat().st_mode
        if mode & _OTHERS:
            raise UserError(f"{path} can be read by others than its owner.", f"chmod 0400 {path}")
        key = path.read_bytes().strip()
    except OSError as error:
        advice = "Make one with `picustream gateway key FILE`, or name the file of the site's key."
        raise UserError(f"{path} (key_file) cannot be read: {error.strerror}.", advice) from None
    if len(key) < SHORTEST:
        advice = "Make one with `picustream gateway key FILE`."
        raise UserError(f"{path} has a key of fewer than {SHORTEST} bytes.", advice)
    if len(set(key)) < _FEWEST_DIFFERENT:
        raise UserError(f"{path} has no random key.", "Make one with `picustream gateway key FILE`.")
    return key
