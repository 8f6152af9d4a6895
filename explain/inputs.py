"""The inputs of a point: value and original, when taken, when filed, since when counted, and where from (I7)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from rich.text import Text

from picustream.explain.chains import FirstCounted
from picustream.models.record import Input
from picustream.models.text import plain
from picustream.scoring.chart.units import ONE
from picustream.scoring.scores import words
from picustream.scoring.scores.working import conversion
from picustream.terminal.page import ALARM, QUIET, Page

COLUMN = 17
"""Where the text beside an input's name begins."""


def show_inputs(page: Page, inputs: Sequence[Input], counted: FirstCounted) -> None:
    """The inputs of one organ or component, in the order the rule used them."""
    before = ""
    for one in inputs:
        when, whence = times(one, inputs[0], counted(one)), f"{one.source}, id {one.id}, topic {one.topic}"
        page.field(words.VARIABLES.get(one.variable, one.variable), _value_and_sent(one), COLUMN, indent=2)
        if when != before:
            page.field("", when, COLUMN)
        page.field("", whence + ("; times as above" if when == before else ""), COLUMN, style=QUIET)
        before = when


def _value_and_sent(one: Input) -> Text:
    shown, as_sent = Text(value(one), "" if one.variable == "support" else "bold"), sent(one)
    return shown if not as_sent else shown + Text("  ") + as_sent


def value(one: Input) -> str:
    """An input as it counts."""
    if one.variable == "support":
        return "room air, so FiO2 0.21 (P1)" if one.value == "room-air" else str(one.value)
    return words.quantity(one.value, one.unit, one.comparator)


def sent(one: Input) -> Text:
    """As its feed wrote it, and how it became what counts; empty for a word."""
    if one.variable == "support" or one.original is None or one.original.value is None:
        return Text()
    return Text.assemble(
        f"sent as {plain(one.original.value)} {one.original.unit or 'without a unit'}", *_conversion(one)
    )


def _conversion(one: Input) -> list[tuple[str, str]]:
    found = conversion(one)
    if found is None or not found.follows:
        return [(" (this does not follow)", ALARM)]
    factor = f" × {plain(found.factor)}" if found.factor != ONE else ""
    rule = " (M10)" if one.variable == "gcs_verbal" else ""
    return [(factor, ""), (f", counted as {plain(found.exact)}{rule}" if found.counts_as else "", "")]


def times(one: Input, anchor: Input, counted_at: datetime) -> str:
    """When it was taken, filed and first counted in one of the stay's scores, each as late as it was."""
    verb = "as of" if isinstance(one.value, str) else "taken"
    parts = [f"{verb} {words.moment(one.observed_at)}{_beside(one, anchor)}"]
    counted = f"counted {_later(counted_at, one.observed_at)}"
    if one.recorded_at == counted_at:
        return ", ".join([*parts, f"filed and {counted}"])
    if one.recorded_at is not None:
        parts.append(f"filed {_later(one.recorded_at, one.observed_at)}")
    return ", ".join([*parts, counted])


def _beside(one: Input, anchor: Input) -> str:
    """How far from the value that it was paired with."""
    apart = one.observed_at - anchor.observed_at
    if one is anchor or not apart:
        return ""
    name = words.VARIABLES.get(anchor.variable, anchor.variable)
    return f" ({words.span(apart)} {'after' if apart > timedelta() else 'before'} the {name})"


def _later(at: datetime, taken: datetime) -> str:
    """A moment and how long after the taking it was; the day only where it is another."""
    late = at - taken
    same_day = at.date() == taken.date() and at.utcoffset() == taken.utcoffset()
    written = words.moment(at)[11:] if same_day else words.moment(at, taken)
    if not late:
        return "at once"
    return f"{written} ({words.span(late)} {'later' if at > taken else 'before it was taken'})"
