"""What the local servers report to whoever starts them: lines, and how far a download is."""

from collections.abc import Callable

Report = Callable[[str], None]
"""Takes one line for a person."""

Meter = Callable[[int, int], None]
"""Takes how far a download is: bytes there, bytes in all."""


def silent(line: str) -> None:
    """Prints nothing."""


def in_lines(report: Report) -> Meter:
    """A meter that reports a line at each tenth of the way."""
    shown_tenth = -1

    def meter(done: int, total: int) -> None:
        nonlocal shown_tenth
        tenth = 10 * done // total
        if tenth > shown_tenth:
            shown_tenth = tenth
            report(f"  {done / 1e6:.1f} of {total / 1e6:.1f} MB")

    return meter
