"""The kinds of record that there are. Everything that speaks of scores asks here which there are."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from pydantic import BaseModel

from picustream.models.record import COMMON_MODELS, Comparator, Record
from picustream.models.variable import Variable
from picustream.scoring.presence.kind import Presence
from picustream.scoring.scores.apps.score import Apps
from picustream.scoring.scores.contract import Kind, Score
from picustream.scoring.scores.mods.score import Mods
from picustream.scoring.trial.kinds import Eligibility, Outcomes


@dataclass(frozen=True)
class Registry:
    """Kinds of record, the scores first: what depends on them comes after them."""

    scores: tuple[Score, ...]
    others: tuple[Kind, ...] = ()
    """What the trial makes of the scores, and what is said of a stay besides."""

    def __iter__(self) -> Iterator[Kind]:
        yield from (*self.scores, *self.others)

    def __getitem__(self, kind: str) -> Kind:
        return self._by_name[kind]

    @cached_property
    def _by_name(self) -> dict[str, Kind]:
        return {one.kind: one for one in self}

    @cached_property
    def is_score(self) -> frozenset[str]:
        """Names of the kinds that hold a score."""
        return frozenset(score.kind for score in self.scores)

    def score_named(self, name: str) -> Score:
        """By the name in its records: `MODS`."""
        return next(score for score in self.scores if score.description.name == name)

    @cached_property
    def models(self) -> dict[str, type[BaseModel]]:
        """Of all that goes out, by topic."""
        of_stays: dict[str, type[Record]] = {kind.topic: kind.record for kind in self}
        return {**of_stays, **COMMON_MODELS}

    @property
    def topics(self) -> tuple[str, ...]:
        """Of all that goes out."""
        return tuple(self.models)

    @cached_property
    def makers(self) -> frozenset[Variable]:
        """The variables of which a value makes something measured."""
        return frozenset(variable for score in self.scores for variable in score.makers)

    def is_certain(self, variable: Variable, value: Decimal, comparator: Comparator) -> bool:
        """V4: whether every value on that side of a canonical value gives the same points, in each score that uses
        such a value; without a score that does, none is usable."""
        answers = [score.is_certain(variable, value, comparator) for score in self.scores]
        used = [answer for answer in answers if answer is not None]
        return bool(used) and all(used)


SHIPPED = Registry((Mods(), Apps()), (Eligibility(), Outcomes(), Presence()))
MODELS = SHIPPED.models
OUTPUT_TOPICS = SHIPPED.topics
