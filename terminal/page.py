"""A page of text: wrapped to its width, hanging under its labels, colour only where the console shows it."""

import sys
from collections.abc import Iterator
from typing import Self

from rich.console import Console, Group
from rich.text import Text

WIDEST = 100
"""Longer lines are hard to read, however wide the terminal is."""
NARROWEST = 40
_LEAST_ROOM = 10
QUIET = "grey58"
ALARM = "bold red"

Words = str | Text

_PLAIN = {
    "█": "#", "▒": "=", "·": ".", "‹": "<", "╌": "-", "─": "-", "–": "-", "→": ">", "…": "~", "≈": "~",
    "≤": "<=", "≥": ">=", "×": "x", "µ": "u", "⁹": "^9",
}  # fmt: skip
"""For a terminal that has no Unicode: what was brought forward must not look measured there either."""


class Page:
    """Lines in the making. Everything is text: what a feed wrote is never read as markup."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.width = max(NARROWEST, min(WIDEST, console.width))
        self._lines: list[Text] = []

    @classmethod
    def on_stdout(cls) -> Self:
        """A page for standard output. What a terminal's encoding does not have becomes a question mark, no error."""
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
        return cls(Console(highlight=False))

    def print(self) -> None:
        """Write the page to its console."""
        table = str.maketrans(_PLAIN if self._console.options.ascii_only else {})
        for line in self._lines:
            # A terminal takes some characters for orders; no field of a record may give any.
            line.plain = "".join(char if char.isprintable() else "?" for char in line.plain).translate(table)
        self._console.print(Group(*self._lines), soft_wrap=True)

    def rule(self) -> None:
        """A line across the page."""
        self._lines.append(Text("─" * self.width, QUIET))

    def blank(self) -> None:
        self._lines.append(Text())

    def line(self, words: Words, indent: int = 0) -> None:
        """A line that is never wrapped, such as a command to copy."""
        self._lines.append(Text(" " * indent) + _text(words))

    def row(self, row: Text, hang: int) -> None:
        """A row of a table; one that is too long for the page goes on below, set in by `hang`."""
        if row.cell_len <= self.width:
            self.line(row)
        else:
            self.write(row, hang=hang)

    def ends(self, left: Words, right: Words) -> None:
        """Something at the left end and something at the right; one under the other where they do not fit."""
        first, last = _text(left), _text(right)
        between = self.width - first.cell_len - last.cell_len
        if between < 2:
            self.write(first)
            self.write(last)
        else:
            self._lines.append(first + Text(" " * between) + last)

    def write(self, words: Words, indent: int = 0, style: str = "", hang: int = 0) -> None:
        """A paragraph; lines after its first are set in by `hang` more."""
        set_in = indent
        for part in self._wrapped(_text(words, style), indent + hang):
            self._lines.append(Text(" " * set_in) + part)
            set_in = indent + hang

    def field(self, label: Words, words: Words, column: int, indent: int = 0, style: str = "") -> None:
        """A paragraph beside its label; `column` is where the paragraph begins."""
        self._hang(Text(" " * indent) + _text(label, QUIET), _text(words, style), column)

    def _hang(self, first: Text, body: Text, column: int) -> None:
        if first.cell_len > column:  # a label longer than its column has a line of its own
            self._lines.append(first)
            first = Text()
        for part in self._wrapped(body, column):
            self._lines.append(first + Text(" " * (column - first.cell_len)) + part)
            first = Text()

    def _wrapped(self, body: Text, column: int) -> Iterator[Text]:
        for part in body.wrap(self._console, max(_LEAST_ROOM, self.width - column)):
            part.rstrip()
            yield part


def _text(words: Words, style: str = "") -> Text:
    return Text(words, style) if isinstance(words, str) else words
