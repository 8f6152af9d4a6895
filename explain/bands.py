"""The band that gave the points, as an interval and to read (rules M1, A1)."""

from decimal import Decimal

from picustream.explain.words import MEASURES, unit_of
from picustream.models.record import AppsComponent, ModsComponent, Organ
from picustream.scoring.chart.bands import BANDS

_LOWEST_GCS, _HIGHEST_GCS = 3, 15

_APPS_INTERVALS = {
    "age": {1: "< 47", 2: "[47, 66]", 3: "> 66"},
    "pf": {1: "> 158", 2: "[105, 158]", 3: "< 105"},
    "plateau": {1: "< 27", 2: "[27, 30]", 3: "> 30"},
}
_APPS_WORDS = {
    "age": {1: "age < 47 years", 2: "47 ≤ age ≤ 66 years", 3: "age > 66 years"},
    "pf": {1: "P/F > 158 mmHg", 2: "105 ≤ P/F ≤ 158 mmHg", 3: "P/F < 105 mmHg"},
    "plateau": {1: "plateau < 27 cmH2O", 2: "27 ≤ plateau ≤ 30 cmH2O", 3: "plateau > 30 cmH2O"},
}
DISPUTED_PLATEAU = Decimal(27)
"""Exactly this pressure gives the points that the protocol says (A1)."""


def limits(organ: Organ, points: int) -> tuple[int | None, int | None]:
    """A MODS band's ends: values above the first and at or below the second; None where it is open."""
    bands = BANDS[organ]
    edges = sorted(bands.edges)
    place = points if bands.high_is_bad else 4 - points
    return (edges[place - 1] if place > 0 else None, edges[place] if place < 4 else None)


def mods_interval(component: ModsComponent) -> str | None:
    """The band as an interval, `(150, 225]`; None where no value fell into one."""
    return None if component.value is None else BANDS[component.organ].band(component.points)


def mods_band(component: ModsComponent) -> str | None:
    """The band to read, `150 < P/F ≤ 225 mmHg`; None where no value fell into one."""
    if component.value is None:
        return None
    low, high = limits(component.organ, component.points)
    if component.organ == "neurologic":
        return _gcs_band(low, high)
    left = f"{low} < " if low is not None and high is not None else ""
    right = f"≤ {high}" if high is not None else f"> {low}"
    return f"{left}{MEASURES[component.organ]} {right} {unit_of(BANDS[component.organ].unit)}".rstrip()


def _gcs_band(low: int | None, high: int | None) -> str:
    """The GCS is whole, so that its bands are read as the values in them."""
    lowest = _LOWEST_GCS if low is None else low + 1
    highest = _HIGHEST_GCS if high is None else high
    return f"GCS {lowest}" if lowest == highest else f"GCS {lowest}-{highest}"


def apps_interval(name: str, component: AppsComponent) -> str | None:
    """As `mods_interval`, for `age`, `pf` or `plateau`."""
    if component.points is None:
        return None
    return "<= 27" if _disputed(name, component) else _APPS_INTERVALS[name][component.points]


def apps_band(name: str, component: AppsComponent) -> str | None:
    """As `mods_band`, for `age`, `pf` or `plateau`."""
    if component.points is None:
        return None
    if _disputed(name, component):
        return "plateau ≤ 27 cmH2O (exactly 27 counts as 1 in this protocol)"
    return _APPS_WORDS[name][component.points]


def _disputed(name: str, component: AppsComponent) -> bool:
    return name == "plateau" and component.value == DISPUTED_PLATEAU and component.points == 1
