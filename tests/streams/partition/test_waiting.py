"""Records that wait for their partition: side by side in time, in portions of so many records and bytes."""

import asyncio
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from picustream.models.event import ADT, INPUT_TOPICS, LAB, VITAL
from picustream.streams.kafka.scheduler import FetchedBatch
from picustream.streams.partition import waiting
from picustream.streams.partition.waiting import ENOUGH, LONG, PATIENCE, Waiting, adjusted, filed_at
from tests.scoring.histories import SEEDS
from tests.streams.records import Record, batch_of, fetched, offsets

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


class Queue(Waiting):
    """With a broker of its own: `more` are the topics of which it has more, `full` those of which enough waits."""

    def __init__(self, at: Callable[[], float] = lambda: 0.0) -> None:
        self.more: frozenset[str] = frozenset()
        self.full: frozenset[str] = frozenset()
        super().__init__(lambda _: self.more, lambda topics: setattr(self, "full", topics), at)


def record(offset: int, hours: float, **fields: Any) -> Record:
    moment = (FIRST + timedelta(hours=hours)).isoformat()
    return Record(offset, value=json.dumps({"event_id": "e", "observed_at": moment, **fields}).encode())


def drawn(queue: Queue, records: int = 500, more: frozenset[str] = frozenset()) -> list[tuple[str, list[int]]]:
    queue.more = more
    found = asyncio.run(queue.take(records, 0, {}))
    return [(batch.topic, [one.offset for one in batch.records]) for batch in found]


def test_portions_of_any_size_come_in_order() -> None:
    async def story() -> list[list[list[int]]]:
        queue = Queue()
        for batch in (fetched(1, 2, 3), fetched(4, 5)):
            queue.put(batch, NOW)
        return [offsets(await queue.take(size, 0.01, {})) for size in (2, 2, 5, 1)]

    assert asyncio.run(story()) == [[[1, 2]], [[3], [4]], [[5]], []]


def test_what_is_cleared_is_gone() -> None:
    queue = Queue()
    queue.put(fetched(1, 2), NOW)
    queue.clear()
    assert queue.empty
    assert drawn(queue) == []


def test_a_nudge_ends_the_waiting() -> None:
    async def story() -> list[FetchedBatch]:
        queue = Queue()
        taking = asyncio.ensure_future(queue.take(1, 60, {}))
        await asyncio.sleep(0)
        queue.nudge()
        return await asyncio.wait_for(taking, 5)

    assert asyncio.run(story()) == []


def test_batches_shrink_when_they_take_long_and_grow_when_they_do_not() -> None:
    assert adjusted(100, LONG * 2, 500) == 50
    assert adjusted(1, LONG * 2, 500) == 1
    assert adjusted(100, LONG / 2, 500) == 100
    assert adjusted(400, 0.0, 500) == 500


@pytest.mark.parametrize(("sizes", "expected"), [
    ([1, 1, 1], [3]), ([6, 6, 6], [1, 1, 1]), ([99, 1], [1, 1]), ([4, 4, 4, 4], [2, 2]), ([0, 0, 99], [2, 1]),
])  # fmt: skip
def test_a_batch_has_so_many_bytes(monkeypatch: pytest.MonkeyPatch, sizes: list[int], expected: list[int]) -> None:
    """At least one record, keys and headers counted."""
    monkeypatch.setattr(waiting, "MOST_BYTES", 10)
    records = [Record(n, None, b"x" * (size // 2), (("h" * (size - size // 2), None),)) for n, size in enumerate(sizes)]
    queue = Queue()
    queue.put(batch_of(LAB, *records), NOW)
    taken = []
    while not queue.empty:
        taken.append(asyncio.run(queue.take(500, 0, {})))
    assert [sum(len(batch.records) for batch in batches) for batches in taken] == expected
    assert [one for batches in taken for batch in batches for one in batch.records] == records


def test_a_topic_that_is_ahead_waits_for_what_the_others_still_have() -> None:
    queue = Queue()
    queue.put(batch_of(ADT, record(0, 0), record(1, 48)), NOW)
    queue.put(batch_of(VITAL, record(0, 1), record(1, 2)), NOW)
    assert drawn(queue, more=frozenset({VITAL})) == [(ADT, [0]), (VITAL, [0, 1])]
    assert drawn(queue, more=frozenset({VITAL})) == [], "the next vital sign may have been filed before"
    queue.put(batch_of(VITAL, record(2, 49)), NOW)
    assert drawn(queue) == [(ADT, [1]), (VITAL, [2])]


def test_of_a_portion_the_first_by_time_come_first() -> None:
    queue = Queue()
    queue.put(batch_of(VITAL, *(record(number, number) for number in range(5))), NOW)
    queue.put(batch_of(LAB, record(0, 1.5)), NOW)
    assert drawn(queue, 3) == [(LAB, [0]), (VITAL, [0, 1])]


def test_a_topic_that_has_more_and_brings_nothing_is_waited_for_so_long() -> None:
    clock = [0.0]
    queue = Queue(lambda: clock[0])
    queue.put(batch_of(VITAL, record(0, 1)), NOW)
    for clock[0] in (0, PATIENCE / 2):
        assert drawn(queue, more=frozenset({LAB})) == []
        assert not queue.behind
    clock[0] = PATIENCE
    assert drawn(queue, more=frozenset({LAB})) == [(VITAL, [0])]
    assert queue.behind == {LAB}
    queue.put(batch_of(VITAL, record(1, 2)), NOW)
    assert drawn(queue, more=frozenset({LAB})) == [(VITAL, [1])], "once it is given up, nothing waits for it again"
    queue.put(batch_of(LAB, record(0, 0)), NOW)
    assert drawn(queue) == [(LAB, [0])]
    assert not queue.behind


def test_an_hour_that_has_not_come_yet_holds_nothing_back() -> None:
    queue = Queue()
    queue.put(batch_of(LAB, record(0, 24 * 365 * 70), record(1, 1)), NOW)
    queue.put(batch_of(VITAL, record(0, 2)), NOW)
    assert drawn(queue, more=frozenset({LAB})) == [(LAB, [0, 1])]


def test_of_a_topic_of_which_enough_waits_no_more_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = Queue()
    queue.put(fetched(*range(ENOUGH - 1)), NOW)
    assert queue.full == frozenset()
    queue.put(fetched(ENOUGH), NOW)
    assert queue.full == {LAB}
    drawn(queue, ENOUGH)
    assert queue.full == frozenset()
    monkeypatch.setattr(waiting, "ENOUGH_BYTES", 10)
    queue.put(batch_of(VITAL, Record(0, value=b"x" * 10)), NOW)
    assert queue.full == {VITAL}


@pytest.mark.parametrize(("value", "hours"), [
    (record(0, 3).value, 3), (record(0, 3, recorded_at="2026-01-01T05:00:00Z").value, 5),
    (record(0, 3, recorded_at=None).value, 3), (b'{"occurred_at" : "2026-01-01T07:00:00+00:00"}', 7),
    (b'{"recorded_at":"2026-01-01T05:00:00"}', None), (b'{"recorded_at":"\xff"}', None), (b'{"recorded_at":', None),
    (b"", None), (None, None),
])  # fmt: skip
def test_when_an_event_was_filed_at_a_glance(value: bytes | None, hours: float | None) -> None:
    assert filed_at(value) == (None if hours is None else FIRST + timedelta(hours=hours))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_pace_a_topic_is_read_at_what_was_filed_first_is_handed_out_first(seed: int) -> None:
    """And all of it, each topic in its order."""
    rng = random.Random(seed)
    hours = {topic: sorted(rng.random() * 100 for _ in range(rng.choice((0, 3, 40)))) for topic in INPUT_TOPICS}
    left = {topic: [record(n, at) for n, at in enumerate(moments)] for topic, moments in hours.items()}
    queue, taken = Queue(), []
    while any(left.values()) or not queue.empty:
        topic = rng.choice([topic for topic, records in left.items() if records] or [LAB])
        some, left[topic] = left[topic][: (count := rng.randint(1, 9))], left[topic][count:]
        if some:
            queue.put(batch_of(topic, *some), NOW)
        queue.more = frozenset(topic for topic, records in left.items() if records)
        for batch in asyncio.run(queue.take(rng.randint(1, 20), 0, {})):
            taken.append([(hours[batch.topic][one.offset], batch.topic, one.offset) for one in batch.records])
    found = [one for batch in taken for one in batch]
    assert sorted(found) == sorted((at, topic, n) for topic in hours for n, at in enumerate(hours[topic]))
    for topic in INPUT_TOPICS:
        mine = [n for _, its, n in found if its == topic]
        assert mine == sorted(mine)
