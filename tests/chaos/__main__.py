"""`python -m tests.chaos [--minutes 2] [--seed N] [--workers 3] [--once | --kills N] [--data FILE]`: exit 0: all right.

A seed repeats the course of blows; the moments at which they fall are the machine's.
"""

import argparse
import random
import sys
import time
from pathlib import Path

from tests.chaos.feed import real_or_made_up
from tests.chaos.run import Plan, run


def main() -> int:
    """Run one course; the exit status."""
    options = _options()
    plan = Plan(options.seed, options.minutes * 60, options.workers, options.once, options.kills)
    lines = real_or_made_up(options.data)
    print(f"chaos: seed {plan.seed}, {plan}, {plan.workers} workers, {len(lines):,} events", flush=True)
    begun = time.monotonic()
    verdict = run(plan, lines)
    print(f"seed {plan.seed}, {time.monotonic() - begun:.0f} s in all: {verdict}", flush=True)
    return 1 if verdict.faults else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--workers", type=int, default=3)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--once", action="store_true", help="each kind of blow once")
    which.add_argument("--kills", type=int, default=0, help="so many SIGKILLs, and little else")
    parser.add_argument("--data", type=Path, help="event file; default: the real data, else the simulated ward")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
