"""APPS in words: what a receipt says of it, of a day or 24 hours after the onset of an ARDS episode."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from picustream.models.birth import parse_birth
from picustream.models.event import VENTILATOR
from picustream.models.record import Input, ScorePart
from picustream.models.text import printed
from picustream.models.variable import Variable
from picustream.scoring.clinical.support import INVASIVE
from picustream.scoring.scores import words
from picustream.scoring.scores.apps.components import AGE, DISPUTED_PLATEAU, PF, PLATEAU
from picustream.scoring.scores.apps.record import AppsComponent, AppsRecord
from picustream.scoring.scores.bands import Bands
from picustream.scoring.scores.description import (
    ARDS_ONSET,
    BIRTH,
    FIO2,
    PAO2,
    PEAK_UNDER_PRESSURE_CONTROL,
    Component,
    Need,
    PartText,
    any_of,
)
from picustream.scoring.scores.working import working

_BANDS: dict[str, Bands] = {"age": AGE, "pf": PF, "plateau": PLATEAU}
_LABELS = {"age": "age", "pf": "P/F", "plateau": "plateau"}
_RULES = {"age": ("A1", "A7"), "pf": ("A1", "P1", "P3"), "plateau": ("A1", "A6")}
_LEAST, _MOST = 1, 3
"""Points of a component that has any."""
_MISSING = {
    "birth-date-missing": "no birth date is known",
    "birth-date-implausible": "the birth date that is stated cannot be true",
    "birth-date-imprecise": "the birth date is not precise enough for one band",
    "no-pair": "no arterial PaO2 with an FiO2 in the window",
    "not-measured": "neither a plateau pressure nor a peak under pressure control within reach of the PaO2",
}
_PLATEAU = any_of(
    "plateau pressure, or peak pressure with control pressure",
    VENTILATOR,
    Variable.PLATEAU_PRESSURE,
    PEAK_UNDER_PRESSURE_CONTROL,
)
_ONSET = Need(
    "PEEP with support invasive, or the onset of a confirmed ARDS",
    ((Variable.PEEP, INVASIVE), (Variable.PEEP_MEASURED, INVASIVE), (ARDS_ONSET,)),
    VENTILATOR,
)


class AppsDescription:
    """Of APPS."""

    name = "APPS"
    part_names = tuple(_LABELS)
    highest = _MOST * len(_BANDS)
    pictured = False
    tail_head = "ARDS"
    legend = "? a part that is missing: no points, and no total (A7)"
    components: tuple[Component, ...] = (
        Component("APPS", "age", "A7", (BIRTH,)),
        Component("APPS", "P/F", "A4", (PAO2, FIO2)),
        Component("APPS", "plateau", "A6", (_PLATEAU,)),
        Component("APPS", "onset", "A2", (PAO2, FIO2, _ONSET)),
    )
    caveats: Mapping[str, str] = {
        "adult-derived-score": "The score was made from adults: a child always has 1 point for age, so 3 to 7 are"
        " possible (A1).",
        "presumptive-ards": "ARDS is presumed from P/F, PEEP and ventilation; imaging and oedema are unknown here"
        " (A3).",
    }

    def title(self, record: AppsRecord) -> str:
        if record.basis == "daily":
            return f"daily APPS of {record.day}"
        return f"APPS 24 h after onset, episode {record.episode}, of {self.day(record)}"

    def day(self, record: AppsRecord) -> date:
        """An APPS 24 hours after an onset belongs to the day of that moment (A4)."""
        return record.day if record.day is not None else record.effective_at.date()

    def place(self, record: AppsRecord) -> tuple[Any, ...]:
        """Days first, then episodes."""
        return (1, record.episode) if record.day is None else (0, record.day)

    def headings(self, record: AppsRecord) -> Iterator[tuple[str, str]]:
        if record.components is None:
            return
        if record.onset_at is not None:
            yield "ARDS", f"{record.ards}, onset {words.moment(record.onset_at)} (A2, A3)"
        yield words.COUNTED, words.study_day(record)
        settings = words.yes_no(record.standard_settings, "not known, for PEEP or FiO2 is missing")
        yield "settings", f"PEEP and FiO2 at standard or above: {settings} (A8)"
        points = " + ".join("–" if part.points is None else str(part.points) for part in self.parts(record).values())
        if record.total is not None:
            yield "total", f"{points} = {record.total}"
        else:
            low, high = self._possible(record)
            yield "total", f"{points}: none, for a missing part is never a default (A7); could be {low} to {high}"

    def parts(self, record: AppsRecord) -> Mapping[str, ScorePart]:
        return {} if record.components is None else dict(record.components)

    def label(self, name: str) -> str:
        return _LABELS[name]

    def head(self, name: str) -> str:
        return _LABELS[name]

    def part(self, record: AppsRecord, name: str) -> PartText:
        component: AppsComponent = getattr(record.components, name)
        known, points = component.points is not None, component.points or 0
        why = _MISSING.get(component.reason or "", component.reason or "no reason is given")
        band = _band_in_words(name, component)
        return PartText(
            verdict=f"{words.points(points)} for {band}" if known else f"no points, could be {_LEAST}-{_MOST}",
            known=known,
            basis=_basis(name, component, record) if known else f"Missing: {why} (A7).",
            measure=_LABELS[name],
            band=_interval(name, component),
            band_in_words=band,
            possible=(points, points) if known else (_LEAST, _MOST),
            why_not_measured=None if known else why,
            rules=_RULES[name],
        )

    def possible_total(self, record: AppsRecord) -> tuple[int, int] | None:
        return None if record.components is None else self._possible(record)

    def _possible(self, record: AppsRecord) -> tuple[int, int]:
        """A missing component may have 1 to 3 points."""
        points = [part.points for part in self.parts(record).values()]
        return sum(one or _LEAST for one in points), sum(one or _MOST for one in points)

    def tail(self, record: AppsRecord) -> str:
        kind = "" if record.basis == "daily" else f", 24 h after onset {record.episode}"
        return f"{record.ards}{kind}"

    def why_passed_over(self, name: str, reason: str) -> str:
        return words.FAULTS.get(reason, reason)

    def faults(self, record: AppsRecord) -> Iterator[str]:
        parts = self.parts(record)
        if not parts:
            return
        for name, part in parts.items():
            if part.points is not None and part.points not in _follow(record, name, part):
                yield f"{_LABELS[name]}: the points do not follow from the inputs"
        points = [part.points for part in parts.values()]
        if record.total != (None if None in points else sum(point for point in points if point is not None)):
            yield "the total is not the sum of the points"


def _is_disputed(name: str, component: ScorePart) -> bool:
    return name == "plateau" and component.value == DISPUTED_PLATEAU and component.points == 1


def _interval(name: str, component: AppsComponent) -> str | None:
    if component.points is None:
        return None
    return "<= 27" if _is_disputed(name, component) else str(_BANDS[name].by_points[component.points])


def _band_in_words(name: str, component: AppsComponent) -> str | None:
    if component.points is None:
        return None
    if _is_disputed(name, component):
        return "plateau ≤ 27 cmH2O (exactly 27 counts as 1 in this protocol)"
    return words.band(_LABELS[name], _BANDS[name].by_points[component.points], _BANDS[name].unit)


def _basis(name: str, component: AppsComponent, record: AppsRecord) -> str:
    rules = ", ".join(_RULES[name])
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


def _follow(record: AppsRecord, name: str, component: ScorePart) -> set[int]:
    """The points a component may have by its inputs: one, but for a plateau of exactly 27 cmH2O (A1)."""
    if name == "age":
        return _age_points(component.inputs, record.onset_at)
    made = working(component.inputs)
    if made is None or printed(made.exact) != component.value:
        return set()
    points = _BANDS[name].points(made.exact)
    return {1, points} if name == "plateau" and made.exact == DISPUTED_PLATEAU else {points}


def _age_points(inputs: list[Input], onset_at: datetime | None) -> set[int]:
    """A7: of every age that the birth date allows on the local day of the onset."""
    if onset_at is None or len(inputs) != 1:
        return set()
    try:
        born = parse_birth(str(inputs[0].value))
    except ValueError:
        return set()
    return {AGE.points(Decimal(years)) for years in born.years_on(onset_at.date())}
