"""How far time may pass by the clock: by lag and not by silence, and a history is no present (I8)."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from picustream.models.event import LAB, VITAL
from picustream.streams.partition import time_passage
from picustream.streams.partition.time_passage import LEAP, QUIET, Passage
from picustream.streams.worker.watch import caught_up

pytestmark = pytest.mark.proves("I8")

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
PAUSES = st.floats(0.0, 3.0)


class Course:
    """A passage whose seconds and clock go on together, from `NOW` on."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.passage = Passage()

    @property
    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def batch(self, clock: datetime, after: float = 0.0) -> None:
        """A batch that moved the record clock there, in a partition that is never behind the broker."""
        self.seconds += after
        self.passage.reached(self.now)
        self.passage.carried(clock, self.now)

    @property
    def goes_on(self) -> bool:
        return self.passage.until() == self.now


@pytest.fixture
def course(monkeypatch: pytest.MonkeyPatch) -> Course:
    made = Course()
    monkeypatch.setattr(time_passage.time, "monotonic", lambda: made.seconds)
    return made


def begun(course: Course, clock: datetime) -> Course:
    """A moment after the first record of all."""
    course.batch(clock)
    course.batch(clock, after=QUIET)
    return course


def test_time_waits_while_there_is_more_at_the_broker(course: Course) -> None:
    assert course.passage.until() is None
    course.passage.reached(course.now)
    assert course.goes_on
    course.passage.reached(None)
    assert course.passage.until() is None


@given(pauses=st.lists(PAUSES, min_size=1))
def test_late_values_hold_nobody_up_however_fast_they_come(pauses: Iterable[float]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        made = Course()
        patch.setattr(time_passage.time, "monotonic", lambda: made.seconds)
        late = begun(made, NOW - timedelta(days=2))
        for pause in pauses:
            late.batch(NOW - timedelta(days=2), after=pause)
            assert late.goes_on


@given(pauses=st.lists(PAUSES, min_size=1), behind=st.timedeltas(timedelta(), timedelta(days=3)))
def test_a_feed_that_is_always_late_holds_nobody_up(pauses: Iterable[float], behind: timedelta) -> None:
    with pytest.MonkeyPatch.context() as patch:
        made = Course()
        patch.setattr(time_passage.time, "monotonic", lambda: made.seconds)
        late = begun(made, made.now - behind)
        for pause in pauses:
            made.seconds += pause
            late.batch(made.now - behind)
            assert late.goes_on


@given(pauses=st.lists(st.floats(0.0, QUIET * 0.9), min_size=1))
def test_a_history_is_over_a_moment_after_its_last_leap(pauses: Iterable[float]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        made = Course()
        patch.setattr(time_passage.time, "monotonic", lambda: made.seconds)
        clock = NOW - timedelta(days=3650)
        made.batch(clock)
        assert made.passage.until() is None, "the first record of all may be the first of many"
        for pause in pauses:
            clock += LEAP + timedelta(seconds=3)
            made.batch(clock, after=pause)
            assert made.passage.until() is None
        made.batch(clock, after=QUIET)
        assert made.goes_on


def test_a_history_in_small_steps_is_one_too(course: Course) -> None:
    clock = begun(course, NOW - timedelta(days=30)).now - timedelta(days=30)
    for _ in range(20):
        clock += LEAP / 5
        course.batch(clock, after=QUIET / 10)
    assert course.passage.until() is None


class TestCaughtUp:
    """Where the inputs ended at a moment, and where a partition stands."""

    ENDS = {TP(LAB, 1): 10, TP(VITAL, 1): 0}  # noqa: RUF012

    def reached(self, lab: int, fetched: int, handed_over: int) -> bool:
        read = {TP(LAB, 1): (fetched, handed_over), TP(VITAL, 1): (0, 0)}
        return caught_up({LAB: lab, VITAL: 0}, read, self.ENDS)

    def test_everything_is_processed(self) -> None:
        assert self.reached(10, 10, 10)
        assert self.reached(12, 30, 30), "what came since does not matter"

    def test_a_record_is_not(self) -> None:
        assert not self.reached(9, 10, 10)
        assert not self.reached(9, 9, 9)

    def test_what_is_left_are_markers_and_what_was_aborted(self) -> None:
        """The fetcher has gone past them, and handed nothing over."""
        assert self.reached(7, 10, 7)

    def test_a_partition_that_is_not_owned_yet_has_reached_nothing(self) -> None:
        assert not caught_up({}, {}, self.ENDS)
