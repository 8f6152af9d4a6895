"""Names and numbers of the patients of a message, wherever else in it they are written: none of them is shown."""

import re
from collections.abc import Iterable

_LONG = 4
"""Letters from which on a name is found within other words as well."""
_SHORTEST = 2
_BETWEEN = re.compile(r"[\s,;]+")


class Private:
    """What is shown of a message (codes, units, senders, places) is asked first whether it is one of these."""

    def __init__(self, words: Iterable[str]) -> None:
        given = {word.strip().casefold() for word in words}
        given |= {part for word in given for part in _BETWEEN.split(word)}
        self.words = frozenset(word for word in given if len(word) >= _SHORTEST)
        self._long = sorted((word for word in self.words if len(word) >= _LONG), key=lambda word: (-len(word), word))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Private) and self.words == other.words

    def __hash__(self) -> int:
        return hash(self.words)

    def __repr__(self) -> str:
        return f"Private({len(self.words)} words)"

    def hides(self, text: str) -> bool:
        """Whether a text is, or holds, a name or a number of theirs."""
        folded = text.strip().casefold()
        return folded in self.words or any(word in folded for word in self._long)

    def without(self, text: str) -> str:
        """A text with a star in place of each of these."""
        if text.strip().casefold() in self.words:
            return "*"
        for word in self._long:
            text = re.sub(re.escape(word), "*", text, flags=re.IGNORECASE)
        return "*" if self.hides(text) else text


NOTHING = Private(())
"""Of a message that names nobody."""


def together(parts: Iterable[Private]) -> Private:
    """Of several messages, or of all that one states."""
    found = list(dict.fromkeys(parts))
    return found[0] if len(found) == 1 else Private(word for one in found for word in one.words)
