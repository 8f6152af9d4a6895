"""The event files that are measured: wards of any size, and real data where they are."""

import gzip
from dataclasses import dataclass
from pathlib import Path

from bench.real import REAL
from bench.ward import lines, ward
from bench.year import year


@dataclass(frozen=True, slots=True)
class Size:
    """Of a ward."""

    stays: int
    days: int
    per_minute: float = 1.0

    def __str__(self) -> str:
        return f"{self.stays} stays, {self.days} days, {self.per_minute:g} a minute"


@dataclass(frozen=True, slots=True)
class Feed:
    """An event file, plain."""

    name: str
    path: Path
    events: int

    def __str__(self) -> str:
        return f"{self.name} ({self.events:,} events)"


class Feeds:
    """Event files in a folder, each made once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def ward(self, size: Size) -> Feed:
        """A ward of `bench.ward`."""
        path = self._folder / f"ward-{size.stays}-{size.days}-{size.per_minute:g}.ndjson"
        if not path.exists():
            with path.open("w") as file:
                file.writelines(lines(ward(size.stays, size.days, size.per_minute)))
        return Feed(f"ward: {size}", path, _lines(path))

    def real(self) -> Feed | None:
        """Real data, None where they are not there."""
        if not REAL.exists():
            return None
        path = self._folder / "real.ndjson"
        if not path.exists():
            path.write_bytes(gzip.decompress(REAL.read_bytes()))
        return Feed("real data", path, _lines(path))

    def year(self, stays: int) -> Feed | None:
        """A year of real stays (`bench.year`), None where there are no real data."""
        if not REAL.exists():
            return None
        path = self._folder / f"year-{stays}.ndjson"
        if not path.exists():
            with path.open("w") as file:
                file.writelines(year(stays))
        return Feed(f"a year of {stays:,} real stays", path, _lines(path))


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)
