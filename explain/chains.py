"""The revisions that were told under one key, in order; the last one is the current record (docs/topics.md)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Generic, TypeVar

from picustream.models.record import Input
from picustream.scoring.scores.apps.record import AppsRecord
from picustream.scoring.scores.mods.record import ModsRecord

ScoreRecord = ModsRecord | AppsRecord
R = TypeVar("R", ModsRecord, AppsRecord)

WITHDRAWN = "entered-in-error"


@dataclass(frozen=True, slots=True)
class Chain(Generic[R]):
    """One record with all its revisions, oldest first; never empty."""

    revisions: tuple[R, ...]

    @property
    def current(self) -> R:
        return self.revisions[-1]

    @property
    def withdrawn(self) -> bool:
        """Whether the record no longer stands."""
        return self.current.status == WITHDRAWN

    @property
    def gaps(self) -> list[int]:
        """Revisions that must have been told and are not here."""
        here = {record.revision for record in self.revisions}
        return [number for number in range(1, self.current.revision) if number not in here]


def parts_of(record: ScoreRecord) -> dict[str, list[Input]]:
    """The inputs by organ or component; empty for a withdrawn record."""
    if isinstance(record, ModsRecord):
        return {component.organ: component.inputs for component in record.components}
    if record.components is None:
        return {}
    return {name: component.inputs for name, component in record.components}


AnyChain = Chain[ModsRecord] | Chain[AppsRecord]


class FirstCounted:
    """When each version of an observation was first told in a score: when the score knew of it."""

    def __init__(self, records: Iterable[ScoreRecord]) -> None:
        self._at: dict[tuple[object, ...], datetime] = {}
        for record in sorted(records, key=lambda record: record.emitted_at):
            for inputs in parts_of(record).values():
                for one in inputs:
                    self._at.setdefault(_identity(one), record.emitted_at)

    def __call__(self, one: Input) -> datetime:
        """For an input of one of the records."""
        return self._at[_identity(one)]


def _identity(one: Input) -> tuple[object, ...]:
    """Of one version of an observation: a corrected value counts from its correction on."""
    return (one.source, one.id, one.variable, one.value, one.comparator, one.observed_at, one.recorded_at)


@dataclass(frozen=True)
class StayScores:
    """All scores of one stay."""

    mods: dict[date, Chain[ModsRecord]]
    """By local day, in order."""
    apps_daily: dict[date, Chain[AppsRecord]]
    apps_episodes: dict[int, Chain[AppsRecord]]
    """APPS 24 hours after the onset of episode 1, 2, ..."""

    @property
    def chains(self) -> list[AnyChain]:
        """All of them: MODS by day, then APPS by day, then by episode."""
        return [*self.mods.values(), *self.apps_daily.values(), *self.apps_episodes.values()]

    @cached_property
    def first_counted(self) -> "FirstCounted":
        """When each input was first told in one of these scores."""
        return FirstCounted(record for chain in self.chains for record in chain.revisions)

    def of_day(self, day: date) -> "StayScores":
        """Those of one local day; an APPS 24 hours after an onset belongs to the day of that moment (A4)."""
        return StayScores(
            {key: chain for key, chain in self.mods.items() if key == day},
            {key: chain for key, chain in self.apps_daily.items() if key == day},
            {key: chain for key, chain in self.apps_episodes.items() if day_of(chain.current) == day},
        )


def day_of(record: ScoreRecord) -> date:
    """The local day a record speaks of. Times in records carry the offset of the protocol's zone."""
    return record.day if record.day is not None else record.effective_at.date()


def collect(records: Iterable[ScoreRecord]) -> StayScores:
    """Chains from the records of one stay in any order; repeats, which `event_id` tells, are dropped (I3)."""
    kept: dict[str, ScoreRecord] = {record.event_id: record for record in records}
    mods: dict[date, list[ModsRecord]] = defaultdict(list)
    daily: dict[date, list[AppsRecord]] = defaultdict(list)
    episodes: dict[int, list[AppsRecord]] = defaultdict(list)
    for record in sorted(kept.values(), key=_order):
        if isinstance(record, ModsRecord):
            mods[record.day].append(record)
        elif record.day is not None:
            daily[record.day].append(record)
        elif record.episode is not None:
            episodes[record.episode].append(record)
    return StayScores(_chained(mods), _chained(daily), _chained(episodes))


K = TypeVar("K", date, int)


def _chained(found: dict[K, list[R]]) -> dict[K, Chain[R]]:
    return {key: Chain(tuple(found[key])) for key in sorted(found)}


def _order(record: ScoreRecord) -> tuple[int, datetime]:
    return record.revision, record.emitted_at
