"""The receipt of a day's MODS."""

from datetime import timedelta

from rich.text import Text

from picustream.explain import words
from picustream.explain.audit import faults
from picustream.explain.bands import mods_band
from picustream.explain.chains import Chain, FirstCounted
from picustream.explain.frame import COLUMN, closing, opening, study_day
from picustream.explain.inputs import show_inputs
from picustream.explain.working import Working, working
from picustream.models.text import plain
from picustream.scoring.scores.mods.record import ModsComponent, ModsRecord
from picustream.terminal import glyphs
from picustream.terminal.page import QUIET, Page

HIGHEST = 24
_NAME = 16
"""Columns of an organ's name, longest `cardiovascular`."""
_ROOM_FOR_TIMES = 76
"""From this width on the summary has room for when a value was taken."""
_BASES = {
    "measured": "measured",
    "carried-forward": "carried forward",
    "assumed-normal": "not measured",
    "assumed-normal-sedated": "sedated",
}


def receipt(page: Page, chain: Chain[ModsRecord], counted: FirstCounted) -> None:
    """Write the receipt of a chain's current record, and its revisions, on a page."""
    record = chain.current
    total = "withdrawn" if record.total is None else f"total {record.total} of {HIGHEST}"
    opening(page, record, f"MODS of {record.day}", total)
    if not chain.withdrawn:
        _day(page, record)
        _total(page, record)
        page.blank()
        _summary(page, record)
        for component in record.components:
            page.blank()
            _organ(page, component, counted)
    closing(page, chain, faults(record))


def _day(page: Page, record: ModsRecord) -> None:
    if record.window is not None:
        start, end = (at.isoformat(" ", "minutes") for at in (record.window.start, record.window.end))
        length = record.window.end - record.window.start
        unlike = "" if length == timedelta(days=1) else f" ({words.span(length)})"
        page.field("day", f"{start} to {end}{unlike}, {record.window.timezone}", COLUMN)
    page.field("counted", f"day {record.picu_day} in the PICU; {study_day(record)}", COLUMN)


def _total(page: Page, record: ModsRecord) -> None:
    points = " + ".join(str(component.points) for component in record.components)
    page.field("total", f"{points} = {record.total}", COLUMN)
    if record.range is None:
        return
    counts = (
        f"{words.organs(record.measured or 0)} measured, {record.carried} carried forward, {record.assumed} assumed"
    )
    could = "" if record.range.min == record.range.max else f"could be {record.range.min} to {record.range.max}: "
    page.field("", f"{could}{counts}", COLUMN)


def _summary(page: Page, record: ModsRecord) -> None:
    """One line an organ; what nobody measured has no digit and no value."""
    values = [_value(component) for component in record.components]
    room = max(map(len, values))
    for component, value in zip(record.components, values, strict=True):
        line = Text(component.organ.ljust(_NAME)) + glyphs.organ(component.model_dump()) + Text(f"  {value:<{room}}  ")
        if page.width >= _ROOM_FOR_TIMES:
            taken = words.moment(component.observed_at)[:16] if _has_value(component) and component.observed_at else ""
            line.append(f"{taken:<16}  ", QUIET)
        page.row(line.append(_BASES[component.basis]), _NAME)


def _has_value(component: ModsComponent) -> bool:
    return component.basis in ("measured", "carried-forward")


def _value(component: ModsComponent) -> str:
    if not _has_value(component):
        return "–"
    return words.quantity(component.value, component.unit, component.comparator)


def _organ(page: Page, component: ModsComponent, counted: FirstCounted) -> None:
    name = Text(component.organ.upper().ljust(_NAME), "bold")
    page.field(name + glyphs.organ(component.model_dump()), _verdict(component), _NAME + 7)
    page.write(_basis(component), indent=2)
    made = working(component.inputs)
    if made is not None and made.formula:
        page.write(_sentence(component, made), indent=2, style="bold")
    show_inputs(page, component.inputs, counted)
    _passed_over(page, component)


def _verdict(component: ModsComponent) -> Text:
    if _has_value(component):
        return Text(f"{words.points(component.points)} for {mods_band(component)}", "bold")
    why = " under sedation" if component.basis == "assumed-normal-sedated" else ""
    return Text(f"assumed normal{why}: 0 points counted, could be 0-4", glyphs.UNKNOWN)


def _basis(component: ModsComponent) -> str:
    organ, rules = component.organ, ", ".join(words.RULES[component.organ])
    why = words.why_not_measured(organ, component.reason)
    if component.basis == "measured":
        return f"Measured: {words.FIRST_OF_DAY[organ]} ({rules})."
    if component.basis == "carried-forward" and component.observed_at and component.age_hours is not None:
        return (
            f"Carried forward from {words.moment(component.observed_at)}, {plain(component.age_hours)} h before the day"
            f" ended (M7): {why}. This day it could be 0-4 points (M8)."
        )
    if component.basis == "assumed-normal-sedated":
        return f"Not measured: {why}, so it counts as 15 (M6, M9). The charted values:"
    never = " A CVP is never assumed." if organ == "cardiovascular" else ""
    return f"Not measured: {why}, and none of an earlier day to carry forward (M7, M8).{never}"


def _sentence(component: ModsComponent, made: Working) -> str:
    charted = "charted " if component.basis == "assumed-normal-sedated" else ""
    unit = words.unit_of(component.unit)
    return f"{charted}{words.MEASURES[component.organ]} = {made.sentence} {unit}".rstrip()


def _passed_over(page: Page, component: ModsComponent) -> None:
    """The other values of the day and why none of them was used, gathered by reason."""
    by_reason: dict[str, list[str]] = {}
    for rejected in component.candidates_rejected:
        by_reason.setdefault(rejected.reason, []).append(rejected.id)
    full = " (no more than 8 are kept)" if len(component.candidates_rejected) == 8 else ""
    for reason, ids in by_reason.items():
        page.write(f"Passed over, {words.why_passed_over(component.organ, reason)}: {', '.join(ids)}{full}", 2, hang=2)
