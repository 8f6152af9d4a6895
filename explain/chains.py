"""The revisions that were published under one key, in order; the last one is the current record (docs/topics.md)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from picustream.models.record import WITHDRAWN, Input, ScoreRecord
from picustream.scoring.scores.contract import Score
from picustream.scoring.scores.registry import SHIPPED, Registry


@dataclass(frozen=True, slots=True)
class Chain:
    """One record with all its revisions, oldest first; never empty."""

    score: Score
    revisions: tuple[ScoreRecord, ...]

    @property
    def current(self) -> ScoreRecord:
        return self.revisions[-1]

    @property
    def withdrawn(self) -> bool:
        """Whether the record is no longer in force."""
        return self.current.status == WITHDRAWN

    @property
    def of_ward(self) -> bool:
        """Whether it is from the ward's read model, which counts revisions by itself: `w1` in the place of `r1`."""
        return self.current.event_id.rpartition("/")[2].startswith("w")

    @property
    def day(self) -> date:
        """The local day it speaks of."""
        return self.score.description.day(self.current)

    @property
    def gaps(self) -> list[int]:
        """Revisions that must have been published and are not here."""
        here = {record.revision for record in self.revisions}
        return [number for number in range(1, self.current.revision) if number not in here]


class FirstCounted:
    """When each version of an observation was first published in a score: when the score knew of it."""

    def __init__(self, chains: Iterable[Chain]) -> None:
        self._at: dict[tuple[object, ...], datetime] = {}
        records = [(record, chain.score) for chain in chains for record in chain.revisions]
        for record, score in sorted(records, key=lambda pair: pair[0].emitted_at):
            for part in score.description.parts(record).values():
                for one in part.inputs:
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

    chains: tuple[Chain, ...]
    """Score by score, each in the order of its records."""

    @cached_property
    def first_counted(self) -> FirstCounted:
        """When each input was first published in one of these scores."""
        return FirstCounted(self.chains)

    @property
    def by_score(self) -> dict[str, list[Chain]]:
        """By the name of the score, those alone that there are."""
        found: dict[str, list[Chain]] = defaultdict(list)
        for chain in self.chains:
            found[chain.score.description.name].append(chain)
        return found

    def of_day(self, day: date) -> "StayScores":
        """Those of one local day."""
        return StayScores(tuple(chain for chain in self.chains if chain.day == day))


def collect(records: Iterable[ScoreRecord], kinds: Registry = SHIPPED) -> StayScores:
    """Chains from the records of one stay in any order; repeats, recognised by `event_id`, are dropped (I3)."""
    unique = {record.event_id: record for record in records}
    found: dict[tuple[int, tuple[Any, ...]], list[ScoreRecord]] = defaultdict(list)
    for record in sorted(unique.values(), key=_order):
        score = kinds.score_named(record.score)
        found[kinds.scores.index(score), score.description.place(record)].append(record)
    return StayScores(tuple(Chain(kinds.scores[key[0]], tuple(found[key])) for key in sorted(found)))


def _order(record: ScoreRecord) -> tuple[int, datetime]:
    return record.revision, record.emitted_at
