"""A simulated paediatric ward: eight beds, eight days, a fixed seed. Same seed and start, same messages.

`python -m picustream.demo.ward --out FILE` writes it as an event file, to replay or publish.
"""

import argparse
import gzip
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from picustream.demo.feeds import undisturbed
from picustream.demo.script import scenes
from picustream.demo.stay import Stay
from picustream.demo.stories import CHILDREN
from picustream.demo.timeline import Beat, Bed, Timed

SEED = 20
# The time zone of the protocol that is shipped: the ward draws its morning blood by it.
ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 2, tzinfo=ZONE)


@dataclass(frozen=True)
class Ward:
    """Everything about one run of the ward: `opens` before the first message, `closes` when its last day is final."""

    events: list[Timed]
    beats: list[Beat]
    beds: list[Bed]
    opens: datetime
    closes: datetime


def ward(seed: int = SEED, start: datetime = START) -> Ward:
    """The ward whose first day is the local date of `start` (with offset; ValueError without one)."""
    if start.utcoffset() is None:
        raise ValueError("the ward's start needs an offset from UTC")
    midnight = start.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    stays = [Stay(child, midnight, seed) for child in CHILDREN]
    messages = {stay.child.stay_id: undisturbed(stay) for stay in stays}
    beats = []
    for scene in scenes(midnight):
        messages[scene.stay_id], at = scene.mishap(messages[scene.stay_id])
        beats.append(Beat(at, scene.stay_id, scene.title, scene.text))
    events = sorted((m for sent in messages.values() for m in sent), key=lambda m: (m.at, m.value["event_id"]))
    last_day = events[-1].at.replace(hour=0, minute=0, second=0)
    return Ward(
        events=events,
        beats=sorted(beats, key=lambda beat: beat.at),
        beds=[_bed(stay) for stay in stays],
        opens=events[0].at - timedelta(minutes=30),
        # The last day ends at midnight and is final six hours later (T4); then a little, to see it.
        closes=last_day + timedelta(days=1, hours=6, minutes=30),
    )


def events(seed: int = SEED, start: datetime = START) -> list[Timed]:
    """What the feeds publish, in order of publishing."""
    return ward(seed, start).events


def beats(seed: int = SEED, start: datetime = START) -> list[Beat]:
    """The captions of the story, in order of happening."""
    return ward(seed, start).beats


def _bed(stay: Stay) -> Bed:
    child = stay.child
    return Bed(child.bed, child.stay_id, f"{child.label}, {child.age}", stay.admitted, stay.left, child.whereto)


def as_lines(messages: Iterable[Timed]) -> str:
    """An event file: one JSON object with `topic` and `value` a line."""
    return "".join(json.dumps({"topic": m.topic, "value": m.value}, separators=(",", ":")) + "\n" for m in messages)


def write(path: Path, messages: Iterable[Timed]) -> None:
    """Write an event file, gzipped if the name ends in `.gz`; the same bytes for the same messages."""
    content = as_lines(messages).encode()
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def main(arguments: list[str] | None = None) -> int:
    """Write the simulated ward's events to a file, or to standard output."""
    parser = argparse.ArgumentParser(prog="python -m picustream.demo.ward", description=main.__doc__)
    parser.add_argument("--out", type=Path, metavar="FILE", help="event file to write; gzipped if it ends in .gz")
    parser.add_argument("--seed", type=int, default=SEED, help="another seed, other readings (default: %(default)s)")
    parser.add_argument("--start", type=datetime.fromisoformat, default=START, metavar="TIME", help="first day")
    options = parser.parse_args(arguments)
    if options.start.utcoffset() is None:
        parser.error("--start needs an offset, such as 2026-03-02T00:00+08:00")
    messages = events(options.seed, options.start)
    if options.out is None:
        sys.stdout.write(as_lines(messages))
        return 0
    try:
        write(options.out, messages)
    except OSError as error:
        print(f"cannot write {options.out}: {error.strerror}", file=sys.stderr)
        return 2
    print(f"{len(messages)} events of 8 stays written to {options.out}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
