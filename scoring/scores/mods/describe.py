"""The MODS in words: what a receipt says of a day and of each organ."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from picustream.models.record import WITHDRAWN, ScorePart
from picustream.models.text import plain, printed
from picustream.scoring.scores import words
from picustream.scoring.scores.bands import Interval
from picustream.scoring.scores.description import Component, PartText
from picustream.scoring.scores.mods.organs import POINTS, Organ
from picustream.scoring.scores.mods.record import ModsComponent, ModsRecord
from picustream.scoring.scores.working import working

BANDED = ("measured", "carried-forward")
"""Bases of a value that fell into a band; under sedation a 15 is in the record, and nothing was banded."""


class ModsDescription:
    """Of a MODS of these organs."""

    name = "MODS"
    pictured = True
    tail_head = "m/c/a"
    legend = "m/c/a: organs measured, carried forward, assumed normal"
    caveats: Mapping[str, str] = {
        "adult-derived-score": "The score was made from adults and its bands know no age: in a child it is a number to"
        " compare, not to judge by (M11).",
        "intubated-verbal": "The GCS was charted in an intubated child, whose verbal part cannot be tested (M10).",
    }

    def __init__(self, organs: Sequence[Organ]) -> None:
        self._organs = {organ.name: organ for organ in organs}
        self.part_names = tuple(self._organs)
        self.highest = POINTS * len(organs)
        self.components = tuple(Component("MODS", organ.name, organ.rules[1], organ.needs) for organ in organs)

    def title(self, record: ModsRecord) -> str:
        return f"MODS of {record.day}"

    def day(self, record: ModsRecord) -> date:
        return record.day

    def place(self, record: ModsRecord) -> tuple[Any, ...]:
        return (record.day,)

    def headings(self, record: ModsRecord) -> Iterator[tuple[str, str]]:
        if record.status == WITHDRAWN:
            return
        if record.window is not None:
            start, end = (at.isoformat(" ", "minutes") for at in (record.window.start, record.window.end))
            length = record.window.end - record.window.start
            unlike = "" if length == timedelta(days=1) else f" ({words.span(length)})"
            yield "day", f"{start} to {end}{unlike}, {record.window.timezone}"
        yield words.COUNTED, f"day {record.picu_day} in the PICU; {words.study_day(record)}"
        points = " + ".join(str(component.points) for component in record.components)
        yield "total", f"{points} = {record.total}"
        if record.range is not None:
            yield "", _could_be(record)

    def parts(self, record: ModsRecord) -> Mapping[str, ScorePart]:
        return {component.organ: component for component in record.components}

    def label(self, name: str) -> str:
        return name

    def head(self, name: str) -> str:
        return self._organs[name].words.short

    def part(self, record: ModsRecord, name: str) -> PartText:
        [component] = [one for one in record.components if one.organ == name]
        organ, measured = self._organs[name], component.basis == "measured"
        banded = component.basis in BANDED
        charted = "charted " if component.basis == "assumed-normal-sedated" else ""
        return PartText(
            verdict=_verdict(organ, component),
            known=banded,
            basis=_basis(organ, component),
            measure=f"{charted}{organ.words.measure}",
            band=str(organ.bands.by_points[component.points]) if banded else None,
            band_in_words=_band(organ, component) if banded else None,
            possible=(component.points, component.points) if measured else (0, POINTS),
            why_not_measured=None if measured else _why_not_measured(organ, component.reason),
            rules=organ.rules,
        )

    def possible_total(self, record: ModsRecord) -> tuple[int, int] | None:
        return None if record.range is None else (record.range.min, record.range.max)

    def tail(self, record: ModsRecord) -> str:
        return f"{record.measured}/{record.carried}/{record.assumed}"

    def why_passed_over(self, name: str, reason: str) -> str:
        return self._organs[name].words.unpaired if reason == "unpaired" else words.FAULTS.get(reason, reason)

    def faults(self, record: ModsRecord) -> Iterator[str]:
        for component in record.components:
            yield from _faults(self._organs[component.organ], component)
        if record.total is None or record.range is None:
            return
        certain = [component.points for component in record.components if component.basis == "measured"]
        others = len(record.components) - len(certain)
        if record.total != sum(component.points for component in record.components):
            yield "the total is not the sum of the points"
        if (record.range.min, record.range.max) != (sum(certain), sum(certain) + POINTS * others):
            yield "the range does not follow from what was measured"
        carried = sum(component.basis == "carried-forward" for component in record.components)
        if [record.measured, record.carried, record.assumed] != [len(certain), carried, others - carried]:
            yield "measured, carried and assumed are miscounted"


def _could_be(record: ModsRecord) -> str:
    assert record.range is not None
    measured = record.measured or 0
    counts = (
        f"{measured} organ{'' if measured == 1 else 's'} measured, {record.carried} carried forward,"
        f" {record.assumed} assumed"
    )
    could = "" if record.range.min == record.range.max else f"could be {record.range.min} to {record.range.max}: "
    return f"{could}{counts}"


def _verdict(organ: Organ, component: ModsComponent) -> str:
    if component.basis in BANDED:
        return f"{words.points(component.points)} for {_band(organ, component)}"
    why = " under sedation" if component.basis == "assumed-normal-sedated" else ""
    return f"assumed normal{why}: 0 points counted, could be 0-{POINTS}"


def _band(organ: Organ, component: ModsComponent) -> str:
    interval = organ.bands.by_points[component.points]
    if organ.words.whole is not None:
        return _whole(organ.words.measure, interval, *organ.words.whole)
    return words.band(organ.words.measure, interval, organ.bands.unit)


def _whole(measure: str, interval: Interval, lowest: int, highest: int) -> str:
    """A measure that is whole is read as the values in its band."""
    first = lowest if interval.low is None else int(interval.low) + 1
    last = highest if interval.high is None else int(interval.high)
    return f"{measure} {first}" if first == last else f"{measure} {first}-{last}"


def _basis(organ: Organ, component: ModsComponent) -> str:
    why = _why_not_measured(organ, component.reason)
    if component.basis == "measured":
        return f"Measured: {organ.words.first_of_day} ({', '.join(organ.rules)})."
    if component.basis == "carried-forward" and component.observed_at and component.age_hours is not None:
        return (
            f"Carried forward from {words.moment(component.observed_at)}, {plain(component.age_hours)} h before the day"
            f" ended (M7): {why}. This day it could be 0-{POINTS} points (M8)."
        )
    if component.basis == "assumed-normal-sedated":
        return f"Not measured: {why}, so it counts as 15 (M6, M9). The charted values:"
    never = f" {organ.words.never_assumed}" if organ.words.never_assumed else ""
    return f"Not measured: {why}, and none of an earlier day to carry forward (M7, M8).{never}"


def _why_not_measured(organ: Organ, reason: str | None) -> str:
    """Why a day has no usable value of an organ."""
    if reason == "unpaired":
        return f"{organ.words.measure} cannot be made of this day's values: {organ.words.unpaired}"
    if reason in words.FAULTS:
        return f"{organ.words.nothing_came} can be used: {words.FAULTS[reason]}"
    if reason == "sedated":
        return "sedation was on when the day's first GCS was charted"
    return organ.words.nothing_came


def _faults(organ: Organ, component: ModsComponent) -> Iterator[str]:
    if component.basis not in BANDED:
        if component.points:
            yield f"{organ.name}: points though nothing was measured"
        return
    made = working(component.inputs)
    if made is None:
        yield f"{organ.name}: the value does not follow from its inputs"
        return
    if (printed(made.exact), made.comparator) != (component.value, component.comparator):
        yield f"{organ.name}: the {organ.words.measure} does not follow from its inputs"
    if organ.points(made.exact, component.comparator) != component.points:
        yield f"{organ.name}: the points do not follow from the {organ.words.measure}"
