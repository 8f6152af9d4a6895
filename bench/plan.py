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
    shared: Size
    """The ward that two workers drain."""
    stays: list[Size]
    """Wards of ever more stays."""
    days: list[Size]
    """Wards of ever more days."""
    rates: list[Size]
    """Wards of which the monitors send ever more."""
    years: tuple[int, ...]
    """Real stays of a year that are replayed."""
    drained_year: int
    """Real stays of a year that workers drain; 0: none."""
    held: tuple[int, ...]
    """Stays that an engine holds while one event after another comes."""
    seconds: int
    """How long latency is measured at each rate."""
    messages: int
    """That are sent to the gateway."""
    stored: int
    """Records that a read model is filled with."""


FULL = Sizes(
    replay=Size(10, 3),
    drain=Size(40, 3),
    shared=Size(120, 1),
    stays=[Size(stays, 3) for stays in (10, 30, 100)],
    days=[Size(10, days) for days in (1, 3, 10)],
    rates=[Size(10, 1, rate) for rate in (1, 6, 30)],
    years=(100, 1_000, 3_000, 8_000),
    drained_year=3_000,
    held=(10, 100, 1_000, 3_000, 10_000),
    seconds=20,
    messages=5_000,
    stored=200_000,
)
QUICK = Sizes(
    replay=Size(4, 2),
    drain=Size(10, 1),
    shared=Size(20, 1),
    stays=[Size(stays, 1) for stays in (4, 8, 16)],
    days=[Size(4, days) for days in (1, 2, 4)],
    rates=[Size(4, 1, rate) for rate in (1, 2, 6)],
    years=(30, 100, 300),
    drained_year=300,
    held=(10, 100, 1_000),
    seconds=5,
    messages=1_000,
    stored=20_000,
)
_TINY = Size(1, 1, 0.1)
TINY = Sizes(
    _TINY, _TINY, _TINY, [_TINY], [_TINY], [_TINY],
    years=(), drained_year=0, held=(2, 4), seconds=1, messages=50, stored=600,
)  # fmt: skip


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
