"""What a feed writes into codes and units, shown so that two spellings that differ look different, and can be copied.

An invisible blank, or a Greek letter in the place of a micro sign, is written as TOML and JSON escape it.
"""

import re
import unicodedata

from picustream.models.text import quote

_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Me", "Zl", "Zp", "Zs"})
"""Categories of Unicode that leave no mark of their own."""
_ALIKE = ("GREEK", "CYRILLIC", "MICRO SIGN", "FULLWIDTH")
"""Beginnings of the names of characters that look like others."""
_SIGNS = "\u2044\u2215\u2212\u29f8"
"""Slashes and a minus that look like those of ASCII, as its dashes do."""


def quoted(text: str, encoding: str | None = None) -> str:
    """A TOML string, which is a JSON one, too. `encoding`: what it will be written in; None: anything can be."""
    return "".join(_escaped(char) if _hides(char) or not _fits(char, encoding) else char for char in quote(text))


def shown(text: str) -> str:
    """The same without its quotation marks, for running text."""
    return quoted(text)[1:-1].replace('\\"', '"').replace("\\\\", "\\")


def hidden_characters(text: str) -> str:
    """Names of the characters that `quoted` escapes, and of blanks; empty where there are none."""
    names = {unicodedata.name(char, f"U+{ord(char):04X}").lower() for char in text if _hides(char)}
    if " " in text:
        names.add("space")
    return ", ".join(sorted(names))


def compatible(text: str) -> str:
    """What looks alike, alike: full width, `㎎` and the micro sign as plain letters, without what cannot be seen."""
    plain = unicodedata.normalize("NFKC", _POWER.sub(r"10^\1", text)).translate(_PLAIN)
    return "".join(char for char in plain if unicodedata.category(char) != "Cf")


_POWER = re.compile("10([\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+)")
_PLAIN = str.maketrans("\u03bc\u2044\u2215\u2212", "u//-")


def writable(line: str, encoding: str | None) -> str:
    """A line of TOML in which every character can be written, those of its strings and comments alike."""
    return "".join(char if _fits(char, encoding) else _escaped(char) for char in line)


def _hides(char: str) -> bool:
    if char == " " or (char.isascii() and char.isprintable()):
        return False
    if char in _SIGNS or unicodedata.category(char) in _UNSEEN | {"Pd"}:
        return True
    return unicodedata.name(char, "").startswith(_ALIKE)


def _fits(char: str, encoding: str | None) -> bool:
    if encoding is None:
        return True
    try:
        char.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _escaped(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"
