"""A fetch of one partition is one batch, which can be split without losing what came before it."""

from faust.types import TP

from picustream.models.event import LAB, VITAL
from picustream.streams.kafka.scheduler import BatchScheduler
from tests.streams.records import fetched


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
