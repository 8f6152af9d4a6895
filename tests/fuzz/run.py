"""The run: round after round, each with an engine of its own."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from picustream.scoring.rules import Rules
from tests.fuzz.account import Finding, Ledger
from tests.fuzz.course import ROUND, Course

AFTERWARDS = timedelta(days=60)
"""So much later all that was let in is closed and due (T4, O3)."""


def run(course: Course, rules: Rules, first: int, last: int, reasons: Counter[str]) -> Iterator[int]:
    """Sends the messages of some numbers; yields how far it is. Raises `Finding` with the number of a message."""
    for start in range(first, last, ROUND):
        end = min(start + ROUND, last)
        story, ledger = course.round(start // ROUND), Ledger(rules, reasons)
        rng = random.Random(f"settle {course.seed} {start}")
        for batch in story.batches(start, end):
            try:
                ledger.take(batch, story.now, advance_clock=rng.random() < 0.2)
            except Finding as finding:
                finding.index = batch[0][0] if finding.index is None else finding.index
                raise
        try:
            ledger.end(story.now + AFTERWARDS)
        except Finding as finding:
            finding.index = start
            raise
        yield end
