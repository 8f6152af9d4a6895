"""A year of real stays as an event file: `python -m bench.year --stays 1000 > year.ndjson`.

The same arguments give the same bytes. The real data (`bench/real.py`) hold 140 stays of one week; here
those of them that come to about 84 events a stay follow each other over a year, again and again, each time as other
stays of other patients. Events come in the order of their filing, all stays beside one another.
"""

import argparse
import gzip
import heapq
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from bench.real import REAL
from picustream.models import text

START = datetime.fromisoformat("2024-01-01T00:00:00-05:00")
"""So that all of it is past: a worker refuses what lies in the future (T6)."""
YEAR = timedelta(days=365)
EVENTS_PER_STAY = 84

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
_ID = re.compile(r'"((?:event_|stay_|patient_)?id)":"([^"]+)"')


class Arrival(NamedTuple):
    """A line and when it arrives; `place` keeps the order of what arrives at once."""

    at: datetime
    place: tuple[int, int]
    line: str


class Source(NamedTuple):
    """A real stay: from when, and its lines by arrival."""

    start: datetime
    lines: list[tuple[datetime, str]]


def sources(path: Path = REAL) -> list[Source]:
    """The shortest real stays, as many as have so many events on average."""
    found: defaultdict[str, list[tuple[datetime, str]]] = defaultdict(list)
    with gzip.open(path, "rt") as file:
        for line in file:
            value = text.parse(line)["value"]
            filed_at = value.get("recorded_at") or value.get("observed_at") or value["occurred_at"]
            found[value["stay_id"]].append((datetime.fromisoformat(filed_at), line))
    stays = [Source(min(lines)[0], lines) for lines in sorted(found.values(), key=len)]
    counts = [len(stay.lines) for stay in stays]
    enough = takewhile(lambda n: sum(counts[:n]) <= EVENTS_PER_STAY * n, range(1, len(stays) + 1))
    return stays[: max(enough)]


def year(stays: int, path: Path = REAL) -> Iterator[str]:
    """The lines of the event file."""
    of = sources(path)
    arrivals = (_arrivals(of[number * 37 % len(of)], number, stays) for number in range(stays))
    return (one.line for one in heapq.merge(*arrivals))


def _arrivals(source: Source, number: int, stays: int) -> Iterator[Arrival]:
    """The same stay again, later, and of another patient."""
    shift = START + YEAR * number / stays - source.start
    shift -= shift % timedelta(minutes=1)
    for place, (at, line) in enumerate(source.lines):
        moved = _MOMENT.sub(lambda found: (datetime.fromisoformat(found[0]) + shift).isoformat(), line)
        yield Arrival(at + shift, (number, place), _ID.sub(rf'"\1":"\2-{number}"', moved))


def main() -> None:
    """Write the file to standard output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stays", type=int, default=1000)
    sys.stdout.writelines(year(parser.parse_args().stays))


if __name__ == "__main__":
    main()
