"""A backlog that is read topic by topic, each at its own pace, makes what a replay of it makes."""

import asyncio
import json
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from picustream.models import text
from picustream.scoring.outputs import Output
from picustream.streams.partition.waiting import Waiting
from tests.scoring.build import FIRST_DAY, Event, Stay
from tests.scoring.histories import SEEDS, SHIPPED, replayed
from tests.scoring.monitor import monitored
from tests.scoring.running import Worker
from tests.streams.records import Record, batch_of

LATER = datetime(2199, 1, 1, tzinfo=UTC)


def ward() -> list[Event]:
    """Five days, filed one after another, so that their order says it all."""
    said = [*monitored(72, timedelta(minutes=20)), *Stay().died("day 4 23:50").events]
    moments = (FIRST_DAY + number * timedelta(minutes=7, seconds=1) for number in count())
    return [(topic, body | {"recorded_at": at.isoformat()}) for (topic, body), at in zip(said, moments, strict=False)]


def drained(events: list[Event], seed: int) -> list[Output]:
    """What a worker publishes that fetches some of a topic now and then."""
    rng, left = random.Random(seed), defaultdict(list)
    for number, (topic, body) in enumerate(events):
        left[topic].append(Record(number, value=json.dumps(body).encode()))
    worker, by_number = Worker(SHIPPED, bounded=True), dict(enumerate(events))
    queue = Waiting(lambda _: frozenset(name for name, records in left.items() if records), lambda _: None)
    while any(left.values()) or not queue.empty:
        topic = rng.choice([name for name, records in left.items() if records] or [""])
        size = rng.choice((1, 20, 200))
        some, left[topic] = left[topic][:size], left[topic][size:]
        if some:
            queue.put(batch_of(topic, *some), LATER)
        batches = asyncio.run(queue.take(rng.choice((1, 50)), 0, {}))
        some_events = [by_number[record.offset] for batch in batches for record in batch.records]
        worker.take(some_events, behind=queue.behind, in_time=True)
    return worker.end()


@pytest.mark.proves("I1")
@pytest.mark.parametrize("seed", range(SEEDS // 4))
def test_a_backlog_makes_what_a_replay_of_it_makes(seed: int) -> None:
    """Every record of it, revision by revision, and every alert."""
    events = ward()
    assert said(drained(events, seed)) == said(replayed(events, SHIPPED))


def said(outputs: list[Output]) -> list[tuple[str, str]]:
    return sorted((output.topic, text.encode(text.parse(output.value))) for output in outputs)
