"""The report card for a person: tables of 80 columns, the findings first."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from picustream.commands.feed.findings import Finding, code_name
from picustream.commands.feed.report import Report
from picustream.commands.feed.tallies import CodeKey, CodeTally
from picustream.commands.feed.timing import Spread
from picustream.commands.spans import span
from picustream.models.variable import Variable

MOST_ROWS = 40
"""Of codes; `--json` has them all."""
MOST_ALIKE = 8
"""Findings of one kind: many of the one hide none of another."""
MOST_STAYS = 5

_WANTED = "Code map: lists to fill in; as they stand they change nothing"
_OPTIONAL = "A hint, no finding: lists of a code map, if an ignored code should be used"


def show(report: Report) -> None:
    """Print the card on standard output."""
    # What the terminal cannot show becomes a question mark, and no error.
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    console = Console(highlight=False, markup=False)
    for part in _parts(report):
        console.print(part, soft_wrap=isinstance(part, str))


def _parts(report: Report) -> Iterator[Table | Text | Padding | str]:
    yield from _heading(report)
    yield from _sources(report)
    yield from _observations(report)
    yield from _stays(report)
    yield from _components(report)
    if report.codemap:
        yield _title(_OPTIONAL if report.codemap_optional else _WANTED)
        yield "\n".join(map(_clean, report.codemap))


def _heading(report: Report) -> Iterator[Text | Padding]:
    events = f"{report.accepted:,} events accepted, {report.refused:,} refused, {len(report.feed.stays):,} stays"
    yield Text.assemble(("Report card: ", "bold"), _clean(", ".join(report.feed.files)))
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
        yield Text.assemble((f"\n{one.count:>7,} {one.code}", "bold"), f"  {_clean(one.about)}")
        yield _indented(one.message)
        if one.first is not None:
            yield _indented(f"first: {one.first}", "grey58")
    if len(findings) > MOST_ALIKE:
        yield Text(f"{'':8}{len(findings) - MOST_ALIKE:,} more {findings[0].code}: --json", "grey58")


def _indented(words: str, style: str = "") -> Padding:
    return Padding(Text(_clean(words), style, overflow="fold"), (0, 0, 0, 8))


def _sources(report: Report) -> Iterator[Table | Text]:
    if not report.feed.sources:
        return
    yield _title("Sources")
    table = _table("topic", "source", ">events", ">refused", ">repeats", ">versions", ">conflicts")
    counted = (report.repeats, report.versions, report.conflicts)
    for (topic, source), one in report.feed.sources.items():
        told = [of[one.number].count if one.number in of else 0 for of in counted]
        _row(table, (_short(topic), source, one.accepted.count, report.refused_of(topic, source), *told))
    yield table
    yield from _times(report)


def _times(report: Report) -> Iterator[Table | Text]:
    yield _title("Late (filed after it happened) and behind (filed before what came ahead of it)")
    table = _table("from", ">filed", ">median", ">p95", ">latest", ">behind", ">most")
    for (topic, source), one in report.feed.sources.items():
        late, behind = one.timing.lateness, one.timing.behind
        shown = (late.count, *_quantiles(late, 0.5, 0.95, 1), behind.count, *_quantiles(behind, 1))
        _row(table, (f"{_short(topic)} {source}", *shown))
    yield table


def _quantiles(spread: Spread, *shares: float) -> Iterator[str]:
    for share in shares:
        seconds = spread.greatest if share == 1 else spread.quantile(share)
        yield span(seconds) if spread.count and seconds is not None else "-"


def _observations(report: Report) -> Iterator[Table | Text]:
    for topic, source in report.feed.sources:
        found = {key: one for key, one in report.feed.codes.items() if (key.topic, key.source) == (topic, source)}
        if not found:
            continue
        yield _title(f"Observations of {_short(topic)} {_clean(source)}")
        table = _table("code, unit", "variable", ">accepted", ">refused", ">ignored", ">first line")
        ranked = sorted(found.items(), key=_rank)
        for key, one in ranked[:MOST_ROWS]:
            counts = (one.accepted.count, one.all_refused, one.ignored.count)
            _row(table, (code_name(key), _meaning(one), *counts, _line_of(one.first)))
        yield table
        yield from _more(len(ranked))


def _meaning(one: CodeTally) -> str:
    if one.variable is None:
        return "-"
    return f"{one.variable} (not arterial)" if one.ignored.count else one.variable


def _rank(item: tuple[CodeKey, CodeTally]) -> tuple[int, int, int]:
    """The refused first, then what is used, then what nobody asked for."""
    _, one = item
    order = list(Variable)
    return -one.all_refused, len(order) if one.variable is None else order.index(one.variable), -one.total


def _stays(report: Report) -> Iterator[Table | Text]:
    if report.unadmitted:
        some = ", ".join(report.unadmitted[:MOST_STAYS])
        more = ", ..." if len(report.unadmitted) > MOST_STAYS else ""
        yield _title(f"Stays without admission: {len(report.unadmitted):,}")
        yield Text(_clean(some + more))
    if report.silences:
        yield _title("Longest silence of vital signs")
        table = _table("stay", "since (UTC)", ">for")
        for one in report.silences[:MOST_STAYS]:
            _row(table, (one.stay_id, f"{one.since:%Y-%m-%d %H:%M}", span(one.length)))
        yield table


def _components(report: Report) -> Iterator[Table | Text]:
    stays = len(report.feed.stays)
    if not stays:
        return
    yield _title(f"What could be scored, of {stays:,} stays")
    table = _table("score", "component", ">stays", "never usable", "rule")
    for one in report.prospects:
        missing = ", ".join(need.name for need in one.missing)
        _row(table, (one.component.score, one.component.name, one.stays, missing, one.component.rule))
    yield table


def _table(*columns: str) -> Table:
    """A table; `>` before a heading sets its column to the right."""
    table = Table(box=None, pad_edge=False, header_style="grey58")
    for column in columns:
        right = column.startswith(">")
        table.add_column(column.removeprefix(">"), justify="right" if right else "left", no_wrap=right, overflow="fold")
    return table


def _row(table: Table, cells: Iterable[str | int]) -> None:
    table.add_row(*(Text(f"{cell:,}" if isinstance(cell, int) else _clean(cell)) for cell in cells))


def _title(words: str) -> Text:
    return Text(f"\n{words}", "bold")


def _more(rows: int) -> Iterator[Text]:
    if rows > MOST_ROWS:
        yield Text(f"{rows - MOST_ROWS:,} more: --json", "grey58")


def _short(topic: str) -> str:
    return topic.removeprefix("picu.").removesuffix(".v1")


def _line_of(where: str | None) -> str:
    """The line alone, where the table has no room for the file."""
    return (where or "").rpartition(":")[2]


def _clean(words: str) -> str:
    """A terminal takes some characters for orders; no field of a feed may give any."""
    return "".join(char if char.isprintable() else "?" for char in words)
