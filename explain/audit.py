"""Whether a record adds up: its points, total and range against what follows from the inputs it names (I7)."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from picustream.explain.bands import OF_COMPONENT, OF_ORGAN
from picustream.explain.chains import ScoreRecord
from picustream.explain.words import APPS_NAMES, MEASURES
from picustream.explain.working import conversion, working
from picustream.models.birth import parse_birth
from picustream.models.record import Input
from picustream.models.text import printed
from picustream.scoring.scores.apps.components import DISPUTED_PLATEAU
from picustream.scoring.scores.apps.record import AppsComponent, AppsRecord
from picustream.scoring.scores.mods.organs import POINTS
from picustream.scoring.scores.mods.record import ModsComponent, ModsRecord

WITH_VALUE = ("measured", "carried-forward")


def faults(record: ScoreRecord) -> list[str]:
    """What does not follow from the record itself, in words; empty for a sound or a withdrawn record."""
    return list(_mods(record) if isinstance(record, ModsRecord) else _apps(record))


def _mods(record: ModsRecord) -> Iterator[str]:
    for component in record.components:
        yield from _inputs(component.organ, component.inputs)
        yield from _organ(component)
    if record.total is None or record.range is None:
        return
    certain = [component.points for component in record.components if component.basis == "measured"]
    if record.total != sum(component.points for component in record.components):
        yield "the total is not the sum of the points"
    if (record.range.min, record.range.max) != (
        sum(certain),
        sum(certain) + POINTS * (len(record.components) - len(certain)),
    ):
        yield "the range does not follow from what was measured"
    counts = [record.measured, record.carried, record.assumed]
    carried = sum(component.basis == "carried-forward" for component in record.components)
    if counts != [len(certain), carried, len(record.components) - len(certain) - carried]:
        yield "measured, carried and assumed are miscounted"


def _organ(component: ModsComponent) -> Iterator[str]:
    if component.basis not in WITH_VALUE:
        if component.points:
            yield f"{component.organ}: points though nothing was measured"
        return
    made = working(component.inputs)
    if made is None:
        yield f"{component.organ}: the value does not follow from its inputs"
        return
    if (printed(made.exact), made.comparator) != (component.value, component.comparator):
        yield f"{component.organ}: the {MEASURES[component.organ]} does not follow from its inputs"
    if _points(component, made.exact) != component.points:
        yield f"{component.organ}: the points do not follow from the {MEASURES[component.organ]}"


def _points(component: ModsComponent, value: Decimal) -> int | None:
    """The points of the value; of one with a comparator those of all that it stands for, if any (V4)."""
    return OF_ORGAN[component.organ].points(value, component.comparator)


def _apps(record: AppsRecord) -> Iterator[str]:
    if record.components is None:
        return
    for name, component in record.components:
        yield from _inputs(name, component.inputs)
        if component.points is not None and component.points not in possible_points(record, name, component):
            yield f"{APPS_NAMES[name]}: the points do not follow from the inputs"
    points = [component.points for _, component in record.components]
    if record.total != (None if None in points else sum(point for point in points if point is not None)):
        yield "the total is not the sum of the points"


def possible_points(record: AppsRecord, name: str, component: AppsComponent) -> set[int]:
    """The points an APPS component may have by its inputs: one, but for a plateau of exactly 27 cmH2O (A1)."""
    if name == "age":
        return _age_points(component.inputs, record.onset_at)
    made = working(component.inputs)
    if made is None or printed(made.exact) != component.value:
        return set()
    points = OF_COMPONENT[name].points(made.exact)
    return {1, points} if name == "plateau" and made.exact == DISPUTED_PLATEAU else {points}


def _age_points(inputs: list[Input], onset_at: datetime | None) -> set[int]:
    """A7: of every age that the birth date allows on the local day of the onset."""
    if onset_at is None or len(inputs) != 1:
        return set()
    try:
        born = parse_birth(str(inputs[0].value))
    except ValueError:
        return set()
    return {OF_COMPONENT["age"].points(Decimal(years)) for years in born.years_on(onset_at.date())}


def _inputs(part: str, inputs: list[Input]) -> Iterator[str]:
    for one in inputs:
        found = conversion(one)
        if isinstance(one.value, Decimal) and (found is None or not found.follows):
            yield f"{part}: the value of {one.id} does not follow from the value as sent"
