"""Spans of time in the words of a person."""

from datetime import timedelta

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def span(length: timedelta | float) -> str:
    """The two largest units of a span, or of as many seconds: `2 d 3 h`, `4 min`, `0 s`; cut, not rounded."""
    left = int(length.total_seconds() if isinstance(length, timedelta) else length)
    if left < 0:
        return f"-{span(-left)}"
    for place, (size, name) in enumerate(_UNITS[:-1]):
        if left >= size:
            smaller, word = _UNITS[place + 1]
            rest = left % size // smaller
            return f"{left // size} {name}" + (f" {rest} {word}" if rest else "")
    return f"{left} s"
