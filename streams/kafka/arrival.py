"""Records of many partitions, put back into the order in which they arrived.

A broker hands out each partition in order, and the partitions as it likes. An event file is in order of arrival, and
`replay` takes its clock from that order: a file with one partition after another would close every day before the
second partition began.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from picustream.runtime.errors import UserError

if TYPE_CHECKING:
    from kafka import KafkaConsumer, TopicPartition
    from kafka.consumer.fetcher import ConsumerRecord

ENOUGH = 2_000
"""Records of one partition held back until the others have caught up; then the partition is paused."""
POLL_MS = 500
CONSUMER_OPTIONS = {"fetch_max_wait_ms": 50, "retry_backoff_ms": 10}
"""For the consumer. One fetch is under way at a time: while it waits for a partition that has nothing new, or sleeps
because all others are paused, no other is asked for. Half the time of the defaults on 150,000 records."""
STALLED_AFTER = 120
"""Polls without a record or any progress, a minute in all, after which the broker is said to have stalled."""


def committed_records(consumer: "KafkaConsumer", ends: Mapping["TopicPartition", int]) -> Iterator["ConsumerRecord"]:
    """The committed records below `ends`, merged by the time of arrival; ends when all of them are given.

    The consumer must be assigned the partitions of `ends`. Memory: at most a few thousand records per partition.
    Raises `UserError` if a minute passes with nothing new.
    """
    buffered: dict[TopicPartition, deque[ConsumerRecord]] = {part: deque() for part in ends}
    idle = 0
    while True:
        unread = {part for part in ends if consumer.position(part) < ends[part]}
        yield from _in_order(buffered, unread)
        if not unread:
            return
        before = {part: consumer.position(part) for part in unread}
        _hold_back(consumer, buffered, unread)
        _give_back_parked(consumer)
        for part, records in consumer.poll(timeout_ms=POLL_MS).items():
            buffered[part].extend(record for record in records if record.offset < ends[part])
        moved = any(consumer.position(part) > before[part] for part in unread)
        idle = 0 if moved else idle + 1
        if idle >= STALLED_AFTER:
            raise UserError("Kafka gives no more records, though there are some.", "See the broker's log.", 3)


def following(
    consumer: "KafkaConsumer", ends: Mapping["TopicPartition", int], pause: Callable[[], None]
) -> Iterator["ConsumerRecord"]:
    """Records from `ends` on as they come, without end; `pause` is called when those of one poll are given."""
    consumer.resume(*consumer.paused())
    for part, end in ends.items():
        consumer.seek(part, end)
    while True:
        _give_back_parked(consumer)
        polled = consumer.poll(timeout_ms=POLL_MS)
        yield from sorted((record for records in polled.values() for record in records), key=_arrival)
        pause()


def _in_order(
    buffered: dict["TopicPartition", deque["ConsumerRecord"]], unread: set["TopicPartition"]
) -> Iterator["ConsumerRecord"]:
    """Give out buffered records while it is sure that none that is still to be read came before them."""
    if not all(buffered[part] for part in unread):
        return
    heads = [(_arrival(records[0]), part) for part, records in buffered.items() if records]
    heapify(heads)
    while heads:
        _, part = heappop(heads)
        records = buffered[part]
        yield records.popleft()
        if records:
            heappush(heads, (_arrival(records[0]), part))
        elif part in unread:
            return


def _arrival(record: "ConsumerRecord") -> tuple[int, str, int, int]:
    return record.timestamp, record.topic, record.partition, record.offset


def _hold_back(
    consumer: "KafkaConsumer",
    buffered: Mapping["TopicPartition", deque["ConsumerRecord"]],
    unread: set["TopicPartition"],
) -> None:
    """Ask only for partitions that are behind. One read to its end would make the broker wait for what comes next, and
    with it the answer for the others."""
    waiting = {part for part, records in buffered.items() if part not in unread or len(records) >= ENOUGH}
    consumer.resume(*(consumer.paused() - waiting))
    consumer.pause(*(waiting - consumer.paused()))


def _give_back_parked(consumer: "KafkaConsumer") -> None:
    """kafka-python 3.0.12 keeps what it had fetched of a paused partition, and gives it out after `resume` only when
    the slot of the partition read last is None; it leaves a drained, false object there. Without this line a resumed
    partition never gives another record."""
    fetcher = consumer._fetcher
    fetcher._next_partition_records = fetcher._next_partition_records or None
