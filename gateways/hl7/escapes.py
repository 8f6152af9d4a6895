"""Escape sequences within a leaf: read after splitting, and never written back into what was read."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple


class Separators(NamedTuple):
    """The characters that MSH-1 and MSH-2 name; "" where a message has none of a kind."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""

    @property
    def letters(self) -> dict[str, str]:
        """The letter by which each of them is escaped."""
        names = {"F": self.field, "S": self.component, "T": self.subcomponent, "R": self.repetition}
        names |= {"E": self.escape, "P": self.truncation}
        return {letter: character for letter, character in names.items() if character}


_BLANKS = {"H", "N"}
"""Begin and end of highlighting; a line break of formatted text is a blank, too."""


def unescape(text: str, separators: Separators, codec: str) -> str:
    """The text that is meant. What is no known sequence stays as it stands, and so do `C..`, `M..` and `Z..`."""
    escape = separators.escape
    return _reader(separators, codec)(text) if escape and escape in text else text


@lru_cache(maxsize=64)
def _reader(separators: Separators, codec: str) -> Callable[[str], str]:
    mark, letters = re.escape(separators.escape), separators.letters
    single = "".join({*letters} | _BLANKS)
    pattern = re.compile(
        rf"{mark}(?P<letter>[{single}]){mark}|{mark}\.(?:br|BR){mark}"
        rf"|(?P<bytes>(?:{mark}X(?:[0-9A-Fa-f]{{2}})+{mark})+)|{mark}[CMZ][0-9A-Za-z]*{mark}"
    )
    between = re.compile(f"{mark}X?")

    def meant(found: re.Match[str]) -> str:
        if letter := found["letter"]:
            return letters.get(letter, " ")
        if hexadecimal := found["bytes"]:
            try:
                return bytes.fromhex(between.sub("", hexadecimal)).decode(codec)
            except UnicodeDecodeError:
                return found.group()
        return " " if found.group()[1] == "." else found.group()

    return lambda text: pattern.sub(meant, text)


def escaped(text: str, separators: Separators) -> str:
    """Text as a leaf of a message; without an escape character a blank stands for what would have to be escaped."""
    mark = separators.escape
    sequences = {character: f"{mark}{letter}{mark}" for letter, character in separators.letters.items()}
    sequences |= {character: f"{mark}X{ord(character):02X}{mark}" for character in "\r\n"}
    return "".join((sequences[one] if mark else " ") if one in sequences else one for one in text)
