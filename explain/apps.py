"""The receipt of an APPS: of a day, or 24 hours after the onset of an ARDS episode."""

from rich.text import Text

from picustream.explain import words
from picustream.explain.audit import faults
from picustream.explain.bands import apps_band
from picustream.explain.chains import Chain, FirstCounted, day_of
from picustream.explain.frame import COLUMN, closing, opening, study_day
from picustream.explain.inputs import show_inputs
from picustream.explain.working import working
from picustream.scoring.scores.apps.record import AppsComponent, AppsRecord
from picustream.terminal import glyphs
from picustream.terminal.page import Page

HIGHEST = 9
_NAME = 16
_LEAST, _MOST = 1, 3
"""Points of a component that has any."""


def title(record: AppsRecord) -> str:
    """Which APPS of the stay it is."""
    if record.basis == "daily":
        return f"daily APPS of {record.day}"
    return f"APPS 24 h after onset, episode {record.episode}, of {day_of(record)}"


def receipt(page: Page, chain: Chain[AppsRecord], counted: FirstCounted) -> None:
    """Write the receipt of a chain's current record, and its revisions, on a page."""
    record = chain.current
    opening(page, record, title(record), _total(chain))
    if record.components is not None:
        _ards(page, record)
        _possible(page, record)
        for name, component in record.components:
            page.blank()
            _component(page, name, component, record, counted)
    closing(page, chain, faults(record))


def _total(chain: Chain[AppsRecord]) -> str:
    if chain.withdrawn:
        return "withdrawn"
    return "no total" if chain.current.total is None else f"total {chain.current.total} of {HIGHEST}"


def _ards(page: Page, record: AppsRecord) -> None:
    if record.onset_at is not None:
        page.field("ARDS", f"{record.ards}, onset {words.moment(record.onset_at)} (A2, A3)", COLUMN)
    page.field("counted", study_day(record), COLUMN)
    settings = words.yes_no(record.standard_settings, "not known, for PEEP or FiO2 is missing")
    page.field("settings", f"PEEP and FiO2 at standard or above: {settings} (A8)", COLUMN)


def _possible(page: Page, record: AppsRecord) -> None:
    assert record.components is not None
    points = [component.points for _, component in record.components]
    told = " + ".join("–" if one is None else str(one) for one in points)
    if record.total is not None:
        page.field("total", f"{told} = {record.total}", COLUMN)
        return
    low, high = possible_total(record)
    page.field("total", f"{told}: none, for a missing part is never a default (A7); could be {low} to {high}", COLUMN)


def possible_total(record: AppsRecord) -> tuple[int, int]:
    """What the total could be: a missing component may have 1 to 3 points."""
    assert record.components is not None
    points = [component.points for _, component in record.components]
    return sum(one or _LEAST for one in points), sum(one or _MOST for one in points)


def _component(page: Page, name: str, component: AppsComponent, record: AppsRecord, counted: FirstCounted) -> None:
    label = Text(words.APPS_NAMES[name].upper().ljust(_NAME), "bold")
    if component.points is None:
        page.field(label, Text("no points, could be 1-3", glyphs.UNKNOWN), _NAME)
        page.write(f"Missing: {words.why_no_points(component.reason)} (A7).", indent=2)
    else:
        page.field(label, Text(f"{words.points(component.points)} for {apps_band(name, component)}", "bold"), _NAME)
        page.write(_basis(name, component, record), indent=2)
    made = working(component.inputs)
    if made is not None and made.formula:
        page.write(f"P/F = {made.sentence} {words.unit_of(component.unit)}", indent=2, style="bold")
    show_inputs(page, component.inputs, counted)


def _basis(name: str, component: AppsComponent, record: AppsRecord) -> str:
    rules = ", ".join(words.RULES[name])
    if name == "age":
        if component.value is None:
            return f"Every birth date that is possible gives the same points ({rules})."
        return f"{words.quantity(component.value, component.unit)}, completed on the day of the onset ({rules})."
    if name == "pf":
        own, chosen = "A5", "the day's first pair under invasive ventilation"
        if record.basis == "at-24h":
            own, chosen = "A4", f"the pair nearest to {words.moment(record.effective_at)}, 24 h after the onset"
        return f"Measured: {chosen} ({own}, {rules})."
    if component.reason == "peak-in-pressure-control":
        return f"No plateau within reach of the PaO2: the peak pressure under pressure control in its stead ({rules})."
    return f"Measured: the plateau nearest to the PaO2 ({rules})."
