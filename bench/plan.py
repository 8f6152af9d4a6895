"""How much is measured: the sizes of the feeds, the rounds, and what all benchmarks of a run share."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.feeds import Feed, Feeds, Size


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of what is measured."""

    replay: Size
    """The ward of `replay`."""
    drain: Size
    """The ward that workers drain."""
    stays: tuple[int, ...]
    days: tuple[int, ...]
    rates: tuple[float, ...]
    """Growth: stays of three days, days of ten stays, and events of a monitor in a minute."""
    held: tuple[int, ...]
    """Stays that an engine holds while one event after another comes."""
    seconds: int
    """How long latency is measured at each rate."""


FULL = Sizes(
    Size(10, 3), Size(40, 3), (10, 30, 100), (1, 3, 10), (1, 6, 30), (10, 100, 1_000, 10_000), seconds=20
)  # fmt: skip
QUICK = Sizes(Size(4, 2), Size(10, 1), (2, 4, 8), (1, 2, 4), (1, 2, 4), (10, 100, 1_000), seconds=5)
TINY = Sizes(Size(1, 1, 0.1), Size(2, 1, 0.1), (1, 2), (1, 2), (0.05, 0.1), (2, 4), seconds=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """One run of benchmarks. `against`: the Python of an environment with another picustream, to compare with."""

    sizes: Sizes
    rounds: int
    folder: Path
    against: str = ""

    @property
    def feeds(self) -> Feeds:
        """The event files of this run."""
        return Feeds(self.folder)

    def each_round(self) -> Iterator[int]:
        """The rounds, of which each measures everything once, so that what disturbs one disturbs all alike."""
        yield from range(self.rounds)

    def replayed(self) -> list[Feed]:
        """What `replay` and its stages are measured on: a ward, and real data where they are."""
        real = self.feeds.real() if self.sizes is not TINY else None
        return [self.feeds.ward(self.sizes.replay), *([real] if real else [])]
