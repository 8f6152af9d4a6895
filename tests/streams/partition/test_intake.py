"""What of the fetched batches is processed: nothing twice, and nothing that was fetched may be missing (I2)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from picustream.models.event import LAB, VITAL
from picustream.runtime.clock import Clock
from picustream.streams.kafka.scheduler import FetchedBatch
from picustream.streams.kafka.topics import partition_of
from picustream.streams.partition.intake import Intake, StreamGap, input_record_of, left_of, take_in
from picustream.streams.partition.misrouted import FORWARDED_HEADER
from tests.streams.records import ELSEWHERE, HOME, PARTITIONS, Record, batch_of, fetched

ASTRAY = "S-9"


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


def taken_in() -> Intake:
    """Offsets 3, 4 and 6 of one topic and 0, 1 of another; 4 and 1 belong elsewhere."""
    lab = batch_of(LAB, Record(3), Record(4, ASTRAY.encode()), Record(6))
    vital = batch_of(VITAL, Record(0), Record(1, ASTRAY.encode()))
    assert partition_of(ASTRAY, PARTITIONS) != HOME
    return take_in([lab, vital], {LAB: 3, VITAL: 0}, HOME, PARTITIONS, Clock())


@pytest.mark.proves("I2", "I3")
@pytest.mark.parametrize(("left", "offsets", "forwards", "ends"), [
    ([], [3, 6, 0], 2, {LAB: 7, VITAL: 2}),
    ([6], [3, 0], 2, {LAB: 6, VITAL: 2}),
    ([6, 0], [3], 1, {LAB: 6, VITAL: 0}),
    ([3, 6], [0], 1, {LAB: 3, VITAL: 2}),
    ([3, 6, 0], [], 0, {LAB: 3, VITAL: 0}),
])  # fmt: skip
def test_i2_of_a_batch_cut_short_an_offset_counts_with_what_lies_before_it(
    left: list[int], offsets: list[int], forwards: int, ends: dict[str, int]
) -> None:
    """What is left is not done, nor is a forward behind it: both come again."""
    intake = taken_in()
    part = intake.before(one for one in intake.input_records if one.offset in left)
    assert [one.offset for one in part.input_records] == offsets
    assert len(part.forwards) == forwards
    assert part.next == ends


def test_what_is_left_of_the_batches_is_given_again() -> None:
    """As they are: what is done of them is dropped by its offset."""
    first, second = batch_of(LAB, Record(3), Record(4)), batch_of(VITAL, Record(0))
    assert left_of([first, second], {LAB: 4, VITAL: 1}) == [first]
    assert left_of([first, second], {LAB: 5, VITAL: 1}) == []
