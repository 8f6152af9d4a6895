"""How the report card is laid out: 80 columns, and nothing of a feed that gives a terminal orders."""

from collections.abc import Iterable, Iterator

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

MOST_ROWS = 40
"""Of codes; `--json` has them all."""


def table(*columns: str) -> Table:
    """A table; `>` before a heading sets its column to the right."""
    made = Table(box=None, pad_edge=False, header_style="grey58")
    for column in columns:
        right = column.startswith(">")
        made.add_column(column.removeprefix(">"), justify="right" if right else "left", no_wrap=right, overflow="fold")
    return made


def row(of: Table, cells: Iterable[str | int]) -> None:
    of.add_row(*(Text(f"{cell:,}" if isinstance(cell, int) else clean(cell)) for cell in cells))


def title(words: str) -> Text:
    return Text(f"\n{words}", "bold")


def more(rows: int) -> Iterator[Text]:
    if rows > MOST_ROWS:
        yield Text(f"{rows - MOST_ROWS:,} more: --json", "grey58")


def short(topic: str) -> str:
    return topic.removeprefix("picu.").removesuffix(".v1")


def line_of(where: str | None) -> str:
    """The line alone, where the table has no space for the file."""
    return (where or "").rpartition(":")[2]


def clean(words: str) -> str:
    """A terminal takes some characters for orders; no field of a feed may give any."""
    return "".join(char if char.isprintable() else "?" for char in words)


def indented(words: str, style: str = "") -> Padding:
    return Padding(Text(clean(words), style, overflow="fold"), (0, 0, 0, 8), expand=False)
