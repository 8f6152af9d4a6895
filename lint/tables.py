"""The tables of the report card."""

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from picustream.lint.finding import code_name
from picustream.lint.layout import MOST_ROWS, clean, line_of, more, row, short, table, title
from picustream.lint.report import Report
from picustream.lint.stays import Silence
from picustream.lint.tallies import CodeKey, CodeTally
from picustream.lint.timing import Spread, about
from picustream.models.variable import Variable
from picustream.terminal.spans import span

MOST_STAYS = 5


def sources(report: Report) -> Iterator[Table | Text]:
    if not report.feed.sources:
        return
    yield title("Sources")
    rows = table("topic", "source", ">events", ">refused", ">repeats", ">versions", ">conflicts")
    counted = (report.repeats, report.versions, report.conflicts)
    for (topic, source), one in report.feed.sources.items():
        counts = [of[one.number].count if one.number in of else 0 for of in counted]
        row(rows, (short(topic), source, one.accepted.count, report.refused_of(topic, source), *counts))
    yield rows
    yield from _times(report)


def _times(report: Report) -> Iterator[Table | Text]:
    yield title("Late (filed after it happened) and behind (filed before what came ahead of it)")
    rows = table("from", ">filed", ">median", ">p95", ">latest", ">behind", ">most")
    for (topic, source), one in report.feed.sources.items():
        late, behind = one.timing.lateness, one.timing.behind
        shown: list[str | int] = [late.count, *_quantiles(late, 0.5, 0.95, 1), behind.count, *_quantiles(behind, 1)]
        row(rows, (f"{short(topic)} {source}", *shown))
    yield rows
    silent = [key for key, one in report.feed.sources.items() if one.unrecorded == one.accepted.count]
    if silent:
        names = ", ".join(f"{short(topic)} {clean(source)}" for topic, source in silent)
        yield Text(f"No recorded_at from {names}: how late they are cannot be known.", "grey58", overflow="fold")


def _quantiles(spread: Spread, *shares: float) -> Iterator[str]:
    """The greatest exactly, the others about so."""
    for share in shares:
        seconds = spread.quantile(share)
        if seconds is None:
            yield "-"
        else:
            yield span(spread.greatest if share == 1 else min(about(seconds), spread.greatest))


def observations(report: Report) -> Iterator[Table | Text]:
    for topic, source in report.feed.sources:
        found = {key: one for key, one in report.feed.codes.items() if (key.topic, key.source) == (topic, source)}
        if not found:
            continue
        yield title(f"Observations of {short(topic)} {clean(source)}, each with its first line")
        ranked = sorted(found.items(), key=_rank)
        # A column that is seldom needed, and 80 are few.
        valueless = any(one.without_value.count for one in found.values())
        rows = table("code, unit", "variable", ">accepted", *[">no value"] * valueless, ">refused", ">ignored", ">line")
        for key, one in ranked[:MOST_ROWS]:
            counts = (one.accepted.count, *[one.without_value.count] * valueless, one.all_refused, one.ignored.count)
            row(rows, (code_name(key), _meaning(one), *counts, line_of(one.first)))
        yield rows
        yield from more(len(ranked))


def _meaning(one: CodeTally) -> str:
    if one.variable is None:
        return "-"
    return f"{one.variable} (not arterial)" if one.ignored.count else one.variable


def _rank(item: tuple[CodeKey, CodeTally]) -> tuple[int, int, int]:
    """The refused first, then what is used, then the unmapped codes."""
    _, one = item
    order = list(Variable)
    return -one.all_refused, len(order) if one.variable is None else order.index(one.variable), -one.total


def stays(report: Report) -> Iterator[Table | Text]:
    if report.unadmitted:
        some = ", ".join(report.unadmitted[:MOST_STAYS])
        others = ", ..." if len(report.unadmitted) > MOST_STAYS else ""
        yield title(f"Stays without admission: {len(report.unadmitted):,}, first named at")
        yield Text(clean(some + others), overflow="fold")
    yield from _gaps("Longest silence of vital signs", report.silences)
    yield from _gaps("Longest time without a laboratory result", report.lab_gaps)


def _gaps(words: str, gaps: list[Silence]) -> Iterator[Table | Text]:
    if not gaps:
        return
    yield title(words)
    rows = table("stay first named at", "since (UTC)", ">for")
    for one in gaps[:MOST_STAYS]:
        row(rows, (one.first, f"{one.since:%Y-%m-%d %H:%M}", span(one.length)))
    yield rows


def components(report: Report) -> Iterator[Table | Text]:
    count = len(report.feed.stays)
    if not count:
        return
    yield title(f"What could be scored, of {count:,} stays")
    if report.unadmitted:
        yield Text("Stays without an admission are counted as if they had one.", "grey58")
    rows = table("score", "component", ">stays", "never usable", "rule")
    for one in report.prospects:
        missing = ", ".join(need.name for need in one.missing)
        row(rows, (one.component.of, one.component.name, one.stays, missing, one.component.rule))
    yield rows
