"""`python -m tests.fuzz [--messages N] [--seed S]`: broken messages through the real engine, every one accounted for.

Exit status 0 when all is well, 1 with the first finding: its seed and number are printed, and its content only with
`--show`. `--at NUMBER` runs the one round that a message belongs to.
"""

import argparse
import random
import sys
import time
import traceback
from collections import Counter

from picustream.scoring.rules import load_rules
from tests.fuzz.account import Finding
from tests.fuzz.course import ROUND, Course, real_stays
from tests.fuzz.run import run

TELL_EVERY = 10.0
"""Seconds between two words about how far it is."""


def main() -> int:
    """Run one course; the exit status."""
    options = _options()
    course = Course(options.seed, real_stays())
    made_from = "real data and generated histories" if course.real else "generated histories"
    print(f"fuzz: seed {options.seed}, {options.messages:,} messages made from {made_from}", file=sys.stderr)
    reasons: Counter[str] = Counter()
    first = options.at // ROUND * ROUND if options.at is not None else 0
    last = first + ROUND if options.at is not None else options.messages
    begun = reported = time.monotonic()
    try:
        for done in run(course, load_rules(), first, last, reasons):
            if time.monotonic() > reported + TELL_EVERY or done == last:
                reported = time.monotonic()
                rate = (done - first) / (reported - begun)
                print(f"{done:>12,} of {last:,}, {rate:,.0f} messages/s", file=sys.stderr, flush=True)
    except Finding as finding:
        _tell(finding, course, options)
        return 1
    _table(reasons)
    return 0


def _tell(finding: Finding, course: Course, options: argparse.Namespace) -> None:
    print(f"seed {options.seed}, message {finding.index}: {finding}")
    if finding.__cause__ is not None and options.show:
        traceback.print_exception(finding.__cause__)
    if options.show and finding.index is not None:
        print(course.round(finding.index // ROUND).input_record(finding.index))
    elif not options.show:
        print(f"again, with its content: python -m tests.fuzz --seed {options.seed} --at {finding.index} --show")


def _table(reasons: Counter[str]) -> None:
    width = max(map(len, reasons), default=0)
    for reason, number in reasons.most_common():
        print(f"{reason:<{width}} {number:>12,}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--at", type=int, metavar="NUMBER", help="only the round of this message")
    parser.add_argument("--show", action="store_true", help="show what a finding was made by")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
