"""The report card for a person: tables of 80 columns, the findings first."""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from picustream.lint.finding import Finding
from picustream.lint.layout import clean, indented, title
from picustream.lint.report import Report
from picustream.lint.spelling import writable
from picustream.lint.tables import components, observations, sources, stays

MOST_ALIKE = 8
"""Findings of one kind: many of the one hide none of another."""

_WANTED = "Code map: lists to fill in; as they are they change nothing"
_OPTIONAL = "A hint, no finding: lists of a code map, if an ignored code should be used"

_BLANKS = re.compile(r" +$", re.MULTILINE)
"""What pads a table to its width; nobody wants it in a file."""


def show(report: Report) -> None:
    """Print the card on standard output."""
    # What the terminal cannot show becomes a question mark, and no error.
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    console = Console(highlight=False, markup=False)
    for part in _parts(report):
        with console.capture() as kept:
            console.print(part, soft_wrap=isinstance(part, str))
        sys.stdout.write(kept.get() if console.is_terminal else _BLANKS.sub("", kept.get()))


def _parts(report: Report) -> Iterator[Table | Text | Padding | str]:
    yield from _heading(report)
    yield from sources(report)
    yield from observations(report)
    yield from stays(report)
    yield from components(report)
    if report.codemap:
        yield title(_OPTIONAL if report.codemap_optional else _WANTED)
        yield "\n".join(writable(clean(line), sys.stdout.encoding) for line in report.codemap)


def _heading(report: Report) -> Iterator[Text | Padding]:
    events = f"{report.accepted:,} events accepted, {report.refused:,} refused, {len(report.feed.stays):,} stays"
    yield Text.assemble(("Report card: ", "bold"), clean(", ".join(report.feed.files)))
    if not report.findings:
        yield Text(f"{events}. No findings.", "green")
        return
    yield Text(f"{events}. Findings: {len(report.findings):,}", "bold red")
    kinds: dict[str, list[Finding]] = defaultdict(list)
    for one in report.findings:
        kinds[one.code].append(one)
    for alike in kinds.values():
        yield from _alike(alike)


def _alike(findings: list[Finding]) -> Iterator[Text | Padding]:
    """Findings of one kind."""
    for one in findings[:MOST_ALIKE]:
        yield Text.assemble((f"\n{one.count:>7,} {one.code}", "bold"), f"  {clean(one.about)}")
        yield indented(one.message)
        if one.first is not None:
            yield indented(f"first: {one.first}", "grey58")
    if len(findings) > MOST_ALIKE:
        yield Text(f"{'':8}{len(findings) - MOST_ALIKE:,} more {findings[0].code}: --json", "grey58")
