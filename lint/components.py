"""Which scores a feed can give at all: a component whose parts never come has no points, whatever else is sent (I6)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from picustream.scoring.scores.description import GIVEN, Component, Need
from picustream.scoring.scores.registry import Registry

_BITS = {part: 1 << place for place, part in enumerate(GIVEN)}


def bits(parts: Iterable[str]) -> int:
    """Parts as one integer: a stay keeps no more of what it had."""
    return sum(_BITS[part] for part in set(parts))


def is_met(need: Need, had: int) -> bool:
    """Whether a stay that had these parts meets a need."""
    return any(had & (wanted := bits(way)) == wanted for way in need.ways)


def is_scorable(component: Component, had: int) -> bool:
    """Whether a stay that had these parts could have a component."""
    return all(is_met(need, had) for need in component.needs)


@dataclass(frozen=True, slots=True)
class Prospect:
    """In how many stays of a feed a component could be scored, and what no stay had."""

    component: Component
    stays: int
    missing: tuple[Need, ...]
    """Needs that no stay met; empty while some stay could be scored, or where no stay had all of them at once."""

    def never(self, topics: Collection[str]) -> bool:
        """Whether no stay could be scored, and what is missing would have come on one of these topics."""
        return self.stays == 0 and (not self.missing or any(need.topic in topics for need in self.missing))


def prospects(stays: Iterable[int], kinds: Registry) -> list[Prospect]:
    """Of every component of these kinds of record, from what each stay had."""
    had = list(stays)
    return [_prospect(component, had) for kind in kinds for component in kind.components]


def _prospect(component: Component, had: list[int]) -> Prospect:
    count = sum(is_scorable(component, one) for one in had)
    missing = () if count else tuple(need for need in component.needs if not any(is_met(need, one) for one in had))
    return Prospect(component, count, missing)
