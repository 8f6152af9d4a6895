"""The small pieces under the worker, each without a server."""

import asyncio
import json
import logging
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from faust.types import TP
from prometheus_client import generate_latest

from picustream.models.event import LAB, VITAL
from picustream.runtime import logs
from picustream.runtime.clock import Clock
from picustream.runtime.errors import BadSettings
from picustream.runtime.settings import Settings
from picustream.streams.kafka.scheduler import BatchScheduler, FetchedBatch
from picustream.streams.kafka.topics import partition_of
from picustream.streams.kafka.transport import Consumer, ConsumerThread
from picustream.streams.partition import metrics
from picustream.streams.partition.intake import StreamGap, input_record_of, take_in
from picustream.streams.partition.misrouted import FORWARDED_HEADER, forwarded, is_misrouted
from picustream.streams.partition.trouble import TROUBLE
from picustream.streams.partition.waiting import LONG, ROOM, Waiting, adjusted
from picustream.streams.store.outbox import OUTBOX_HEADER, Entry
from picustream.streams.worker import instance_names
from picustream.streams.worker.drain import drained
from picustream.streams.worker.health import REBUILDING, STUCK, TROUBLED, Health
from picustream.streams.worker.watch import reached

PARTITIONS = 4
STAY = "S-1"
HOME = partition_of(STAY, PARTITIONS)
ELSEWHERE = (HOME + 1) % PARTITIONS


@dataclass
class Record:
    offset: int
    key: bytes | None = STAY.encode()
    value: bytes | None = b"{}"
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: int = 1_700_000_000_123


def fetched(*offsets: int, previous: int | None = None, topic: str = LAB) -> FetchedBatch:
    return FetchedBatch(topic, HOME, offsets[0] if previous is None else previous, [Record(one) for one in offsets])


def offsets(batches: list[FetchedBatch]) -> list[list[int]]:
    return [[record.offset for record in batch.records] for batch in batches]


class TestMisrouted:
    """A record whose key does not belong on its partition is forwarded once, never processed where it is."""

    def send(self, key: bytes | None, value: bytes | None, partition: int) -> Entry | None:
        return forwarded(LAB, partition, 7, key, value, [("trace", b"1")], PARTITIONS)

    def test_a_record_at_home_stays(self) -> None:
        assert self.send(STAY.encode(), b"{}", HOME) is None

    def test_a_record_elsewhere_goes_home_unchanged_with_its_headers_and_its_origin(self) -> None:
        entry = self.send(STAY.encode(), b"anything", ELSEWHERE)
        assert entry is not None
        assert (entry.topic, entry.partition, entry.key, entry.value) == (LAB, HOME, STAY.encode(), b"anything")
        assert dict(entry.headers) == {"trace": b"1", FORWARDED_HEADER: f"{LAB}/{ELSEWHERE}/7".encode()}

    def test_what_was_forwarded_is_at_home(self) -> None:
        entry = self.send(STAY.encode(), b"{}", ELSEWHERE)
        assert entry is not None
        assert forwarded(LAB, entry.partition, 9, entry.key, entry.value, entry.headers, PARTITIONS) is None

    def test_a_record_without_a_key_goes_by_the_stay_in_its_body_and_is_keyed_by_it(self) -> None:
        entry = self.send(None, json.dumps({"stay_id": STAY}).encode(), ELSEWHERE)
        assert entry is not None
        assert (entry.partition, entry.key) == (HOME, STAY.encode())

    def test_what_was_forwarded_for_its_key_tells_of_its_feeds_partitioner_and_nothing_else_does(self) -> None:
        with_key = self.send(STAY.encode(), b"{}", ELSEWHERE)
        without = self.send(None, json.dumps({"stay_id": STAY}).encode(), ELSEWHERE)
        assert with_key is not None and without is not None
        assert [is_misrouted(headers) for headers in (with_key.headers, without.headers, [("trace", b"1")])] == [
            True, False, False,
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "value", [b"", b"no json", b"[]", b'{"stay_id": 5}', b'{"stay_id": "a b"}', b"[" * 100_000]
    )
    def test_what_names_no_stay_is_left_to_the_dead_letters_of_its_partition(self, value: bytes) -> None:
        assert all(self.send(None, value, partition) is None for partition in range(PARTITIONS))

    @pytest.mark.parametrize("key", [b"", b"\xff\xfe", b"not an id", b"x" * 129])
    def test_a_key_that_can_be_no_stay_is_left_to_the_dead_letters_of_its_partition(self, key: bytes) -> None:
        assert all(self.send(key, b"{}", partition) is None for partition in range(PARTITIONS))


class TestIntake:
    """Offsets below `next` are dropped, and nothing that was fetched may be missing (I2)."""

    def take(self, *batches: FetchedBatch, at: int = 10) -> Any:
        return take_in(batches, {LAB: at, VITAL: 0}, HOME, PARTITIONS, Clock())

    def test_what_is_processed_already_is_dropped(self) -> None:
        intake = self.take(fetched(8, 9, 10, 11))
        assert [one.offset for one in intake.input_records] == [10, 11]
        assert intake.next == {LAB: 12}

    def test_nothing_new_moves_nothing(self) -> None:
        intake = self.take(fetched(8, 9))
        assert (intake.input_records, intake.next) == ([], {})

    def test_a_hole_in_the_offsets_is_no_gap(self) -> None:
        """Markers of transactions take offsets, too."""
        intake = self.take(fetched(12, 13, previous=10), fetched(20, previous=14))
        assert [one.offset for one in intake.input_records] == [12, 13, 20]

    def test_a_batch_that_does_not_begin_where_the_last_one_ended_is_a_gap(self) -> None:
        with pytest.raises(StreamGap):
            self.take(fetched(10, 11), fetched(13, previous=13))

    def test_topics_are_counted_apart(self) -> None:
        intake = self.take(fetched(10), fetched(0, 1, topic=VITAL))
        assert intake.next == {LAB: 11, VITAL: 2}

    def test_misrouted_records_are_set_apart_and_count_as_done(self) -> None:
        batch = FetchedBatch(LAB, ELSEWHERE, 10, [Record(10)])
        intake = take_in([batch], {LAB: 10}, ELSEWHERE, PARTITIONS, Clock())
        assert (intake.input_records, [one.partition for one in intake.forwards]) == ([], [HOME])
        assert intake.next == {LAB: 11}

    def test_an_arrival_says_when_it_came_and_whether_it_was_misrouted(self) -> None:
        """The time is the broker's, as the ward's clock showed it then."""
        start = datetime(2025, 1, 1, tzinfo=UTC)
        clock = Clock(start, datetime.fromtimestamp(1_700_000_000, UTC), 1000.0)
        record = Record(10, headers=((FORWARDED_HEADER, b"picu.lab.v1/0/3"),))
        input_record = input_record_of(LAB, HOME, record, clock)
        assert (input_record.arrived_at, input_record.misrouted) == (start + timedelta(seconds=123), True)
        assert not input_record_of(LAB, HOME, Record(11), clock).misrouted


class TestOutboxEntry:
    def test_an_entry_comes_back_from_redis_as_it_went(self) -> None:
        entry = Entry(7, LAB, 3, b"\x00key", "id-ä", b"\xffvalue", (("a", b"1"), ("b", b"")))
        flat = [part if isinstance(part, bytes) else part.encode() for part in entry.fields()]
        assert Entry.of(b"7-0", zip(flat[::2], flat[1::2], strict=True)) == entry

    def test_an_entry_without_key_and_headers_too(self) -> None:
        entry = Entry(1, LAB, 0, None, "id", b"")
        flat = [part if isinstance(part, bytes) else part.encode() for part in entry.fields()]
        assert Entry.of(b"1-0", zip(flat[::2], flat[1::2], strict=True)) == entry

    def test_the_mark_names_group_partition_sequence_and_event(self) -> None:
        assert Entry(7, LAB, 3, None, "e/1", b"").mark("g", 5) == (OUTBOX_HEADER, b"g/5/7/e/1")


class TestBatches:
    def test_a_batch_is_split_without_losing_the_chain(self) -> None:
        head, rest = fetched(5, 6, 9, previous=4).split(2)
        assert rest is not None
        assert (head.previous, head.next, rest.previous, rest.next) == (4, 7, 7, 10)

    def test_a_batch_that_fits_is_not_split(self) -> None:
        batch = fetched(5, 6)
        assert batch.split(2) == (batch, None)

    def test_the_scheduler_yields_one_batch_per_partition(self) -> None:
        records = {TP(LAB, 0): fetched(1), TP(VITAL, 0): fetched(2)}
        assert list(BatchScheduler().iterate(records)) == list(records.items())


class TestWaiting:
    def test_portions_of_any_size_come_in_order(self) -> None:
        async def story() -> list[list[list[int]]]:
            waiting = Waiting()
            for batch in (fetched(1, 2, 3), fetched(4, 5)):
                await waiting.put(batch)
            return [offsets(await waiting.take(size, 0.01)) for size in (2, 2, 5, 1)]

        assert asyncio.run(story()) == [[[1, 2]], [[3], [4]], [[5]], []]

    def test_clearing_lets_in_who_waited_for_room(self) -> None:
        async def story() -> list[list[int]]:
            waiting = Waiting()
            for number in range(ROOM):
                await waiting.put(fetched(number))
            late = asyncio.ensure_future(waiting.put(fetched(99)))
            await asyncio.sleep(0)
            assert not late.done()
            waiting.clear()
            await late
            return offsets(await waiting.take(10, 0.01))

        assert asyncio.run(story()) == [[99]]

    def test_a_nudge_ends_the_waiting(self) -> None:
        async def story() -> list[FetchedBatch]:
            waiting = Waiting()
            taking = asyncio.ensure_future(waiting.take(1, 60))
            await asyncio.sleep(0)
            waiting.nudge()
            return await asyncio.wait_for(taking, 5)

        assert asyncio.run(story()) == []


def test_a_consumer_whose_thread_has_ended_is_trouble_and_no_bug() -> None:
    """Why it ended is reported by whoever watches it, and not by whoever asks it something in the meantime."""

    async def story() -> None:
        consumer = object.__new__(Consumer)
        consumer._thread = ConsumerThread.__new__(ConsumerThread)
        consumer._thread.thread_loop = asyncio.new_event_loop()
        consumer._thread.thread_loop.close()
        with pytest.raises(TROUBLE):
            await consumer.read()
        await consumer.commit_for_display({})

    asyncio.run(story())


def test_batches_shrink_when_they_take_long_and_grow_when_they_do_not() -> None:
    assert adjusted(100, LONG * 2, 500) == 50
    assert adjusted(1, LONG * 2, 500) == 1
    assert adjusted(100, LONG / 2, 500) == 100
    assert adjusted(400, 0.0, 500) == 500


class TestClock:
    WALL = datetime(2026, 5, 1, 12, tzinfo=UTC)

    def test_it_is_the_wall_clock_unless_told(self) -> None:
        assert Clock(wall=lambda: self.WALL).now() == self.WALL

    def test_compressed_time_runs_faster_from_its_start(self) -> None:
        start = datetime(2025, 1, 1, tzinfo=UTC)
        clock = Clock(start, self.WALL - timedelta(seconds=10), 3600.0, lambda: self.WALL)
        assert clock.now() == start + timedelta(hours=10)

    @pytest.mark.parametrize(
        "half",
        [
            {"clock_start": "2025-01-01T00:00:00Z"},
            {"clock_start": "2025-01-01T00:00:00", "clock_at": "2025-01-01T00:00:00Z"},
        ],
    )
    def test_half_a_clock_is_refused(self, half: dict[str, str]) -> None:
        with pytest.raises(BadSettings):
            Clock.of(Settings(**half))


@dataclass
class Owned:
    idle: bool = True
    position: dict[str, int] = field(default_factory=lambda: {LAB: 10})


class TestDrained:
    """`--drain` ends when what stood in the inputs is processed, what is due is done and every output acknowledged."""

    ENDS: ClassVar = {TP(LAB, 0): 11}

    def look(self, owned: Owned | None, position: int, handed_over: int) -> bool:
        partitions: Any = SimpleNamespace(owned={} if owned is None else {0: owned})
        return drained(partitions, self.ENDS, {TP(LAB, 0): (position, handed_over)})

    def test_done_when_all_that_was_handed_over_is_processed_and_only_a_marker_is_left(self) -> None:
        assert self.look(Owned(), position=11, handed_over=10)

    def test_not_while_the_fetcher_is_behind(self) -> None:
        assert not self.look(Owned(), position=10, handed_over=10)

    def test_not_while_something_handed_over_waits(self) -> None:
        assert not self.look(Owned(position={LAB: 9}), position=11, handed_over=10)

    def test_not_while_outputs_or_due_times_are_open(self) -> None:
        assert not self.look(Owned(idle=False), position=11, handed_over=10)

    def test_not_while_an_assigned_partition_is_not_held(self) -> None:
        assert not self.look(None, position=11, handed_over=10)


class TestReached:
    """How far a topic is processed, for lag and health: past markers, and never past what waits."""

    def test_the_marker_behind_the_last_record_is_no_lag(self) -> None:
        assert reached(10, (11, 10)) == 11

    def test_what_is_handed_over_and_not_processed_waits(self) -> None:
        assert reached(9, (11, 10)) == 9

    def test_what_was_processed_before_an_older_look_stays_processed(self) -> None:
        assert reached(12, (11, 10)) == 12

    def test_without_a_look_it_is_what_is_processed(self) -> None:
        assert reached(10, None) == 10


def test_a_library_that_says_the_same_thing_again_and_again_is_heard_once(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger().handlers[:]
    try:
        logs.configure(Settings())
        for node in range(50):
            logging.getLogger("aiokafka.client").error("Unable connect to node with id %s", node)
    finally:
        logging.getLogger().handlers[:] = before
    assert capsys.readouterr().err.count("Unable connect") == 1


class TestSlots:
    """A name in the group that outlives the process (static membership)."""

    def test_each_worker_of_a_machine_has_a_name_of_its_own(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        first, second = instance_names.take(Settings()), instance_names.take(Settings())
        assert (first.number, second.number) == (0, 1)
        assert second.name == f"{first.name}-2"
        assert instance_names.take(Settings(group="another")).number == 0

    def test_a_name_that_is_set_is_the_name(self) -> None:
        assert instance_names.take(Settings(instance="ward-3")) == instance_names.InstanceName("ward-3", 0)


class TestHealth:
    """Stuck is: no progress though there is work."""

    def row(self, since: float, lag: int, trouble: str | None = None, rebuilt: int | None = None) -> dict[str, Any]:
        now = time.monotonic()
        working = asyncio.Event()
        one: Any = SimpleNamespace(number=3, progress_at=now, working=working, trouble=trouble, idle=not lag)
        one.state, one.rebuilt = "working", rebuilt
        if trouble or rebuilt is not None:
            one.progress_at = now - since
        health = Health(SimpleNamespace(owned={3: one}))  # type: ignore[arg-type]
        health.note(3, lag, done=7)
        health._done[3] = 7, now - since
        health.note(3, lag, done=7)
        return health.report()["partitions"][0]

    def test_nothing_to_do_is_well(self) -> None:
        assert not self.row(since=STUCK * 2, lag=0)["stuck"]

    def test_lag_that_does_not_shrink_is_stuck_though_the_partition_still_ticks(self) -> None:
        assert self.row(since=STUCK + 1, lag=5)["stuck"]

    def test_lag_for_a_moment_is_well(self) -> None:
        assert not self.row(since=1, lag=5)["stuck"]

    def test_trouble_that_lasts_is_stuck(self) -> None:
        assert self.row(since=TROUBLED + 1, lag=0, trouble="ConnectionError")["stuck"]
        assert not self.row(since=1, lag=0, trouble="ConnectionError")["stuck"]

    def test_a_rebuild_counts_as_progress_by_the_records_it_reads_and_not_by_the_lag(self) -> None:
        """I5: and between two portions the core may compute for long."""
        assert not self.row(since=STUCK + 1, lag=5, rebuilt=200)["stuck"]
        assert self.row(since=REBUILDING + 1, lag=0, rebuilt=200)["stuck"]

    def test_a_partition_that_comes_back_begins_anew(self) -> None:
        health = Health(SimpleNamespace(owned={}))  # type: ignore[arg-type]
        health.note(3, 5, done=7)
        health._done[3] = 7, time.monotonic() - STUCK * 2
        health.keep([])
        health.note(3, 5, done=7)
        assert time.monotonic() - health._done[3][1] < STUCK

    def test_the_gauges_of_a_partition_that_moved_away_are_gone(self) -> None:
        metrics.LAG.labels(LAB, "77").set(5)
        with metrics.pending(77, 3):
            pass
        metrics.forget(77)
        metrics.forget(77)
        assert b'partition="77"' not in generate_latest(metrics.REGISTRY)


class TestPrivacy:
    """No patient id in a metric label or a log line above debug (I10)."""

    def test_an_exception_is_told_by_its_type_and_place(self) -> None:
        try:
            raise ValueError("S-32604416 died")
        except ValueError as error:
            fields = logs.place(error)
        assert fields["error"] == "ValueError"
        assert "S-32604416" not in str(fields)

    def test_a_librarys_exception_loses_its_text(self, capsys: pytest.CaptureFixture[str]) -> None:
        before = logging.getLogger().handlers[:]
        try:
            logs.configure(Settings())
            try:
                raise ValueError("S-32604416 died")
            except ValueError:
                logging.getLogger("faust.somewhere").exception("agent failed")
        finally:
            logging.getLogger().handlers[:] = before
        line = capsys.readouterr().err
        assert "ValueError" in line
        assert "S-32604416" not in line

    def test_asyncio_tells_of_a_lost_exception_without_its_text(self, capsys: pytest.CaptureFixture[str]) -> None:
        before = logging.getLogger().handlers[:]
        try:
            logs.configure(Settings())
            logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: ValueError('S-32604416')")
        finally:
            logging.getLogger().handlers[:] = before
        line = capsys.readouterr().err
        assert "never retrieved" in line
        assert "S-32604416" not in line

    def test_a_code_that_is_no_loinc_code_is_counted_and_not_shown(self) -> None:
        metrics._ignored("2951-2", 1)
        metrics._ignored("S-32604416", 1)
        labels = {sample.labels["code"] for sample in metrics.IGNORED.collect()[0].samples if "code" in sample.labels}
        assert labels == {"2951-2", "other"}
