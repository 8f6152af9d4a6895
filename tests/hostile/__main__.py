"""`python -m tests.hostile [--seed N] [--records M] [--minutes T] [--case FILE]`: exit 0: all right.

A run that fails is repeated with fewer and fewer hostile records; the few that are left are in a file, and
`--case FILE` sends them again.
"""

import argparse
import json
import random
import re
import shutil
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from picustream.local.servers import Servers
from tests.hostile import casefile
from tests.hostile.draw import plan
from tests.hostile.records import Plan
from tests.hostile.run import Outcome, local_servers, prepared
from tests.hostile.shrink import Hostile, shrunk
from tests.hostile.verdict import outcome
from tests.hostile.ward import CLOCK, GOOD

RECORDS = 300
_DATA = shutil.ignore_patterns("data")


def main() -> int:
    """Run seed after seed until the minutes are over, or one fails; the exit status."""
    options = _options()
    begun = time.monotonic()
    with local_servers() as ours:
        for seed in range(options.seed, options.seed + 1_000_000):
            drawn = plan(seed, options.records, GOOD, options.without)
            if options.case:
                hostile, ground = casefile.read(options.case)
                drawn = replace(drawn, hostile=tuple(hostile), ground=ground)
            if options.only:
                drawn = drawn.only([one for one in drawn.hostile if re.search(options.only, one[1].described())])
            if not _one(ours, drawn, options):
                return 1
            if options.case or time.monotonic() > begun + options.minutes * 60:
                return 0
    return 0


def _one(ours: Servers, drawn: Plan, options: argparse.Namespace) -> bool:
    begun = time.monotonic()
    print(f"hostile: seed {drawn.seed}, {drawn.records} hostile records, {drawn.ground}", flush=True)
    found = attempt(ours, drawn, clock=options.clock)
    print(f"seed {drawn.seed}, {time.monotonic() - begun:.0f} s: {found.verdict}", flush=True)
    if found.faults and options.shrink and not options.case:
        few = _fewest(ours, drawn, found)
        file = Path(f"hostile-{drawn.seed}.ndjson").resolve()
        file.write_text("".join(f"{line}\n" for line in casefile.to_lines(few, drawn.ground)))
        print(f"what is left of it ({len(few)} sendings) stands in {file.name}; again: --case {file.name}")
        for _, sending in few:
            print(f"  {sending.described()}")
    return not found.faults


def attempt(ours: Servers, drawn: Plan, *, briefly: bool = False, clock: datetime = CLOCK) -> Outcome:
    """One run and its outcome; where something is wrong its folder is kept."""
    with prepared(ours, drawn, clock) as run:
        found = outcome(run, briefly=briefly)
        if found.faults:
            (run.bench.folder / "sent.ndjson").write_text(_lines(one.to_line() for one in found.sent))
            for server in ("kafka", "redis"):
                shutil.copytree(ours.dir / server, run.bench.folder / server, ignore=_DATA)
            print(f"        logs and files are in {run.bench.folder}", flush=True)
        else:
            shutil.rmtree(run.bench.folder)
    return found


def _fewest(ours: Servers, drawn: Plan, found: Outcome) -> Hostile:
    """The fewest sendings that fail in the same way: those that the faults name are tried first."""
    kind = _kind(found)
    briefly = kind not in ("command", "rebuild")

    def fails(some: Hostile) -> bool:
        again = attempt(ours, drawn.only(some), briefly=briefly)
        print(f"        {len(some)} sendings: {again.faults[:1] or 'all right'}", flush=True)
        return bool(again.faults) and _kind(again) == kind

    named = {one.record for one in found.sent if one.place in found.suspects}
    some = tuple(one for one in drawn.hostile if named & set(one[1].records))
    whole = some if some and fails(some) else tuple(drawn.hostile)
    return shrunk(whole, fails)


def _kind(found: Outcome) -> str:
    return found.faults[0].partition(":")[0] if found.faults else ""


def _lines(rows: Iterable[dict]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--minutes", type=float, default=0.0, help="go on with the next seeds for so long")
    parser.add_argument("--without", nargs="*", default=[], metavar="KIND", help="kinds, codecs and ends left out")
    parser.add_argument("--only", metavar="PATTERN", help="of what is drawn, only the sendings whose kinds fit it")
    parser.add_argument("--case", type=Path, metavar="FILE", help="send the hostile records of a file")
    parser.add_argument("--clock", type=datetime.fromisoformat, default=CLOCK, help="what the workers' clock reads")
    parser.add_argument("--no-shrink", dest="shrink", action="store_false")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
