"""Figures of one run side by side: a value for each round, shown as median, minimum and maximum."""

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Column:
    """What is measured, and how many digits behind the point mean something."""

    name: str
    digits: int = 0


@dataclass(slots=True)
class Table:
    """Rows of the same columns. The last column shown is the ratio of one of them to that of the baseline's row."""

    name: str
    title: str
    columns: list[Column]
    ratio_of: str = ""
    """The column of the ratio; "": no ratio."""
    baseline: str = ""
    """The row that the others are compared with."""
    note: str = ""
    rows: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    """Row -> column -> a value for each round."""

    def add(self, row: str, figures: Mapping[str, float]) -> None:
        """The figures of one more round."""
        kept = self.rows.setdefault(row, {})
        for column, figure in figures.items():
            kept.setdefault(column, []).append(figure)

    @property
    def heads(self) -> list[str]:
        """The heads of what is shown."""
        ratio = [f"{self.ratio_of} / {self.baseline}"] if self.ratio_of else []
        return ["", *(column.name for column in self.columns), *ratio]

    def cells(self) -> Iterable[list[str]]:
        """What is shown: a list of cells for each row."""
        for row, figures in self.rows.items():
            shown = [_spread(figures.get(column.name, []), column.digits) for column in self.columns]
            ratio = [_spread(self._ratios(row), 2)] if self.ratio_of else []
            yield [row, *shown, *ratio]

    def _ratios(self, row: str) -> list[float]:
        """Of each round by itself: what disturbs a round disturbs both."""
        own, base = (self.rows.get(one, {}).get(self.ratio_of, []) for one in (row, self.baseline))
        return [mine / theirs for mine, theirs in zip(own, base, strict=False) if theirs]

    def text(self) -> str:
        """For a terminal."""
        lines = [self.heads, *self.cells()]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        shown = (_aligned(line, widths) for line in lines)
        return "\n".join([f"== {self.title}", *shown, *([self.note] if self.note else [])])

    def markdown(self) -> str:
        """For a page."""
        heads, *rows = self.heads, *self.cells()
        ruler = ["---", *("---:" for _ in heads[1:])]
        table = "\n".join(f"| {' | '.join(line)} |" for line in (heads, ruler, *rows))
        return "\n\n".join([f"**{self.title}**", table, *([self.note] if self.note else [])])

    def as_json(self) -> dict[str, Any]:
        """All that it holds."""
        columns = [{"name": column.name, "digits": column.digits} for column in self.columns]
        return {name: getattr(self, name) for name in _KEPT} | {"columns": columns, "rows": self.rows}

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> "Table":
        """The table that was kept."""
        columns = [Column(**column) for column in kept["columns"]]
        return cls(columns=columns, rows=kept["rows"], **{name: kept[name] for name in _KEPT})


_KEPT = ("name", "title", "ratio_of", "baseline", "note")


def _spread(figures: list[float], digits: int) -> str:
    """`median (minimum - maximum)`."""
    if not figures:
        return "-"
    middle, *ends = (f"{one:,.{digits}f}" for one in (statistics.median(figures), min(figures), max(figures)))
    return middle if len(figures) == 1 else f"{middle} ({ends[0]} - {ends[1]})"


def _aligned(cells: list[str], widths: list[int]) -> str:
    first, *rest = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join([cells[0].ljust(widths[0]) if first else "", *rest]).rstrip()
