"""Points as pictures of five characters, told apart by shape before colour, so that a screen without colour serves too.

A measured zero is a digit on a dotted floor; an organ nobody measured has no digit and no dots.
"""

from typing import Any

from rich.style import Style
from rich.text import Text

Record = dict[str, Any]

COLOURS = ("#5fbf6a", "#b9c941", "#f2c037", "#f28b30", "#ef5350")
"""By points, 0-4."""
CARRIED, SEDATED, UNKNOWN = "#7aa6da", "#c58af9", "#8a8f98"
STATUS = {"preliminary": "#8a8f98", "final": "#5fbf6a", "amended": "#ff79c6", "entered-in-error": "#ef5350"}
BLOCKS = "▁▂▃▄▅▆▇█"
HIGHEST = 24
"""A MODS total runs from 0 to 24."""


def organ(component: Record) -> Text:
    """One organ's points: filled blocks measured, shaded ones carried forward, a dashed line where nothing is known."""
    points, basis = component["points"], component["basis"]
    if basis == "measured":
        return Text(f"{points}{'█' * points}{'·' * (4 - points)}", COLOURS[points])
    if basis == "carried-forward":
        digit = Text(str(points), CARRIED)
        return digit + Text("▒" * points, COLOURS[points]) + Text("‹" * (4 - points), CARRIED)
    if basis == "assumed-normal-sedated":
        return Text("z╌╌╌╌", SEDATED)
    return Text("?╌╌╌╌", UNKNOWN)


def legend() -> Text:
    """What the organ pictures mean."""
    parts = (
        ("measured", {"points": 2, "basis": "measured"}),
        ("carried forward", {"points": 2, "basis": "carried-forward"}),
        ("not measured", {"points": 0, "basis": "assumed-normal"}),
        ("sedated", {"points": 0, "basis": "assumed-normal-sedated"}),
    )
    zero = organ({"points": 0, "basis": "measured"})
    return Text.assemble(zero, " ", *(bit for name, part in parts for bit in (organ(part), f" {name}  ")))


def trend(days: list[Record], scale: int = HIGHEST) -> Text:
    """Totals by day as columns, colour by status; a day without a record between two others stays blank."""
    by_day = {record["picu_day"]: record for record in days}
    text = Text()
    for day in range(1, max(by_day, default=0) + 1):
        record = by_day.get(day)
        if record is None:
            text.append(" ")
            continue
        step = min(len(BLOCKS) - 1, record["total"] * len(BLOCKS) // (scale + 1))
        text.append(BLOCKS[step], STATUS[record["status"]])
    return text


def total(record: Record) -> Text:
    """The total, coloured by how heavy it is."""
    return Text(str(record["total"]), Style(color=COLOURS[min(4, record["total"] // 4)], bold=True))


def span(record: Record) -> Text:
    """What the total could be, given what is not measured; nothing where all is."""
    low, high = record["range"]["min"], record["range"]["max"]
    return Text("" if low == high else f"{low}–{high}", UNKNOWN)


def status(record: Record) -> Text:
    """The record's status in at most eight letters."""
    word = {"preliminary": "prelim.", "entered-in-error": "in error"}.get(record["status"], str(record["status"]))
    return Text(word, STATUS[record["status"]])
