"""What counts as standing still, and what ends a worker, without a server."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from faust.types import TP

from picustream.models.event import LAB
from picustream.runtime.errors import STALLED
from picustream.streams.worker import watch
from picustream.streams.worker.standstill import LONG, Standstill, Work, work_of

LIMIT = 60.0


def partition(**other: Any) -> Any:
    """All is done, at offset 10."""
    usual = {"mark": ("working", 1), "position": {LAB: 10}, "idle": True, "waits": False, "computing": False}
    return SimpleNamespace(**usual | other)


def works(one: Any, fetched: int = 10, handed_over: int = 10, end: int = 10) -> dict[str, float]:
    """What has work, and its limit."""
    tp = TP(LAB, 3)
    found = work_of({3: one}, {tp: (fetched, handed_over)}, {tp: end}, LIMIT, {tp: fetched})
    return {work.what: work.limit for work in found}


class TestWork:
    def test_nothing_to_do(self) -> None:
        assert works(partition()) == {}

    @pytest.mark.parametrize(
        "found",
        [
            works(partition(), end=11),  # records at the broker that are not fetched
            works(partition(), handed_over=12),  # fetched, and not processed
            works(partition(idle=False)),  # something is due, in hand or not published
        ],
    )
    def test_work_is_expected_of_the_worker_soon_and_of_one_partition_in_its_turn(self, found: Any) -> None:
        assert found == {"partition 3": LIMIT * LONG, "the worker": LIMIT}

    def test_a_marker_at_the_end_of_a_topic_is_no_work(self) -> None:
        """The fetcher has gone past it, and nothing was handed over for it."""
        assert works(partition(), fetched=11, end=11) == {}

    def test_a_partition_that_has_said_why_it_waits_is_left_alone(self) -> None:
        assert works(partition(idle=False, waits=True), end=50) == {}

    def test_reading_again_what_was_read_before_is_no_move(self) -> None:
        """A take-over seeks back, and the fetcher gets on from there to where it was."""
        tp = TP(LAB, 3)
        before, after = (work_of({3: partition()}, {tp: (at, at)}, {tp: 99}, LIMIT, {tp: 50}) for at in (50, 10))
        assert [one.mark for one in before] == [one.mark for one in after]

    def test_a_long_computation_is_given_time(self) -> None:
        assert works(partition(idle=False, computing=True))["the worker"] == LIMIT * LONG


class TestStandstill:
    def test_what_does_not_move_is_counted(self) -> None:
        standstill = Standstill()
        stands = [Work("one", 1, LIMIT), Work("two", 1, LIMIT * LONG)]
        for seconds in (0, 30, 30):
            still = standstill.note(stands, seconds)
        assert still is not None
        assert (still.work.what, still.seconds, still.share) == ("one", 60, 1.0)

    def test_what_moves_begins_anew(self) -> None:
        standstill = Standstill()
        standstill.note([Work("one", 1, LIMIT)], 0)
        still = standstill.note([Work("one", 2, LIMIT)], 50)
        assert still is not None
        assert still.seconds == 0

    def test_what_has_no_work_is_forgotten(self) -> None:
        standstill = Standstill()
        standstill.note([Work("one", 1, LIMIT)], 0)
        assert standstill.note([], 50) is None
        still = standstill.note([Work("one", 1, LIMIT)], 50)
        assert still is not None
        assert still.seconds == 0

    def test_while_a_server_is_away_nothing_is_held_against_it(self) -> None:
        standstill = Standstill()
        standstill.note([Work("one", 1, LIMIT)], 0)
        standstill.note([Work("one", 1, LIMIT)], 59)
        standstill.forgive()
        still = standstill.note([Work("one", 1, LIMIT)], 59)
        assert still is not None
        assert still.seconds == 0


class TestFaustEnds:
    """An end of Faust by itself ends the worker, with a reason."""

    def ended(self, reason: Exception | None, thread_ended: bool = False) -> Exception:
        app: Any = SimpleNamespace(should_stop=not thread_ended, crash_reason=reason)
        app.input_consumer = SimpleNamespace(ended=thread_ended)
        with pytest.raises(Exception) as caught:
            asyncio.run(watch.faust(app))
        return caught.value

    @pytest.mark.parametrize("thread_ended", [False, True])
    def test_without_a_word(self, thread_ended: bool) -> None:
        error = self.ended(None, thread_ended)
        assert isinstance(error, watch.FaustEnded)
        assert error.status == STALLED

    def test_by_trouble_with_kafka(self) -> None:
        error = self.ended(KafkaConnectionError())
        assert isinstance(error, watch.FaustEnded)
        assert "KafkaConnectionError" in str(error)

    def test_by_a_fault_of_the_program(self) -> None:
        assert isinstance(self.ended(ZeroDivisionError()), ZeroDivisionError)
