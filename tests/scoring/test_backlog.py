"""A backlog is read topic by topic, in batches of any size: what came late is not what is read late."""

import random
from collections import defaultdict, deque
from datetime import timedelta

import pytest

from picustream.models import text
from picustream.models.event import LAB
from picustream.scoring.engine import Engine
from picustream.scoring.outputs import Output
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.validation import LATEST, InputRecord
from tests.scoring.build import Event, Stay
from tests.scoring.compare import current
from tests.scoring.histories import SEEDS, SHIPPED, input_records, replayed
from tests.scoring.monitor import monitored
from tests.scoring.running import Worker, assert_same, essence

WARD = [*monitored(72, timedelta(minutes=20)), *Stay().died("day 3 23:50").events]


def read_topic_by_topic(events: list[Event], seed: int, *, held_back: bool) -> Worker:
    """A worker that takes up to 60 events of up to three topics at a time, and knows which held more as it began."""
    rng, topics = random.Random(seed), defaultdict(deque)
    for event in events:
        topics[event[0]].append(event)
    worker = Worker(SHIPPED, bounded=True)
    while topics:
        batch, behind = [], list(topics) if held_back else ()
        for topic in rng.sample(sorted(topics), min(len(topics), rng.randint(1, 3))):
            batch += [topics[topic].popleft() for _ in range(min(len(topics[topic]), rng.randint(1, 20)))]
        topics = defaultdict(deque, {name: queue for name, queue in topics.items() if queue})
        worker.take(batch, behind=behind)
    worker.end()
    return worker


def amended(outputs: list[Output]) -> int:
    """How often a closed day was changed."""
    return sum(text.parse(output.value)["status"] == "amended" for output in outputs if output.topic == MODS)


@pytest.mark.proves("I1", "T4")
@pytest.mark.parametrize("seed", range(SEEDS // 4))
def test_what_is_read_late_is_not_published_as_late(seed: int) -> None:
    """Time goes no further than the topic that is furthest behind, so no day closes before its events are read."""
    published = read_topic_by_topic(WARD, seed, held_back=True).outputs
    plain = replayed(WARD, SHIPPED)
    assert amended(plain) == 0
    assert amended(published) == 0
    assert_same(essence(plain), essence(published))
    assert len(current(published)) == len(current(plain))


def test_time_that_follows_the_fastest_topic_amends_closed_days() -> None:
    """What they are for: without them the ventilator closes days of which the laboratory has yet to report."""
    assert amended(read_topic_by_topic(WARD, 1, held_back=False).outputs) > 0


def test_topics_are_read_side_by_side_each_in_its_own_order() -> None:
    """What was refused stays where it is in its topic; a result sent after a later one does, too."""
    ward = Stay().lab("day 1 10:00", creatinine=60).lab("day 1 08:00", creatinine=70).lab("day 1 11:30", creatinine=80)
    ward = ward.vital("day 1 09:00", heart_rate=100).vital("day 1 11:00", heart_rate=110)
    records = input_records(ward.events)
    refused = InputRecord(LAB, None, len(records), b"S", b"{")
    batch = Engine(SHIPPED).read_until([*records[:2], refused, *records[2:]], LATEST)
    assert [one.input_record.offset for one in batch.in_time()] == [3, 0, 1, 5, 4, 2]
