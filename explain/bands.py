"""The band that gave the points, as an interval and to read (rules M1, A1)."""

from picustream.explain.words import APPS_NAMES, unit_of
from picustream.scoring.scores.apps.components import AGE, DISPUTED_PLATEAU, PF, PLATEAU
from picustream.scoring.scores.apps.record import AppsComponent
from picustream.scoring.scores.bands import Bands, Interval
from picustream.scoring.scores.mods.organs import ORGANS, Organ
from picustream.scoring.scores.mods.record import ModsComponent

OF_ORGAN = {organ.name: organ for organ in ORGANS}
OF_COMPONENT: dict[str, Bands] = {"age": AGE, "pf": PF, "plateau": PLATEAU}


def mods_interval(component: ModsComponent) -> str | None:
    """The band as an interval, `(150, 225]`; None where no value fell into one."""
    return None if component.value is None else str(OF_ORGAN[component.organ].bands.by_points[component.points])


def mods_band(component: ModsComponent) -> str | None:
    """The band to read, `150 < P/F ≤ 225 mmHg`; None where no value fell into one."""
    if component.value is None:
        return None
    organ = OF_ORGAN[component.organ]
    band = organ.bands.by_points[component.points]
    if organ.words.whole is not None:
        return _whole(organ, band, *organ.words.whole)
    return in_words(organ.words.measure, band, organ.bands.unit)


def _whole(organ: Organ, band: Interval, lowest: int, highest: int) -> str:
    """A measure that is whole is read as the values in its band."""
    first = lowest if band.low is None else int(band.low) + 1
    last = highest if band.high is None else int(band.high)
    return f"{organ.words.measure} {first}" if first == last else f"{organ.words.measure} {first}-{last}"


def in_words(measure: str, band: Interval, unit: str) -> str:
    """`150 < P/F ≤ 225 mmHg`, `P/F > 300 mmHg`."""
    left = right = ""
    if band.low is not None and band.high is not None:
        left = f"{band.low} {'≤' if band.with_low else '<'} "
    if band.high is not None:
        right = f"{'≤' if band.with_high else '<'} {band.high}"
    elif band.low is not None:
        right = f"{'≥' if band.with_low else '>'} {band.low}"
    return f"{left}{measure} {right} {unit_of(unit)}".rstrip()


def apps_interval(name: str, component: AppsComponent) -> str | None:
    """As `mods_interval`, for `age`, `pf` or `plateau`."""
    if component.points is None:
        return None
    return "<= 27" if _disputed(name, component) else str(OF_COMPONENT[name].by_points[component.points])


def apps_band(name: str, component: AppsComponent) -> str | None:
    """As `mods_band`, for `age`, `pf` or `plateau`."""
    if component.points is None:
        return None
    if _disputed(name, component):
        return "plateau ≤ 27 cmH2O (exactly 27 counts as 1 in this protocol)"
    bands = OF_COMPONENT[name]
    return in_words(APPS_NAMES[name], bands.by_points[component.points], bands.unit)


def _disputed(name: str, component: AppsComponent) -> bool:
    return name == "plateau" and component.value == DISPUTED_PLATEAU and component.points == 1
