"""The table of beds: one line a bed where space is scarce, two with values where there is plenty."""

from typing import Any

from rich.table import Table
from rich.text import Text

from picustream.demo.news import spoken
from picustream.demo.tally import StayScores, Tally
from picustream.scoring.scores.mods.organs import ORGANS
from picustream.terminal import glyphs

Record = dict[str, Any]

COLUMNS = [(organ.words.short, organ.words.reading) for organ in ORGANS]
"""Names of five letters, and what is measured; in the order of the record's components."""

UNLABELLED = 79
"""Columns of a one-line row without the child's label."""
LABEL = range(12, 27)
"""Columns that a label may have, with the one between: below, it is left out; above, none needs more."""


def compact(tally: Tally, width: int) -> Table:
    """One line a bed; five characters an organ; fits 80 columns."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, header_style="grey58")
    room = min(width - UNLABELLED, LABEL[-1])
    labelled = room in LABEL
    table.add_column("bed", no_wrap=True)
    if labelled:
        table.add_column("child", no_wrap=True, width=room - 1)
    for head in ("day", "MODS", "range"):
        table.add_column(head, no_wrap=True, justify="left" if head == "range" else "right")
    for name, _ in COLUMNS:
        table.add_column(name, no_wrap=True, width=5)
    for head, columns in (("trend", 8), ("APPS", 4), ("status", 8)):
        table.add_column(head, no_wrap=True, width=columns)
    for stay in tally.stays.values():
        label = [Text(_label(stay, tally), "grey70", overflow="ellipsis")] if labelled else []
        table.add_row(Text(stay.stay_id, "bold"), *label, *_cells(stay, tally), style=_shade(stay, tally))
    return table


def _cells(stay: StayScores, tally: Tally) -> list[Text]:
    record = stay.current
    if record is None:
        return [Text("") for _ in range(11)] + [_status_of(stay, tally, None)]
    organs = [glyphs.organ(component) for component in record["components"]]
    day = Text(str(record["picu_day"]))
    trend = glyphs.trend(stay.days[-8:], _scale(tally))
    return [
        day,
        glyphs.total(record),
        glyphs.span(record),
        *organs,
        trend,
        _apps(stay),
        _status_of(stay, tally, record),
    ]


def roomy(tally: Tally) -> Table:
    """Two lines a bed and one between: points above, the value and where it is from below."""
    table = Table(box=None, padding=(0, 1, 1, 0), pad_edge=False, show_edge=False, header_style="grey58", expand=True)
    for head in ("bed\n", "MODS\nrange"):
        table.add_column(head, no_wrap=True)
    for name, measure in COLUMNS:
        table.add_column(f"{name}\n{measure}", no_wrap=True, min_width=11)
    for head in ("trend\nby day", "APPS\nat 24 h", "status\n"):
        table.add_column(head, no_wrap=True, min_width=9)
    for stay in tally.stays.values():
        who = Text.assemble((stay.stay_id, "bold"), f" {_day(stay.current)}\n", (_label(stay, tally), "grey70"))
        table.add_row(who, *_tall_cells(stay, tally), style=_shade(stay, tally))
    return table


def _tall_cells(stay: StayScores, tally: Tally) -> list[Text]:
    record = stay.current
    if record is None:
        return [Text("") for _ in range(9)] + [_status_of(stay, tally, None)]
    totals = Text.assemble(glyphs.total(record), "\n", glyphs.span(record))
    organs = [Text.assemble(glyphs.organ(part), "\n", _reading(part)) for part in record["components"]]
    numbers = " ".join(str(day["total"]) for day in stay.days[-3:])
    trend = Text.assemble(glyphs.trend(stay.days, _scale(tally)), "\n", (numbers, "grey58"))
    late = stay.apps_at_24h
    apps = Text.assemble(_apps(stay), "\n", ("" if late is None else _apps_total(late), "grey58"))
    return [totals, *organs, trend, apps, _status_of(stay, tally, record)]


def _reading(part: Record) -> Text:
    if part["basis"] == "measured":
        return Text(spoken(part))
    if part["basis"] == "carried-forward":
        return Text(f"{spoken(part)} ‹{part['age_hours']:.0f} h", glyphs.CARRIED)
    if part["basis"] == "assumed-normal-sedated":
        return Text("sedated", glyphs.SEDATED)
    return Text((part["reason"] or "not measured").replace("-", " "), glyphs.UNKNOWN)


def _day(record: Record | None) -> str:
    return "" if record is None else f"day {record['picu_day']}"


def _label(stay: StayScores, tally: Tally) -> str:
    """What the child has, once there is one in the bed."""
    return stay.bed.label if stay.bed and tally.now and stay.bed.admitted <= tally.now else ""


def _apps(stay: StayScores) -> Text:
    record = stay.daily_apps
    return Text("") if record is None else Text(_apps_total(record))


def _apps_total(record: Record) -> str:
    return "?" if record["total"] is None else str(record["total"])


def _left(stay: StayScores, tally: Tally) -> bool:
    return bool(stay.bed and tally.now and stay.bed.left <= tally.now)


def _status_of(stay: StayScores, tally: Tally, record: Record | None) -> Text:
    """How the stay is: the bed still empty, the record's status, or how the stay ended."""
    if _left(stay, tally) and stay.bed:
        return Text({"died": "died", "ward": "left"}.get(stay.bed.whereto, "moved"), "bold")
    return Text("empty", "grey50") if record is None else glyphs.status(record)


def _shade(stay: StayScores, tally: Tally) -> str:
    return "dim" if _left(stay, tally) else ""


def _scale(tally: Tally) -> int:
    """The ward's highest total so far, so that small changes show; at least 12."""
    totals = [record["total"] for stay in tally.stays.values() for record in stay.days]
    return max(12, *totals) if totals else 12
