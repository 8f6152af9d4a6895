"""Points as pictures of five characters: they differ by shape before colour, so a screen without colour serves too.

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
BASES = {
    "measured": "measured",
    "carried-forward": "carried forward",
    "assumed-normal": "not measured",
    "assumed-normal-sedated": "sedated",
}
"""What the pictures mean, by basis."""


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
    zero = organ({"points": 0, "basis": "measured"})
    parts = [(organ({"points": 2, "basis": basis}), f" {name}  ") for basis, name in BASES.items()]
    return Text.assemble(zero, " ", *(bit for part in parts for bit in part))


def trend(days: list[Record], scale: int) -> Text:
    """Totals by day as columns up to `scale`, colour by status; a day without a record between others stays blank."""
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
