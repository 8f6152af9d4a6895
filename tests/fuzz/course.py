"""Which message comes when: a function of the seed and the message's number alone."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from picustream.scoring.validation import InputRecord
from tests.fuzz.spoilers import spoiled
from tests.paths import REAL_DATA
from tests.reference import accepts, read
from tests.reference.generate import history
from tests.reference.versions import messages
from tests.reference.written import Event

ROUND = 2_000
"""Messages between two engines; no stay lives longer, so that memory stays bounded."""
STORIES = 3
"""Stays of a round."""
LONGEST_BATCH = 200
LARGEST_OFFSET = 1 << 40


@dataclass(frozen=True)
class Course:
    """A run's messages, in rounds."""

    seed: int
    real: dict[str, list[Event]]
    """Real events by stay; none where there are no real data."""

    def round(self, number: int) -> "Round":
        rng = random.Random(f"round {self.seed} {number}")
        if self.real and rng.random() < 0.5:
            chosen = rng.sample(sorted(self.real), STORIES)
            events = [event for stay in chosen for event in self.real[stay]]
        else:
            events = [event for _ in range(STORIES) for event in history(rng.randrange(10**9), events=80)]
        return Round(self.seed, number, [event for event in events if accepts(*event)])


def real_stays(path: Path = REAL_DATA) -> dict[str, list[Event]]:
    """The real events, by stay; empty where the file is not there."""
    stays: dict[str, list[Event]] = defaultdict(list)
    for topic, value in read(path) if path.exists() else ():
        stays[value["stay_id"]].append((topic, value))
    return dict(stays)


@dataclass(frozen=True)
class Round:
    """The messages that meet one engine."""

    seed: int
    number: int
    sound: list[Event]
    """The sound events that its messages are made from."""

    @cached_property
    def now(self) -> datetime:
        """The real clock: at the last sound event, or some days later."""
        last = max(message.filed_at for message in messages(self.sound))
        return last + timedelta(days=random.Random(f"clock {self.seed} {self.number}").choice([0, 1, 40]))

    @cached_property
    def _by_topic(self) -> list[list[Event]]:
        found: dict[str, list[Event]] = defaultdict(list)
        for event in self.sound:
            found[event[0]].append(event)
        return [found[topic] for topic in sorted(found)]

    def input_record(self, index: int) -> InputRecord:
        """The message of a number, counted from the first of the run."""
        rng = random.Random(f"message {self.seed} {index}")
        topic, sound = rng.choice(rng.choice(self._by_topic))
        topic, raw = spoiled(rng, topic, sound)
        return InputRecord(topic, rng.randrange(12), LARGEST_OFFSET * (index % 2) + index, _key(rng, sound), raw)

    def batches(self, first: int, last: int) -> Iterator[list[tuple[int, InputRecord]]]:
        """The messages from one number up to another, in batches of any size."""
        rng = random.Random(f"batches {self.seed} {self.number}")
        while first < last:
            size = min(rng.randrange(1, LONGEST_BATCH), last - first)
            yield [(index, self.input_record(index)) for index in range(first, first + size)]
            first += size


def _key(rng: random.Random, sound: dict[str, Any]) -> bytes | None:
    """Mostly right or absent; what is broken in the key alone is broken all the same."""
    right = str(sound["stay_id"]).encode()
    return rng.choice([right] * 10 + [None] * 10 + [b"", b"\xff\xfe", b"S-other", right + b"\0"])
