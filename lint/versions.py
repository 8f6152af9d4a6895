"""What is wrong with versions once all are known: corrections that met nothing, ids that were used for two things,
admissions that moved, times far from their filing. The definitions are those of the alerts of these names
(docs/alerts.md); a file has no clock, so the end of the file counts as `finalise_after`.
"""

from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from picustream.lint.identity import Sort, numbers
from picustream.lint.memory import LATEST_FIRST, VERSION_ORDER, Memory, moment, where
from picustream.models.envelope import NEEDS_FILING_TIME
from picustream.scoring.chart.entries import Version as Rank
from picustream.scoring.chart.lineage import AMENDED, ANOTHER_TIME, Lineage

FAR_OBSERVED, FAR_STATED = timedelta(days=7), timedelta(days=60)
"""A measurement, or a fact, filed so long after it is a finding; so is either filed a week before it."""
_MICROSECOND = timedelta(microseconds=1)

_CORRECTING = numbers(NEEDS_FILING_TIME)
_VERSIONS = f"""
    SELECT name, MIN(feed), bare, meant, form, sort, at, filed, rank, event, MIN(place) FROM thing
    WHERE name IN (SELECT name FROM thing GROUP BY name
                   HAVING MAX(at) - MIN(at) > {ANOTHER_TIME // _MICROSECOND} OR MAX(status IN ({_CORRECTING})))
    GROUP BY name, {VERSION_ORDER} ORDER BY name, {VERSION_ORDER}
"""
_STRAYS = "CREATE TABLE stray (feed INTEGER, name INTEGER, bare INTEGER, meant INTEGER)"
_SAME_MOMENT = f"""
    SELECT feed, COUNT(*) FROM stray WHERE EXISTS (SELECT 1 FROM thing WHERE thing.meant = stray.meant
    AND thing.name <> stray.name AND status NOT IN ({_CORRECTING})) GROUP BY feed
"""
_OTHER_STAY = """
    SELECT feed, COUNT(*) FROM stray WHERE EXISTS (SELECT 1 FROM thing WHERE thing.bare = stray.bare
    AND thing.name <> stray.name) GROUP BY feed
"""
_IS_FAR = f"""
    (filed - at >= CASE WHEN sort <= {Sort.NO_SUPPORT} THEN {FAR_OBSERVED // _MICROSECOND}
                                                    ELSE {FAR_STATED // _MICROSECOND} END
     OR at - filed >= {FAR_OBSERVED // _MICROSECOND})
"""
_FAR = f"""
    SELECT feed, COUNT(DISTINCT place), MIN(place) FROM
    (SELECT *, RANK() OVER (PARTITION BY name ORDER BY {LATEST_FIRST}) AS nth FROM thing
     WHERE name IN (SELECT name FROM thing WHERE {_IS_FAR}))
    WHERE nth = 1 AND {_IS_FAR} AND status NOT IN ({_CORRECTING}) GROUP BY feed
"""


class _Filed(NamedTuple):
    source: str


class Version(NamedTuple):
    """A version of a thing; those of one come in their order. A `Lineage` takes it as one of a chart's."""

    name: int
    feed: int
    bare: int
    meant: int
    form: int
    sort: int
    happened: int
    filed_at: int
    status_rank: int
    event: str
    place: int

    @property
    def corrects(self) -> bool:
        return self.status_rank >= AMENDED

    @property
    def filed(self) -> _Filed:
        return _Filed("")

    @property
    def at(self) -> datetime:
        return moment(self.happened)

    @property
    def rank(self) -> Rank:
        """What decides between versions (`Lineage`)."""
        return moment(self.filed_at), self.status_rank, self.event


@dataclass(slots=True)
class Anomaly:
    """How often something is wrong with the versions of one feed."""

    count: int = 0
    place: tuple[int, int] | None = None
    """Numbers of the file and the line of the first."""
    same_moment: int = 0
    """Of unmatched corrections: how many name the code and moment of a value under another id."""
    other_stay: int = 0
    """Of unmatched corrections: how many have an id that another stay has."""
    forms: Counter[int] = field(default_factory=Counter)
    """Of ids that were used again."""
    event_ids: set[str] = field(default_factory=set)
    """Of events that used an id again: one, or two for several."""

    def add(self, place: int) -> None:
        line = where(place)
        self.count += 1
        self.place = line if self.place is None else min(self.place, line)


@dataclass(frozen=True, slots=True)
class Anomalies:
    """By feed."""

    unmatched: dict[int, Anomaly]
    reused: dict[int, Anomaly]
    moved: dict[int, Anomaly]
    far: dict[int, Anomaly]


def version_anomalies(memory: Memory) -> Anomalies:
    """What is wrong with versions once all are known."""
    memory.write()
    run = memory.database.execute
    far = {feed: Anomaly(count, where(place)) for feed, count, place in run(_FAR)}
    anomalies = Anomalies({}, {}, {}, far)
    run(_STRAYS)
    with closing(run(_VERSIONS)) as rows:
        for _, group in groupby(map(Version._make, rows), key=attrgetter("name")):
            _evaluate(group, anomalies, memory)
    if anomalies.unmatched:
        _look_up_strays(anomalies.unmatched, memory)
    return anomalies


def _look_up_strays(unmatched: dict[int, Anomaly], memory: Memory) -> None:
    """Count what unmatched corrections were probably meant for."""
    for columns in ("bare, name", "meant, name, status"):
        memory.database.execute(f"CREATE INDEX by_{columns.split(',')[0]} ON thing ({columns})")
    for feed, count in memory.database.execute(_SAME_MOMENT):
        unmatched[feed].same_moment = count
    for feed, count in memory.database.execute(_OTHER_STAY):
        unmatched[feed].other_stay = count


def _evaluate(versions: Iterable[Version], anomalies: Anomalies, memory: Memory) -> None:
    """Add what is wrong with the versions of one thing, of which there may be any number."""
    lineage, speaks_of_it = Lineage(), False
    decisive: dict[Rank | None, Version] = {}
    for version in versions:
        lineage.add(version, version.sort == Sort.ADMISSION)
        speaks_of_it = speaks_of_it or (version.corrects and version.sort != Sort.NO_SUPPORT)
        decisive[version.rank] = version
        for rank in decisive.keys() - _decisive_ranks(lineage):
            del decisive[rank]
    if lineage.unmatched is not None and speaks_of_it:
        _add_unmatched(decisive[lineage.unmatched[0]], anomalies, memory)
    if lineage.two_moments is not None:
        _add_two_moments(decisive[lineage.two_moments[1][1]], anomalies)


def _decisive_ranks(lineage: Lineage) -> set[Rank | None]:
    """Ranks of the versions that an anomaly may be about."""
    return {
        lineage.first and lineage.first[0],
        lineage.early and lineage.early[1],
        lineage.late and lineage.late[1],
    }


def _add_unmatched(correction: Version, anomalies: Anomalies, memory: Memory) -> None:
    anomalies.unmatched.setdefault(correction.feed, Anomaly()).add(correction.place)
    stray = (correction.feed, correction.name, correction.bare, correction.meant)
    memory.database.execute("INSERT INTO stray VALUES (?, ?, ?, ?)", stray)


def _add_two_moments(newer: Version, anomalies: Anomalies) -> None:
    if newer.sort == Sort.ADMISSION:
        anomalies.moved.setdefault(newer.feed, Anomaly()).add(newer.place)
    elif newer.sort != Sort.SINGLE:
        anomaly = anomalies.reused.setdefault(newer.feed, Anomaly())
        anomaly.add(newer.place)
        anomaly.forms[newer.form] += 1
        if len(anomaly.event_ids) < 2:
            anomaly.event_ids.add(newer.event)
