"""How the local servers talk to whoever starts them: lines, and how far a download is."""

from collections.abc import Callable

Tell = Callable[[str], None]
"""Says one line to a person."""

Meter = Callable[[int, int], None]
"""Told how far a download is: bytes there, bytes in all."""


def silent(line: str) -> None:
    """Says nothing."""


def in_lines(tell: Tell) -> Meter:
    """A meter that says a line at each tenth of the way."""
    told = -1

    def meter(done: int, total: int) -> None:
        nonlocal told
        tenth = 10 * done // total
        if tenth > told:
            told = tenth
            tell(f"  {done / 1e6:.1f} of {total / 1e6:.1f} MB")

    return meter
